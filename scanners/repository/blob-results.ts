import type { BulkItem, BulkMatch } from '../../src/contracts/index.ts';
import { BlobTable } from '../../src/files/blob-table.ts';
import type { ObjectStore } from '../../src/files/object-store.ts';
import type { KeptHistory } from './kept.ts';
import type { Tally } from './tally.ts';

const FEW = 10_000;

type Note = Omit<BulkItem, 'key' | 'matches'>;

/** What is known of the blobs of a repository: from an earlier scan, and from this one as it goes on. */
export class BlobResults {
  /** Detectors that the earlier scan did not have, or had otherwise. */
  readonly changedDetectors: readonly string[];
  readonly #blobs: BlobTable;
  readonly #detectors: ReadonlyMap<string, string>;
  readonly #hits = new Map<string, readonly BulkMatch[]>();
  readonly #notes = new Map<string, Note>();
  /** Not searched yet, or in vain. */
  readonly #pending = new Set<string>();
  /** Searched in this scan. */
  readonly #fresh = new Set<string>();
  readonly #isFirst: boolean;

  /** `isAppended`: the blobs of before come first, then those that are new. */
  constructor(
    { blobs, isAppended = false }: { readonly blobs: BlobTable; readonly isAppended?: boolean },
    before: KeptHistory | undefined,
    detectors: ReadonlyMap<string, string> = new Map<string, string>(),
  ) {
    this.#blobs = blobs;
    this.#detectors = detectors;
    this.#isFirst = before === undefined;
    this.changedDetectors =
      before === undefined ? [] : [...detectors].flatMap(([id, digest]) => (before.detectors.get(id) === digest ? [] : [id]));
    if (before !== undefined) this.#resume(before, isAppended);
  }

  #resume(before: KeptHistory, isAppended: boolean): void {
    const isGrown = before.blobs !== this.#blobs;
    for (const id of before.pending) if (!isGrown || this.#blobs.has(id)) this.#pending.add(id);
    for (let position = isAppended ? before.blobs.length : 0; isGrown && position < this.#blobs.length; position++) {
      const id = this.#blobs.idAt(position);
      if (isAppended || !before.blobs.has(id)) this.#pending.add(id);
    }
    const unlike = new Set(this.changedDetectors);
    for (const id of before.detectors.keys()) if (!this.#detectors.has(id)) unlike.add(id);
    for (const [id, matches] of before.hits) {
      if (isGrown && !this.#blobs.has(id)) continue;
      if (matches.some((match) => unlike.has(match.detector))) this.#pending.add(id);
      else this.#hits.set(id, matches);
    }
    for (const [id, note] of before.notes) {
      if (isGrown && !this.#blobs.has(id)) continue;
      if (unlike.size > 0 && note.outcome !== 'read') this.#pending.add(id);
      else this.#notes.set(id, note);
    }
    for (const id of this.#pending) this.#forget(id);
  }

  /** Blobs that new detectors alone are to be tried on. */
  again(asFiles: ReadonlySet<string>): BlobTable {
    if (this.changedDetectors.length === 0) return BlobTable.from([]);
    return this.#blobs.filter(({ id }) => {
      if (this.#pending.has(id)) return false;
      if (!asFiles.has(id)) return true;
      // Read as a file now; as a blob it waits for the day when it is one.
      this.#wait(id);
      return false;
    });
  }

  tried(item: BulkItem): void {
    if (item.outcome !== 'read' || item.matches.length > 0) this.#wait(item.key);
  }

  /** Blobs that are to be searched with all detectors. */
  left(asFiles: ReadonlySet<string>): BlobTable {
    if (this.#isFirst) return this.#blobs.without(asFiles);
    const ids = [...this.#pending].filter((id) => !asFiles.has(id));
    // Many are read in the order of the packs, few in any.
    if (ids.length > FEW) return this.#blobs.filter(({ id }) => this.#pending.has(id) && !asFiles.has(id));
    return BlobTable.from(ids.map((id) => ({ id, size: this.#blobs.sizeOf(id) ?? 0 })));
  }

  add({ key, outcome, why, bytes, matches, members, isTransient }: BulkItem): void {
    if (!this.#isFirst) this.#fresh.add(key);
    this.#pending.delete(key);
    this.#forget(key);
    if (outcome === 'failed' || isTransient === true) this.#pending.add(key);
    else if (outcome !== 'read' || members !== undefined) {
      this.#notes.set(key, {
        outcome,
        ...(why === undefined ? {} : { why }),
        bytes,
        ...(members === undefined ? {} : { members }),
      });
    }
    if (matches.length === 0) return;
    this.#hits.set(key, matches);
    if (outcome === 'read' && this.#blobs.sizeOf(key) === undefined) this.#blobs.learn(key, bytes);
  }

  /** Counts what this scan did not search: read as a file, or by an earlier scan. */
  count(asFiles: ReadonlySet<string>, again: BlobTable, tally: Tally): { readonly asFiles: number; readonly earlier: number } {
    let files = 0;
    let bytes = 0;
    for (const id of asFiles) {
      if (!this.#blobs.has(id)) continue;
      files += 1;
      bytes -= this.#blobs.sizeOf(id) ?? 0;
    }
    if (this.#isFirst) return { asFiles: files, earlier: 0 };
    for (let position = 0; position < this.#blobs.length; position++) bytes += this.#blobs.sizeAt(position);
    for (const id of this.#fresh) bytes -= this.#blobs.sizeOf(id) ?? 0;
    const count = this.#blobs.length - files - this.#fresh.size;
    let noted = 0;
    for (const [id, note] of this.#notes) {
      if (asFiles.has(id) || this.#fresh.has(id)) continue;
      noted += 1;
      bytes -= this.#blobs.sizeOf(id) ?? 0;
      tally.item({ key: id, ...note, matches: [] }, id.slice(0, 12));
    }
    tally.readEarlier(count - noted, bytes);
    let tried = 0;
    for (let position = 0; position < again.length; position++) if (!this.#fresh.has(again.idAt(position))) tried += 1;
    return { asFiles: files, earlier: count - tried };
  }

  hits(asFiles: ReadonlySet<string>): ReadonlyMap<string, readonly BulkMatch[]> {
    return new Map([...this.#hits].filter(([id]) => !asFiles.has(id)));
  }

  /** For the next scan. */
  kept(store: ObjectStore | undefined, asFiles: ReadonlySet<string>): KeptHistory {
    const pending = new Set(this.#pending);
    if (this.#isFirst) for (const id of asFiles) if (this.#blobs.has(id)) pending.add(id);
    return {
      detectors: this.#detectors,
      ...(store === undefined ? {} : { store }),
      blobs: this.#blobs,
      pending,
      notes: this.#notes,
      hits: this.#hits,
    };
  }

  #wait(id: string): void {
    this.#pending.add(id);
    this.#forget(id);
  }

  #forget(id: string): void {
    this.#hits.delete(id);
    this.#notes.delete(id);
  }
}
