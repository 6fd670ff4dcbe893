import type { BulkMatch } from '../contracts/scanner.ts';
import type { PackTrees } from '../files/pack/trees.ts';
import { messageOf } from '../util/errors.ts';
import { Secret } from '../util/secret.ts';
import type { KeepSecrets } from './keep.ts';
import { failed, type ItemOutcome } from './outcome.ts';
import type { Pack } from './pack.ts';

/** What a worker needs to make its engine. */
export interface WorkerSeed {
  readonly pack: Pack;
  readonly fingerprintKey: Uint8Array | string;
  readonly secretlint: boolean;
  readonly maxFileBytes: number;
  readonly keepSecrets?: KeepSecrets;
}

export type ToWorker =
  | { readonly kind: 'files'; readonly job: number; readonly root: string; readonly paths: readonly string[] }
  | {
      readonly kind: 'blobs';
      readonly job: number;
      readonly git: readonly string[];
      readonly env: NodeJS.ProcessEnv;
      /** Ids as bytes, one after another. */
      readonly ids: Uint8Array<ArrayBuffer>;
      readonly idBytes: number;
    }
  | { readonly kind: 'packs'; readonly job: number; readonly trees: PackTrees }
  /** One portion was taken: another may be sent. */
  | { readonly kind: 'taken'; readonly job: number }
  | { readonly kind: 'cancel'; readonly job: number };

export type FromWorker =
  /** Outcomes of the next so many keys, in the order the keys were given. */
  { readonly kind: 'portion'; readonly job: number; readonly portion: Portion } | { readonly kind: 'done'; readonly job: number };

/** Most contents hold nothing: their outcomes cross as one number each. */
export interface Portion {
  /** How many of each were read, or `LEFT`. */
  readonly bytes: Float64Array<ArrayBuffer>;
  /** By rising index. */
  readonly notes: readonly Note[];
}

interface Note extends Omit<ItemOutcome, 'bytes' | 'matches'> {
  readonly index: number;
  readonly matches: readonly SentMatch[];
}

/** A match on its way between threads, which a `Secret` cannot cross. */
type SentMatch = Omit<BulkMatch, 'secret'> & { readonly held?: string };

/** A worker sends no more than this many portions ahead of what was taken. */
export const MAX_AHEAD = 8;

const PORTION = 1024;
/** Something found should not wait for a full portion. */
const PORTION_BYTES = 16 * 1024 * 1024;
const NO_MATCHES: readonly BulkMatch[] = [];

/** Stands for the size of what was not read, but is to be. */
export const LEFT = -1;

/** Gathers outcomes in the order of their keys. */
export class PortionBuilder {
  #bytes = new Float64Array(PORTION);
  #total = 0;
  #count = 0;
  readonly #notes: (Note | Promise<Note>)[] = [];

  get count(): number {
    return this.#count;
  }

  get isFull(): boolean {
    return this.#count >= PORTION || this.#total >= PORTION_BYTES;
  }

  /** One that was read and holds nothing. */
  addClean(bytes: number): void {
    if (this.#count === this.#bytes.length) {
      const larger = new Float64Array(this.#bytes.length * 2);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#bytes[this.#count++] = bytes;
    this.#total += bytes;
  }

  /** One that is left to be read in another way. */
  leave(): void {
    this.addClean(0);
    this.#bytes[this.#count - 1] = LEFT;
  }

  add(outcome: ItemOutcome): void {
    if (isWorthANote(outcome)) this.#notes.push(noteOf(outcome, this.#count));
    this.addClean(outcome.bytes);
  }

  /** One whose outcome is still to come; `bytes` of it were read. */
  addLater(outcome: Promise<ItemOutcome>, bytes: number): void {
    const index = this.#count;
    const safe = outcome.catch((error: unknown) => failed(messageOf(error), bytes));
    this.#notes.push(safe.then((known) => noteOf(known, index)));
    this.addClean(bytes);
  }

  async finish(): Promise<Portion> {
    return { bytes: this.#bytes.slice(0, this.#count), notes: await Promise.all(this.#notes) };
  }
}

function isWorthANote({ outcome, matches, members }: ItemOutcome): boolean {
  return outcome !== 'read' || matches.length > 0 || members !== undefined;
}

function noteOf({ bytes: _, matches, ...rest }: ItemOutcome, index: number): Note {
  return { ...rest, index, matches: matches.map(toSent) };
}

function toSent({ secret, ...match }: BulkMatch): SentMatch {
  return secret === undefined ? match : { ...match, held: secret.reveal() };
}

function fromSent({ held, ...match }: SentMatch): BulkMatch {
  return held === undefined ? match : { ...match, secret: new Secret(held) };
}

/** The outcomes of a portion, one by one. */
export function* unpackPortion({ bytes, notes }: Portion): Generator<ItemOutcome> {
  let next = 0;
  for (let index = 0; index < bytes.length; index++) {
    const size = bytes[index] as number;
    const note = notes[next];
    if (note?.index !== index) {
      yield { outcome: 'read', bytes: size, matches: NO_MATCHES };
      continue;
    }
    next++;
    const { index: _, matches, ...rest } = note;
    yield { ...rest, bytes: size, matches: matches.map(fromSent) };
  }
}
