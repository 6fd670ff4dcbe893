import { lstatSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import type { BlobRef, BulkDetect, BulkItem } from '../contracts/scanner.ts';
import { BlobTable, UNKNOWN_SIZE } from '../files/blob-table.ts';
import { gitEnvironment } from '../files/git.ts';
import { findInPacks, type PackPlan } from '../files/pack/trees.ts';
import { Interrupted } from '../util/errors.ts';
import { blobTasks, packTasks } from './blob-tasks.ts';
import { createEngine } from './engine.ts';
import type { KeepSecrets } from './keep.ts';
import { finish } from './load.ts';
import { DEFAULT_MAX_BYTES, failed, isAborted } from './outcome.ts';
import type { Pack } from './pack.ts';
import { Pool, type Task } from './pool.ts';
import { type Portion, unpackPortion } from './protocol.ts';
import { BlobReader } from './read-blobs.ts';
import { FileReader } from './read-files.ts';
import { plainSlabs } from './slabs.ts';

export interface BulkOptions {
  readonly pack: Pack;
  readonly fingerprintKey: Uint8Array | string;
  /** Default: true. */
  readonly secretlint?: boolean;
  /** For `--verify`: items keep the secrets they found, in memory. */
  readonly keepSecrets?: KeepSecrets;
  /** Ends workers and their git processes; the iteration then throws `Interrupted`. */
  readonly signal?: AbortSignal;
  /** What is larger is searched up to here and said to be partial. Default: 512 MiB. */
  readonly maxFileBytes?: number;
  /** Number of threads. Default: the processors at hand, but no more than three. */
  readonly workers?: number;
  /** Environment of git processes; `gitEnvironment()` by default. */
  readonly env?: NodeJS.ProcessEnv;
}

export interface Bulk extends BulkDetect {
  /** Ends the threads. */
  close(): Promise<void>;
}

/** Below both, starting threads costs more than they save: half a second of processor time, and 50 MB. */
const FEW_BLOBS = 256;
const FEW_FILES = 4096;
const LITTLE = 8 * 1024 * 1024;
/** Milliseconds of work after which others are let to theirs. */
const LONG = 50;
const BATCH = 128;
/** While one batch of files is searched, the next is at hand; a stretch of blobs is long enough to be alone. */
const BATCHES_AHEAD = 2;
/**
 * Each takes 70 MB (rules, tables, V8's own): with two, a scan of moby's history takes 412 MB, with three 482. Beside them the
 * listing of objects and the walk through commits, which other threads do no faster, are half of the time.
 */
const MAX_WORKERS = 3;

/**
 * This thread takes in all that is found and parsed, and its young generation would double again and again for it. A scan of
 * moby's history takes 410 MB in place of 470, one of 2,000 workflows and manifests 390 in place of 520; no slower. V8 reads
 * this flag whenever it might grow.
 */
const STEADY = '--semi-space-growth-factor=1';

/** Detection over many files or git blobs: in this thread for a few, in worker threads for more. */
export function createBulk(options: BulkOptions): Bulk {
  setFlagsFromString(STEADY);
  const { signal } = options;
  const seed = {
    pack: options.pack,
    fingerprintKey: options.fingerprintKey,
    secretlint: options.secretlint !== false,
    ...(options.keepSecrets === undefined ? {} : { keepSecrets: options.keepSecrets }),
    maxFileBytes: options.maxFileBytes ?? DEFAULT_MAX_BYTES,
  };
  const size = Math.max(1, options.workers ?? Math.min(MAX_WORKERS, availableParallelism()));
  let pool: Pool | undefined;

  function threads(): Pool {
    pool ??= new Pool(seed, size, signal);
    return pool;
  }

  async function* files(root: string, paths: Iterable<string>): AsyncGenerator<BulkItem> {
    const iterator = paths[Symbol.iterator]();
    const head = takeSome(iterator, FEW_FILES);
    if (head.length < FEW_FILES && totalSize(root, head) < LITTLE) {
      const reader = new FileReader(createEngine(seed), plainSlabs(), seed.maxFileBytes);
      let turned = performance.now();
      for (const path of head) {
        if (performance.now() - turned > LONG) {
          await turn();
          turned = performance.now();
        }
        if (isAborted(signal)) throw new Interrupted();
        const outcome = await reader.read(root, path, signal);
        if (isAborted(signal)) throw new Interrupted();
        yield { key: path, ...outcome };
      }
      return;
    }
    yield* threads().run(fileTasks(root, head, iterator), BATCHES_AHEAD);
  }

  function blobs(
    repository: { readonly gitDir: string; readonly git: readonly string[] },
    wanted: Iterable<BlobRef>,
    detectors?: readonly string[],
  ): AsyncGenerator<BulkItem> {
    const table = BlobTable.from(wanted);
    // Begun before the first is asked for: threads may still be at something else.
    const plan = isLittle(table) || detectors !== undefined ? undefined : findInPacks(repository.gitDir, table, signal);
    return searchBlobs(repository, table, plan, detectors);
  }

  async function* searchBlobs(
    repository: { readonly gitDir: string; readonly git: readonly string[] },
    table: BlobTable,
    plan: Promise<PackPlan> | undefined,
    detectors: readonly string[] | undefined,
  ): AsyncGenerator<BulkItem> {
    if (detectors !== undefined) {
      const few = createBulk({ ...options, pack: onlyThese(options.pack, detectors), secretlint: false });
      try {
        yield* few.blobs(repository, table);
      } finally {
        await few.close();
      }
      return;
    }
    const source = { git: repository.git, env: options.env ?? gitEnvironment() };
    if (plan === undefined) {
      const reader = new BlobReader(createEngine(seed), plainSlabs(), seed.maxFileBytes);
      const list = { ids: table.idsOf(0, table.length), idBytes: table.idBytes };
      yield* inOrder(table, reader.search(source, list, signal));
      if (isAborted(signal)) throw new Interrupted();
      return;
    }
    const { packs, left } = await plan;
    const rest = [...left];
    /** Blobs of which it is not known yet whether the packs give them. */
    let open = table.length - left.length;
    function* tasks(): Generator<Task | undefined> {
      yield* packTasks(packs, table, size, (position) => {
        open--;
        rest.push(position);
      });
      while (open > 0) yield undefined;
      if (rest.length > 0) yield* blobTasks(source, table.only(rest), size);
    }
    for await (const item of threads().run(tasks(), 1)) {
      open--;
      yield item;
    }
  }

  return {
    expect: () => threads().start(),
    files,
    blobs,
    async close() {
      await pool?.close();
      pool = undefined;
    },
  };
}

function isLittle(table: BlobTable): boolean {
  if (table.length >= FEW_BLOBS) return false;
  let total = 0;
  for (let position = 0; position < table.length; position++) {
    const size = table.sizeAt(position);
    if (size === UNKNOWN_SIZE) return false;
    total += size;
  }
  return total < LITTLE;
}

function onlyThese(pack: Pack, ids: readonly string[]): Pack {
  const wanted = new Set(ids);
  return finish(
    pack.detectors.filter((detector) => wanted.has(detector.id)),
    pack.placeholders,
  );
}

/** Gives each outcome its key; a key without outcome failed. */
async function* inOrder(table: BlobTable, portions: AsyncIterable<Portion>): AsyncGenerator<BulkItem> {
  let next = 0;
  for await (const portion of portions) {
    for (const outcome of unpackPortion(portion)) yield { key: table.idAt(next++), ...outcome };
  }
  while (next < table.length) yield { key: table.idAt(next++), ...failed('it was not reached') };
}

function* fileTasks(root: string, head: readonly string[], rest: Iterator<string>): Generator<Task> {
  for (let start = 0; start < head.length; start += BATCH) yield fileTask(root, head.slice(start, start + BATCH));
  for (;;) {
    const paths = takeSome(rest, BATCH);
    if (paths.length === 0) return;
    yield fileTask(root, paths);
  }
}

function fileTask(root: string, paths: readonly string[]): Task {
  return { count: paths.length, keyAt: (position) => paths[position] ?? '', message: { kind: 'files', root, paths } };
}

function takeSome<T>(iterator: Iterator<T>, count: number): T[] {
  const taken: T[] = [];
  while (taken.length < count) {
    const { done, value } = iterator.next();
    if (done === true) break;
    taken.push(value);
  }
  return taken;
}

function totalSize(root: string, paths: readonly string[]): number {
  let total = 0;
  for (const path of paths) {
    try {
      total += lstatSync(join(root, path)).size;
    } catch {
      // Whatever is the matter with it, reading it will say.
    }
  }
  return total;
}
