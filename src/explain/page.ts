import { type Layout, wrap } from '../util/layout.ts';
import { printable } from '../util/sanitize.ts';
import type { Field } from './fields.ts';

const INDENT = 2;
/** `1. ` or `- ` before an item: what follows on the next line stands below its text. */
const ITEM = /^(?:\d+[.)]|[-*]) +/;

/** A page of fields: a heading and its text below it. Wrapped on a terminal; in a pipe a line stays a line, for `grep` and the clipboard. */
export function pageText(id: string, title: string, fields: readonly Field[], layout: Layout, isTerminal: boolean): string {
  const lines = [layout.paint(printable(id), 'bold'), printable(title)];
  for (const [heading, text] of fields) {
    if (text.trim() === '') continue;
    lines.push('', layout.paint(heading, 'bold'));
    for (const line of text.trim().split('\n')) lines.push(...textLines(line.trimEnd(), layout, isTerminal));
  }
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`;
}

function textLines(line: string, layout: Layout, isTerminal: boolean): string[] {
  const before = /^ */.exec(line)?.[0] ?? '';
  const text = printable(line);
  const indent = ' '.repeat(INDENT) + before;
  if (!isTerminal) return [indent + text];
  // An address is clickable only while it is whole.
  if (/^https:\/\/\S+$/.test(text)) return [indent + layout.link(text, text)];
  const item = ITEM.exec(text)?.[0] ?? '';
  const hanging = ' '.repeat(item.length);
  const room = Math.max(20, layout.width - indent.length - item.length);
  return wrap(text.slice(item.length), room).map((part, index) => indent + (index === 0 ? item : hanging) + part);
}
