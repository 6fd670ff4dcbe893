import type { Placeholders } from './pack.ts';

/** `acceptsWeak`: what everybody knows (`password`, `admin`) counts as a secret; a template or a mask never does. */
export type PlaceholderTest = (secret: string, isGeneric: boolean, acceptsWeak?: boolean) => boolean;

/** In longer secrets (private keys, key stores) any short word or mark may stand by chance. */
const MAX_WORDY = 400;

/** Tells values that only stand where a secret would: documentation keys, masks, templates, references to a real store. */
export function placeholderTest(placeholders: Placeholders): PlaceholderTest {
  const exact = new Set(placeholders.exact);
  const patterns = placeholders.patterns.map((pattern) => new RegExp(pattern, 'i'));
  // A word may be part of a poor password; `*****` and `0000000000` are not.
  const marks = placeholders.contains.filter((part) => !/^[a-z]+$/.test(part));
  return (secret, isGeneric, acceptsWeak = false) => {
    const folded = secret.toLowerCase();
    if (!acceptsWeak && exact.has(folded)) return true;
    if (secret.length <= MAX_WORDY && (acceptsWeak ? marks : placeholders.contains).some((part) => folded.includes(part)))
      return true;
    if (isGeneric && !acceptsWeak && placeholders.words.some((word) => folded.includes(word))) return true;
    if (secret.length <= MAX_WORDY && patterns.some((pattern) => pattern.test(secret))) return true;
    return isMonotonous(folded);
  };
}

/** `aaaaaaaa`, `abcabcabc`, `0123456789`, `abcdefghij`: no generator makes these. */
export function isMonotonous(folded: string): boolean {
  const body = folded.replace(/^[a-z]{2,8}[-_]/, '');
  if (body.length < 8) return false;
  if (new Set(body).size <= Math.min(4, Math.floor(body.length / 4))) return true;
  if (body.length >= 40 && body.length <= MAX_WORDY && isRepeating(body)) return true;
  return longestRun(body) >= 10;
}

/** A few characters over and over: zeros in base64 are `AAAA…` or `MDAw…`. */
function isRepeating(body: string): boolean {
  const unit = /^(.{1,8}?)\1{4,}/.exec(body);
  return unit !== null && unit[0].length >= body.length * 0.8;
}

/** Length of the longest run of characters that each follow the one before (`abcd`, `3456`). */
function longestRun(text: string): number {
  let longest = 1;
  let run = 1;
  for (let at = 1; at < text.length; at++) {
    const step = text.charCodeAt(at) - text.charCodeAt(at - 1);
    // `1234567890` counts on from 9 to 0.
    run = step === 1 || (text[at - 1] === '9' && text[at] === '0') ? run + 1 : 1;
    if (run > longest) longest = run;
  }
  return longest;
}
