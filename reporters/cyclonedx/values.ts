import { clip, printable } from '../../src/util/sanitize.ts';

export function text(value: string, max = 500): string {
  return clip(printable(value), max) || '-';
}

/** A time as the schema wants it; one that cannot be read is left out. */
export function dateTime(iso: string | undefined): string | undefined {
  if (iso === undefined) return undefined;
  const ms = Date.parse(iso);
  return Number.isNaN(ms) ? undefined : new Date(ms).toISOString();
}

/** What CycloneDX has no field for; without a value there is no property. */
export function properties(values: {
  readonly [name: string]: string | number | boolean | undefined;
}): { readonly name: string; readonly value: string }[] {
  return Object.entries(values).flatMap(([name, value]) =>
    value === undefined ? [] : [{ name: `nhi-audit:${name}`, value: text(String(value), 1000) }],
  );
}
