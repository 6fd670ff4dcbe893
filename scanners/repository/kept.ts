import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { BulkItem, BulkMatch, CrawlContext, Memory, SightingObservation } from '../../src/contracts/index.ts';
import { BlobTable } from '../../src/files/blob-table.ts';
import { CommitOrders } from '../../src/files/commit-orders.ts';
import type { GitRepository } from '../../src/files/git.ts';
import type { Introduction } from '../../src/files/history.ts';
import { type HistoryState, type KeptTrace, stateOf } from '../../src/files/trace-state.ts';
import { messageOf } from '../../src/util/errors.ts';
import { type DetectInName, maskNames, maskNamesIn } from '../../src/util/mask-names.ts';
import { FORMAT, fromMembers, type HitRow, type OwnedRow, State, toMembers, withoutSecrets } from './kept-state.ts';

const STAMP_BYTES = 16;

/** What became of blobs that were searched, and where in the history they belong. */
export interface KeptHistory {
  /** Detectors that every blob was searched with: digests by id. */
  readonly detectors: ReadonlyMap<string, string>;
  /** The files of the object store that were listed, if all of them were. */
  readonly store?: { readonly packs: readonly string[]; readonly loose: readonly string[] };
  /** Every blob that was known, in the order that git reads them best. */
  readonly blobs: BlobTable;
  /** Blobs among them that were not searched: read as files of the work tree, or not readable. */
  readonly pending: ReadonlySet<string>;
  /** Outcomes other than read in full, and what archives held. */
  readonly notes: ReadonlyMap<string, Omit<BulkItem, 'key' | 'matches'>>;
  readonly hits: ReadonlyMap<string, readonly BulkMatch[]>;
  readonly trace?: KeptTrace;
}

/** What is kept of one repository's history between runs. What does not fit, for whatever reason, counts as absent. */
export class HistoryMemory {
  readonly before: KeptHistory | undefined;
  /** Where the history stands; read while other things are. */
  readonly state: Promise<HistoryState>;
  readonly #readers: string;
  readonly #owned: ReadonlyMap<string, OwnedRow>;
  readonly #nextOwned: OwnedRow[] = [];
  readonly #noDatabases: ReadonlySet<string>;
  readonly #nextNoDatabases: string[] = [];
  readonly #memory: Memory;
  readonly #detect: DetectInName;
  readonly #name: string;
  readonly #base: string;
  readonly #text: Buffer | undefined;
  readonly #stamps: { readonly blobs: string | undefined; readonly orders: string | undefined };

  private constructor(memory: Memory, { name, base, readers, detectors, state, detect }: Subject, known: Known | undefined) {
    this.#memory = memory;
    this.#name = name;
    this.#detect = detect;
    this.#base = base;
    this.#readers = readers;
    this.state = state;
    this.before = known?.kept;
    // What a reader finds in a file rests on the detectors, too.
    const isSame = known?.state.readers === readers && isDeepStrictEqual(known.kept.detectors, detectors);
    this.#owned = new Map(isSame ? known.state.owned.map((row) => [row[0], row]) : []);
    this.#noDatabases = new Set(known?.state.noDatabases);
    this.#text = known?.text;
    this.#stamps = { blobs: known?.state.blobs.stamp, orders: known?.state.trace?.orders.stamp };
  }

  /** `name`: of the repository in its target. Nothing is kept where there is no store. */
  static async open(name: string, repository: GitRepository, context: CrawlContext): Promise<HistoryMemory | undefined> {
    const { memory, detectors, options } = context;
    if (memory === undefined || detectors === undefined) return undefined;
    const state = stateOf(repository, context.signal);
    // Awaited where the history is walked, which says what is the matter.
    state.catch(() => undefined);
    const { base, readers = '', digests } = detectors;
    const known = options.full === true ? undefined : await read(memory, name, base, context);
    return new HistoryMemory(memory, { name, base, readers, detectors: digests, state, detect: context.detect }, known);
  }

  /** What a file scanner found in a blob that it reads itself; `null`: it does not. `undefined`: not known. */
  owned(id: string, { path, commit }: Introduction): readonly SightingObservation[] | null | undefined {
    const row = this.#owned.get(id);
    if (row === undefined || row[1] !== maskNames(path, this.#detect) || row[2] !== commit) return undefined;
    this.#nextOwned.push(row);
    return row[3];
  }

  /** Was this blob seen to be no database? */
  isNoDatabase(id: string): boolean {
    const isKnown = this.#noDatabases.has(id);
    if (isKnown) this.#nextNoDatabases.push(id);
    return isKnown;
  }

  keepNoDatabase(id: string): void {
    this.#nextNoDatabases.push(id);
  }

  keepOwned(id: string, { path, commit }: Introduction, sightings: readonly SightingObservation[] | null): void {
    // Paths are kept as they are told: one may hold a credential.
    const mask = (text: string) => maskNames(text, this.#detect);
    const told =
      sightings === null
        ? null
        : sightings.map(({ at, detail, ...sighting }) => ({
            ...sighting,
            ...(at === undefined ? {} : { at: maskNamesIn(at, mask) }),
            ...(detail === undefined ? {} : { detail: maskNamesIn(detail, mask) }),
          }));
    this.#nextOwned.push([id, mask(path), commit, told]);
  }

  async save(next: KeptHistory): Promise<void> {
    const blobs = await this.#saveBytes('blobs', this.#stamps.blobs, () =>
      next.blobs === this.before?.blobs ? undefined : encodeTable(next.blobs),
    );
    const orders =
      next.trace === undefined
        ? undefined
        : await this.#saveBytes('orders', this.#stamps.orders, () =>
            next.trace?.orders === this.before?.trace?.orders ? undefined : next.trace?.orders.encode(),
          );
    const state: State = {
      format: FORMAT,
      base: this.#base,
      detectors: Object.fromEntries(next.detectors),
      ...(next.store === undefined ? {} : { store: { packs: [...next.store.packs], loose: [...next.store.loose] } }),
      blobs: { stamp: blobs, count: next.blobs.length, idBytes: next.blobs.idBytes === 32 ? 32 : 20 },
      pending: [...next.pending],
      notes: [...next.notes].flatMap(([id, { outcome, why = '', bytes, ...rest }]): State['notes'] =>
        outcome === 'failed' ? [] : [[id, outcome, why, bytes, toMembers(rest)]],
      ),
      hits: [...next.hits].map(([id, matches]): HitRow => [id, withoutSecrets(matches, this.#detect)]),
      readers: this.#readers,
      owned: this.#nextOwned,
      noDatabases: this.#nextNoDatabases,
      ...(next.trace === undefined || orders === undefined
        ? {}
        : { trace: traceState(next.trace, orders, next.blobs.idBytes, this.#detect) }),
    };
    const text = Buffer.from(JSON.stringify(state));
    if (this.#text?.equals(text) !== true) await this.#memory.set(`${this.#name}/state`, text);
  }

  /** Writes bytes that differ from those kept; returns what names them. */
  async #saveBytes(what: string, stamp: string | undefined, encode: () => Buffer | undefined): Promise<string> {
    const bytes = encode();
    if (bytes === undefined && stamp !== undefined) return stamp;
    const content = bytes ?? Buffer.alloc(0);
    const mark = createHash('sha256').update(content).digest().subarray(0, STAMP_BYTES);
    if (mark.toString('hex') !== stamp) await this.#memory.set(`${this.#name}/${what}`, Buffer.concat([mark, content]));
    return mark.toString('hex');
  }
}

interface Subject {
  readonly name: string;
  readonly base: string;
  readonly readers: string;
  readonly detectors: ReadonlyMap<string, string>;
  readonly state: Promise<HistoryState>;
  readonly detect: DetectInName;
}

interface Known {
  readonly text: Buffer;
  readonly state: State;
  readonly kept: KeptHistory;
}

async function read(memory: Memory, name: string, base: string, context: CrawlContext): Promise<Known | undefined> {
  const bytes = await memory.get(`${name}/state`);
  if (bytes === undefined) return undefined;
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  try {
    const state = State.parse(JSON.parse(text.toString('utf8')));
    if (state.base !== base) return undefined;
    const table = decodeTable(await readBytes(memory, `${name}/blobs`, state.blobs.stamp), state.blobs);
    const orders = state.trace === undefined ? undefined : await readBytes(memory, `${name}/orders`, state.trace.orders.stamp);
    if (table === undefined) return undefined;
    const trace = orders === undefined ? undefined : keptTrace(state, orders);
    return {
      text,
      state,
      kept: {
        detectors: new Map(Object.entries(state.detectors)),
        ...(state.store === undefined ? {} : { store: state.store }),
        blobs: table,
        pending: new Set(state.pending),
        notes: new Map(
          state.notes.map(([id, outcome, why, read, members]) => [
            id,
            { outcome, ...(why === '' ? {} : { why }), bytes: read, ...fromMembers(members) },
          ]),
        ),
        hits: new Map(state.hits),
        ...(trace === undefined ? {} : { trace }),
      },
    };
  } catch (error) {
    context.log.debug('what was kept of the last scan cannot be used', { name, why: messageOf(error) });
    return undefined;
  }
}

async function readBytes(memory: Memory, name: string, stamp: string): Promise<Buffer | undefined> {
  const bytes = await memory.get(name);
  if (bytes === undefined) return undefined;
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return buffer.toString('hex', 0, STAMP_BYTES) === stamp ? buffer.subarray(STAMP_BYTES) : undefined;
}

function encodeTable(table: BlobTable): Buffer {
  const sizes = new Float64Array(table.length);
  for (let position = 0; position < table.length; position++) sizes[position] = table.sizeAt(position);
  return Buffer.concat([table.idsOf(0, table.length), Buffer.from(sizes.buffer)]);
}

function decodeTable(bytes: Buffer | undefined, { count, idBytes }: State['blobs']): BlobTable | undefined {
  if (bytes === undefined || bytes.length !== count * (idBytes + 8)) return undefined;
  const ids = Buffer.from(bytes.subarray(0, count * idBytes));
  // Copied: numbers must stand at multiples of their length.
  const sizes = new Float64Array(count);
  Buffer.from(sizes.buffer).set(bytes.subarray(count * idBytes));
  return new BlobTable(ids, sizes);
}

function traceState(trace: KeptTrace, stamp: string, idBytes: number, detect: DetectInName): NonNullable<State['trace']> {
  return {
    tips: [...trace.tips],
    cut: trace.cut,
    logs: trace.logs,
    orders: { stamp, idBytes },
    blobs: [...trace.blobs].map(([id, { kind, places }]) => [
      id,
      kind,
      // Whose commit it is, is told of the oldest alone.
      places.map(({ commit, order, author, date, path }, index) =>
        index === 0 ? [commit, order, maskNames(path, detect), author, date] : [commit, order, maskNames(path, detect), '', ''],
      ),
    ]),
    absent: [...trace.absent],
  };
}

function keptTrace(state: State, orders: Buffer): KeptTrace | undefined {
  const { trace } = state;
  if (trace === undefined || orders.length % (trace.orders.idBytes + 8) !== 0) return undefined;
  return {
    tips: trace.tips,
    cut: trace.cut,
    logs: trace.logs,
    orders: new CommitOrders(orders, trace.orders.idBytes),
    blobs: new Map(
      trace.blobs.map(([id, kind, places]) => [
        id,
        { kind, places: places.map(([commit, order, path, author, date]) => ({ commit, order, path, author, date })) },
      ]),
    ),
    absent: trace.absent,
  };
}
