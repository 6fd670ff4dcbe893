import { lookUp, type Value } from './secrets.ts';

/** `{{aws.ml-batch.id}}`, or with a form: `{{base64:aws.ml-batch.secret}}`, `{{json:gcp.feature-export.private-key}}`. */
const PLACEHOLDER = /\{\{(?:(?<form>[a-z0-9]+):)?(?<name>[a-z][a-z0-9-]*(?:\.[a-z0-9-]+)+)\}\}/g;

export interface Expansion {
  readonly text: string;
  /** The secrets that now stand in the text, and how they are written there. */
  readonly secrets: readonly { readonly name: string; readonly value: Value; readonly written: string }[];
}

/** Fills in a template. GitHub's own `${{ secrets.X }}` has spaces inside and stays as it is. */
export function expand(template: string, file: string): Expansion {
  const secrets: { name: string; value: Value; written: string }[] = [];
  const text = template.replace(PLACEHOLDER, (whole, _form, _name, _offset, _all, groups: { form?: string; name: string }) => {
    const value = lookUp(groups.name);
    if (value === undefined) throw new Error(`${file}: nothing is known of ${whole}`);
    const written = write(value.text, groups.form, `${file}: ${whole}`);
    if (value.kind !== undefined) secrets.push({ name: groups.name, value, written });
    return written;
  });
  return { text, secrets };
}

function write(text: string, form: string | undefined, where: string): string {
  if (form === undefined) return text;
  if (form === 'base64') return Buffer.from(text, 'utf8').toString('base64');
  if (form === 'json') return JSON.stringify(text).slice(1, -1);
  throw new Error(`${where}: there is no form called ${form}`);
}
