import { printable } from '../../src/util/sanitize.ts';

/** Quoted for a POSIX shell; `undefined` for what no one should paste. */
export function shellWord(text: string): string | undefined {
  if (text === '' || text.length > 200 || text.startsWith('-') || printable(text) !== text) return undefined;
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
