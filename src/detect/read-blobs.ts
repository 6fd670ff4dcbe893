import { type ReadChild, readChild } from '../files/read-child.ts';
import { messageOf } from '../util/errors.ts';
import { BlobStream } from './blob-stream.ts';
import type { Engine } from './engine.ts';
import { failed, isAborted } from './outcome.ts';
import { type Portion, PortionBuilder } from './protocol.ts';
import type { Slabs } from './slabs.ts';

export interface BlobSource {
  /** Arguments before the subcommand, `--git-dir` among them. */
  readonly git: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** Milliseconds of silence after which git is given up: an object that is a FIFO makes it wait for ever. */
  readonly patience?: number;
}

/** Ids as bytes, one after another. */
export interface IdList {
  readonly ids: Uint8Array<ArrayBuffer>;
  readonly idBytes: number;
}

const LINE_FEED = 10;
/** A repository in which git dies this often without delivering anything is given up. */
const MAX_DEATHS = 200;
const PATIENCE = 600_000;
const IDS_A_WRITE = 1024;

/**
 * Reads blobs through `git cat-file --batch` in the order given, straight into memory that the engine searches in place:
 * exactly one outcome an id, in that order. When git dies at an object (a corrupt one), that one fails and a new git goes
 * on behind it.
 */
export class BlobReader {
  readonly #engine: Engine;
  readonly #slabs: Slabs;
  readonly #maxBytes: number;

  constructor(engine: Engine, slabs: Slabs, maxBytes: number) {
    this.#engine = engine;
    this.#slabs = slabs;
    this.#maxBytes = maxBytes;
  }

  async *search(source: BlobSource, list: IdList, signal?: AbortSignal): AsyncGenerator<Portion> {
    const total = list.ids.length / list.idBytes;
    let next = 0;
    let deaths = 0;
    let isCareful = false;
    while (next < total) {
      if (isAborted(signal)) return;
      const left = { ids: list.ids.subarray(next * list.idBytes), idBytes: list.idBytes };
      const ending: Ending = yield* this.#run(source, left, isCareful, signal);
      const { delivered, why, isHopeless, hasLost } = ending;
      next += delivered;
      if (next >= total || isAborted(signal)) return;
      // Which object was at fault shows when git holds back no answers.
      isCareful = hasLost && !isCareful;
      if (isCareful) continue;
      deaths = delivered === 0 ? deaths + 1 : 0;
      const given = isHopeless || deaths >= MAX_DEATHS ? total - next : 1;
      const portion = new PortionBuilder();
      for (let count = 0; count < given; count++) portion.add(failed(why));
      next += given;
      yield await portion.finish();
    }
  }

  /** One git, until it has said all or ended early. */
  async *#run(
    source: BlobSource,
    list: IdList,
    isCareful: boolean,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<Portion, Ending> {
    let wake: () => void = () => undefined;
    let hasEnded = false;
    const stream = new BlobStream({
      engine: this.#engine,
      slabs: this.#slabs,
      maxBytes: this.#maxBytes,
      idBytes: list.idBytes,
      total: list.ids.length / list.idBytes,
      onReady: () => wake(),
    });
    const child = await readChild({
      program: 'git',
      args: [...source.git, 'cat-file', '--batch', ...(isCareful ? [] : ['--buffer'])],
      env: source.env,
      input: lines(list),
      inlet: stream,
      patience: source.patience ?? PATIENCE,
    });
    signal?.addEventListener('abort', child.kill, { once: true });
    if (isAborted(signal)) child.kill();
    void child.ended.then(() => {
      hasEnded = true;
      wake();
    });
    let last: PortionBuilder | undefined;
    try {
      for (;;) {
        const portion = stream.take();
        if (portion !== undefined) {
          yield await portion.finish();
          if (!stream.isBehind) child.resume();
          continue;
        }
        if (hasEnded) break;
        if (stream.nonsense !== undefined) child.kill();
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    } finally {
      signal?.removeEventListener('abort', child.kill);
      child.kill();
      // Until then it may write to the stream's memory.
      await child.ended;
      last = stream.end();
    }
    if (last.count > 0 && !isAborted(signal)) yield await last.finish();
    return {
      delivered: stream.delivered,
      why: whyEnded(child, stream),
      isHopeless: child.startError() !== undefined,
      hasLost: child.isCutShort() && stream.nonsense === undefined,
    };
  }
}

interface Ending {
  readonly delivered: number;
  /** Why it ended early. */
  readonly why: string;
  /** Another git will do no better. */
  readonly isHopeless: boolean;
  /** Answers that it had ready may be lost. */
  readonly hasLost: boolean;
}

function whyEnded(child: ReadChild, { nonsense }: BlobStream): string {
  const startError = child.startError();
  if (startError !== undefined) return `git cannot be started: ${messageOf(startError)}`;
  if (nonsense !== undefined) return nonsense;
  if (child.isGivenUp()) return 'git gave no answer for too long';
  const said = child.stderr().trim().split('\n')[0] ?? '';
  return said === '' ? 'git ended before it was read' : said.replace(/^(?:fatal|error): /, 'git: ');
}

/** The ids as git wants them, a line each. */
function* lines({ ids, idBytes }: IdList): Generator<Buffer> {
  const bytes = Buffer.from(ids.buffer, ids.byteOffset, ids.byteLength);
  const width = idBytes * 2 + 1;
  for (let from = 0; from < bytes.length; from += IDS_A_WRITE * idBytes) {
    const to = Math.min(bytes.length, from + IDS_A_WRITE * idBytes);
    const chunk = Buffer.allocUnsafe(((to - from) / idBytes) * width);
    for (let at = from, out = 0; at < to; at += idBytes, out += width) {
      chunk.write(bytes.toString('hex', at, at + idBytes), out, 'latin1');
      chunk[out + width - 1] = LINE_FEED;
    }
    yield chunk;
  }
}
