import type { Surroundings } from '../../src/contracts/index.ts';

/** Keeps what was made last of the files of a work tree: those of one module come one after another, with others between. */
export class Recent<T> {
  readonly #most: number;
  readonly #kept = new WeakMap<Surroundings, Map<string, T>>();

  constructor(most: number) {
    this.#most = most;
  }

  of(around: Surroundings | undefined, name: string, make: () => T): T {
    if (around === undefined) return make();
    const kept = this.#kept.get(around) ?? new Map<string, T>();
    this.#kept.set(around, kept);
    const made = kept.has(name) ? (kept.get(name) as T) : make();
    kept.delete(name);
    kept.set(name, made);
    for (const oldest of kept.keys()) {
      if (kept.size <= this.#most) break;
      kept.delete(oldest);
    }
    return made;
  }
}
