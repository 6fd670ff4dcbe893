import type { BulkMatch, Location, StdinTarget } from '../contracts/index.ts';
import type { Engine } from '../detect/engine.ts';
import { type FileScan, OVERLAP } from '../detect/file-scan.ts';
import { conclude, PIECE } from '../detect/outcome.ts';
import { type DiffReader, UnifiedDiff } from '../files/unified-diff.ts';
import { environmentOf } from '../util/environment.ts';
import { Interrupted } from '../util/errors.ts';
import type { Input } from './stdin.ts';
import { runUnit, type TargetWork } from './targets.ts';

/** The first names of what was not read, in the reason. */
const NAMES_SHOWN = 3;
/** A part with more changes of its kind than this is ended early: so many places are enough to keep. */
const MAX_RUNS = 500_000;

/**
 * A diff on standard input: what its added lines hold is told, with the file and the line of the new version. Lines around
 * them are searched with them, for what they say; removed ones are not. What stands around the diffs (messages of
 * commits) is searched as the text it is.
 */
export async function readDiff(
  target: StdinTarget,
  first: Buffer,
  input: Input,
  engine: Engine,
  work: TargetWork,
): Promise<void> {
  const parts = new Parts(engine, target.name);
  const diff = new UnifiedDiff(parts);
  const part = await work.sink.part(runUnit({ id: 'stdin', version: 1 }, target.name, work));
  const told = async (): Promise<void> => {
    for (const done of parts.takeDone()) {
      for (const { match, at } of await done.conclude(engine)) {
        await part.add(work.base.sighting(match, at, 'file', environmentOf(at.path ?? '')));
      }
      parts.note(done);
    }
  };
  let bytes = 0;
  for (let piece = first; piece.length > 0; piece = await input.take(PIECE)) {
    bytes += piece.length;
    // In small steps, so that finished files do not gather.
    for (let at = 0; at < piece.length; at += STEP) {
      if (work.base.signal.aborted) throw new Interrupted();
      diff.push(piece.subarray(at, at + STEP));
      await told();
    }
  }
  diff.end();
  parts.end();
  await told();
  if (parts.brokenAt !== undefined) {
    work.base.log.info(`The diff breaks off at line ${parts.brokenAt}: what follows was searched as plain text`);
  }
  const why = [...(input.cutWhy === undefined ? [] : [input.cutWhy]), ...parts.gaps()].join('; ');
  await part.add({
    kind: 'coverage',
    surface: 'work-tree',
    subject: target.name,
    outcome: why === '' ? 'complete' : 'partial',
    ...(why === '' ? {} : { why }),
    covers: ['sighting'],
    seen: 1,
    read: 1,
    skipped: 0,
    failed: 0,
    bytes,
    detail: { diff: { files: parts.files } },
  });
}

const STEP = 256 * 1024;

/** Cuts the diff into texts to be searched: one for each file's new version, one for what stands around. */
class Parts implements DiffReader {
  readonly #engine: Engine;
  readonly #name: string;
  readonly #reasons = new Set<string>();
  readonly #binary: string[] = [];
  #binaries = 0;
  #done: Part[] = [];
  #at: Location & { readonly path: string };
  #current: Part | undefined;
  #prose: Part | undefined;
  /** Where the next line of the new version stands. */
  #next = 0;
  files = 0;
  brokenAt: number | undefined;

  constructor(engine: Engine, name: string) {
    this.#engine = engine;
    this.#name = name;
    this.#at = { path: name };
  }

  file(path: string, commit: string | undefined): void {
    this.#close();
    this.#at = { path, ...(commit === undefined ? {} : { commit }) };
    this.files += 1;
  }

  hunk(line: number): void {
    this.#next = line;
    // What stands apart in the file has nothing between it but what is not shown.
    if (this.#current?.isLong === true) this.#close();
  }

  line(bytes: Buffer, start: number, end: number, isAdded: boolean): void {
    if (this.#current?.isFull === true) this.#close();
    this.#current ??= new Part(this.#engine.open({ path: this.#at.path }), this.#at);
    this.#current.add(bytes, start, end, this.#next, isAdded);
    if (bytes[end - 1] === LF) this.#next += 1;
  }

  prose(bytes: Buffer, start: number, end: number, line: number): void {
    this.#prose ??= new Part(this.#engine.open({}), { path: this.#name });
    this.#prose.add(bytes, start, end, line, true);
    if (!this.#prose.isFull) return;
    this.#done.push(this.#prose);
    this.#prose = undefined;
  }

  binary(path: string): void {
    this.#binaries += 1;
    if (this.#binary.length < NAMES_SHOWN) this.#binary.push(path);
  }

  broken(line: number): void {
    this.brokenAt = line;
  }

  end(): void {
    this.#close();
    if (this.#prose !== undefined) this.#done.push(this.#prose);
  }

  takeDone(): readonly Part[] {
    const done = this.#done;
    this.#done = [];
    return done;
  }

  note({ why }: Part): void {
    if (why !== undefined) this.#reasons.add(why);
  }

  gaps(): readonly string[] {
    if (this.#binaries === 0) return [...this.#reasons];
    const more = this.#binaries - this.#binary.length;
    const names = `${this.#binary.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
    const files = this.#binaries === 1 ? '1 binary file' : `${this.#binaries} binary files`;
    return [...this.#reasons, `what ${files} became is not in the diff as text (${names}); --staged and --diff read it`];
  }

  #close(): void {
    // Without an added line there is nothing to tell of it.
    if (this.#current?.hasAdded === true) this.#done.push(this.#current);
    this.#current = undefined;
  }
}

const LF = 10;

interface Told {
  readonly match: BulkMatch;
  readonly at: Location;
}

/** One text to be searched, which knows where its lines come from. */
class Part {
  readonly #scan: FileScan;
  readonly #at: Location;
  /** Three numbers for each run of lines: the first line here, the line there, and whether it was added. */
  readonly #runs: number[] = [];
  #bytes: Buffer = Buffer.allocUnsafe(1024);
  #length = 0;
  #total = 0;
  /** The line that is being filled. */
  #line = 1;
  #isInLine = false;
  /** Where the line after the last one would stand. */
  #expected: number | undefined;
  hasAdded = false;
  why: string | undefined;

  constructor(scan: FileScan, at: Location) {
    this.#scan = scan;
    this.#at = at;
  }

  /** So long that it may end where its lines do not follow each other. */
  get isLong(): boolean {
    return this.#total > PIECE;
  }

  get isFull(): boolean {
    return this.#runs.length > 3 * MAX_RUNS && !this.#isInLine;
  }

  add(bytes: Buffer, start: number, end: number, line: number, isAdded: boolean): void {
    if (!this.#isInLine) {
      const isNext = this.#expected === undefined || this.#expected === line;
      // An empty line between what does not belong together.
      if (!isNext) this.#append(GAP, 0, GAP.length);
      if (!isNext || this.#runs.length === 0 || this.#runs.at(-1) !== Number(isAdded)) {
        this.#runs.push(this.#line, line, Number(isAdded));
      }
    }
    if (isAdded) this.hasAdded = true;
    this.#append(bytes, start, end);
    this.#isInLine = bytes[end - 1] !== LF;
    this.#expected = line + 1;
  }

  /** What is to be told of it, with places in the file. */
  async conclude(engine: Engine): Promise<readonly Told[]> {
    const rest = this.#bytes.subarray(0, this.#length);
    this.#scan.feed(rest, true);
    const whole = this.#total === this.#length ? rest : undefined;
    const { matches, why } = await conclude(engine, this.#scan.finish(), this.#total, whole);
    this.why = why;
    const told: Told[] = [];
    for (const match of matches) {
      if (!this.#isAdded(match.line, match.endLine)) continue;
      told.push({ match: { ...match, line: this.#lineOf(match.line), endLine: this.#lineOf(match.endLine) }, at: this.#at });
    }
    return told;
  }

  #append(bytes: Buffer, start: number, end: number): void {
    const size = end - start;
    if (this.#length + size > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(2 * this.#bytes.length, this.#length + size));
      this.#bytes.copy(larger, 0, 0, this.#length);
      this.#bytes = larger;
    }
    bytes.copy(this.#bytes, this.#length, start, end);
    this.#length += size;
    this.#total += size;
    if (bytes[end - 1] === LF) this.#line += 1;
    if (this.#length < PIECE + 4 * OVERLAP) return;
    const done = this.#scan.feed(this.#bytes.subarray(0, this.#length), false);
    const kept = Buffer.from(this.#bytes.subarray(done, this.#length));
    this.#length = kept.length;
    this.#bytes = kept;
  }

  #isAdded(first: number, last: number): boolean {
    for (let at = this.#runOf(first); at < this.#runs.length && (this.#runs[at] ?? 0) <= last; at += 3) {
      if (this.#runs[at + 2] === 1) return true;
    }
    return false;
  }

  #lineOf(line: number): number {
    const at = this.#runOf(line);
    return (this.#runs[at + 1] ?? 1) + line - (this.#runs[at] ?? 1);
  }

  /** The index of the run that a line of this text belongs to. */
  #runOf(line: number): number {
    let low = 0;
    let high = this.#runs.length / 3 - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.#runs[3 * middle] ?? 0) <= line) low = middle;
      else high = middle - 1;
    }
    return 3 * low;
  }
}

const GAP = Buffer.from('\n');
