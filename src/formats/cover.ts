import type { Match } from '../contracts/scanner.ts';

/**
 * The text that names are read from: a key that somebody put into a name must not be carried on. Only letters and digits
 * give way, so that structure and every offset stand. A digest that something is pinned to stays.
 */
export function coverSecrets(text: string, matches: readonly Match[]): string {
  let covered = '';
  let from = 0;
  for (const { start, end } of matches.toSorted((a, b) => a.start - b.start)) {
    if (end <= from) continue;
    const secret = text.slice(Math.max(start, from), end);
    covered += text.slice(from, Math.max(start, from));
    covered +=
      /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(secret) && /[@:]/.test(text[start - 1] ?? '')
        ? secret
        : secret.replace(/[\p{L}\p{N}]/gu, 'x');
    from = end;
  }
  return from === 0 ? text : covered + text.slice(from);
}
