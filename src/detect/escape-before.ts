import { mayEndEscape } from './kernel/escape.ts';

/** The longest that is looked for; a colour is some twenty bytes. */
const LONGEST = 32;

/** Escapes of strings, URLs (encoded once or twice) and terminals (the escape character raw or escaped in its turn). */
const ENDS_IN_ESCAPE = new RegExp(
  [
    String.raw`\\(?:[abefnrtv0]|[0-7]{2,3}|x[0-9a-f]{2}|u[0-9a-f]{4})`,
    '%(?:25)?[0-9a-f]{2}',
    String.raw`(?:\x1b|\\(?:e|0?33|x1b|u001b|u\{1b\}|x\{1b\}))\[[\d;:?]*[mk]`,
  ]
    .map((one) => `(?:${one})$`)
    .join('|'),
  'i',
);

/** How many bytes right before `at` are an escape: another character than the letters it is spelled with. */
export function escapeBefore(bytes: Buffer, at: number): number {
  if (!mayEndEscape(bytes, at)) return 0;
  return ENDS_IN_ESCAPE.exec(bytes.toString('latin1', Math.max(0, at - LONGEST), at))?.[0].length ?? 0;
}
