import type { Location, Match, SourceFile } from '../contracts/index.ts';

/** Turns offsets of one text into lines and columns; the table of lines is made once. */
export class LineIndex {
  readonly #text: string;
  readonly #starts: readonly number[];

  constructor(text: string) {
    this.#text = text;
    const starts = [0];
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
    this.#starts = starts;
  }

  /** 1-based line and column of a UTF-16 offset. Columns count characters, so an emoji before it is one. */
  at(offset: number): { readonly line: number; readonly column: number } {
    const clamped = Math.max(0, Math.min(offset, this.#text.length));
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#starts[middle] ?? 0) <= clamped) low = middle;
      else high = middle - 1;
    }
    const start = this.#starts[low] ?? 0;
    return { line: low + 1, column: charactersBetween(this.#text, start, clamped) + 1 };
  }
}

function charactersBetween(text: string, start: number, end: number): number {
  let count = 0;
  for (let at = start; at < end; count++) at += (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
  return count;
}

/** Where a match in the text of a file stands; `pointer` names the value that holds it. */
export function matchLocation(file: SourceFile, match: Match, pointer?: string): Location & { readonly path: string } {
  const { line, column, endLine, endColumn } = match;
  return { ...file.at, path: file.path, line, column, endLine, endColumn, ...(pointer === undefined ? {} : { pointer }) };
}
