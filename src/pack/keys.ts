import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { ConfigError, messageOf } from '../util/errors.ts';
import { keyIdOf, Signer } from './statement.ts';
import { notWritten, taken } from './write-errors.ts';

/** A key that whoever verifies trusts; with what a signer file says of it. */
export interface TrustedKey extends Partial<Pick<Signer, 'name' | 'notBefore' | 'notAfter'>> {
  readonly keyId: string;
  readonly key: KeyObject;
}

export interface NewKeyFiles {
  readonly keyId: string;
  readonly privateKey: string;
  readonly publicKey: string;
  readonly signer: string;
}

/** Makes an Ed25519 key pair: the private key for its owner alone, and two public files to hand out. Nothing is written over. */
export function makeKey(
  file: string,
  { name, notBefore, notAfter }: { readonly name?: string; readonly notBefore: string; readonly notAfter?: string },
): NewKeyFiles {
  const files = { privateKey: file, publicKey: `${file}.pub`, signer: signerFileOf(file) };
  for (const path of Object.values(files)) if (existsSync(path)) throw taken(path, 'it is there already');
  const pair = generateKeyPairSync('ed25519');
  const publicKey = pair.publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const signer: Signer = {
    keyId: keyIdOf(pair.publicKey),
    ...(name === undefined ? {} : { name }),
    notBefore,
    ...(notAfter === undefined ? {} : { notAfter }),
    publicKey,
  };
  const written: string[] = [];
  try {
    for (const [path, text, mode] of [
      [files.privateKey, pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), 0o600],
      [files.publicKey, publicKey, 0o644],
      [files.signer, `${JSON.stringify(signer, null, 2)}\n`, 0o644],
    ] as const) {
      writeFileSync(path, text, { mode, flag: 'wx' });
      written.push(path);
    }
  } catch (error) {
    for (const path of written) rmSync(path, { force: true });
    throw notWritten(file, error);
  }
  return { ...files, keyId: signer.keyId };
}

export function signerFileOf(keyFile: string): string {
  return `${keyFile}.signer.json`;
}

/** The key to sign with, and who says to be behind it: `FILE.signer.json`, where that is there. */
export function readSigningKey(
  file: string,
  passphrase: string | undefined,
): { readonly key: KeyObject; readonly signer: Signer; readonly isOpenToOthers: boolean } {
  const text = readText(file, '--sign-key');
  let key: KeyObject;
  try {
    key = createPrivateKey({ key: text, format: 'pem', ...(passphrase === undefined ? {} : { passphrase }) });
  } catch (error) {
    throw new ConfigError(`${file} holds no private key that can be read: ${messageOf(error)}`, {
      code: 'SIGN_KEY',
      hint: 'Make one with: nhi-audit pack --new-key FILE (a passphrase is taken from NHI_AUDIT_KEY_PASSPHRASE)',
    });
  }
  if (key.asymmetricKeyType !== 'ed25519') {
    throw new ConfigError(`${file} is a key of ${key.asymmetricKeyType ?? 'another kind'}, not Ed25519`, {
      code: 'SIGN_KEY',
      hint: 'Make one with: nhi-audit pack --new-key FILE',
    });
  }
  const publicKey = createPublicKey(key);
  const keyId = keyIdOf(publicKey);
  const isOpenToOthers = process.platform !== 'win32' && (statSync(file).mode & 0o077) !== 0;
  const signerFile = signerFileOf(file);
  const [signer = undefined] = existsSync(signerFile) ? readSigners(signerFile) : [];
  if (signer !== undefined && signer.keyId !== keyId) {
    throw new ConfigError(`${signerFile} is of another key than ${file}`, {
      code: 'SIGN_KEY',
      hint: 'Move it away, or put the right one there.',
    });
  }
  const own = { keyId, publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString() };
  return { key, signer: { ...signer, ...own }, isOpenToOthers };
}

/** Keys to verify with: a public key as PEM, or a signer file, or a list of signers. */
export function readTrustedKeys(file: string): readonly TrustedKey[] {
  const text = readText(file, '--key');
  if (/^\s*[[{]/.test(text)) {
    return readSigners(file).map(({ publicKey, ...signer }) => ({ ...signer, key: publicKeyOf(publicKey, file) }));
  }
  const key = publicKeyOf(text, file);
  return [{ key, keyId: keyIdOf(key) }];
}

function readSigners(file: string): readonly Signer[] {
  let parsed: readonly Signer[];
  try {
    parsed = z
      .union([Signer.transform((one) => [one]), z.array(Signer).min(1)])
      .parse(JSON.parse(readText(file, 'the signer file')));
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw new ConfigError(`${file} is no signer file: ${messageOf(error)}`, {
      code: 'SIGNER_FILE',
      hint: 'It is JSON with keyId, publicKey and, if wanted, name, notBefore and notAfter; pack --new-key writes one.',
    });
  }
  for (const { keyId, publicKey } of parsed) {
    if (keyIdOf(publicKeyOf(publicKey, file)) === keyId) continue;
    throw new ConfigError(`${file}: ${keyId} is not the id of the key that stands with it`, {
      code: 'SIGNER_FILE',
      hint: 'The id is the SHA-256 of the public key (SPKI, DER).',
    });
  }
  return parsed;
}

function publicKeyOf(pem: string, file: string): KeyObject {
  // Of a private key Node would take the public half; whoever verifies with one should not have it.
  if (pem.includes('PRIVATE KEY')) {
    throw new ConfigError(`${file} is a private key`, { code: 'KEY', hint: 'Verify with the public one, FILE.pub.' });
  }
  const key = publicKeyIn(pem);
  if (key !== undefined) return key;
  throw new ConfigError(`${file} holds no public Ed25519 key`, {
    code: 'KEY',
    hint: 'Give the PEM file FILE.pub, or FILE.signer.json, of whoever signs.',
  });
}

/** `undefined` for all that is no public Ed25519 key. */
export function publicKeyIn(pem: string): KeyObject | undefined {
  try {
    const key = createPublicKey(pem);
    return key.asymmetricKeyType === 'ed25519' ? key : undefined;
  } catch {
    return undefined;
  }
}

function readText(file: string, option: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new ConfigError(`${file} cannot be read: ${messageOf(error)}`, {
      code: 'KEY',
      hint: `Check the path given with ${option}.`,
    });
  }
}
