import { entropyOf } from '../entropy.ts';
import { isWordlike } from '../token-efficiency.ts';
import { holdsWord } from '../words.ts';
import { type CheckInput, decodeBase64, INVALID, VALID, type Verdict } from './types.ts';

/** A value given to something called `password` or `secret`: is it likely one? */
export function judgeGuess({ secret, groups, around }: CheckInput): Verdict {
  const value = secret;
  if (!/\d/.test(value) || !/[A-Za-z]/.test(value)) return INVALID;
  // Identifiers, paths, calls, versions, dates, locales, MIME types, colours: words joined by marks, digits only at the end.
  if (/^[A-Za-z]+(?:[-_./: ][A-Za-z]+)*[-_]?\d{0,4}$/.test(value)) return INVALID;
  if (/^(?:\.{0,2}\/|[A-Za-z]:\\|https?:|file:|data:|urn:|arn:|#[0-9a-fA-F]{3,8}$)/.test(value)) return INVALID;
  if (/^[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)+(?:\(|$)/.test(value)) return INVALID;
  if (/^[A-Za-z][A-Za-z0-9_]{2,}=[^=]/.test(value) || isPlainBase64(value)) return INVALID;
  if (/\s/.test(value) || /[()[\]{};<>]/.test(value)) return INVALID;
  if (/^\d{4}-\d{2}-\d{2}|^v?\d+\.\d+/.test(value)) return INVALID;
  // The match begins at the telling word; what stands before it belongs to the name too: `public_key_token`.
  const before = /[\w.-]*$/.exec(around(40, 0).split(groups.name ?? '\0')[0] ?? '')?.[0] ?? '';
  const name = (before + (groups.name ?? '')).toLowerCase();
  if (
    /public|hash|digest|checksum|fingerprint|csrf|xsrf|nonce|(?<!secret_)id$|length|min|max|url|uri|path|file|name|label|title|error|message|address/.test(
      name,
    )
  ) {
    return INVALID;
  }
  // Sixteen letters cannot be as varied as sixty-four.
  if (!/pass|pwd/.test(name) && !/^[0-9a-f-]+$/i.test(value) && entropyOf(value) < 3.5) return INVALID;
  // People make passwords of words; a token or key is made by a machine.
  if (!/pass|pwd/.test(name) && (isWordlike(value) || holdsWord(value))) return INVALID;
  return VALID;
}

/** `eC1hcHAtdG9rZW4=` is `x-app-token`: words in base64 are no secret. */
function isPlainBase64(value: string): boolean {
  if (!/^[A-Za-z0-9+/]{8,}={0,2}$/.test(value) || value.length % 4 !== 0) return false;
  return /^[a-z]+(?:[-_. ][a-z]+)*$/i.test(decodeBase64(value).trim());
}
