import { clip, markdown, markdownCode } from '../../src/util/sanitize.ts';

/** A cell of Markdown, made; plain texts go through `text` or `code` first. */
export type Cell = string;

const CELL_MAX = 600;

/** A stranger's text as prose. */
export function text(value: string | undefined, max = CELL_MAX): Cell {
  return value === undefined ? '' : markdown(clip(value, max));
}

/** A stranger's text as a name. */
export function code(value: string | undefined, max = CELL_MAX): Cell {
  return value === undefined || value === '' ? '' : markdownCode(clip(value, max));
}

export function table(heads: readonly string[], rows: readonly (readonly Cell[])[]): string {
  if (rows.length === 0) return '';
  return `${line(heads)}${line(heads.map(() => '---'))}${rows.map(line).join('')}\n`;
}

function line(cells: readonly Cell[]): string {
  return `| ${cells.join(' | ')} |\n`;
}

export function section(title: string, ...paragraphs: readonly (string | false | undefined)[]): string {
  const told = paragraphs.filter((part) => part !== false && part !== undefined && part !== '');
  return `\n## ${title}\n\n${told.map((part) => `${String(part).trimEnd()}\n`).join('\n')}`;
}

export function folded(title: string, body: string): string {
  return body === '' ? '' : `<details><summary>${title}</summary>\n\n${body.trimEnd()}\n\n</details>\n`;
}

/** Text as it is, in a fence that it cannot end. */
export function fenced(content: string, language = ''): string {
  const ticks = Math.max(2, ...[...content.matchAll(/`+/g)].map(([run]) => run.length)) + 1;
  return `${'`'.repeat(ticks)}${language}\n${content.trimEnd()}\n${'`'.repeat(ticks)}\n`;
}

/** Lines that are safe to print, each by itself. */
export function bullets(lines: readonly string[]): string {
  return lines.map((item) => `- ${item}\n`).join('');
}
