/** Multi-pattern search: a dense Aho-Corasick automaton that folds ASCII letters. `kernel/` runs it over raw bytes. */
export interface Automaton {
  /** Next state for `state + class`; states are premultiplied by the number of classes. */
  readonly next: Int32Array;
  /** Class of each byte. */
  readonly classes: Uint8Array;
  /** States from here on end at least one keyword. */
  readonly firstAccepting: number;
  /** Number of classes: a state's number is `state / width`. */
  readonly width: number;
  /** Keywords that end at an accepting state: `outputs[offsets[n] .. offsets[n + 1]]`, n counted from the first accepting one. */
  readonly outputs: Int32Array;
  readonly offsets: Int32Array;
  /** Length of each keyword. */
  readonly lengths: Int32Array;
  readonly longest: number;
}

/**
 * Builds the automaton of keywords, compared without regard to ASCII case. Of those in `capitalized`, which are not empty,
 * the last letter must be a capital where it is one of `CAPITALS`.
 */
export function buildAutomaton(keywords: readonly string[], capitalized: ReadonlySet<number> = new Set()): Automaton {
  const folded = keywords.map((keyword) => Buffer.from(keyword, 'latin1').map(foldByte));
  const { classes, width } = classify(folded, capitalized.size > 0);
  let most = 1;
  for (const keyword of folded) most += keyword.length;
  // One row a state; 0 means "no child" until the transitions are completed, for nothing leads back to the root.
  const rows = new Int32Array(most * width);
  const ends: (number[] | undefined)[] = [undefined];
  for (const [index, keyword] of folded.entries()) {
    let state = 0;
    for (const byte of keyword) {
      const at = state * width + (classes[byte] as number);
      if (rows[at] === 0) {
        rows[at] = ends.length;
        ends.push(undefined);
      }
      state = rows[at] as number;
    }
    ends[state] = [...(ends[state] ?? []), index];
  }
  const order = completeTransitions(rows, width, ends);
  const split = capitalized.size > 0 ? splitCapitals(rows, width, ends, order, classes, folded, capitalized) : { rows, order };
  return pack(
    split.rows,
    ends,
    split.order,
    classes,
    width,
    folded.map((keyword) => keyword.length),
  );
}

/** Breadth first: fills the missing transitions from the failure state and hands its outputs on. Returns the order. */
function completeTransitions(rows: Int32Array, width: number, ends: (number[] | undefined)[]): Int32Array {
  const fail = new Int32Array(ends.length);
  const queue = new Int32Array(ends.length);
  let last = 1;
  for (let first = 0; first < last; first++) {
    const state = queue[first] as number;
    const row = state * width;
    const back = (fail[state] as number) * width;
    for (let kind = 0; kind < width; kind++) {
      const child = rows[row + kind] as number;
      const fallback = state === 0 ? 0 : (rows[back + kind] as number);
      if (child === 0) {
        rows[row + kind] = fallback;
        continue;
      }
      fail[child] = fallback;
      const inherited = ends[fallback];
      if (inherited !== undefined) ends[child] = [...(ends[child] ?? []), ...inherited];
      queue[last++] = child;
    }
  }
  return queue;
}

/**
 * Where all keywords that end at a state want a capital last, a twin of it that ends none is for the small letter. So the
 * tokens that begin in `DI` cost nothing in `dialog`.
 */
function splitCapitals(
  rows: Int32Array,
  width: number,
  ends: (readonly number[] | undefined)[],
  order: Int32Array,
  classes: Uint8Array,
  keywords: readonly Uint8Array[],
  capitalized: ReadonlySet<number>,
): { readonly rows: Int32Array; readonly order: Int32Array } {
  const twins = new Map<number, number>();
  const doubled: number[] = [];
  for (const state of order) {
    doubled.push(state);
    const own = ends[state];
    if (own === undefined || !own.every((keyword) => capitalized.has(keyword))) continue;
    const last = keywords[own[0] as number]?.at(-1) as number;
    if (classes[last] === classes[last - 32]) continue;
    const twin = ends.push(undefined) - 1;
    twins.set(state, twin);
    doubled.push(twin);
  }
  const all = new Int32Array(ends.length * width);
  all.set(rows.subarray(0, (ends.length - twins.size) * width));
  for (const [state, twin] of twins) all.copyWithin(twin * width, state * width, (state + 1) * width);
  for (let row = 0; row < all.length; row += width) {
    for (const letter of CAPITALS) {
      const [small, capital] = [row + (classes[letter + 32] as number), row + (classes[letter] as number)];
      if (small === capital) continue;
      const next = all[small] as number;
      all[capital] = next;
      all[small] = twins.get(next) ?? next;
    }
  }
  return { rows: all, order: Int32Array.from(doubled) };
}

/**
 * Renumbers the states so that the accepting ones come last, and premultiplies them. Shallow states, in which a search
 * spends its time, lie side by side: however large the table, they stay in the cache.
 */
function pack(
  rows: Int32Array,
  ends: readonly (readonly number[] | undefined)[],
  order: Int32Array,
  classes: Uint8Array,
  width: number,
  lengths: readonly number[],
): Automaton {
  const accepting = order.filter((state) => ends[state] !== undefined);
  const place = new Int32Array(ends.length);
  let [plainCount, acceptingCount] = [0, ends.length - accepting.length];
  for (const state of order) place[state] = (ends[state] === undefined ? plainCount++ : acceptingCount++) * width;
  const next = new Int32Array(ends.length * width);
  for (let state = 0; state < ends.length; state++) {
    const [from, to] = [state * width, place[state] as number];
    for (let kind = 0; kind < width; kind++) next[to + kind] = place[rows[from + kind] as number] as number;
  }
  const offsets = new Int32Array(accepting.length + 1);
  const outputs: number[] = [];
  for (const [position, state] of accepting.entries()) {
    outputs.push(...(ends[state] ?? []));
    offsets[position + 1] = outputs.length;
  }
  return {
    next,
    classes,
    firstAccepting: plainCount * width,
    width,
    outputs: Int32Array.from(outputs),
    offsets,
    lengths: Int32Array.from(lengths),
    longest: Math.max(1, ...lengths),
  };
}

/** What source text is made of, the most frequent first: their transitions share the first cache lines of a row. */
const FREQUENT = ' etnarosilcdpu.\nmfghby_/"v,-:=();0k1x';

/** Capitals that are told from small letters: `di`, `attach` and `google` are frequent, each more is a column of the table. */
const CAPITALS: readonly number[] = [...Buffer.from('AGI', 'latin1')];

/** Bytes that no keyword holds are of class 0. */
function classify(
  keywords: readonly Uint8Array[],
  hasCapitals: boolean,
): { readonly classes: Uint8Array; readonly width: number } {
  const used = new Set(keywords.flatMap((keyword) => [...keyword]));
  const frequent = [...Buffer.from(FREQUENT, 'latin1')].filter((byte) => used.has(byte));
  const classes = new Uint8Array(256);
  let width = 1;
  for (const byte of new Set([...frequent, ...used])) classes[byte] = width++;
  for (let byte = 65; byte <= 90; byte++) classes[byte] = classes[byte + 32] ?? 0;
  for (const letter of hasCapitals ? CAPITALS : []) if (used.has(letter + 32)) classes[letter] = width++;
  return { classes, width };
}

function foldByte(byte: number): number {
  return byte >= 65 && byte <= 90 ? byte + 32 : byte;
}
