import type { CrawlContext } from '../../src/contracts/index.ts';
import { readBlobs } from '../../src/files/blobs.ts';
import type { Trace } from '../../src/files/history.ts';
import type { Checkout } from './checkout.ts';
import type { HistorySearch } from './history.ts';
import type { HistoryMemory } from './kept.ts';
import { databaseBeside, databaseIn, mayBeDatabase, type OwnKind } from './own.ts';
import type { Tally } from './tally.ts';
import { leaveOut } from './work-tree.ts';

/**
 * Takes out of the hits what lies in stores and reports of this tool that someone committed. `databases` are those of the
 * work tree: keys and logs beside them are theirs in history as well.
 */
export async function leaveOwnOut(
  checkout: Checkout,
  search: HistorySearch,
  trace: Trace,
  databases: ReadonlySet<string>,
  memory: HistoryMemory | undefined,
  context: CrawlContext,
  tally: Tally,
): Promise<HistorySearch> {
  const candidates: string[] = [];
  for (const id of search.hits.keys()) {
    if (mayBeDatabase(search.blobs.sizeOf(id) ?? 0) && memory?.isNoDatabase(id) !== true) candidates.push(id);
  }
  const own = new Map<string, OwnKind>();
  const known = new Set(databases);
  for await (const { id, bytes } of readBlobs(checkout.repository, candidates, context.options.maxFileBytes, context.signal)) {
    const path = trace.introductions.get(id)?.path;
    const kind = bytes === undefined ? undefined : databaseIn([bytes]);
    if (kind === undefined) {
      if (bytes !== undefined) memory?.keepNoDatabase(id);
      continue;
    }
    own.set(id, kind);
    if (path !== undefined) known.add(path);
  }
  for (const id of search.hits.keys()) {
    const path = trace.introductions.get(id)?.path ?? '';
    if (!own.has(id) && known.has(databaseBeside(path) ?? '')) own.set(id, 'store');
  }
  if (own.size === 0) return search;
  for (const [id, kind] of own) {
    // Outside the target or excluded: counted as that.
    if (trace.unwanted.has(id) || tally.unread(1) === 0) continue;
    leaveOut(kind, trace.introductions.get(id)?.path ?? id.slice(0, 12), tally);
  }
  return { ...search, hits: new Map([...search.hits].filter(([id]) => !own.has(id))) };
}
