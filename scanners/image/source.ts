import { closeSync, constants, fstatSync, openSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { archiveKind, HEAD, isUnread } from '../../src/files/archive/kind.ts';
import { gapOf } from '../../src/files/archive/members.ts';
import type { ArchiveLimits, Meter } from '../../src/files/archive/meter.ts';
import { chunksOf, fileSource } from '../../src/files/archive/source.ts';
import { readTar, type TarEntry } from '../../src/files/archive/tar.ts';
import { unpack } from '../../src/files/archive/unpack.ts';
import { codeOf, messageOf } from '../../src/util/errors.ts';

/** One file of an image archive or layout: a blob, a layer, a manifest. Read, or left, before the next is asked for. */
export interface Part {
  /** `blobs/sha256/…`, `HEX/layer.tar`, `manifest.json`. */
  readonly name: string;
  readonly size: number;
  /** Of a link: the part that it names. */
  readonly link?: string;
  readonly content: AsyncIterable<Buffer> | Iterable<Buffer>;
}

/** What one image may cost: images of many gigabytes are scanned, bombs are not. */
export const IMAGE_LIMITS: ArchiveLimits = {
  depth: 4,
  members: 2_000_000,
  bytes: 64 * 1024 * 1024 * 1024,
  held: 64 * 1024 * 1024,
  ratio: 250,
  milliseconds: 60 * 60_000,
};

const SAFE_OPEN = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** The parts of an OCI layout, a directory. */
export function* partsOfLayout(directory: string): Generator<Part> {
  for (const name of ['oci-layout', 'index.json', 'manifest.json', 'repositories']) {
    const size = sizeOf(join(directory, name));
    if (size !== undefined) yield { name, size, content: piecesOf(join(directory, name)) };
  }
  for (const algorithm of namesIn(join(directory, 'blobs'))) {
    for (const hex of namesIn(join(directory, 'blobs', algorithm))) {
      const path = join(directory, 'blobs', algorithm, hex);
      const size = sizeOf(path);
      if (size !== undefined) yield { name: `blobs/${algorithm}/${hex}`, size, content: piecesOf(path) };
    }
  }
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory).sort();
  } catch {
    return [];
  }
}

/** A FIFO or a link to elsewhere is no part. */
function sizeOf(path: string): number | undefined {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat?.isFile() === true ? stat.size : undefined;
}

function* piecesOf(path: string): Generator<Buffer> {
  const handle = openSync(path, SAFE_OPEN);
  try {
    yield* chunksOf(fileSource(handle, fstatSync(handle).size));
  } finally {
    closeSync(handle);
  }
}

/** The parts of an archive as `docker save` and others write it; it may be compressed as a whole. */
export async function* partsOfArchive(path: string, meterOf: (packed: number) => Meter): AsyncGenerator<Part> {
  const handle = openSync(path, SAFE_OPEN);
  try {
    const source = fileSource(handle, fstatSync(handle).size);
    const kind = archiveKind(source.read(0, HEAD));
    if (kind === undefined || kind === 'zip' || isUnread(kind)) return;
    const chunks = kind === 'tar' ? chunksOf(source) : unpack(kind, chunksOf(source), meterOf(source.size));
    for await (const entry of readTar(chunks)) yield* partOf(entry);
  } finally {
    closeSync(handle);
  }
}

function* partOf(entry: TarEntry): Generator<Part> {
  const name = cleanPath(entry.path);
  if (entry.type === 'link') {
    const link = linkTarget(name, entry.linkPath ?? '');
    yield { name, size: 0, link, content: [] };
  } else if (entry.type === 'file') {
    yield { name, size: entry.size, content: entry.content };
  }
}

/** `../OTHER/layer.tar` beside `HEX/layer.tar`; hard links name the whole path. */
function linkTarget(name: string, target: string): string {
  if (!target.startsWith('.'))
    return target.includes('/') ? cleanPath(target) : cleanPath(`${name.slice(0, name.lastIndexOf('/') + 1)}${target}`);
  const parts = name.split('/').slice(0, -1);
  for (const part of target.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.' && part !== '') parts.push(part);
  }
  return parts.join('/');
}

/** A name for people, from the root of what it lies in; never a place on disk. */
export function cleanPath(path: string): string {
  let start = 0;
  while (path[start] === '/' || (path[start] === '.' && path[start + 1] === '/')) start += path[start] === '/' ? 1 : 2;
  // Cut before it is looked at: a pax header gives a name a mebibyte, which a pattern for its end takes minutes over.
  let end = Math.min(path.length, start + 1000);
  while (end > start && path[end - 1] === '/') end -= 1;
  return path.slice(start, end).replace(/\p{Cc}/gu, '\ufffd');
}

const PART_NAME =
  /^(?:blobs(?:\/\w+(?:\/[0-9a-f]{32,128})?)?|oci-layout|(?:sha256[:-])?[0-9a-f]{64}(?:\.json|\.tar(?:\.gz|\.zst)?|\/(?:layer\.tar|json|VERSION))?|repositories)$/;

/** Members and bytes of an archive that are looked at before it is taken for one of other files. */
const MOST_BEFORE = { members: 64, bytes: 64 * 1024 * 1024 };

/** Is it an image? Asked of every file that the user names: the head of an archive, or a few names in a directory. */
export async function isImage(path: string, isDirectory: boolean, meterOf: (packed: number) => Meter): Promise<boolean> {
  try {
    if (isDirectory) return isLayout(path);
    return await hasParts(partsOfArchive(path, meterOf));
  } catch (error) {
    // Broken, or not to be opened: whoever reads it as a file will say so.
    if (codeOf(error) === undefined && !isBroken(error)) throw error;
    return false;
  }
}

/**
 * As a rule the first member tells. Tools that name configuration and layers as they like write the manifest, which says what
 * is what, behind them: then whatever may be a layer is passed over. A mark alone is no image: who reads images would find no
 * layer in the archive, and nobody would search its files.
 */
async function hasParts(parts: AsyncIterable<Part>): Promise<boolean> {
  let members = 0;
  let bytes = 0;
  const names = new Set<string>();
  const wanted = new Set<string>();
  for await (const { name, size, content, link } of parts) {
    if (members === 0 && name !== 'oci-layout' && PART_NAME.test(name)) return true;
    names.add(name);
    if (name === 'oci-layout') for (const one of names) if (BLOB.test(one)) return true;
    if (names.has('oci-layout') && BLOB.test(name)) return true;
    if (wanted.has(name)) return true;
    if (link === undefined && isManifest(name, members === 0)) {
      const text = await startOf(content);
      if (MANIFESTS[name]?.test(text) === true) {
        if (name !== 'manifest.json') return true;
        for (const part of partsNamed(text)) {
          if (names.has(part)) return true;
          wanted.add(part);
        }
      }
    }
    members += 1;
    if (!/\.(?:json|tar(?:\.\w+)?)$|(?:^|\/)VERSION$/.test(name)) bytes += size;
    if (members >= MOST_BEFORE.members || bytes >= MOST_BEFORE.bytes) return false;
  }
  return false;
}

const BLOB = /^blobs\/\w+\/[0-9a-f]{32,128}$/;

/** The layers that a manifest names; of an image that has none, its configuration. The text may be cut off. */
function partsNamed(text: string): string[] {
  const layers = [...text.matchAll(/"Layers"\s*:\s*\[([^\]]*)/g)].flatMap(([, list = '']) => stringsIn(list));
  if (layers.length > 0) return layers;
  return [...text.matchAll(/"Config"\s*:\s*("[^"\n]*")/g)].flatMap(([, name = '']) => stringsIn(name));
}

function stringsIn(list: string): string[] {
  return [...list.matchAll(/"([^"\n]*)"/g)].map(([, name = '']) => cleanPath(name.replaceAll('\\/', '/')));
}

/** What each must have. Other archives have an index or a configuration too, but do not begin with it. */
const MANIFESTS: { readonly [name: string]: RegExp } = {
  'manifest.json': /"Layers"\s*:/,
  'index.json': /"manifests"\s*:/,
  'config.json': /"rootfs"\s*:/,
};

function isManifest(name: string, isFirst: boolean): boolean {
  return name === 'manifest.json' || (isFirst && Object.hasOwn(MANIFESTS, name));
}

export function isBroken(error: unknown): boolean {
  try {
    gapOf(error);
    return true;
  } catch {
    return false;
  }
}

function isLayout(directory: string): boolean {
  try {
    const layout = sizeOf(join(directory, 'oci-layout'));
    if (
      layout !== undefined &&
      layout < 4096 &&
      readFileSync(join(directory, 'oci-layout'), 'utf8').includes('imageLayoutVersion')
    ) {
      return sizeOf(join(directory, 'index.json')) !== undefined;
    }
    return false;
  } catch (error) {
    if (messageOf(error) === '') throw error;
    return false;
  }
}

async function startOf(content: AsyncIterable<Buffer> | Iterable<Buffer>): Promise<string> {
  let text = '';
  for await (const chunk of content) {
    text += chunk.toString('latin1');
    if (text.length > 64 * 1024) break;
  }
  return text;
}

/** The first bytes, and all of them. */
export async function peek(
  content: AsyncIterable<Buffer> | Iterable<Buffer>,
): Promise<[head: Buffer, all: AsyncIterable<Buffer>]> {
  const iterator = Symbol.asyncIterator in content ? content[Symbol.asyncIterator]() : content[Symbol.iterator]();
  const first: Buffer[] = [];
  let size = 0;
  while (size < HEAD) {
    const { done, value } = await iterator.next();
    if (done === true) break;
    // A piece may lie in memory that is used again.
    first.push(Buffer.from(value));
    size += value.length;
  }
  async function* all(): AsyncGenerator<Buffer> {
    yield* first;
    for (;;) {
      const { done, value } = await iterator.next();
      if (done === true) return;
      yield value;
    }
  }
  return [Buffer.concat(first).subarray(0, HEAD), all()];
}
