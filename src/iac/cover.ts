import type { Match } from '../contracts/index.ts';

/**
 * The text that names are read from: a key that somebody put into a name must not be carried on. Only letters and digits
 * give way, so that the syntax and every offset stand. The id of a key stays, for it is no secret; and what only its name
 * tells, which is looked at again by its place.
 */
export function coverSecrets(text: string, matches: readonly Match[]): string {
  let covered = '';
  let from = 0;
  for (const { start, end, publicId, confidence } of matches.toSorted((a, b) => a.start - b.start)) {
    if (end <= from || confidence === 'low') continue;
    const secret = text.slice(Math.max(start, from), end);
    covered += text.slice(from, Math.max(start, from));
    covered += secret === publicId ? secret : secret.replace(/[\p{L}\p{N}]/gu, 'x');
    from = end;
  }
  return from === 0 ? text : covered + text.slice(from);
}
