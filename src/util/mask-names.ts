import type { Secret } from './secret.ts';

interface Hit {
  readonly start: number;
  readonly end: number;
  readonly masked: string;
  readonly publicId?: string;
  readonly secret: Secret;
}

/** Finds what may stand in no name; asked for detectors that tell a credential by itself, of what people wrote for guesses too. */
export type DetectInName = (text: string, hints: { readonly specificOnly: boolean }) => readonly Hit[];

/** No token of a known form is shorter; most names are told apart by this alone. */
const LONG_WORD = /[A-Za-z0-9_-]{16,}/;

/** In a name a dot ends a word, whatever it is in a text: `TOKEN.txt`. */
const DOTS = /[.!]/g;

/** A name, a path or a sentence with names in it, each credential in it masked. `mayHold`: a quicker look at it first. */
export function maskNames(
  text: string,
  detect: DetectInName,
  mayHold: (text: string) => boolean = (name) => LONG_WORD.test(name),
): string {
  const clean = mayHold(text) ? maskFound(text, detect(text, { specificOnly: true })) : text;
  const apart = clean.replace(DOTS, ' ');
  return apart !== text && mayHold(apart) ? maskFound(clean, detect(apart, { specificOnly: true })) : clean;
}

/** What people wrote, a name and its value among it, each guess at a password masked as well. */
export function maskGuesses(text: string, detect: DetectInName): string {
  return maskFound(text, detect(text, { specificOnly: false }));
}

/** A masked password stands where a password would. */
const MASKED = /^[^…]{0,4}…\(\d+\)$/;

function maskFound(text: string, found: readonly Hit[]): string {
  let [clean, end] = ['', 0];
  for (const match of found) {
    const secret = match.secret.reveal();
    // What has a public id shows only that in places: an ARN or a key id in a pointer is no secret.
    if (match.start < end || secret === match.publicId || MASKED.test(secret)) continue;
    clean += text.slice(end, match.start) + match.masked;
    end = match.end;
  }
  return end === 0 ? text : clean + text.slice(end);
}

/** The same for every string in a value, keys too; the value itself where there is nothing to mask. */
export function maskNamesIn<T>(value: T, mask: (text: string) => string): T {
  if (typeof value === 'string') return mask(value) as T;
  if (Array.isArray(value)) {
    const items = value.map((item) => maskNamesIn(item, mask));
    return items.some((item, index) => item !== value[index]) ? (items as T) : value;
  }
  if (typeof value !== 'object' || value === null) return value;
  let isMasked = false;
  const entries = Object.entries(value).map(([key, item]) => {
    const [name, clean] = [mask(key), maskNamesIn(item, mask)];
    isMasked ||= name !== key || clean !== item;
    return [name, clean];
  });
  return isMasked ? Object.fromEntries(entries) : value;
}
