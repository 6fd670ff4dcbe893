import { setTimeout as wait } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { Worker } from 'node:worker_threads';
import type { BulkItem } from '../contracts/scanner.ts';
import { Interrupted, messageOf } from '../util/errors.ts';
import { failed, isAborted } from './outcome.ts';
import { type FromWorker, LEFT, type Portion, type ToWorker, unpackPortion, type WorkerSeed } from './protocol.ts';

type WithoutJob<T> = T extends unknown ? Omit<T, 'job'> : never;

/** A piece of work for one worker: outcomes come back in the order of the keys. */
export interface Task {
  readonly count: number;
  /** The key of the item at a position. */
  keyAt(position: number): string;
  readonly message: WithoutJob<Extract<ToWorker, { kind: 'files' | 'blobs' | 'packs' }>>;
  /** Told of an item that is to be read in another way; it gets no outcome here. Absent: what has none at the end failed. */
  leave?(position: number): void;
  /** What of the message changes hands. */
  readonly transfer?: readonly ArrayBuffer[];
}

interface Active {
  readonly task: Task;
  readonly run: Run;
  /** Keys whose outcome has come. */
  received: number;
}

interface Thread {
  readonly worker: Worker;
  readonly jobs: Map<number, Active>;
}

/** One iteration over tasks. */
interface Run {
  readonly portions: { readonly items: Iterable<BulkItem>; readonly taken: () => void }[];
  /** Tasks given to one worker at a time. */
  readonly queue: number;
  active: number;
  wake: () => void;
}

/**
 * What a search leaves behind dies at once: with V8's own choice, each thread keeps several times as much of it, no faster. A
 * scan of moby's history by two threads, from the sources, peaks at 555 MB with 6 (median of four) and at 612 with 12, in the
 * same 21 seconds of processor time.
 */
const YOUNG_MB = 6;
/**
 * Which V8 divides by three: two halves and a nursery for what is large. They begin at that size, for they would stay at one
 * megabyte where they may not grow, and be collected twice as often.
 */
const YOUNG_HALF = `--min-semi-space-size=${YOUNG_MB / 3}`;
/**
 * Threads that search take all processors: others that V8 starts to help one collect wait for one, and it for them. A
 * collection of a megabyte then takes milliseconds; in all 10 % of the processor time of a scan.
 */
const ALONE = '--no-parallel-scavenge';
/**
 * Milliseconds after which threads without work are ended, and with them their memory: what comes after the search needs it.
 * After a long search at once: it has left much, and beside it the start of others is nothing.
 */
const IDLE = 1500;
const LONG = 5000;
/** Milliseconds that threads have to end their jobs. */
const GRACE = 500;

/** Threads that outlive one iteration, so that many small targets do not each pay for their start. */
export class Pool {
  readonly #seed: WorkerSeed;
  readonly #size: number;
  readonly #signal: AbortSignal | undefined;
  readonly #runs = new Set<Run>();
  #threads: Thread[] = [];
  #nextJob = 1;
  #closed = false;
  #idle: NodeJS.Timeout | undefined;

  constructor(seed: WorkerSeed, size: number, signal: AbortSignal | undefined) {
    this.#seed = seed;
    this.#size = size;
    this.#signal = signal;
    for (const flag of [YOUNG_HALF, ALONE]) setFlagsFromString(flag);
    signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  /** Starts the threads before there is work for them. */
  start(): void {
    while (!this.#closed && this.#threads.length < this.#size) this.#start();
  }

  /**
   * `queue`: tasks given to one worker at a time. With two, the next is at hand while one is worked on. An iterator that
   * gives `undefined` is asked again when more has been told of the items before.
   */
  async *run(tasks: Iterator<Task | undefined>, queue: number): AsyncGenerator<BulkItem> {
    const run: Run = { portions: [], queue, active: 0, wake: () => undefined };
    clearTimeout(this.#idle);
    this.#runs.add(run);
    const started = performance.now();
    let isMore = true;
    try {
      for (;;) {
        if (isAborted(this.#signal)) throw new Interrupted();
        while (isMore) {
          const thread = this.#freeThread(run);
          if (thread === undefined) break;
          const { done, value } = tasks.next();
          if (done === true) isMore = false;
          else if (value === undefined) break;
          else this.#give(thread, value, run);
        }
        const portion = run.portions.shift();
        if (portion !== undefined) {
          for (const item of portion.items) {
            if (isAborted(this.#signal)) throw new Interrupted();
            yield item;
          }
          portion.taken();
          continue;
        }
        if (run.active === 0 && !isMore) return;
        await new Promise<void>((resolve) => {
          run.wake = resolve;
        });
      }
    } finally {
      this.#runs.delete(run);
      this.#cancel(run);
      if (this.#runs.size === 0 && !this.#closed) {
        if (performance.now() - started > LONG) await this.#endThreads();
        else this.#idle = setTimeout(() => void this.#endThreads(), IDLE).unref();
      }
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#idle);
    this.#signal?.removeEventListener('abort', this.#onAbort);
    await this.#endThreads();
  }

  async #endThreads(): Promise<void> {
    const threads = this.#threads;
    this.#threads = [];
    for (const thread of threads) cancelJobs(thread);
    // A thread that is ended in the midst of a job cannot end its git: one that waits, and writes nothing, would stay.
    const until = performance.now() + GRACE;
    while (threads.some(({ jobs }) => jobs.size > 0) && performance.now() < until) await wait(10);
    await Promise.all(threads.map(({ worker }) => worker.terminate()));
  }

  readonly #onAbort = (): void => {
    for (const thread of this.#threads) cancelJobs(thread);
    for (const run of this.#runs) run.wake();
  };

  #freeThread(run: Run): Thread | undefined {
    if (this.#closed) throw new Interrupted();
    const idle = this.#threads.find((thread) => thread.jobs.size === 0);
    if (idle !== undefined) return idle;
    if (this.#threads.length < this.#size) return this.#start();
    return this.#threads.find((thread) => jobsOf(thread, run) < run.queue);
  }

  #start(): Thread {
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    const worker = new Worker(new URL(`./worker.${extension}`, import.meta.url), {
      workerData: this.#seed,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
    });
    const thread: Thread = { worker, jobs: new Map() };
    let fault = 'the search thread ended';
    worker.on('message', (message: FromWorker) => this.#receive(thread, message));
    worker.on('error', (error) => {
      fault = `the search thread failed: ${messageOf(error)}`;
    });
    worker.on('exit', () => this.#bury(thread, fault));
    // Waiting threads must not keep the process alive.
    worker.unref();
    this.#threads.push(thread);
    return thread;
  }

  #give(thread: Thread, task: Task, run: Run): void {
    const job = this.#nextJob++;
    thread.jobs.set(job, { task, run, received: 0 });
    run.active++;
    thread.worker.ref();
    thread.worker.postMessage({ ...task.message, job }, task.transfer ?? []);
  }

  #receive(thread: Thread, message: FromWorker): void {
    const active = thread.jobs.get(message.job);
    if (active === undefined) return;
    if (message.kind === 'done') {
      this.#end(thread, message.job, active, 'it was not reached');
      return;
    }
    const items = itemsOf(active.task, active.received, message.portion);
    active.received += message.portion.bytes.length;
    const taken = (): void => thread.worker.postMessage({ kind: 'taken', job: message.job } satisfies ToWorker);
    active.run.portions.push({ items, taken });
    active.run.wake();
  }

  /** A job is over; whatever of it has no outcome failed. */
  #end(thread: Thread, job: number, active: Active, why: string): void {
    thread.jobs.delete(job);
    if (thread.jobs.size === 0) thread.worker.unref();
    const { task, received } = active;
    if (received < task.count) active.run.portions.push({ items: failedItems(task, received, why), taken: () => undefined });
    active.run.active--;
    // Another iteration may be waiting for a free thread.
    for (const run of this.#runs) run.wake();
  }

  #bury(thread: Thread, why: string): void {
    this.#threads = this.#threads.filter((other) => other !== thread);
    for (const [job, active] of [...thread.jobs]) this.#end(thread, job, active, why);
  }

  #cancel(run: Run): void {
    for (const thread of this.#threads) {
      for (const [job, active] of thread.jobs) {
        if (active.run === run) thread.worker.postMessage({ kind: 'cancel', job } satisfies ToWorker);
      }
    }
  }
}

function cancelJobs(thread: Thread): void {
  for (const job of thread.jobs.keys()) thread.worker.postMessage({ kind: 'cancel', job } satisfies ToWorker);
}

function jobsOf(thread: Thread, run: Run): number {
  let count = 0;
  for (const job of thread.jobs.values()) if (job.run === run) count++;
  return count;
}

function* itemsOf(task: Task, from: number, portion: Portion): Generator<BulkItem> {
  let position = from;
  for (const outcome of unpackPortion(portion)) {
    const at = position++;
    if (outcome.bytes === LEFT) task.leave?.(at);
    else yield { key: task.keyAt(at), ...outcome };
  }
}

function* failedItems(task: Task, from: number, why: string): Generator<BulkItem> {
  for (let position = from; position < task.count; position++) {
    if (task.leave === undefined) yield { key: task.keyAt(position), ...failed(why) };
    else task.leave(position);
  }
}
