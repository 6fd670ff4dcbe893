import type { BlobTable } from '../files/blob-table.ts';
import type { PlannedTrees } from '../files/pack/trees.ts';
import type { Task } from './pool.ts';

/** The first stretch of each worker is most of its share; the rest is shorter, for whoever is done first. */
const MOST = 0.7;
const REST = 0.15;
/** No stretch is shorter: bytes, or nanoseconds. */
const LITTLE = 4 * 1024 * 1024;

/** Contiguous stretches of the given order, by bytes: packs are read front to back. */
export function* blobTasks(
  source: { readonly git: readonly string[]; readonly env: NodeJS.ProcessEnv },
  table: BlobTable,
  workers: number,
): Generator<Task> {
  // Opening and parsing a blob costs too, whatever its size.
  const costAt = (position: number): number => Math.max(table.sizeAt(position), 0) + 2048;
  for (const { from, to } of stretches(table.length, workers, costAt, () => true)) {
    const ids = table.idsOf(from, to);
    yield {
      count: to - from,
      keyAt: (position) => table.idAt(from + position),
      message: { kind: 'blobs', ...source, ids, idBytes: table.idBytes },
      transfer: [ids.buffer],
    };
  }
}

/** Trees of packs, so that what is made from one another stays together. `leave` is told of blobs that the packs do not give. */
export function* packTasks(
  packs: readonly PlannedTrees[],
  table: BlobTable,
  workers: number,
  leave: (position: number) => void,
): Generator<Task> {
  for (const pack of packs) {
    // Measured, in nanoseconds: to inflate an entry, to make the text and go through what is new in it.
    const costAt = (entry: number): number => 8000 + 3 * (pack.sizes[entry] as number) + (pack.texts[entry] as number);
    const startsTree = (entry: number): boolean => pack.depths[entry] === 0;
    for (const { from, to } of stretches(pack.at.length, workers, costAt, startsTree))
      yield packTask(pack, table, from, to, leave);
  }
}

function packTask(
  { texts: _, ...pack }: PlannedTrees,
  table: BlobTable,
  from: number,
  to: number,
  leave: (position: number) => void,
): Task {
  const trees = {
    ...pack,
    at: pack.at.slice(from, to),
    most: pack.most.slice(from, to),
    sizes: pack.sizes.slice(from, to),
    depths: pack.depths.slice(from, to),
    isLast: pack.isLast.slice(from, to),
    positions: pack.positions.slice(from, to),
    listed: pack.listed.slice(from, to),
  };
  const { at, most, sizes, depths, isLast, listed } = trees;
  const asked = trees.positions.filter((position) => position >= 0);
  return {
    count: asked.length,
    keyAt: (index) => table.idAt(asked[index] as number),
    leave: (index) => leave(asked[index] as number),
    message: { kind: 'packs', trees },
    transfer: [at, most, sizes, depths, isLast, listed, trees.positions].map(({ buffer }) => buffer),
  };
}

/** Cuts `[0, count)` where it may be cut. */
function* stretches(
  count: number,
  workers: number,
  costAt: (position: number) => number,
  mayCutBefore: (position: number) => boolean,
): Generator<{ readonly from: number; readonly to: number }> {
  let all = 0;
  for (let position = 0; position < count; position++) all += costAt(position);
  const share = all / workers;
  let [from, cost, cuts] = [0, 0, 0];
  for (let position = 0; position < count; position++) {
    if (cost >= Math.max(share * (cuts < workers ? MOST : REST), LITTLE) && mayCutBefore(position)) {
      yield { from, to: position };
      cuts++;
      from = position;
      cost = 0;
    }
    cost += costAt(position);
  }
  if (from < count) yield { from, to: count };
}
