import { printable } from './sanitize.ts';

/** A text as one word of a command line, for hints that people copy. */
export function shellWord(text: string): string {
  return /^[\w./:@%+=,~-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** The same for names that come from strangers: `undefined` for what no one should paste. */
export function pasteableWord(text: string): string | undefined {
  if (text === '' || text.length > 200 || text.startsWith('-') || printable(text) !== text) return undefined;
  return shellWord(text);
}
