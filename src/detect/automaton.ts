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

/** Builds the automaton of keywords, compared without regard to ASCII case. */
export function buildAutomaton(keywords: readonly string[]): Automaton {
  const folded = keywords.map((keyword) => Buffer.from(keyword, 'latin1').map(foldByte));
  const { classes, width } = classify(folded);
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
  return pack(
    rows,
    ends,
    order,
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

/** Bytes that no keyword holds are of class 0. */
function classify(keywords: readonly Uint8Array[]): { readonly classes: Uint8Array; readonly width: number } {
  const used = new Set(keywords.flatMap((keyword) => [...keyword]));
  const frequent = [...Buffer.from(FREQUENT, 'latin1')].filter((byte) => used.has(byte));
  const classes = new Uint8Array(256);
  let width = 1;
  for (const byte of new Set([...frequent, ...used])) classes[byte] = width++;
  for (let byte = 65; byte <= 90; byte++) classes[byte] = classes[byte + 32] ?? 0;
  return { classes, width };
}

function foldByte(byte: number): number {
  return byte >= 65 && byte <= 90 ? byte + 32 : byte;
}
