import { parentPort, workerData } from 'node:worker_threads';
import type { PackTrees } from '../files/pack/trees.ts';
import { createEngine } from './engine.ts';
import { type FromWorker, MAX_AHEAD, type Portion, PortionBuilder, type ToWorker, type WorkerSeed } from './protocol.ts';
import { BlobReader } from './read-blobs.ts';
import { FileReader } from './read-files.ts';
import { PackReader } from './read-packs.ts';
import { Slabs } from './slabs.ts';

/** A thread of the bulk search: builds its own engine, then serves jobs until it is ended. */

interface Job {
  readonly abort: AbortController;
  ahead: number;
  wake: (() => void) | undefined;
}

const port = parentPort;
if (port === null) throw new Error('this file is run as a worker thread');
const seed = workerData as WorkerSeed;
const engine = createEngine(seed);
const slabs = new Slabs((size) => engine.slab(size));
const files = new FileReader(engine, slabs, seed.maxFileBytes);
const blobs = new BlobReader(engine, slabs, seed.maxFileBytes);
const jobs = new Map<number, Job>();
let packs: PackReader | undefined;
let turn = Promise.resolve();

port.on('message', (message: ToWorker) => {
  const job = jobs.get(message.job);
  switch (message.kind) {
    case 'files': {
      const fresh = open(message.job);
      // One after another: the reader has one slab.
      turn = turn.then(() => serve(message.job, readFiles(message.root, message.paths, fresh.abort.signal)));
      return;
    }
    case 'blobs': {
      const fresh = open(message.job);
      void serve(message.job, blobs.search(message, message, fresh.abort.signal));
      return;
    }
    case 'packs': {
      const fresh = open(message.job);
      // One after another: there is one memory for the texts that others are made from.
      turn = turn.then(() => serve(message.job, readPacks(message.trees, fresh.abort.signal)));
      return;
    }
    case 'taken':
      if (job === undefined) return;
      job.ahead--;
      job.wake?.();
      return;
    case 'cancel':
      job?.abort.abort();
      job?.wake?.();
      return;
  }
});

function open(id: number): Job {
  const known = jobs.get(id);
  if (known !== undefined) return known;
  const job: Job = { abort: new AbortController(), ahead: 0, wake: undefined };
  jobs.set(id, job);
  return job;
}

async function serve(id: number, portions: AsyncIterable<Portion>): Promise<void> {
  const job = open(id);
  for await (const portion of portions) {
    while (job.ahead >= MAX_AHEAD && !job.abort.signal.aborted) {
      await new Promise<void>((resolve) => {
        job.wake = resolve;
      });
    }
    if (job.abort.signal.aborted) break;
    job.ahead++;
    post({ kind: 'portion', job: id, portion });
  }
  jobs.delete(id);
  post({ kind: 'done', job: id });
}

async function* readFiles(root: string, paths: readonly string[], signal: AbortSignal): AsyncGenerator<Portion> {
  let portion = new PortionBuilder();
  for (const path of paths) {
    if (signal.aborted) return;
    portion.add(await files.read(root, path, signal));
    if (!portion.isFull) continue;
    yield await portion.finish();
    portion = new PortionBuilder();
  }
  if (portion.count > 0) yield await portion.finish();
}

async function* readPacks(trees: PackTrees, signal: AbortSignal): AsyncGenerator<Portion> {
  try {
    packs ??= new PackReader(engine, seed.maxFileBytes);
    yield* packs.search(trees, signal);
  } catch {
    // No WebAssembly, or the pack is gone: what has no outcome yet is read in another way.
  }
}

function post(message: FromWorker): void {
  // Some kilobytes are copied sooner than they change hands.
  port?.postMessage(message);
}
