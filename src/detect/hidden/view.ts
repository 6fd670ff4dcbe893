/** A stretch of a text that says something else once decoded. */
export interface Run {
  /** Place in the source. */
  readonly start: number;
  readonly end: number;
  /** What it says. Nothing, where pieces are only joined. */
  readonly bytes: Buffer;
  /** For each byte, where in the source that which it was made of begins and ends. Absent: the whole run. */
  readonly starts?: Uint32Array;
  readonly ends?: Uint32Array;
  readonly how: readonly string[];
  /** May guesses (category `generic`) judge it? */
  readonly isStructured: boolean;
}

/** A part of the source that is copied with its runs decoded. */
export interface Stretch {
  readonly start: number;
  readonly end: number;
  /** In order, without overlap. */
  readonly runs: readonly Run[];
}

interface Layer {
  /** Outermost first. */
  readonly how: readonly string[];
  readonly isStructured: boolean;
}

/** How a found stretch of a view was hidden, and where that is in the original. */
export interface Origin {
  readonly start: number;
  readonly end: number;
  readonly how: readonly string[];
  readonly isStructured: boolean;
  /** Where the first byte that was hidden stands. */
  readonly first: number;
}

/** Marks the line feed put between two stretches, and words that were cut off at the edge of one. */
const EDGE = 255;

/** A decoded copy in which each byte knows its place in the original and how it was hidden. */
export class View {
  readonly bytes: Buffer;
  readonly depth: number;
  readonly #starts: Uint32Array;
  readonly #ends: Uint32Array;
  /** Per byte, an index into `#layers`; 0: as in the original. */
  readonly #marks: Uint8Array;
  readonly #layers: Layer[];

  private constructor(bytes: Buffer, starts: Uint32Array, ends: Uint32Array, marks: Uint8Array, layers: Layer[], depth: number) {
    this.bytes = bytes;
    this.#starts = starts;
    this.#ends = ends;
    this.#marks = marks;
    this.#layers = layers;
    this.depth = depth;
  }

  /** Copies stretches (ascending, disjoint) of the original or of another view. */
  static of(source: Buffer, stretches: readonly Stretch[], parent?: View): View {
    let size = 0;
    for (const { start, end, runs } of stretches) {
      size += end - start + 3;
      for (const run of runs) size += run.bytes.length;
    }
    const [bytes, marks] = [Buffer.allocUnsafe(size), new Uint8Array(size)];
    const [starts, ends] = [new Uint32Array(size), new Uint32Array(size)];
    const layers: Layer[] = parent === undefined ? [PLAIN] : [...parent.#layers];
    const known = new Map<string, number>();
    // Thousands of runs may be of one kind.
    let last:
      | { readonly below: Layer; readonly how: readonly string[]; readonly isStructured: boolean; readonly index: number }
      | undefined;
    let fill = 0;
    function layerOf(run: Run): number {
      const below = parent?.layerIn(run.start, Math.max(run.end, run.start + 1)) ?? PLAIN;
      if (last?.below === below && last.how === run.how && last.isStructured === run.isStructured) return last.index;
      const how = [...below.how, ...run.how];
      const isStructured = (below === PLAIN || below.isStructured) && run.isStructured;
      const key = `${how.join()}${isStructured}`;
      const index = known.get(key) ?? Math.min(EDGE - 1, layers.length);
      if (!known.has(key)) {
        known.set(key, index);
        layers[index] = { how, isStructured };
      }
      last = { below, how: run.how, isStructured: run.isStructured, index };
      return index;
    }
    function copy(from: number, to: number): void {
      for (let at = from; at < to; at++, fill++) {
        bytes[fill] = source[at] as number;
        starts[fill] = parent?.startOf(at) ?? at;
        ends[fill] = parent?.endOf(at) ?? at + 1;
        marks[fill] = parent?.markOf(at) ?? 0;
      }
    }
    function edge(at: number): void {
      bytes[fill] = NEWLINE;
      starts[fill] = parent?.startOf(Math.min(at, source.length - 1)) ?? at;
      ends[fill] = starts[fill] as number;
      marks[fill++] = EDGE;
    }
    for (const { start, end, runs } of stretches) {
      edge(start);
      const head = fill;
      let at = start;
      let joined = 0;
      for (const run of runs) {
        const first = fill;
        copy(at, run.start);
        if (joined > 0 && fill > first) marks[first] = joined;
        joined = 0;
        const mark = layerOf(run);
        if (run.bytes.length === 0) joined = mark;
        for (let index = 0; index < run.bytes.length; index++, fill++) {
          const from = run.starts?.[index] ?? run.start;
          const to = run.ends?.[index] ?? run.end;
          bytes[fill] = run.bytes[index] as number;
          starts[fill] = parent?.startOf(from) ?? from;
          ends[fill] = parent?.endOf(to - 1) ?? to;
          marks[fill] = mark;
        }
        at = run.end;
      }
      const first = fill;
      copy(at, end);
      if (joined > 0 && fill > first) marks[first] = joined;
      // A word that goes on beyond the stretch would be taken for a shorter one.
      if (start > 0 && isWordly(source[start - 1]) && isWordly(source[start]) && marks[head] === 0) marks[head] = EDGE;
      if (isWordly(source[end]) && isWordly(source[end - 1]) && marks[fill - 1] === 0) marks[fill - 1] = EDGE;
      edge(end);
    }
    return new View(bytes.subarray(0, fill), starts, ends, marks, layers, (parent?.depth ?? 0) + 1);
  }

  startOf(at: number): number {
    return this.#starts[at] as number;
  }

  endOf(at: number): number {
    return this.#ends[at] as number;
  }

  markOf(at: number): number {
    return this.#marks[at] as number;
  }

  isDecoded(at: number): boolean {
    const mark = this.#marks[at] as number;
    return mark !== 0 && mark !== EDGE;
  }

  /** How what stands at `[start, end)` was hidden; the deepest of several ways. */
  layerIn(start: number, end: number): Layer {
    let deepest = PLAIN;
    for (let at = start; at < end; at++) {
      const mark = this.#marks[at] as number;
      if (mark === 0 || mark === EDGE) continue;
      const layer = this.#layers[mark] as Layer;
      if (layer.how.length > deepest.how.length) deepest = layer;
    }
    return deepest;
  }

  /** `undefined` when nothing of it was hidden, or when it spans two stretches. */
  originOf(start: number, end: number): Origin | undefined {
    let first = -1;
    let deepest = PLAIN;
    let isStructured = true;
    for (let at = start; at < end; at++) {
      const mark = this.#marks[at] as number;
      if (mark === EDGE) return undefined;
      if (mark === 0) continue;
      const layer = this.#layers[mark] as Layer;
      // What begins right behind a joint was not joined.
      if (at === start && JOINTS.has(layer.how.at(-1) ?? '')) continue;
      if (first < 0) first = this.#starts[at] as number;
      if (layer.how.length > deepest.how.length) deepest = layer;
      isStructured &&= layer.isStructured;
    }
    if (first < 0) return undefined;
    return { start: this.#starts[start] as number, end: this.#ends[end - 1] as number, how: deepest.how, isStructured, first };
  }
}

const PLAIN: Layer = { how: [], isStructured: true };
const JOINTS: ReadonlySet<string> = new Set(['concatenation', 'continuation']);
const NEWLINE = 10;

export function isWordly(byte: number | undefined): boolean {
  if (byte === undefined) return false;
  return (byte >= 48 && byte <= 57) || (byte >= 65 && byte <= 90) || (byte >= 97 && byte <= 122) || byte === 95 || byte === 45;
}
