import type { Match } from '../contracts/scanner.ts';

/** Does a found text stay readable, for it is no secret where it stands? `before` is the character before it. */
export type Kept = (match: Match, found: string, before: string) => boolean;

/**
 * The text that names are read from: a key that somebody put into a name must not be carried on. Only letters and digits
 * give way, so that structure and every offset stand.
 */
export function coverSecrets(text: string, matches: readonly Match[], isKept: Kept): string {
  let covered = '';
  let from = 0;
  for (const match of matches.toSorted((a, b) => a.start - b.start)) {
    const { start, end } = match;
    if (end <= from) continue;
    const found = text.slice(Math.max(start, from), end);
    covered += text.slice(from, Math.max(start, from));
    covered += isKept(match, found, text[start - 1] ?? '') ? found : found.replace(/[\p{L}\p{N}]/gu, 'x');
    from = end;
  }
  return from === 0 ? text : covered + text.slice(from);
}

/** A commit id or digest that something is pinned to, right behind one of these signs. */
export function isPinAfter(signs: string): Kept {
  return (_, found, before) => before !== '' && signs.includes(before) && /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(found);
}
