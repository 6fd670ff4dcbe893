import { relativeParts } from '../../src/util/places.ts';
import { clip, printable } from '../../src/util/sanitize.ts';

const TEXT_MAX = 4000;

/** A SARIF message. Empty texts are refused by code scanning; `[x](y)` would be read as a link, so names may not make one. */
export function message(text: string, max = TEXT_MAX): { text: string } {
  const safe = clip(printable(text), max).replaceAll('](', '] (');
  return { text: safe === '' ? '-' : safe };
}

/**
 * A path as a relative URI reference: always below the root, whatever the path says, and percent-encoded part by part,
 * so that a colon is no scheme and a `?` no query.
 */
export function relativeUri(path: string): string {
  const parts = relativeParts(path).map(encodeURIComponent);
  return parts.length === 0 ? '-' : parts.join('/');
}
