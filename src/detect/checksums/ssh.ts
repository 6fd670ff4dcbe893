import { createHash, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';

/** The public half of a private key, as OpenSSH and code hosts name it. */
export interface PublicHalf {
  /** `SHA256:` and base64 without padding, as `ssh-keygen -l` prints it. */
  readonly fingerprint: string;
  /** What the maker wrote behind the key: often `user@machine`. */
  readonly comment?: string;
}

/** Of DER in PEM (PKCS#1, PKCS#8, SEC 1); `undefined` for what is no key or has a passphrase. */
export function publicHalfOfDer(der: Buffer, label: string): PublicHalf | undefined {
  try {
    const blob = toSshBlob(createPublicKey(privateKeyOf(der, label)));
    return blob === undefined ? undefined : { fingerprint: sshFingerprint(blob) };
  } catch {
    return undefined;
  }
}

/** Throws for what is no key. */
export function privateKeyOf(der: Buffer, label: string): KeyObject {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  const armour = `${label} PRIVATE KEY`.trim();
  const dashes = '-----';
  return createPrivateKey(`${dashes}BEGIN ${armour}${dashes}\n${lines.join('\n')}\n${dashes}END ${armour}${dashes}\n`);
}

/**
 * Of OpenSSH's own form, which shows the public key even where a passphrase locks the private one.
 * https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.key
 */
export function publicHalfOfOpenSsh(bytes: Buffer): PublicHalf | undefined {
  const reader = new Reader(bytes, 'openssh-key-v1\0'.length);
  const cipher = reader.text();
  reader.string();
  reader.string();
  const count = reader.number();
  const blob = reader.string();
  if (blob === undefined || count !== 1 || !/^[a-z][a-z0-9@.-]{5,60}$/.test(new Reader(blob, 0).text() ?? '')) return undefined;
  const comment = cipher === 'none' ? commentOf(reader.string()) : undefined;
  return { fingerprint: sshFingerprint(blob), ...(comment === undefined ? {} : { comment }) };
}

export function sshFingerprint(blob: Buffer): string {
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`;
}

/** How many strings of a private key stand between its type and its comment. */
const FIELDS: { readonly [type: string]: number } = {
  'ssh-ed25519': 2,
  'ssh-rsa': 6,
  'ssh-dss': 5,
  'ecdsa-sha2-nistp256': 3,
  'ecdsa-sha2-nistp384': 3,
  'ecdsa-sha2-nistp521': 3,
};

function commentOf(section: Buffer | undefined): string | undefined {
  if (section === undefined) return undefined;
  const reader = new Reader(section, 8);
  const fields = FIELDS[reader.text() ?? ''];
  if (fields === undefined) return undefined;
  for (let field = 0; field < fields; field++) reader.string();
  const comment = reader.text()?.trim();
  return comment !== undefined && /^[\x21-\x7e][\x20-\x7e]{0,120}$/.test(comment) ? comment : undefined;
}

class Reader {
  readonly #bytes: Buffer;
  #at: number;

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes;
    this.#at = at;
  }

  number(): number | undefined {
    if (this.#at + 4 > this.#bytes.length) return undefined;
    this.#at += 4;
    return this.#bytes.readUInt32BE(this.#at - 4);
  }

  /** `undefined` from the first that does not fit on. */
  string(): Buffer | undefined {
    const size = this.number();
    if (size === undefined || this.#at + size > this.#bytes.length) {
      this.#at = this.#bytes.length;
      return undefined;
    }
    this.#at += size;
    return this.#bytes.subarray(this.#at - size, this.#at);
  }

  text(): string | undefined {
    return this.string()?.toString('latin1');
  }
}

const CURVES: { readonly [name: string]: string } = { 'P-256': 'nistp256', 'P-384': 'nistp384', 'P-521': 'nistp521' };

/** RFC 4253 and 5656: the wire form of a public key, from its JWK. */
function toSshBlob(key: KeyObject): Buffer | undefined {
  const { kty, crv = '', e = '', n = '', x = '', y = '' } = key.export({ format: 'jwk' });
  const raw = (text: string): Buffer => Buffer.from(text, 'base64url');
  if (kty === 'RSA') return Buffer.concat([wire('ssh-rsa'), wire(unsigned(raw(e))), wire(unsigned(raw(n)))]);
  if (kty === 'OKP' && crv === 'Ed25519') return Buffer.concat([wire('ssh-ed25519'), wire(raw(x))]);
  const curve = CURVES[crv];
  if (kty !== 'EC' || curve === undefined) return undefined;
  return Buffer.concat([wire(`ecdsa-sha2-${curve}`), wire(curve), wire(Buffer.concat([Buffer.from([4]), raw(x), raw(y)]))]);
}

/** A number whose first bit is set would read as negative. */
function unsigned(bytes: Buffer): Buffer {
  return ((bytes[0] ?? 0) & 0x80) === 0 ? bytes : Buffer.concat([Buffer.from([0]), bytes]);
}

function wire(value: string | Buffer): Buffer {
  const bytes = typeof value === 'string' ? Buffer.from(value, 'latin1') : value;
  const size = Buffer.alloc(4);
  size.writeUInt32BE(bytes.length);
  return Buffer.concat([size, bytes]);
}
