import { parentPort, workerData } from 'node:worker_threads';
import { createEngine } from './engine.ts';
import type { ItemOutcome } from './outcome.ts';
import { type FromWorker, MAX_AHEAD, packPortion, type ToWorker, type WorkerSeed } from './protocol.ts';
import { searchBlobs } from './read-blobs.ts';
import { FileReader } from './read-files.ts';

/** A thread of the bulk search: builds its own engine, then serves jobs until it is ended. */

const PORTION = 512;
/** Something found should not wait for a full portion. */
const PORTION_BYTES = 4 * 1024 * 1024;

interface Job {
  readonly abort: AbortController;
  ahead: number;
  wake: (() => void) | undefined;
}

const port = parentPort;
if (port === null) throw new Error('this file is run as a worker thread');
const seed = workerData as WorkerSeed;
const engine = createEngine(seed);
const reader = new FileReader(engine, seed.maxFileBytes);
const jobs = new Map<number, Job>();
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
      const ids = message.ids.split('\n');
      const { git, env } = message;
      void serve(message.job, searchBlobs(engine, { git, env }, ids, seed.maxFileBytes, fresh.abort.signal));
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

async function serve(id: number, outcomes: AsyncIterable<ItemOutcome>): Promise<void> {
  const job = open(id);
  let held: ItemOutcome[] = [];
  let bytes = 0;
  for await (const outcome of outcomes) {
    held.push(outcome);
    bytes += outcome.bytes;
    if (held.length < PORTION && bytes < PORTION_BYTES) continue;
    await send(id, job, held);
    held = [];
    bytes = 0;
    if (job.abort.signal.aborted) break;
  }
  if (held.length > 0 && !job.abort.signal.aborted) await send(id, job, held);
  jobs.delete(id);
  post({ kind: 'done', job: id });
}

async function* readFiles(root: string, paths: readonly string[], signal: AbortSignal): AsyncGenerator<ItemOutcome> {
  for (const path of paths) {
    if (signal.aborted) return;
    yield await reader.read(root, path, signal);
  }
}

async function send(id: number, job: Job, outcomes: readonly ItemOutcome[]): Promise<void> {
  while (job.ahead >= MAX_AHEAD && !job.abort.signal.aborted) {
    await new Promise<void>((resolve) => {
      job.wake = resolve;
    });
  }
  job.ahead++;
  post({ kind: 'portion', job: id, portion: packPortion(outcomes) });
}

function post(message: FromWorker): void {
  port?.postMessage(message);
}
