import type { BulkItem, BulkMatch, CrawlContext } from '../../src/contracts/index.ts';
import { archiveKind, HEAD } from '../../src/files/archive/kind.ts';
import { gapOf } from '../../src/files/archive/members.ts';
import type { TarEntry } from '../../src/files/archive/tar.ts';

/** Files up to this are searched whole. */
const WHOLE = 4 * 1024 * 1024;
/** Archives in an image are held up to this, to be opened. */
const MAX_ARCHIVE = 64 * 1024 * 1024;
/** Longer than any credential with what tells of it. */
const OVERLAP = 128 * 1024;

type Found = Omit<BulkItem, 'key'>;

/** Searches one file as it comes; no more than a piece of it is held. `look` sees those that are whole, and may keep them from the search. */
export async function searchContent(
  path: string,
  entry: TarEntry,
  context: CrawlContext,
  look: (bytes: Buffer) => boolean,
): Promise<Found> {
  try {
    if (entry.size <= WHOLE) return await searchWhole(path, await take(entry), context, look);
    return await searchPieces(path, entry, context);
  } catch (error) {
    context.signal.throwIfAborted();
    return { outcome: 'failed', why: gapOf(error), bytes: 0, matches: [] };
  }
}

async function take({ content, size }: TarEntry): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(size);
  let fill = 0;
  for await (const chunk of content) fill += chunk.copy(bytes, fill);
  return fill === size ? bytes : bytes.subarray(0, fill);
}

async function searchWhole(path: string, bytes: Buffer, context: CrawlContext, look: (bytes: Buffer) => boolean): Promise<Found> {
  const nothing: Found = { outcome: 'read', bytes: bytes.length, matches: [] };
  if (!look(bytes) || !context.options.search || context.search === undefined) return nothing;
  return await context.search(bytes, { path });
}

async function searchPieces(path: string, entry: TarEntry, context: CrawlContext): Promise<Found> {
  const slab = Buffer.allocUnsafe(WHOLE);
  const matches: BulkMatch[] = [];
  const seen = new Set<string>();
  let [fill, base, lines] = [0, 0, 0];
  let why: string | undefined;
  let archive: Buffer | undefined;
  let isArchive: boolean | undefined;
  const search = async (isLast: boolean): Promise<void> => {
    const view = slab.subarray(0, fill);
    const found = await context.search?.(view, { path });
    for (const match of found?.matches ?? []) {
      // What reaches to the end may go on in the next piece, which begins with it.
      if (!isLast && match.end > fill - 4096) continue;
      const key = `${match.detector} ${match.fingerprint} ${base + match.start}`;
      if (seen.has(key)) continue;
      seen.add(key);
      matches.push({
        ...match,
        start: match.start + base,
        end: match.end + base,
        line: match.line + lines,
        endLine: match.endLine + lines,
      });
    }
    if (found?.outcome !== 'read') why ??= found?.why;
    if (isLast) return;
    const keep = Math.min(OVERLAP, fill);
    lines += countLines(slab, fill - keep);
    base += fill - keep;
    slab.copyWithin(0, fill - keep, fill);
    fill = keep;
  };
  for await (const chunk of entry.content) {
    for (let at = 0; at < chunk.length; ) {
      if (archive !== undefined) {
        archive.set(chunk.subarray(at), base + fill);
        fill += chunk.length - at;
        break;
      }
      const count = chunk.copy(slab, fill, at);
      at += count;
      fill += count;
      if (isArchive === undefined && fill >= HEAD) {
        isArchive = archiveKind(slab.subarray(0, HEAD)) !== undefined;
        if (isArchive && entry.size <= MAX_ARCHIVE) {
          archive = Buffer.allocUnsafe(entry.size);
          slab.copy(archive, 0, 0, fill);
          continue;
        }
        if (isArchive) why = 'an archive of more than 64 MiB: its members were not read';
      }
      if (fill === slab.length && context.options.search) await search(false);
      else if (fill === slab.length) fill = 0;
    }
    context.signal.throwIfAborted();
  }
  if (!context.options.search) return { outcome: 'read', bytes: entry.size, matches };
  if (archive !== undefined)
    return (await context.search?.(archive, { path })) ?? { outcome: 'read', bytes: entry.size, matches };
  await search(true);
  return { outcome: why === undefined ? 'read' : 'partial', ...(why === undefined ? {} : { why }), bytes: entry.size, matches };
}

function countLines(bytes: Buffer, end: number): number {
  let count = 0;
  for (let at = bytes.indexOf(10); at >= 0 && at < end; at = bytes.indexOf(10, at + 1)) count += 1;
  return count;
}
