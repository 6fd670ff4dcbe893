import { statSync } from 'node:fs';
import { join } from 'node:path';
import { commonDirOf } from './git.ts';
import { namesIn } from './names-in.ts';
import { readRegularFile } from './source-file.ts';

/** The files that hold a repository's own objects: the same files, the same objects. */
export interface ObjectStore {
  /** `pack-….idx`, with its size: a pack is never changed, only replaced by another. */
  readonly packs: readonly string[];
  /** Ids of objects that lie in files of their own. */
  readonly loose: readonly string[];
}

const MAX_INDEX_BYTES = 2 * 1024 * 1024 * 1024 - 1;
const MAGIC = 0xff744f63;
const VERSION = 2;
const HEADER_BYTES = 8;
const FANOUT_BYTES = 1024;

/** Looks at names and sizes alone: milliseconds, where git takes a second to list what is in them. */
export function objectStoreOf(gitDir: string): ObjectStore | undefined {
  const objects = join(commonDirOf(gitDir), 'objects');
  try {
    const packs: string[] = [];
    const names = new Set(namesIn(join(objects, 'pack')));
    for (const name of names) {
      // git does not look into an index without its pack.
      if (!name.endsWith('.idx') || !names.has(name.replace(/idx$/, 'pack'))) continue;
      packs.push(`${name} ${statSync(join(objects, 'pack', name)).size}`);
    }
    return { packs: packs.sort(), loose: [...looseIds(objects)].sort() };
  } catch {
    return undefined;
  }
}

/** Ids of objects that lie in files of their own below this directory. */
export function* looseIds(objects: string): Generator<string> {
  for (const folder of namesIn(objects)) {
    if (!/^[0-9a-f]{2}$/.test(folder)) continue;
    for (const rest of namesIn(join(objects, folder))) {
      if (/^([0-9a-f]{38}|[0-9a-f]{62})$/.test(rest)) yield folder + rest;
    }
  }
}

/**
 * Objects that came since. `undefined` where files of then are gone (a gc): what was in them may be gone too, or lie in
 * new packs.
 */
export function objectsSince(
  gitDir: string,
  before: ObjectStore,
  now: ObjectStore,
  idBytes: number,
): readonly string[] | undefined {
  const packs = new Set(now.packs);
  const loose = new Set(now.loose);
  if (!before.packs.every((pack) => packs.has(pack)) || !before.loose.every((id) => loose.has(id))) return undefined;
  for (const pack of before.packs) packs.delete(pack);
  for (const id of before.loose) loose.delete(id);
  const ids = [...loose];
  for (const pack of packs) {
    const inPack = idsInPack(join(commonDirOf(gitDir), 'objects', 'pack', pack.replace(/ \d+$/, '')), idBytes);
    if (inPack === undefined) return undefined;
    for (const id of inPack) ids.push(id);
  }
  return ids;
}

/** Ids in the index of a pack, version 2: https://git-scm.com/docs/pack-format */
function idsInPack(file: string, idBytes: number): readonly string[] | undefined {
  let index: Buffer;
  try {
    index = readRegularFile(file, MAX_INDEX_BYTES);
  } catch {
    return undefined;
  }
  const start = HEADER_BYTES + FANOUT_BYTES;
  if (index.length < start || index.readUInt32BE(0) !== MAGIC || index.readUInt32BE(4) !== VERSION) return undefined;
  const count = index.readUInt32BE(start - 4);
  // Id, checksum and offset of each; two checksums at the end.
  if (index.length < start + count * (idBytes + 8) + 2 * idBytes) return undefined;
  const ids: string[] = [];
  for (let at = start; ids.length < count; at += idBytes) ids.push(index.toString('hex', at, at + idBytes));
  return ids;
}
