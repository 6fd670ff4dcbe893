import { count, thousands } from '../../src/util/report-text.ts';
import { TABLE_HEAD } from './table.ts';

export const END = '\n</details>\n';

export function details(summary: string): string {
  return `\n<details><summary>${summary}</summary>\n\n`;
}

/** Counts what goes in, against the limit of the place it is for. */
export class Budget {
  #text = '';
  #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get #room(): number {
    return this.#limit - this.#text.length;
  }

  /** A short part that always stands there. */
  add(text: string): void {
    this.#text += text;
  }

  /** Keeps room for what `addReserved` brings. */
  reserve(length: number): void {
    this.#limit -= length;
  }

  /** A part whose length was taken off the limit at the start. */
  addReserved(text: string): void {
    this.#limit += text.length;
    this.#text += text;
  }

  /** As many rows as there is room for; what is left out is said below. */
  table(before: string, rows: readonly string[], after: string): void {
    const rest = (n: number): string =>
      `\n${count(n, 'more finding')} left out to stay within ${thousands(this.#limit)} characters; the JSON and CSV reports have all.\n`;
    const reserved = before.length + TABLE_HEAD.length + after.length + rest(rows.length).length;
    let used = reserved;
    let shown = 0;
    for (const line of rows) {
      used += line.length;
      if (used > this.#room) break;
      shown += 1;
    }
    if (shown === 0) {
      const note = rest(rows.length);
      if (note.length <= this.#room) this.#text += note;
      return;
    }
    this.#text +=
      before + TABLE_HEAD + rows.slice(0, shown).join('') + (shown < rows.length ? rest(rows.length - shown) : '') + after;
  }

  /** A folded list, cut to the room there is. */
  fold(title: string, lines: readonly string[]): void {
    const open = details(title);
    const cut = (n: number): string => `- and ${thousands(n)} more, left out for length\n`;
    let used = open.length + END.length + cut(lines.length).length;
    let shown = 0;
    for (const line of lines) {
      used += line.length + 1;
      if (used > this.#room) break;
      shown += 1;
    }
    if (shown === 0) return;
    const left = lines.length - shown;
    this.#text +=
      open +
      lines
        .slice(0, shown)
        .map((line) => `${line}\n`)
        .join('') +
      (left > 0 ? cut(left) : '') +
      END;
  }

  text(): string {
    return this.#text;
  }
}
