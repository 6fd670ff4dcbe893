import { clip, printable } from '../../src/util/sanitize.ts';

const TEXT_MAX = 4000;

/** A string of OCSF: one line, never empty. */
export function text(value: string): string {
  return clip(printable(value), TEXT_MAX) || '-';
}

/** OCSF's timestamps: milliseconds since 1970. A time that cannot be read is left out. */
export function time(iso: string | undefined): number | undefined {
  if (iso === undefined) return undefined;
  const ms = Date.parse(iso);
  return Number.isNaN(ms) ? undefined : ms;
}

/** A member, or nothing where there is no value. */
export function when<Name extends string, Value>(name: Name, value: Value | undefined): { readonly [key in Name]?: Value } {
  return value === undefined ? {} : ({ [name]: value } as { [key in Name]?: Value });
}
