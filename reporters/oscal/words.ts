import { clip, printable } from '../../src/util/sanitize.ts';

/** Not registered anywhere: it only keeps our properties apart from those of OSCAL. */
export const NAMESPACE = 'urn:nhi-audit:oscal';
const TEXT_MAX = 4000;
const VALUE_MAX = 500;

export interface Property {
  readonly name: string;
  readonly ns?: string;
  readonly value: string;
}

/**
 * OSCAL's `markup-line` and `markup-multiline` are Markdown, and become HTML at readers': names may make neither. Code of our own
 * advice stays code. Written for people who read the raw JSON, too: what means nothing where it stands (`a_b`, `1.`) stays as it is.
 */
export function prose(text: string, max = TEXT_MAX): string {
  const line = clip(printable(text), max);
  if (!MARKUP.test(line)) return line || '-';
  // Single backticks pair as they come, in CommonMark as here; longer runs and one without a partner are no code.
  const parts = line.split(/(?<!`)`(?!`)/);
  return parts
    .map((part, index) => {
      const isCode = index % 2 === 1 && index < parts.length - 1;
      if (isCode && part.trim() !== '' && !/[<>&`]/.test(part)) return `\`${part}\``;
      const lead = index % 2 === 1 ? '&#96;' : '';
      const end = isCode ? '&#96;' : '';
      return `${lead}${plainMarkup(part)}${end}`;
    })
    .join('')
    .replace(/^[-+=#](?=\s|[-+=#])/, escapeAll);
}

const MARKUP = /[&<>`*_~|\\[\]$]|^[-+=#]/;

function plainMarkup(text: string): string {
  return text.replace(/[&<>`*~|\\[\]$]|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, escapeAll);
}

function escapeAll(text: string): string {
  return text.replace(/./gsu, (character) => `&#${character.codePointAt(0)};`);
}

/** OSCAL's `string`: one line, not empty, no blanks at the ends. */
export function plain(text: string, max = VALUE_MAX): string {
  return clip(printable(text), max) || '-';
}

/** Properties of ours; those without a value are left out, and where none is left, so is the list: OSCAL takes no empty one. */
export function props(values: { readonly [name: string]: string | number | boolean | undefined }): { props?: Property[] } {
  const list: Property[] = [];
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined) list.push({ name, ns: NAMESPACE, value: plain(String(value)) });
  }
  return list.length === 0 ? {} : { props: list };
}
