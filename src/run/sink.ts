import type { Memory, Observation } from '../contracts/index.ts';
import type { Store, Unit } from '../store/index.ts';
import { sha256 } from '../util/digest.ts';
import type { NameRedactor } from './redact.ts';

/** Where the observations of one unit of work go. */
export interface Part {
  /** An earlier run of this store loaded the very same unit: there is nothing to read again. */
  readonly known: boolean;
  add(observation: Observation): Promise<void>;
}

interface Waiting {
  readonly unit: Unit;
  readonly observations: Observation[];
  /** Where it went when the store was opened. */
  moved?: Part;
}

const NOTHING_TO_ADD: Part = { known: true, add: async () => undefined };

/** So many observations wait for a store that is being opened; then whoever has more of them waits. */
const MOST_HELD = 2000;

/**
 * Takes observations in, part by part. The store behind it is opened when the first is there that is more than coverage, and
 * while the scanners go on: a scan that observes nothing never pays for the engine.
 */
export class Sink {
  readonly #open: () => Promise<Store>;
  readonly #now: string;
  #store: Promise<Store> | undefined;
  /** The same once it is there. */
  #opened: Store | undefined;
  #waiting: Waiting[] = [];
  #held = 0;
  #observed = false;

  readonly #names: NameRedactor | undefined;

  /** Told of all that comes in. */
  onAdd: ((unit: Unit, observation: Observation) => void) | undefined;

  /** `names`: masks credentials in whatever names something, before it gets anywhere. */
  constructor(open: () => Promise<Store>, now: string, names?: NameRedactor) {
    this.#open = open;
    this.#now = now;
    this.#names = names;
  }

  /** Was anything seen but coverage? */
  get observed(): boolean {
    return this.#observed;
  }

  /** Coverage rows held back so far. */
  get held(): readonly Observation[] {
    return this.#waiting.flatMap((waiting) => waiting.observations);
  }

  /** Has an earlier run of the store loaded this very unit? */
  has(of: Unit): boolean {
    return this.#opened?.hasPart(this.#clean(of)) ?? false;
  }

  #clean(of: Unit): Unit {
    const names = this.#names;
    return names === undefined ? of : { ...of, target: names.clean(of.target), unit: names.clean(of.unit) };
  }

  async part(of: Unit): Promise<Part> {
    const names = this.#names;
    if (names === undefined) return await this.#begin(of);
    const part = await this.#begin(this.#clean(of));
    return {
      known: part.known,
      add: (observation) => {
        this.onAdd?.(of, observation);
        return part.add(names.redact(observation));
      },
    };
  }

  async #begin(unit: Unit): Promise<Part> {
    if (this.#opened !== undefined) return this.#partOf(this.#opened, unit);
    const waiting: Waiting = { unit, observations: [] };
    this.#waiting.push(waiting);
    return {
      known: false,
      add: async (observation) => {
        if (waiting.moved !== undefined) return await waiting.moved.add(observation);
        waiting.observations.push(observation);
        this.#held += 1;
        if (observation.kind !== 'coverage') this.#observed = true;
        if (!this.#observed) return;
        this.prepare();
        if (this.#opened !== undefined || this.#held > MOST_HELD) await this.store();
      },
    };
  }

  /** Begins to open the store: it takes time, in which others can go on. */
  prepare(): void {
    if (this.#store !== undefined) return;
    this.#store = this.#open().then((store) => {
      this.#opened = store;
      return store;
    });
    // Whoever needs the store is told; until then a failure must not go unhandled.
    this.#store.catch(() => undefined);
  }

  /** What a scanner kept about a target, where a store file keeps it. */
  async memory(target: string, scanner: string): Promise<Memory | undefined> {
    const names = this.#names;
    const memory = this.#opened?.memory(names?.clean(target) ?? target, scanner);
    if (memory === undefined || names === undefined) return memory;
    // Two names may look the same when they are masked.
    const key = (name: string): string => {
      const clean = names.clean(name);
      return clean === name ? name : `${clean}#${sha256(name).slice(0, 16)}`;
    };
    return {
      get: (name) => memory.get(key(name)),
      set: (name, content) => memory.set(key(name), content),
      delete: (name) => memory.delete(key(name)),
    };
  }

  /** Opens the store, and moves in what waited. */
  async store(): Promise<Store> {
    this.prepare();
    const store = await (this.#store as Promise<Store>);
    for (const waiting of this.#waiting.splice(0)) {
      const part = this.#partOf(store, waiting.unit);
      waiting.moved = part.known ? NOTHING_TO_ADD : part;
      for (const observation of waiting.observations) await waiting.moved.add(observation);
    }
    return store;
  }

  #partOf(store: Store, unit: Unit): Part {
    const { part, known } = store.addPart(unit, this.#now);
    return {
      known,
      add: async (observation) => {
        if (observation.kind !== 'coverage') this.#observed = true;
        await store.append(part, observation);
      },
    };
  }

  /** The store, if it was opened. */
  async opened(): Promise<Store | undefined> {
    return await this.#store?.catch(() => undefined);
  }
}
