import { base64From, type Decoded } from './decode.ts';

/** A Secret is some thousand bytes; a list of them is read from each `kind`. */
const BACK = 32 * 1024;
const FORTH = 256 * 1024;

const DATA = /(?<=^|[\s,{])(["']?)data\1[ \t]*:[ \t]*(\{|\r?\n)/g;
const VALUE = /:[ \t]*(?:[|>][-+]?[ \t]*\r?\n[ \t]*)?(["']?)([A-Za-z0-9+/]{4,}={0,2})\1(?=[\s,}]|$)/g;

/**
 * The values under `data` of the Kubernetes Secret whose `kind` stands at `at`: all of them are base64. What stands before
 * `done` was looked at; `end` is where this look ended.
 */
export function secretValues(
  bytes: Buffer,
  at: number,
  done: number,
): { readonly runs: readonly Decoded[]; readonly end: number } {
  const before = bytes.toString('latin1', Math.max(0, done, at - BACK), at);
  const from = at - before.length + Math.max(0, before.lastIndexOf('\n---'));
  const after = bytes.toString('latin1', at, at + FORTH);
  const next = after.indexOf('\n---');
  const to = at + (next < 0 ? after.length : next);
  const text = bytes.toString('latin1', from, to);
  const runs: Decoded[] = [];
  let passed = 0;
  for (const data of text.matchAll(DATA)) {
    if (data.index < passed) continue;
    const start = data.index + data[0].length;
    const end = data[2] === '{' ? closingOf(text, start) : dedentOf(text, data.index, start);
    passed = end;
    for (const match of text.slice(start, end).matchAll(VALUE)) {
      const place = from + start + match.index + match[0].indexOf(match[2] as string);
      const run = base64From(bytes, place, bytes.length, true);
      if (run !== undefined && run.start >= (runs.at(-1)?.end ?? 0)) runs.push(run);
    }
  }
  return { runs, end: to };
}

/** A Secret's values are strings: the first brace that closes ends them. */
function closingOf(text: string, start: number): number {
  const end = text.indexOf('}', start);
  return end < 0 ? text.length : end;
}

/** The first line that is indented no deeper than the key. */
function dedentOf(text: string, key: number, start: number): number {
  const lineStart = text.lastIndexOf('\n', key) + 1;
  const indent = /^[ \t]*(?:- )?/.exec(text.slice(lineStart, key))?.[0].length ?? 0;
  let at = start;
  while (at < text.length) {
    const lineEnd = text.indexOf('\n', at);
    const line = text.slice(at, lineEnd < 0 ? text.length : lineEnd);
    const depth = /^[ \t]*/.exec(line)?.[0].length ?? 0;
    if (line.trim() !== '' && depth <= indent) return at;
    if (lineEnd < 0) break;
    at = lineEnd + 1;
  }
  return text.length;
}
