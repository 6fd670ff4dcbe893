import { createHash } from 'node:crypto';

export interface SshKey {
  /** `SHA256:…` without padding, as `ssh-keygen -l` prints it. */
  readonly fingerprint: string;
  readonly type: string;
}

/** A public key as in `authorized_keys`; `undefined` where the text is none. https://www.rfc-editor.org/rfc/rfc4253#section-6.6 */
export function readSshKey(line: string): SshKey | undefined {
  const { type, body } =
    /^\s*(?<type>(?:ssh|ecdsa|sk)-[\w@.-]+)\s+(?<body>[A-Za-z0-9+/]+={0,2})(?:\s|$)/.exec(line)?.groups ?? {};
  if (type === undefined || body === undefined) return undefined;
  const blob = Buffer.from(body, 'base64');
  // The blob begins with the length of its type and the type: a mere base64 word does not.
  if (blob.length < 4 + type.length || blob.readUInt32BE(0) !== type.length) return undefined;
  if (blob.subarray(4, 4 + type.length).toString('latin1') !== type) return undefined;
  return { fingerprint: `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`, type };
}
