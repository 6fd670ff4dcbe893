import type { Match } from '../contracts/index.ts';
import { coverSecrets } from '../formats/cover.ts';

/**
 * The text that names are read from, without the credentials in it. The id of a key stays, for it is no secret; and what only
 * its name tells, which is looked at again by its place.
 */
export function coverDeclared(text: string, matches: readonly Match[]): string {
  const sure = matches.filter(({ confidence }) => confidence !== 'low');
  return coverSecrets(text, sure, ({ publicId }, found) => found === publicId);
}
