import { lstatSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { BlobRef, BulkDetect, BulkItem } from '../contracts/scanner.ts';
import { gitEnvironment } from '../files/git.ts';
import { Interrupted } from '../util/errors.ts';
import { createEngine } from './engine.ts';
import { DEFAULT_MAX_BYTES, failed, type ItemOutcome, isAborted } from './outcome.ts';
import type { Pack } from './pack.ts';
import { Pool, type Task } from './pool.ts';
import { searchBlobs } from './read-blobs.ts';
import { FileReader } from './read-files.ts';

export interface BulkOptions {
  readonly pack: Pack;
  readonly fingerprintKey: Uint8Array | string;
  /** Default: true. */
  readonly secretlint?: boolean;
  /** Ends workers and their git processes; the iteration then throws `Interrupted`. */
  readonly signal?: AbortSignal;
  /** What is larger is searched up to here and said to be partial. Default: 512 MiB. */
  readonly maxFileBytes?: number;
  /** Number of threads. Default: the processors at hand. */
  readonly workers?: number;
  /** Environment of git processes; `gitEnvironment()` by default. */
  readonly env?: NodeJS.ProcessEnv;
}

export interface Bulk extends BulkDetect {
  /** Ends the threads. */
  close(): Promise<void>;
}

/** Below both, starting threads costs more than they save. */
const FEW = 64;
const LITTLE = 4 * 1024 * 1024;
const BATCH = 128;
const MAX_WORKERS = 16;

/** Detection over many files or git blobs: in this thread for a few, in worker threads for more. */
export function createBulk(options: BulkOptions): Bulk {
  const { signal } = options;
  const seed = {
    pack: options.pack,
    fingerprintKey: options.fingerprintKey,
    secretlint: options.secretlint !== false,
    maxFileBytes: options.maxFileBytes ?? DEFAULT_MAX_BYTES,
  };
  const size = Math.max(1, Math.min(MAX_WORKERS, options.workers ?? availableParallelism()));
  let pool: Pool | undefined;

  function threads(): Pool {
    pool ??= new Pool(seed, size, signal);
    return pool;
  }

  async function* files(root: string, paths: Iterable<string>): AsyncGenerator<BulkItem> {
    const iterator = paths[Symbol.iterator]();
    const head = takeSome(iterator, FEW);
    if (head.length < FEW && totalSize(root, head) < LITTLE) {
      const reader = new FileReader(createEngine(seed), seed.maxFileBytes);
      for (const path of head) {
        if (isAborted(signal)) throw new Interrupted();
        const outcome = await reader.read(root, path, signal);
        if (isAborted(signal)) throw new Interrupted();
        yield { key: path, ...outcome };
      }
      return;
    }
    yield* threads().run(fileTasks(root, head, iterator));
  }

  async function* blobs(repository: { readonly git: readonly string[] }, ids: readonly BlobRef[]): AsyncGenerator<BulkItem> {
    const source = { git: repository.git, env: options.env ?? gitEnvironment() };
    const total = ids.reduce((sum, { size: bytes }) => sum + bytes, 0);
    if (ids.length < FEW && total < LITTLE) {
      const keys = ids.map(({ id }) => id);
      yield* inOrder(keys, searchBlobs(createEngine(seed), source, keys, seed.maxFileBytes, signal));
      if (isAborted(signal)) throw new Interrupted();
      return;
    }
    yield* threads().run(blobTasks(source, ids, total, size));
  }

  return {
    files,
    blobs,
    async close() {
      await pool?.close();
      pool = undefined;
    },
  };
}

/** Gives each outcome its key; a key without outcome failed. */
async function* inOrder(keys: readonly string[], outcomes: AsyncIterable<ItemOutcome>): AsyncGenerator<BulkItem> {
  let next = 0;
  for await (const outcome of outcomes) {
    const key = keys[next++];
    if (key !== undefined) yield { key, ...outcome };
  }
  for (const key of keys.slice(next)) yield { key, ...failed('it was not reached') };
}

function* fileTasks(root: string, head: readonly string[], rest: Iterator<string>): Generator<Task> {
  for (let start = 0; start < head.length; start += BATCH) {
    const keys = head.slice(start, start + BATCH);
    yield { keys, message: { kind: 'files', root, paths: keys } };
  }
  for (;;) {
    const keys = takeSome(rest, BATCH);
    if (keys.length === 0) return;
    yield { keys, message: { kind: 'files', root, paths: keys } };
  }
}

/** One contiguous stretch of the given order a worker, of about the same number of bytes: packs are read front to back. */
function* blobTasks(
  source: { readonly git: readonly string[]; readonly env: NodeJS.ProcessEnv },
  ids: readonly BlobRef[],
  total: number,
  workers: number,
): Generator<Task> {
  // Opening and parsing a blob costs too, whatever its size.
  const costPerBlob = 2048;
  const share = (total + ids.length * costPerBlob) / workers;
  let keys: string[] = [];
  let cost = 0;
  for (const { id, size } of ids) {
    keys.push(id);
    cost += size + costPerBlob;
    if (cost < share) continue;
    yield { keys, message: { kind: 'blobs', ...source, ids: keys.join('\n') } };
    keys = [];
    cost = 0;
  }
  if (keys.length > 0) yield { keys, message: { kind: 'blobs', ...source, ids: keys.join('\n') } };
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
