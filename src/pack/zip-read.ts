import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { byPath, isPackPath, MOST_FILES, MOST_HELD } from './format.ts';
import type { Problem } from './problem.ts';
import { chunksOf } from './read-chunks.ts';
import type { Measured, PackFile, PackSource } from './source.ts';
import {
  CENTRAL,
  CENTRAL_SIZE,
  centralRecord,
  END,
  END_SIZE,
  endRecord,
  LOCAL,
  LOCAL_SIZE,
  localRecord,
  type ZipEntry,
} from './zip-records.ts';

interface Listed extends ZipEntry {
  /** Of its local record. */
  readonly offset: number;
  readonly method: number;
  readonly isLink: boolean;
}

/** One of the two lists that an archive holds of itself. */
interface Listing {
  readonly entries: readonly Listed[];
  /** Its entries lie one behind the other from the first byte on, and the directory behind them. */
  readonly isWhole: boolean;
}

/**
 * A pack that is an archive. An archive tells its content twice: at its end, and before each entry. Where one does not hold
 * together the other is taken, so that a damaged byte anywhere leaves the rest to be looked at. In the end each record is held
 * against what nhi-audit would have written of the entries (`finish`). Nothing is inflated, and nothing is written.
 */
export function openArchive(file: string, name: string): PackSource {
  const handle = openSync(file, 'r');
  const { size } = fstatSync(handle);
  const read = (offset: number, length: number): Buffer => {
    const buffer = Buffer.alloc(Math.max(0, Math.min(length, size - offset)));
    return buffer.subarray(0, buffer.length === 0 ? 0 : readSync(handle, buffer, 0, buffer.length, offset));
  };
  const central = fromDirectory(read, size);
  const local = fromRecords(read, size);
  const chosen = central.isWhole || !local.isWhole ? central : local;
  const problems: Problem[] = [];
  if (!central.isWhole && !local.isWhole) {
    problems.push({
      file: name,
      kind: 'archive',
      message: 'not an archive as nhi-audit writes it (entries stored one behind the other, nothing between them), or damaged',
    });
  } else problems.push(...namedTwice(central, local));
  const { files, problems: ofEntries } = filesOf(chosen, handle);
  return {
    files,
    problems: [...problems, ...ofEntries],
    finish: (digests) => (chosen.isWhole ? compareRecords(chosen.entries, digests, read, size, name) : []),
    close: () => closeSync(handle),
  };
}

type Read = (offset: number, length: number) => Buffer;

/** By the directory at the end. */
function fromDirectory(read: Read, size: number): Listing {
  const none = { entries: [], isWhole: false };
  if (size < END_SIZE) return none;
  const end = read(size - END_SIZE, END_SIZE);
  if (end.readUInt32LE(0) !== END) return none;
  const [count, length, start] = [end.readUInt16LE(10), end.readUInt32LE(12), end.readUInt32LE(16)];
  if (start + length + END_SIZE !== size || length > MOST_HELD || count > MOST_FILES) return none;
  const directory = read(start, length);
  const entries: Listed[] = [];
  let at = 0;
  while (entries.length < count && at + CENTRAL_SIZE <= directory.length && directory.readUInt32LE(at) === CENTRAL) {
    const nameLength = directory.readUInt16LE(at + 28);
    entries.push({
      path: directory.toString('latin1', at + CENTRAL_SIZE, at + CENTRAL_SIZE + nameLength),
      method: directory.readUInt16LE(at + 10),
      crc: directory.readUInt32LE(at + 16),
      size: directory.readUInt32LE(at + 20),
      offset: directory.readUInt32LE(at + 42),
      isLink: directory.readUInt32LE(at + 38) >>> 28 === 0xa,
    });
    at += CENTRAL_SIZE + nameLength + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
  }
  return { entries, isWhole: entries.length === count && at === length && isChain(entries, start) };
}

/** By what stands before each entry. */
function fromRecords(read: Read, size: number): Listing {
  const entries: Listed[] = [];
  let at = 0;
  for (;;) {
    const head = read(at, LOCAL_SIZE);
    const signature = head.length < 4 ? 0 : head.readUInt32LE(0);
    if (signature === CENTRAL || signature === END) return { entries, isWhole: entries.length > 0 };
    if (head.length < LOCAL_SIZE || signature !== LOCAL || entries.length >= MOST_FILES) return { entries, isWhole: false };
    const nameLength = head.readUInt16LE(26);
    const stored = head.readUInt32LE(18);
    entries.push({
      path: read(at + LOCAL_SIZE, nameLength).toString('latin1'),
      method: head.readUInt16LE(8),
      crc: head.readUInt32LE(14),
      size: stored,
      offset: at,
      isLink: false,
    });
    // What has extra fields does not hold together, and need not.
    at += LOCAL_SIZE + nameLength + stored;
    if (at > size) return { entries, isWhole: false };
  }
}

function isChain(entries: readonly Listed[], end: number): boolean {
  let at = 0;
  for (const { offset, path, size } of entries) {
    if (offset !== at) return false;
    at += LOCAL_SIZE + path.length + size;
  }
  return at === end;
}

/** The two lists name their entries alike. */
function namedTwice(central: Listing, local: Listing): Problem[] {
  if (!central.isWhole || !local.isWhole) return [];
  return central.entries.flatMap(({ path }, index) => {
    const other = local.entries[index]?.path;
    if (other === undefined || other === path) return [];
    return [path, other].map(
      (file): Problem => ({ file, kind: 'archive', message: 'the archive has two names for this entry, one in its directory' }),
    );
  });
}

function filesOf({ entries }: Listing, handle: number): { readonly files: readonly PackFile[]; readonly problems: Problem[] } {
  const files = new Map<string, PackFile>();
  const problems: Problem[] = [];
  let before = '';
  for (const { path, size, offset, method, isLink } of entries) {
    const problem =
      wrongWith(path, method, isLink) ?? (files.has(path) ? (['duplicate', 'stands in the archive twice'] as const) : undefined);
    if (problem !== undefined) problems.push({ file: path, kind: problem[0], message: problem[1] });
    else if (path < before)
      problems.push({ file: path, kind: 'reordered', message: 'does not stand in its place in the archive' });
    before = path > before ? path : before;
    const start = offset + LOCAL_SIZE + path.length;
    const isRead = problem === undefined || (problem[0] === 'symlink' && isPackPath(path));
    if (isRead && !files.has(path)) files.set(path, { path, size, chunks: () => chunksOf(handle, start, size) });
  }
  return { files: [...files.values()].sort(byPath), problems };
}

function wrongWith(path: string, method: number, isLink: boolean): readonly [Problem['kind'], string] | undefined {
  if (!isPackPath(path)) {
    const leaves = path.split(/[/\\]/).includes('..') || /^(?:[/\\]|[A-Za-z]:)/.test(path);
    return leaves
      ? ['unsafe-path', 'the path leaves the pack; it is not read']
      : ['extra', 'not of this pack: no file of a pack has such a name'];
  }
  if (isLink) return ['symlink', 'a symbolic link; it is not followed'];
  return method === 0 ? undefined : ['compressed', 'compressed, which entries of a pack are not; it is not inflated'];
}

/** Every byte that is no file's content, against what it should be. */
function compareRecords(
  entries: readonly Listed[],
  digests: ReadonlyMap<string, Measured>,
  read: Read,
  size: number,
  name: string,
): Problem[] {
  const problems: Problem[] = [];
  const central: { readonly path: string; readonly bytes: Buffer }[] = [];
  let at = 0;
  for (const entry of entries) {
    const { path } = entry;
    const expected = { path, size: entry.size, crc: digests.get(path)?.crc ?? entry.crc };
    const record = localRecord(expected);
    if (!read(at, record.length).equals(record)) {
      problems.push({ file: path, kind: 'archive', message: 'what the archive says before it is not as it was written' });
    }
    central.push({ path, bytes: centralRecord(expected, at) });
    at += record.length + entry.size;
  }
  const start = at;
  for (const { path, bytes } of central) {
    if (!read(at, bytes.length).equals(bytes)) {
      problems.push({
        file: path,
        kind: 'archive',
        message: 'its entry in the directory of the archive is not as it was written',
      });
    }
    at += bytes.length;
  }
  const end = endRecord(entries.length, at - start, start);
  if (!read(at, end.length).equals(end)) {
    problems.push({ file: name, kind: 'archive', message: 'the end of the archive is not as it was written' });
  } else if (at + end.length !== size) {
    problems.push({
      file: name,
      kind: 'archive',
      message: `${size - at - end.length} bytes stand behind the end of the archive`,
    });
  }
  return problems;
}
