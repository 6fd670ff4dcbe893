/**
 * Multi-pattern search over raw bytes: a dense Aho-Corasick automaton that folds ASCII letters. A scan is bound by the
 * latency of one table look-up a byte, so four independent cursors run through the four quarters of a range at once.
 * The kernel stands behind `Kernel`, so that another implementation can take its place.
 */
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

/** Where keywords were found: `start` of the keyword and its index, sorted by start, then index. */
export interface Hits {
  readonly starts: Int32Array;
  readonly keywords: Int32Array;
  readonly count: number;
}

export interface Kernel {
  /** All keywords that lie within `[start, end)`. The result is valid until the next call. */
  scan(bytes: Uint8Array, start: number, end: number): Hits;
  /** A buffer whose bytes are searched without being copied. */
  slab(size: number): Buffer;
}

/** Below this many bytes one cursor is as fast as four. */
const SHORT = 512;

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
  completeTransitions(rows, width, ends);
  return pack(
    rows,
    ends,
    classes,
    width,
    folded.map((keyword) => keyword.length),
  );
}

/** Breadth first: fills the missing transitions from the failure state and hands its outputs on. */
function completeTransitions(rows: Int32Array, width: number, ends: (number[] | undefined)[]): void {
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
}

/** Renumbers the states so that the accepting ones come last, and premultiplies them. */
function pack(
  rows: Int32Array,
  ends: readonly (readonly number[] | undefined)[],
  classes: Uint8Array,
  width: number,
  lengths: readonly number[],
): Automaton {
  const accepting = ends.flatMap((found, state) => (found === undefined ? [] : [state]));
  const place = new Int32Array(ends.length);
  let [plainCount, acceptingCount] = [0, ends.length - accepting.length];
  for (const [state, found] of ends.entries()) place[state] = (found === undefined ? plainCount++ : acceptingCount++) * width;
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

function classify(keywords: readonly Uint8Array[]): { readonly classes: Uint8Array; readonly width: number } {
  const classes = new Uint8Array(256);
  let width = 1;
  for (const keyword of keywords) {
    for (const byte of keyword) {
      if (classes[byte] === 0) classes[byte] = width++;
    }
  }
  for (let byte = 65; byte <= 90; byte++) classes[byte] = classes[byte + 32] ?? 0;
  return { classes, width };
}

function foldByte(byte: number): number {
  return byte >= 65 && byte <= 90 ? byte + 32 : byte;
}

/** The kernel in plain JavaScript. */
export function createKernel(automaton: Automaton): Kernel {
  const { next, classes, firstAccepting, width, outputs, offsets, lengths, longest } = automaton;
  /** Per lane: pairs of (position after the keyword, state). */
  const lanes: Int32Array[] = [new Int32Array(1024), new Int32Array(1024), new Int32Array(1024), new Int32Array(1024)];
  const counts = new Int32Array(4);
  let starts: Int32Array = new Int32Array(1024);
  let keywords: Int32Array = new Int32Array(1024);
  let count = 0;

  function note(lane: number, position: number, state: number): void {
    const used = counts[lane] ?? 0;
    let buffer = lanes[lane] as Int32Array;
    if (used + 2 > buffer.length) {
      buffer = grow(buffer);
      lanes[lane] = buffer;
    }
    buffer[used] = position;
    buffer[used + 1] = state;
    counts[lane] = used + 2;
  }

  function walkOne(bytes: Uint8Array, from: number, to: number, lane: number, begin: number): number {
    let state = begin;
    for (let at = from; at < to; at++) {
      state = next[state + (classes[bytes[at] as number] as number)] as number;
      if (state >= firstAccepting) note(lane, at + 1, state);
    }
    return state;
  }

  function walkFour(bytes: Uint8Array, start: number, lane: number, end: number): void {
    let [a, b, c, d] = [0, 0, 0, 0];
    const second = start + lane;
    const third = second + lane;
    const fourth = third + lane;
    for (let at = 0; at < lane; at++) {
      a = next[a + (classes[bytes[start + at] as number] as number)] as number;
      b = next[b + (classes[bytes[second + at] as number] as number)] as number;
      c = next[c + (classes[bytes[third + at] as number] as number)] as number;
      d = next[d + (classes[bytes[fourth + at] as number] as number)] as number;
      if (a >= firstAccepting) note(0, start + at + 1, a);
      if (b >= firstAccepting) note(1, second + at + 1, b);
      if (c >= firstAccepting) note(2, third + at + 1, c);
      if (d >= firstAccepting) note(3, fourth + at + 1, d);
    }
    // Each lane runs on for as long as a keyword that began in it may last.
    walkOne(bytes, second, Math.min(end, second + longest - 1), 0, a);
    walkOne(bytes, third, Math.min(end, third + longest - 1), 1, b);
    walkOne(bytes, fourth, Math.min(end, fourth + longest - 1), 2, c);
    walkOne(bytes, start + 4 * lane, end, 3, d);
  }

  /** A keyword belongs to the lane in which it begins. */
  function collect(lane: number, limit: number): void {
    const buffer = lanes[lane] as Int32Array;
    const used = counts[lane] as number;
    for (let at = 0; at < used; at += 2) {
      const number = ((buffer[at + 1] as number) - firstAccepting) / width;
      const last = offsets[number + 1] as number;
      for (let output = offsets[number] as number; output < last; output++) {
        const keyword = outputs[output] as number;
        const begin = (buffer[at] as number) - (lengths[keyword] as number);
        if (begin < limit) add(begin, keyword);
      }
    }
  }

  /** Insertion from the back: hits come all but sorted. */
  function add(start: number, keyword: number): void {
    if (count === starts.length) {
      starts = grow(starts);
      keywords = grow(keywords);
    }
    let at = count++;
    while (
      at > 0 &&
      ((starts[at - 1] as number) > start || (starts[at - 1] === start && (keywords[at - 1] as number) > keyword))
    ) {
      starts[at] = starts[at - 1] as number;
      keywords[at] = keywords[at - 1] as number;
      at--;
    }
    starts[at] = start;
    keywords[at] = keyword;
  }

  return {
    slab: (size) => Buffer.allocUnsafeSlow(size),
    scan(bytes, start, end) {
      counts.fill(0);
      count = 0;
      const size = end - start;
      if (size < SHORT || size < 8 * longest) {
        walkOne(bytes, start, end, 0, 0);
        collect(0, end);
        return { starts, keywords, count };
      }
      const lane = Math.floor(size / 4);
      walkFour(bytes, start, lane, end);
      for (let index = 0; index < 4; index++) collect(index, index === 3 ? end : start + (index + 1) * lane);
      return { starts, keywords, count };
    },
  };
}

function grow(array: Int32Array): Int32Array {
  const larger = new Int32Array(array.length * 2);
  larger.set(array);
  return larger;
}
