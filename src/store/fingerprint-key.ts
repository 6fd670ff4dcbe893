import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, openSync, readFileSync, readSync, statSync, writeSync } from 'node:fs';
import { ConfigError, messageOf } from '../util/errors.ts';

export interface FingerprintKey {
  readonly key: Uint8Array;
  /** `environment`: NHI_AUDIT_FINGERPRINT_KEY; `store`: the file beside the store; `ephemeral`: made for this run. */
  readonly source: 'environment' | 'store' | 'ephemeral';
}

const VARIABLE = 'NHI_AUDIT_FINGERPRINT_KEY';

/**
 * The key of the HMAC fingerprints. It lies beside the store (`FILE.key`, mode 0600), not in it: the store can be
 * handed to an auditor without the means to test guesses against it. Machines that must agree set the variable.
 */
export function fingerprintKey(
  env: { readonly [name: string]: string | undefined },
  storeFile: string | undefined,
): FingerprintKey {
  const given = env[VARIABLE];
  if (given !== undefined && given !== '') {
    if (given.length < 16) {
      throw new ConfigError(`${VARIABLE} is too short to be a key`, {
        code: 'FINGERPRINT_KEY',
        hint: 'Use at least 32 random characters, for example from: openssl rand -hex 32',
      });
    }
    return { key: Buffer.from(given, 'utf8'), source: 'environment' };
  }
  if (storeFile === undefined) return { key: randomBytes(32), source: 'ephemeral' };
  return { key: besideStore(`${storeFile}.key`, isStore(storeFile)), source: 'store' };
}

/** Throws `ConfigError` where the file is no database at all: a key would be no help. */
function isStore(file: string): boolean {
  const found = statSync(file, { throwIfNoEntry: false });
  if (found === undefined || (found.isFile() && found.size === 0)) return false;
  // duckdb.org/docs/stable/internals/storage: a checksum of 8 bytes, then the magic bytes.
  if (found.isFile() && headOf(file).toString('latin1', 8) === 'DUCK') return true;
  throw new ConfigError(`${file} is not a readable store: it is no DuckDB database`, {
    code: 'STORE_FOREIGN',
    hint: 'Name another file with --store; this one was left as it is.',
  });
}

function headOf(file: string): Buffer {
  const head = Buffer.alloc(12);
  const handle = openSync(file, 'r');
  try {
    readSync(handle, head);
  } finally {
    closeSync(handle);
  }
  return head;
}

function newFile(file: string): number {
  try {
    return openSync(file, 'wx', 0o600);
  } catch (error) {
    throw new ConfigError(`The store cannot be made: its key ${file} could not be written: ${messageOf(error)}`, {
      code: 'STORE_UNWRITABLE',
      hint: 'Name a file in a directory that you may write to: --store FILE',
      cause: error,
    });
  }
}

function besideStore(file: string, storeExists: boolean): Uint8Array {
  if (existsSync(file)) {
    const key = Buffer.from(readFileSync(file, 'utf8').trim(), 'hex');
    if (key.length < 16) {
      throw new ConfigError(`The fingerprint key in ${file} is damaged`, {
        code: 'FINGERPRINT_KEY',
        hint: `Restore it from a backup, or set ${VARIABLE}.`,
      });
    }
    return key;
  }
  if (storeExists) {
    throw new ConfigError(`The store has no fingerprint key beside it: ${file} is missing`, {
      code: 'FINGERPRINT_KEY',
      hint: `Put the key file back, set ${VARIABLE}, or start a new store: fingerprints of two keys cannot be compared.`,
    });
  }
  const key = randomBytes(32);
  const handle = newFile(file);
  try {
    writeSync(handle, `${key.toString('hex')}\n`);
  } finally {
    closeSync(handle);
  }
  return key;
}
