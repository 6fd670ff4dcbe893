/** Prefixes under which vendors hand out tokens, and the armour of a private key. */
const MARKED =
  /^(?:gh[opsur]_|github_pat_|glpat-|xox[a-z]-|xapp-|sk-|sk_(?:live|test)_|rk_(?:live|test)_|hpk_|npm_|pypi-|dop_v1_|hf_|AIza|ya29\.|eyJ[\w-]+\.|-----BEGIN )/;
/** Ids of access keys, hexadecimal ids and UUIDs are public: they name a credential, and open nothing. */
const PUBLIC = /^(?:A(?:KIA|SIA|ROA|IDA)[A-Z0-9]{12,}|[0-9a-f-]+|\d+)$/i;

/** Is this, given as a name, more like a secret? Told by its shape only; a guess, for a hint. */
export function looksSecret(text: string): boolean {
  if (PUBLIC.test(text)) return false;
  if (MARKED.test(text)) return text.length >= 12;
  // A connection string with a password in it.
  if (/^[a-z][a-z0-9+.-]*:\/\/[^\s/@]*:[^\s/@]+@/i.test(text)) return true;
  if (text.length < 20 || !/^[\w+/=.~!$%^&*-]+$/.test(text)) return false;
  const kinds = [/[a-z]/, /[A-Z]/, /\d/].filter((kind) => kind.test(text)).length;
  // Names are words: a run of letters and digits in which the three kinds change all the time is none.
  const changes = text.match(/[a-z](?=[A-Z\d])|[A-Z](?=\d)|\d(?=[A-Za-z])/g)?.length ?? 0;
  return kinds === 3 && changes * 4 >= text.length;
}
