import { megabytes } from '../../util/bytes.ts';
import { messageOf } from '../../util/errors.ts';
import { type ArchiveKind, archiveKind, type Compression, HEAD, isUnread } from './kind.ts';
import type { Meter } from './meter.ts';
import { type ByteSource, bytesSource, chunksOf } from './source.ts';
import { BrokenTar, readTar } from './tar.ts';
import { BrokenStream, inflate, unpack } from './unpack.ts';
import { BrokenZip, readZip, type ZipEntry } from './zip.ts';

/** A file in an archive, however deep. It is read, or left, before the next one is asked for. */
export interface Member {
  /** From the outermost archive on, joined by `!`: `c/d.env`, `b.zip!c/d.env`. */
  readonly path: string;
  /** Kinds of the archives around it, outermost first: `tar`, `gzip`, `zip`. */
  readonly within: readonly string[];
  /** Throws when it cannot be read to its end: see `gapOf`. */
  readonly content: AsyncIterable<Buffer>;
}

/** What was not read. */
export interface Gap {
  /** Empty for the archive itself. */
  readonly path: string;
  /** Fits behind "is", so that many can be told in one sentence: `encrypted`. */
  readonly why: string;
}

export type MemberOrGap = ({ readonly kind: 'member' } & Member) | ({ readonly kind: 'gap' } & Gap);

/** A member is inflated at once up to this size. */
const AT_ONCE = 4 * 1024 * 1024;

interface Place {
  readonly path: string;
  readonly within: readonly string[];
  readonly depth: number;
}

/**
 * The files in an archive and in the archives within it. Nothing is written anywhere, links are not followed, names are
 * taken as names only. Throws `LimitReached` when the meter says so: what came before is good.
 */
export async function* readMembers(source: ByteSource, meter: Meter): AsyncGenerator<MemberOrGap> {
  const kind = archiveKind(source.read(0, HEAD));
  if (kind === undefined) return;
  yield* guarded('', openSource(kind, source, { path: '', within: [], depth: 1 }, meter));
}

/** Why reading ended, when the archive is to blame; anything else is thrown on. */
export function gapOf(error: unknown): string {
  if (error instanceof BrokenTar || error instanceof BrokenZip || error instanceof BrokenStream)
    return `damaged: ${messageOf(error)}`;
  throw error;
}

async function* guarded(path: string, items: AsyncIterable<MemberOrGap>): AsyncGenerator<MemberOrGap> {
  try {
    yield* items;
  } catch (error) {
    yield { kind: 'gap', path, why: gapOf(error) };
  }
}

async function* openSource(kind: ArchiveKind, source: ByteSource, place: Place, meter: Meter): AsyncGenerator<MemberOrGap> {
  if (kind === 'zip') yield* zipMembers(source, place, meter);
  else yield* openStream(kind, chunksOf(source), place, meter);
}

async function* openStream(
  kind: Exclude<ArchiveKind, 'zip'>,
  chunks: AsyncIterable<Buffer> | Iterable<Buffer>,
  place: Place,
  meter: Meter,
): AsyncGenerator<MemberOrGap> {
  if (isUnread(kind)) yield { kind: 'gap', path: place.path, why: `in a format that is not unpacked (${kind})` };
  else if (kind === 'tar') yield* tarMembers(chunks, place, meter);
  else yield* unpacked(kind, chunks, place, meter);
}

/** A compressed stream is a tar, or one file. */
async function* unpacked(
  kind: Compression,
  chunks: AsyncIterable<Buffer> | Iterable<Buffer>,
  place: Place,
  meter: Meter,
): AsyncGenerator<MemberOrGap> {
  const [packedHead, packed] = await peek(chunks);
  const [head, content] = await peek(unpack(kind, packed, meter));
  const within = [...place.within, kind];
  if (archiveKind(head) === 'tar') yield* tarMembers(content, { ...place, within }, meter);
  else {
    meter.member();
    yield* open(
      { ...place, path: join(place.path, nameWithin(packedHead) ?? innerName(place.path)), within },
      head,
      content,
      meter,
    );
  }
}

async function* tarMembers(
  chunks: AsyncIterable<Buffer> | Iterable<Buffer>,
  place: Place,
  meter: Meter,
): AsyncGenerator<MemberOrGap> {
  for await (const entry of readTar(chunks)) {
    meter.member();
    // What a link names is another member, or no file of the archive at all. Devices hold nothing, unless they do.
    if (entry.type !== 'file' && (entry.type !== 'special' || entry.size === 0)) continue;
    const [head, content] = await peek(entry.content);
    const path = join(place.path, clean(entry.path));
    yield* guarded(path, open({ ...place, path, within: [...place.within, 'tar'] }, head, content, meter));
  }
}

async function* zipMembers(source: ByteSource, place: Place, meter: Meter): AsyncGenerator<MemberOrGap> {
  const within = [...place.within, 'zip'];
  let packed = 0;
  for await (const entry of readZip(source)) {
    meter.member();
    if (entry.type !== 'file') continue;
    const path = join(place.path, clean(entry.path));
    packed += entry.packedSize;
    if (packed > source.size) {
      yield { kind: 'gap', path, why: 'packed into the same bytes as others' };
      return;
    }
    const why = unreadable(entry);
    if (why === undefined) yield* guarded(path, zipMember(source, entry, { ...place, path, within }, meter));
    else yield { kind: 'gap', path, why };
  }
}

function unreadable({ isEncrypted, method }: ZipEntry): string | undefined {
  if (isEncrypted) return 'encrypted';
  return method === STORED || method === DEFLATED || method === ZSTANDARD
    ? undefined
    : `packed in a way that is not unpacked (${method})`;
}

const STORED = 0;
const DEFLATED = 8;
const ZSTANDARD = 93;

async function* zipMember(source: ByteSource, entry: ZipEntry, place: Place, meter: Meter): AsyncGenerator<MemberOrGap> {
  const start = await entry.start();
  const end = start + entry.packedSize;
  if (end > source.size) throw new BrokenZip('a member lies beyond its end');
  if (entry.method === DEFLATED && entry.size <= AT_ONCE && entry.packedSize <= AT_ONCE) {
    const bytes = inflate(source.read(start, entry.packedSize), AT_ONCE, meter);
    yield* open(place, bytes.subarray(0, HEAD), [bytes], meter);
    return;
  }
  const packed = chunksOf(source, start, end);
  const chunks =
    entry.method === STORED ? counted(packed, meter) : unpack(entry.method === DEFLATED ? 'deflate' : 'zstd', packed, meter);
  const [head, content] = await peek(chunks);
  yield* open(place, head, content, meter);
}

function* counted(chunks: Iterable<Buffer>, meter: Meter): Generator<Buffer> {
  for (const chunk of chunks) {
    meter.unpack(chunk.length);
    yield chunk;
  }
}

/** A member: opened in its turn when it is an archive. */
async function* open(
  place: Place,
  head: Buffer,
  content: AsyncIterable<Buffer> | Iterable<Buffer>,
  meter: Meter,
): AsyncGenerator<MemberOrGap> {
  const kind = archiveKind(head);
  const { path, within } = place;
  if (kind === undefined) {
    yield { kind: 'member', path, within, content: toAsync(content) };
    return;
  }
  if (place.depth >= meter.limits.depth) {
    yield { kind: 'gap', path, why: `nested more than ${meter.limits.depth} deep` };
    return;
  }
  const inner = { ...place, depth: place.depth + 1 };
  if (kind !== 'zip') {
    yield* openStream(kind, content, inner, meter);
    return;
  }
  const held = await hold(content, meter.limits.held);
  if (held === undefined)
    yield { kind: 'gap', path, why: `a zip of more than ${megabytes(meter.limits.held)} within another archive` };
  else yield* zipMembers(bytesSource(held), inner, meter);
}

async function hold(content: AsyncIterable<Buffer> | Iterable<Buffer>, most: number): Promise<Buffer | undefined> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const chunk of content) {
    size += chunk.length;
    if (size > most) return undefined;
    // A piece may lie in memory that is used again.
    parts.push(Buffer.from(chunk));
  }
  return Buffer.concat(parts);
}

/** The first bytes, and all of them. */
async function peek(chunks: AsyncIterable<Buffer> | Iterable<Buffer>): Promise<[head: Buffer, all: AsyncIterable<Buffer>]> {
  const iterator = Symbol.asyncIterator in chunks ? chunks[Symbol.asyncIterator]() : chunks[Symbol.iterator]();
  const first: Buffer[] = [];
  let size = 0;
  while (size < HEAD) {
    const { done, value } = await iterator.next();
    if (done === true) break;
    first.push(Buffer.from(value));
    size += value.length;
  }
  async function* all(): AsyncGenerator<Buffer> {
    try {
      yield* first;
      for (;;) {
        const { done, value } = await iterator.next();
        if (done === true) return;
        yield value;
      }
    } finally {
      await iterator.return?.();
    }
  }
  return [Buffer.concat(first).subarray(0, HEAD), all()];
}

async function* toAsync(chunks: AsyncIterable<Buffer> | Iterable<Buffer>): AsyncGenerator<Buffer> {
  yield* chunks;
}

function join(outer: string, name: string): string {
  return outer === '' ? name : `${outer}!${name}`;
}

/** A name for people: nothing that a terminal would obey. */
function clean(path: string): string {
  return path.replace(/\p{Cc}/gu, '\ufffd').slice(0, 1000);
}

/**
 * A stream of one file may name it (RFC 1952, 2.3.1). The name of the archive itself is of no account: the same bytes have
 * the same members wherever they lie.
 */
function nameWithin(head: Buffer): string | undefined {
  const flags = head[0] === 0x1f ? (head[3] as number) : 0;
  if ((flags & HAS_NAME) === 0) return undefined;
  const start = 10 + ((flags & HAS_EXTRA) === 0 ? 0 : 2 + head.readUInt16LE(10));
  const end = head.indexOf(0, start);
  return end <= start ? undefined : clean(head.toString('latin1', start, end));
}

const HAS_EXTRA = 4;
const HAS_NAME = 8;

/** `dump.sql.gz` in another archive holds `dump.sql`. */
function innerName(path: string): string {
  const base = path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('!')) + 1);
  return /^(.+)\.(?:gz|zst|gzip|zstd)$/i.exec(base)?.[1] ?? 'content';
}
