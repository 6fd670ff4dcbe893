import type { FileHead, FileScanner, StdinTarget } from '../contracts/index.ts';
import { isArchive, searchArchive, withMembers } from '../detect/archives.ts';
import type { Engine } from '../detect/engine.ts';
import { type FileScan, OVERLAP } from '../detect/file-scan.ts';
import { conclude, type ItemOutcome, PIECE } from '../detect/outcome.ts';
import { bytesSource } from '../files/archive/source.ts';
import { headOfBytes, sourceFile } from '../files/source-file.ts';
import { looksLikeDiff } from '../files/unified-diff.ts';
import { Interrupted } from '../util/errors.ts';
import type { StdinInput } from './request.ts';
import { MAX_STRUCTURED_BYTES, notStructured, readIntoPart, runUnit, type TargetWork } from './targets.ts';

/**
 * Standard input as one file: read by the scanner that knows it, and searched as bytes unless that scanner does so. It is
 * searched as it comes, in pieces; only a scanner that wants the whole text makes it wait in memory.
 */
export async function readStdin(target: StdinTarget, stdin: StdinInput, engine: Engine, work: TargetWork): Promise<void> {
  const { base, options } = work;
  const input = new Input(stdin.chunks(), options.maxFileBytes, base.signal);
  const first = await input.take(PIECE + 4 * OVERLAP);
  const at = { path: target.name };
  const reader = readerOf(headOfBytes(target.name, first), work);
  let whole: Buffer | undefined;
  if (reader !== undefined) {
    whole = input.isEnd ? first : Buffer.concat([first, await input.take(MAX_STRUCTURED_BYTES - first.length)]);
    if (input.isEnd && !input.isCut) {
      for await (const observation of readIntoPart(reader, sourceFile(target.name, whole, at), target.name, work))
        void observation;
      if (reader.content === 'own') return;
    } else {
      await notStructured(reader, 'it is too large to be read by its structure: only searched for credentials', target, work);
    }
  }
  if (reader === undefined && mayBeDiff(target.name, stdin) && looksLikeDiff(first)) {
    const { readDiff } = await import('./stdin-diff.ts');
    return await readDiff(target, first, input, engine, work);
  }
  const scan = engine.open(stdin.isNameless ? {} : { path: target.name });
  const result = await search(scan, whole ?? first, input);
  const cut = input.cutWhy;
  const own = await conclude(engine, scan.finish(), result.total, cut === undefined ? result.whole : undefined, cut);
  const item = isArchive(first) ? await openArchive(engine, own, result.whole) : own;
  const part = await work.sink.part(runUnit({ id: 'stdin', version: 1 }, target.name, work));
  for (const match of item.matches) await part.add(base.sighting(match, at, 'file'));
  await part.add({
    kind: 'coverage',
    surface: 'work-tree',
    subject: target.name,
    outcome: item.outcome === 'read' ? 'complete' : 'partial',
    ...(item.why === undefined ? {} : { why: item.why }),
    covers: ['sighting'],
    seen: 1,
    read: 1,
    skipped: 0,
    failed: 0,
    bytes: item.bytes,
    ...(item.members === undefined ? {} : { detail: { inArchives: { ...item.members } } }),
  });
}

/** Who says what the input is to be taken for is believed. */
function mayBeDiff(name: string, { isNameless }: StdinInput): boolean {
  return isNameless || /\.(?:diff|patch)$/i.test(name);
}

async function openArchive(engine: Engine, own: ItemOutcome, whole: Buffer | undefined): Promise<ItemOutcome> {
  if (whole !== undefined) return withMembers(own, await searchArchive(engine, bytesSource(whole)));
  const why = 'archive that is too long to be opened from standard input: its members were not read';
  return withMembers(own, { matches: [], read: 0, skipped: 0, why });
}

/** The file may lie at any depth below what its name tells, as a file that is a target of its own. */
function readerOf(head: FileHead, work: TargetWork): FileScanner | undefined {
  return work.scanners.filter((scanner): scanner is FileScanner => scanner.kind === 'file').find((s) => s.recognises(head));
}

/** Feeds all there is; gives the whole content back if it is at hand in one piece. */
async function search(scan: FileScan, first: Buffer, input: Input): Promise<{ readonly total: number; readonly whole?: Buffer }> {
  let bytes = first;
  let total = first.length;
  while (!input.isEnd) {
    const kept = bytes.subarray(scan.feed(bytes, false));
    const next = await input.take(PIECE);
    total += next.length;
    bytes = Buffer.concat([kept, next]);
  }
  scan.feed(bytes, true);
  return total === first.length ? { total, whole: first } : { total };
}

/** Bytes as they are asked for, up to a limit. */
export class Input {
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #signal: AbortSignal;
  readonly #limit: number;
  #left: number;
  #rest: Buffer = Buffer.alloc(0);
  #isEnd = false;
  #isCut = false;

  constructor(chunks: AsyncIterable<Uint8Array>, limit: number, signal: AbortSignal) {
    this.#chunks = chunks[Symbol.asyncIterator]();
    this.#limit = limit;
    this.#left = limit;
    this.#signal = signal;
  }

  /** Nothing is left to take. */
  get isEnd(): boolean {
    return this.#isEnd && this.#rest.length === 0;
  }

  /** More came than may be read. */
  get isCut(): boolean {
    return this.#isCut;
  }

  /** The next bytes, `count` of them unless the input ends. After that, `isEnd` is known. */
  async take(count: number): Promise<Buffer> {
    const taken: Buffer[] = [];
    let size = 0;
    // One byte more is asked for, so that the end is seen when it is there.
    while (size < count || (!this.#isEnd && this.#rest.length === 0)) {
      if (this.#rest.length === 0 && !(await this.#more())) break;
      if (size === count) break;
      const piece = this.#rest.subarray(0, count - size);
      this.#rest = this.#rest.subarray(piece.length);
      taken.push(piece);
      size += piece.length;
    }
    return Buffer.concat(taken, size);
  }

  /** Said in the coverage when more came than may be read. */
  get cutWhy(): string | undefined {
    return this.#isCut ? `only the first ${this.#limit} bytes were searched (maxFileSize)` : undefined;
  }

  /** Gets the next chunk that is not empty. */
  async #more(): Promise<boolean> {
    while (!this.#isEnd) {
      if (this.#signal.aborted) throw new Interrupted();
      const { done, value } = await this.#chunks.next();
      if (done === true) {
        this.#isEnd = true;
      } else if (value.length > 0) {
        const chunk = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
        this.#rest = chunk.subarray(0, this.#left);
        this.#left -= this.#rest.length;
        if (this.#rest.length < chunk.length) {
          this.#isCut = true;
          this.#isEnd = true;
          await this.#chunks.return?.();
        }
        return this.#rest.length > 0;
      }
    }
    return false;
  }
}
