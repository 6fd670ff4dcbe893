import { existsSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { sha256 } from '../util/digest.ts';
import { ConfigError } from '../util/errors.ts';
import { MANIFEST } from './format.ts';
import { Manifest } from './manifest.ts';
import { parsed } from './seal.ts';
import { readWhole } from './source.ts';
import { openPack } from './verify.ts';

/** Digest of the manifest of the pack before: given as such, or of a pack that lies here. */
export function previousDigest(text: string, directory: string): string {
  const path = resolve(directory, text);
  if (/^[0-9a-f]{64}$/.test(text) && !existsSync(path)) return text;
  const { source } = openPack(path, basename(path));
  try {
    const file = source.files.find((one) => one.path === MANIFEST);
    const bytes = file === undefined ? undefined : readWhole(file);
    const manifest = bytes === undefined ? undefined : parsed(bytes, (json) => Manifest.safeParse(json).data);
    if (bytes !== undefined && manifest !== undefined) return sha256(bytes);
  } finally {
    source.close();
  }
  throw new ConfigError(`${path} is no pack: it has no manifest of one`, {
    code: 'PACK_UNREADABLE',
    hint: 'Give --previous the directory or .zip of the pack before, or the SHA-256 of its manifest.json.',
  });
}
