import type { Scalar } from '../formats/tree.ts';
import type { Part } from './model.ts';

const MAX_WORDS = 12;

/**
 * Where a line of a script (counted from 0) stands in the file: a block is indented there, a quoted text escaped, a folded one broken
 * elsewhere. The lines before it are passed one by one, so that of equal lines the right one is found.
 */
export function placeOfLine(text: string, scalar: Scalar, wanted: number): Part {
  const written = text.slice(scalar.start, scalar.end);
  let from = 0;
  let found: number | undefined;
  for (const [index, raw] of scalar.value.split('\n').entries()) {
    if (index > wanted) break;
    const line = raw.trim();
    found = undefined;
    if (line === '') continue;
    const at = written.indexOf(line, from);
    const end = at >= 0 ? at + line.length : undefined;
    const near = end === undefined ? byWords(written, line, from) : { at, end };
    if (near === undefined) continue;
    found = near.at;
    from = near.end;
  }
  return found === undefined ? scalar : { start: scalar.start + found, end: scalar.end, pointer: scalar.pointer };
}

/** The words of a line with anything but words between them. */
function byWords(written: string, line: string, from: number): { readonly at: number; readonly end: number } | undefined {
  const words = (line.match(/\w{1,100}/g) ?? []).slice(0, MAX_WORDS);
  let at: number | undefined;
  let end = from;
  for (const word of words) {
    const next = written.indexOf(word, end);
    // Of an escaped line break, `\\n` and the word after it stand together.
    if (next < 0) return undefined;
    at ??= next;
    end = next + word.length;
  }
  return at === undefined ? undefined : { at, end };
}
