import { printable } from '../../src/util/sanitize.ts';

/** Markup that is safe as it stands. Made by `html` alone, so that whatever a stranger named was escaped on its way in. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type Part = Html | string | number | false | undefined | readonly Part[];

/** html`<td>${name}</td>`: every value is escaped unless it is markup made the same way. Attributes are always quoted. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  let text = strings[0] ?? '';
  for (let index = 0; index < parts.length; index += 1) text += markupOf(parts[index]) + (strings[index + 1] ?? '');
  return new Html(text);
}

function markupOf(part: Part): string {
  if (part === undefined || part === false) return '';
  if (part instanceof Html) return part.text;
  if (typeof part === 'object') return part.map(markupOf).join('');
  return escaped(String(part));
}

/** Blanks at the ends stay: what is between two tags may be part of a sentence. */
function escaped(text: string): string {
  if (text.trim() === '') return text === '' ? '' : ' ';
  const safe = printable(text).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
  return (text.startsWith(' ') ? ' ' : '') + safe + (text.endsWith(' ') ? ' ' : '');
}

/** Text of several lines, for `<pre>`. */
export function preformatted(text: string): Html {
  return new Html(
    text
      .split('\n')
      .map((line) => {
        const indent = /^[ \t]*/.exec(line)?.[0] ?? '';
        return indent.replaceAll('\t', '  ') + escaped(line.slice(indent.length).trimEnd());
      })
      .join('\n'),
  );
}

/** Sentences of a rule: what stands between backticks is code. */
export function prose(text: string): Html {
  const parts = text.split(/`([^`]+)`/);
  return new Html(parts.map((part, index) => (index % 2 === 1 ? `<code>${escaped(part)}</code>` : escaped(part))).join(''));
}
