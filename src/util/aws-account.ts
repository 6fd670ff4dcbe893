/**
 * AWS ids carry the account they belong to: the characters after the four-letter prefix are base32, and the top bits
 * of the first six bytes hold the account number. Ids issued before about 2019 (fifth character I or J) do not.
 * https://summitroute.com/blog/2018/06/20/aws_security_credential_primer/
 */
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const MASK = 0x7fff_ffff_ff80n;
const SHIFT = 7n;

/** The 12-digit account of an access key id or unique id (`AKIA… ASIA… AROA… AIDA…`), or `undefined` when it holds none. */
export function awsAccountOf(id: string): string | undefined {
  if (!/^A[A-Z0-9]{3}[A-Z2-7]{10,}$/.test(id)) return undefined;
  if (id[4] === 'I' || id[4] === 'J') return undefined;
  let bits = 0n;
  for (const character of id.slice(4, 14)) bits = (bits << 5n) | BigInt(ALPHABET.indexOf(character));
  const account = ((bits >> 2n) & MASK) >> SHIFT;
  return account > 999_999_999_999n ? undefined : account.toString().padStart(12, '0');
}

/**
 * The inverse, for samples and tests: an id of `prefix` that decodes to `account`. `tail` (base32 characters) fills
 * what the account leaves free; it is repeated or cut to size.
 */
export function encodeAwsKeyId(prefix: string, account: string, tail = 'Q'): string {
  if (!/^A[A-Z]{3}$/.test(prefix)) throw new TypeError(`not a prefix of an AWS id: ${prefix}`);
  if (!/^\d{12}$/.test(account)) throw new TypeError('an AWS account has 12 digits');
  if (!/^[A-Z2-7]+$/.test(tail)) throw new TypeError('the tail must be base32');
  // 48 bits: a set top bit keeps the fifth character away from the old form (A-P), then 40 bits account, 7 bits free.
  const top = (1n << 47n) | (BigInt(account) << SHIFT);
  const filler = tail.repeat(16);
  const free = BigInt(ALPHABET.indexOf(filler.charAt(0))) | (BigInt(ALPHABET.indexOf(filler.charAt(1)) & 3) << 5n);
  let bits = ((top | free) << 2n) | BigInt(ALPHABET.indexOf(filler.charAt(2)) & 3);
  let head = '';
  for (let index = 0; index < 10; index++) {
    head = ALPHABET.charAt(Number(bits & 31n)) + head;
    bits >>= 5n;
  }
  return prefix + head + filler.slice(0, 6);
}
