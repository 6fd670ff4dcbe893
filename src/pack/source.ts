import { createHash } from 'node:crypto';
import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { codeOf, messageOf } from '../util/errors.ts';
import { byPath, type FileDigest, isPackPath, MOST_FILES, MOST_HELD } from './format.ts';
import type { Problem } from './problem.ts';
import { chunksOfFile } from './read-chunks.ts';

/** A file of a pack that lies somewhere. */
export interface PackFile {
  readonly path: string;
  readonly size: number;
  chunks(): Iterable<Buffer>;
}

/** A pack as it is found: nothing in it is believed. */
export interface PackSource {
  /** Sorted by path; each path once, and one that a pack may have. */
  readonly files: readonly PackFile[];
  readonly problems: readonly Problem[];
  /** What is wrong with the archive around the files, once their bytes are known. */
  finish(digests: ReadonlyMap<string, Measured>): readonly Problem[];
  close(): void;
}

export interface Measured extends FileDigest {
  readonly crc: number;
}

/** Digest of a file; throws what reading it throws. */
export function measure(file: PackFile): Measured {
  const hash = createHash('sha256');
  let [size, crc] = [0, 0];
  for (const chunk of file.chunks()) {
    hash.update(chunk);
    crc = crc32(chunk, crc);
    size += chunk.length;
  }
  return { path: file.path, size, sha256: hash.digest('hex'), crc };
}

/** The whole of a small file; `undefined` when it is larger than anything of its kind. */
export function readWhole(file: PackFile, most = MOST_HELD): Buffer | undefined {
  if (file.size > most) return undefined;
  const chunks: Buffer[] = [];
  let size = 0;
  for (const chunk of file.chunks()) {
    size += chunk.length;
    if (size > most) return undefined;
    chunks.push(Buffer.from(chunk));
  }
  return Buffer.concat(chunks);
}

/** A pack that is a directory. Links are named and not followed; nothing outside is touched. */
export function openDirectory(root: string): PackSource {
  const files: PackFile[] = [];
  const problems: Problem[] = [];
  const walk = (folder: string): void => {
    const entries = readdirSync(join(root, folder), { withFileTypes: true });
    if (entries.length === 0 && folder !== '') {
      problems.push({ file: `${folder}/`, kind: 'extra', message: 'an empty directory, which no pack has' });
    }
    for (const { name } of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = folder === '' ? name : `${folder}/${name}`;
      if (files.length + problems.length >= MOST_FILES) return;
      look(path);
    }
  };
  const look = (path: string): void => {
    try {
      const stat = lstatSync(join(root, path));
      if (stat.isSymbolicLink()) {
        problems.push({ file: path, kind: 'symlink', message: 'a symbolic link; it is not followed' });
      } else if (!isPackPath(path)) {
        problems.push({ file: path, kind: 'extra', message: 'not of this pack: no file of a pack has such a name' });
      } else if (stat.isDirectory()) walk(path);
      else if (!stat.isFile()) problems.push({ file: path, kind: 'extra', message: 'neither a file nor a directory' });
      else files.push({ path, size: stat.size, chunks: () => chunksOfFile(join(root, path)) });
    } catch (error) {
      problems.push({ file: path, kind: 'changed', message: `cannot be read: ${codeOf(error) ?? messageOf(error)}` });
    }
  };
  walk('');
  if (files.length + problems.length >= MOST_FILES) {
    problems.push({ file: '.', kind: 'limit', message: `more than ${MOST_FILES} files; the rest was not looked at` });
  }
  return { files: files.sort(byPath), problems, finish: () => [], close: () => undefined };
}
