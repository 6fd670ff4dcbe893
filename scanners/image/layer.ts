import { createHash } from 'node:crypto';
import type { BulkMatch, CrawlContext } from '../../src/contracts/index.ts';
import { archiveKind, isUnread } from '../../src/files/archive/kind.ts';
import { gapOf } from '../../src/files/archive/members.ts';
import { LimitReached, Meter } from '../../src/files/archive/meter.ts';
import { readTar, type TarEntry } from '../../src/files/archive/tar.ts';
import { unpack } from '../../src/files/archive/unpack.ts';
import { credentialFile, holdsLogin } from '../../src/files/credential-file.ts';
import { headOfBytes } from '../../src/files/source-file.ts';
import { megabytes } from '../../src/util/bytes.ts';
import { packagedFiles } from './packages.ts';
import { PathSet } from './path-set.ts';
import { searchContent } from './search.ts';
import { cleanPath, IMAGE_LIMITS, peek } from './source.ts';

/** A credential found in a file of a layer. */
export interface Hit {
  readonly path: string;
  readonly match: BulkMatch;
}

/** A file that a file scanner knows: held until it is known which layers take it away. */
export interface Claimed {
  readonly path: string;
  readonly bytes: Buffer;
}

export interface CredentialFound {
  readonly path: string;
  readonly kind: string;
}

/** What one layer holds; read once, however many images have it. */
export interface LayerContent {
  readonly hits: Hit[];
  readonly claimed: Claimed[];
  readonly credentialFiles: CredentialFound[];
  /** Directories with a `.git` in them. */
  readonly repositories: Set<string>;
  /** Paths that it takes away from those below. */
  readonly whiteouts: Set<string>;
  /** Directories of which it takes away all that lies below. */
  readonly opaque: Set<string>;
  readonly paths: PathSet;
  /** Files that a package of the distribution brought, as its database says. */
  readonly packaged: PathSet;
  read: number;
  skipped: number;
  failed: number;
  bytes: number;
  readonly reasons: Map<string, number>;
  /** Of the stored bytes; empty where not all of them could be read. */
  sha256: string;
  /** It is a tar, or is compressed: only then its hash may be held against an id of its content. */
  isPlain: boolean;
}

/** Held for file scanners, over all layers of one archive. */
export class Held {
  #left = 64 * 1024 * 1024;

  take(size: number): boolean {
    if (size > MAX_CLAIMED || size > this.#left) return false;
    this.#left -= size;
    return true;
  }
}

const MAX_CLAIMED = 4 * 1024 * 1024;
/** One layer that holds more has told enough. */
const MAX_HITS = 20_000;
const MAX_REASONS = 100;

export interface LayerOptions {
  readonly context: CrawlContext;
  readonly isExcluded: (path: string) => boolean;
  readonly held: Held;
}

/** Reads one layer as it comes. Never throws for what it is. */
export async function readLayer(
  content: AsyncIterable<Buffer> | Iterable<Buffer>,
  size: number,
  options: LayerOptions,
): Promise<LayerContent> {
  const layer: LayerContent = {
    hits: [],
    claimed: [],
    credentialFiles: [],
    repositories: new Set(),
    whiteouts: new Set(),
    opaque: new Set(),
    paths: new PathSet(),
    packaged: new PathSet(),
    read: 0,
    skipped: 0,
    failed: 0,
    bytes: 0,
    reasons: new Map(),
    sha256: '',
    isPlain: false,
  };
  const hash = createHash('sha256');
  const meter = new Meter(IMAGE_LIMITS, size, options.context.signal);
  try {
    const [head, all] = await peek(content);
    const counted = hashed(all, hash);
    const kind = archiveKind(head);
    layer.isPlain = kind === 'tar' || isEmptyTar(head);
    if (kind === undefined ? !isEmptyTar(head) : kind === 'zip' || isUnread(kind)) {
      note(layer, kind === undefined ? 'a layer is no archive' : `a layer is in a format that is not unpacked (${kind})`);
      layer.failed += 1;
    } else {
      const chunks = kind === 'gzip' || kind === 'zstd' ? unpack(kind, counted, meter) : counted;
      for await (const entry of readTar(chunks)) {
        options.context.signal.throwIfAborted();
        meter.member();
        await readEntry(entry, layer, options);
      }
    }
    // What follows the end of the tar counts for the digest.
    for await (const _ of counted) void _;
    layer.sha256 = hash.digest('hex');
  } catch (error) {
    options.context.signal.throwIfAborted();
    if (error instanceof LimitReached) note(layer, `a layer was left: ${error.message}`);
    else note(layer, `a layer is ${gapOf(error)}`);
    layer.failed += 1;
  }
  return layer;
}

function note(layer: LayerContent, reason: string): void {
  const why = layer.reasons.has(reason) || layer.reasons.size < MAX_REASONS ? reason : 'further reasons';
  layer.reasons.set(why, (layer.reasons.get(why) ?? 0) + 1);
}

async function readEntry(entry: TarEntry, layer: LayerContent, options: LayerOptions): Promise<void> {
  const path = cleanPath(entry.path);
  const slash = path.lastIndexOf('/');
  const [directory, name] = [slash < 0 ? '' : path.slice(0, slash), path.slice(slash + 1)];
  // https://github.com/opencontainers/image-spec/blob/main/layer.md#whiteouts
  if (name.startsWith('.wh.')) {
    if (name === '.wh..wh..opq') layer.opaque.add(directory);
    else if (!name.startsWith('.wh..wh.'))
      layer.whiteouts.add(directory === '' ? name.slice(4) : `${directory}/${name.slice(4)}`);
    return;
  }
  if (entry.type === 'directory') return;
  layer.paths.add(path);
  if (entry.type !== 'file' || entry.size === 0) return;
  if (options.isExcluded(path)) {
    layer.skipped += 1;
    note(layer, 'files left out (--exclude)');
    return;
  }
  await readFile(path, entry, layer, options);
}

async function readFile(path: string, entry: TarEntry, layer: LayerContent, { context, held }: LayerOptions): Promise<void> {
  const git = /^(?<root>(?:.*\/)?)\.git\/(?:HEAD|config)$/.exec(path)?.groups?.root;
  if (git !== undefined) layer.repositories.add(git.replace(/\/$/, ''));
  const known = isVendored(path) ? undefined : credentialFile(path);
  let isOwn = false;
  const found = await searchContent(path, entry, context, (bytes) => {
    for (const file of packagedFiles(path, bytes)) layer.packaged.add(file);
    if (known !== undefined && (known.certain || holdsLogin(bytes.toString('latin1'))))
      layer.credentialFiles.push({ path, kind: known.kind });
    if (isVendored(path)) return true;
    const claim = context.claims(headOfBytes(path, bytes));
    if (claim === undefined) return true;
    if (!held.take(bytes.length)) {
      note(
        layer,
        `files that their scanners know were searched as text alone: more than ${megabytes(MAX_CLAIMED)} each or 64 MiB together`,
      );
      return true;
    }
    layer.claimed.push({ path, bytes: Buffer.from(bytes) });
    isOwn = claim.content === 'own';
    return !isOwn;
  });
  for (const match of context.settle?.(found.matches, [{ path }]) ?? found.matches) {
    if (layer.hits.length >= MAX_HITS) note(layer, 'further matches were left out');
    else layer.hits.push({ path, match });
  }
  layer.bytes += found.bytes;
  if (found.why === undefined) layer.read += 1;
  else {
    layer[found.outcome === 'partial' ? 'read' : 'failed'] += 1;
    note(layer, `${path.slice(path.lastIndexOf('/') + 1)}: ${found.why}`);
  }
}

/** Trees of packages: their workflows, notebooks and settings are nobody's here. */
function isVendored(path: string): boolean {
  return /(?:^|\/)(?:node_modules|site-packages|dist-packages|vendor|gems|\.cargo\/registry|\.m2\/repository|pkg\/mod)\/|^usr\/(?:share|lib|lib64|libexec|src|include)\/|^usr\/local\/(?:lib|share|include|go)\/|^var\/(?:lib|cache)\/(?:dpkg|apt|apk|yum|dnf|rpm)\/|(?:^|\/)\.github\//.test(
    path,
  );
}

function isEmptyTar(head: Buffer): boolean {
  return head.length > 0 && head.every((byte) => byte === 0);
}

async function* hashed(content: AsyncIterable<Buffer>, hash: ReturnType<typeof createHash>): AsyncGenerator<Buffer> {
  for await (const chunk of content) {
    hash.update(chunk);
    yield chunk;
  }
}
