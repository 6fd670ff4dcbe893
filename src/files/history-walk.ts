import type { BlobTable } from './blob-table.ts';
import { LOG } from './commit-changes.ts';
import { CommitOrders, type DatedCommit } from './commit-orders.ts';
import { eachRecord, type GitRepository } from './git.ts';
import { REFLOG, readCommits } from './trace-state.ts';
import { type CommitWords, commitOf } from './tracer.ts';

/** A blob at a path, as a commit put it there. */
export interface Change {
  readonly id: string;
  readonly path: string;
  readonly commit: CommitWords;
}

/**
 * A walk over the commits that goes on while the blobs are searched, so that neither waits for the other: which blobs will
 * be asked for is not known yet, so where each one came in is written down, as numbers.
 */
export interface HistoryWalk {
  readonly changes: Promise<WalkedChanges>;
  /** Commits that only a reflog leads to. */
  readonly logged: Promise<readonly DatedCommit[]>;
}

/** `table`: the blobs of the repository, as a whole. */
export function startWalk(repository: GitRepository, table: BlobTable, signal?: AbortSignal): HistoryWalk {
  const walk = { changes: walkChanges(repository, table, signal), logged: readCommits(repository, REFLOG, [], signal) };
  // Awaited when the search is done; until then a failure must not go unhandled.
  walk.changes.catch(() => undefined);
  walk.logged.catch(() => undefined);
  return walk;
}

/** Numbers a change takes: blob, commit, path. */
const WIDTH = 3;
/** In the number of a commit: it has several parents. */
const MERGED = 1;

const [LINE_FEED, HEADER, COLON, ZERO, ONE, SIX] = [10, 1, 58, 48, 49, 54];
/** `100644` and a space. */
const MODE = 7;

export class WalkedChanges {
  readonly #table: BlobTable;
  /** Blobs that commits name and the table lacks, numbered behind those that it has; with whether a plain commit does. */
  readonly #absent = new Map<string, { readonly position: number; isPlain: boolean }>();
  readonly #absentIds: string[] = [];
  readonly #paths = new Map<string, number>();
  #changes = new Int32Array(WIDTH * 4096);
  #changeCount = 0;
  #headers = Buffer.allocUnsafeSlow(64 * 1024);
  #headerEnds = new Uint32Array(512);
  #commitCount = 0;
  #orders = CommitOrders.NONE;

  constructor(table: BlobTable) {
    this.#table = table;
  }

  commit(buffer: Buffer, start: number, end: number): void {
    const from = this.#commitCount === 0 ? 0 : (this.#headerEnds[this.#commitCount - 1] as number);
    const to = from + end - start;
    if (to > this.#headers.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(to, this.#headers.length * 2));
      this.#headers.copy(larger);
      this.#headers = larger;
    }
    buffer.copy(this.#headers, from, start, end);
    if (this.#commitCount === this.#headerEnds.length) {
      const larger = new Uint32Array(this.#commitCount * 2);
      larger.set(this.#headerEnds);
      this.#headerEnds = larger;
    }
    this.#headerEnds[this.#commitCount++] = to;
  }

  /** The blob whose id stands at `start`. */
  blobAt(buffer: Buffer, start: number, isMerge: boolean): number {
    const position = this.#table.positionAt(buffer, start);
    if (position >= 0) return position;
    const id = buffer.toString('latin1', start, start + 2 * this.#table.idBytes);
    const known = this.#absent.get(id);
    if (known !== undefined) {
      known.isPlain ||= !isMerge;
      return known.position;
    }
    const next = this.#table.length + this.#absentIds.length;
    this.#absent.set(id, { position: next, isPlain: !isMerge });
    this.#absentIds.push(id);
    return next;
  }

  /** The last commit put a blob at a path. */
  change(blob: number, isMerge: boolean, path: string): void {
    const at = this.#changeCount * WIDTH;
    if (at === this.#changes.length) {
      const larger = new Int32Array(at * 2);
      larger.set(this.#changes);
      this.#changes = larger;
    }
    let name = this.#paths.get(path);
    if (name === undefined) {
      name = this.#paths.size;
      this.#paths.set(path, name);
    }
    this.#changes[at] = blob;
    this.#changes[at + 1] = ((this.#commitCount - 1) << 1) | (isMerge ? MERGED : 0);
    this.#changes[at + 2] = name;
    this.#changeCount += 1;
  }

  /** Blobs that commits name and the store lacks: plain commits, or those that have several parents. */
  absent(isMerge: boolean): readonly string[] {
    return this.#absentIds.filter((id) => isMerge || this.#absent.get(id)?.isPlain === true);
  }

  /** The changes that brought one of these blobs: of commits with several parents, or of the others. */
  *of(ids: Iterable<string>, isMerge: boolean): Generator<Change> {
    const isWanted = new Uint8Array(this.#table.length + this.#absentIds.length);
    for (const id of ids) {
      const position = this.#table.positionOf(id);
      const known = position >= 0 ? position : this.#absent.get(id)?.position;
      if (known !== undefined) isWanted[known] = 1;
    }
    const paths = [...this.#paths.keys()];
    const commits = new Map<number, CommitWords>();
    for (let at = 0; at < this.#changeCount * WIDTH; at += WIDTH) {
      const blob = this.#changes[at] as number;
      const place = this.#changes[at + 1] as number;
      if (isWanted[blob] === 0 || ((place & MERGED) === MERGED) !== isMerge) continue;
      const commit = commits.get(place) ?? commitOf(this.#header(place >> 1));
      commits.set(place, commit);
      const id = blob < this.#table.length ? this.#table.idAt(blob) : (this.#absentIds[blob - this.#table.length] ?? '');
      // Kept byte by byte.
      const path = Buffer.from(paths[this.#changes[at + 2] as number] ?? '', 'latin1').toString('utf8');
      yield { id, path, commit };
    }
  }

  /** How old the commits are. */
  get orders(): CommitOrders {
    return this.#orders;
  }

  /** Nothing more will be asked: millions of changes take tens of megabytes, and what comes next needs them. */
  release(): void {
    this.#changeCount = 0;
    this.#changes = new Int32Array(0);
    this.#headers = Buffer.alloc(0);
    this.#paths.clear();
  }

  /** The walk is at its end. */
  end(): void {
    this.#orders = CommitOrders.ofHeaders(this.#headers, this.#headerEnds, this.#commitCount);
  }

  #header(number: number): string {
    return this.#headers.toString('utf8', number === 0 ? 0 : this.#headerEnds[number - 1], this.#headerEnds[number]);
  }
}

/** As `commitOf` reads it. */
const FORMAT = '--format=%x01%H %ct %P%x02%an <%ae>%x02%aI';

/** All commits that refs lead to, in one pass: of those with several parents what differs from all of these. */
async function walkChanges(repository: GitRepository, table: BlobTable, signal: AbortSignal | undefined): Promise<WalkedChanges> {
  const walked = new WalkedChanges(table);
  let blob = -1;
  let isMerge = false;
  let isPath = false;
  await eachRecord(repository, [...LOG, FORMAT, '--all', '-c'], { separator: 'nul', signal }, (buffer, start, end) => {
    if (isPath) {
      if (blob >= 0) walked.change(blob, isMerge, buffer.toString('latin1', start, end));
      isPath = false;
      return undefined;
    }
    const at = buffer[start] === LINE_FEED ? start + 1 : start;
    if (buffer[at] === HEADER) walked.commit(buffer, at + 1, end);
    else if (buffer[at] === COLON) {
      isPath = true;
      let parents = 1;
      while (buffer[at + parents] === COLON) parents++;
      isMerge = parents > 1;
      // `:MODES IDS STATUS`: one more of each than it has parents, the new ones last.
      const mode = at + parents + MODE * parents;
      const id = mode + MODE + parents * (2 * table.idBytes + 1);
      const isFile = buffer[mode] !== ZERO && !(buffer[mode] === ONE && buffer[mode + 1] === SIX);
      blob = isFile ? walked.blobAt(buffer, id, isMerge) : -1;
    }
    return undefined;
  });
  walked.end();
  return walked;
}
