import { nearest } from './nearest.ts';

/**
 * What a word may have meant, the likeliest first: candidates that begin with it, that hold it, and else the one that
 * is spelt nearly so. Empty when nothing is near.
 */
export function suggest(word: string, candidates: Iterable<string>): readonly string[] {
  const wanted = word.trim().toLowerCase();
  const all = [...new Set(candidates)].sort((a, b) => a.length - b.length || (a < b ? -1 : 1));
  if (wanted.length >= 3) {
    const begin = all.filter((candidate) => candidate.toLowerCase().startsWith(wanted));
    const hold = all.filter((candidate) => !begin.includes(candidate) && candidate.toLowerCase().includes(wanted));
    if (begin.length + hold.length > 0) return [...begin, ...hold];
  }
  const meant = nearest(wanted, all);
  return meant === undefined ? [] : [meant];
}

/** `Did you mean "a", "b" or "c"?`, or else the sentence given. */
export function didYouMean(word: string, candidates: Iterable<string>, otherwise: string, most = 5): string {
  const all = suggest(word, candidates);
  if (all.length === 0) return otherwise;
  const shown = all.slice(0, most).map((candidate) => `"${candidate}"`);
  const more = all.length > most ? ` (or one of ${all.length - most} more)` : '';
  const last = shown.pop() ?? '';
  return `Did you mean ${shown.length === 0 ? last : `${shown.join(', ')} or ${last}`}?${more}`;
}
