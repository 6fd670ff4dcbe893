/**
 * What a comment on a pull request says of itself, in HTML comments that nobody sees: whose it is, so that the next push edits
 * it in place, and what stood in it, so that the next push can say what is new. Neither is believed of another author's comment.
 */
export const MARK_NAME = /^[\w.-]{1,60}$/;

export function commentMark(name: string): string {
  return `<!-- nhi-audit:pull-request ${name} -->`;
}

/** More are not compared: they would take the room of what is to be read. */
const KNOWN_MAX = 500;

export function knownMark(keys: readonly string[]): string {
  return keys.length > KNOWN_MAX ? '' : `<!-- nhi-audit:known ${keys.join(' ')} -->`;
}

/** `undefined` where it does not say: then nothing can be called new. */
export function readKnown(body: string): readonly string[] | undefined {
  const keys = /^<!-- nhi-audit:known (?<keys>[0-9a-f ]*) -->$/m.exec(body)?.groups?.keys;
  return keys?.split(' ').filter((key) => key !== '');
}
