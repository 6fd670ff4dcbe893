import { type ByteSet, has, type Node, notBefore } from './pattern.ts';

/**
 * A pattern's outline: an automaton that says, byte by byte and without a string or a regex, whether a match could begin at
 * a place. It errs to one side only: look-arounds and long repeats are taken loosely, so it lets some through that the regex
 * refuses, and refuses none that the regex finds. Nearly all keywords stand in plain prose and code; there it gives up after
 * a few bytes.
 */
export interface Outline {
  /**
   * Could a match begin at `at`; or if the pattern is sought, between `at` and `last`? It would have to end, as far as its
   * required part goes, before `to`. Calls with the same `pass` are about the same bytes: what a sought pattern has seen
   * in one is not read again in the next.
   */
  mayMatch(bytes: Uint8Array, at: number, to: number, last?: number, pass?: number): boolean;
  /** Up to where the last call has read. */
  readonly reached: number;
  /** Bytes read by all calls. */
  readonly work: number;
}

type State =
  | { readonly kind: 'byte'; readonly set: ByteSet; readonly next: number }
  | { readonly kind: 'split'; next: readonly number[] }
  /** The end of the pattern, unless one of these bytes follows. */
  | { readonly kind: 'end'; readonly unless: ByteSet | undefined };

/** All states of a pattern, looks left out. */
export interface PatternStates {
  readonly states: readonly State[];
  readonly start: number;
  /** States from here on are in no match yet, where the pattern is sought. */
  readonly seeking: number;
}

/** Repeats are unrolled so far, the first of these with which the automaton stays small. */
const UNROLLED = [160, 40, 10, 3, 1];
const MAX_STATES = 2500;
/** When it has learnt so many, the automaton forgets them all. */
const MAX_SETS = 1000;
/** Unless it learnt them on fewer bytes than this: then it lets through whatever leads further. */
const MIN_READ = 64 * 1024;

const ALL: ByteSet = new Uint32Array(8).fill(0xffffffff);
const DEAD = 0;
const MATCH = 1;
const UNKNOWN = -1;

/** The outline of a pattern that is tried at a place, or sought from there on. */
export function outlineOf(node: Node, isSought = false): Outline {
  for (const limit of UNROLLED) {
    const built = build(node, limit, isSought);
    if (built !== undefined) return new LazyOutline(built, isSought);
  }
  return { mayMatch: () => true, reached: 0, work: 0 };
}

/** The states of a pattern, long repeats as loops; nothing when these are too many. */
export function statesOf(node: Node): PatternStates | undefined {
  return build(node, 300) ?? build(node, 100);
}

/** Built from the back: each part is given the state that follows it. */
function build(root: Node, limit: number, isSought = false): PatternStates | undefined {
  const states: State[] = [];

  function add(state: State): number {
    return states.push(state) - 1;
  }

  function part(node: Node, next: number): number {
    if (states.length > MAX_STATES) return next;
    switch (node.kind) {
      case 'set':
        return add({ kind: 'byte', set: node.table, next });
      case 'look':
      case 'assertion':
        return next;
      case 'sequence':
        return node.items.reduceRight((follower, item) => part(item, follower), next);
      case 'either':
        return add({ kind: 'split', next: node.items.map((item) => part(item, next)) });
      case 'repeat': {
        const min = Math.min(node.min, limit);
        let start = next;
        if (node.max > limit) {
          const loop: State = { kind: 'split', next: [] };
          start = add(loop);
          loop.next = [part(node.item, start), next];
        } else {
          for (let times = min; times < node.max && states.length <= MAX_STATES; times++) {
            start = add({ kind: 'split', next: [part(node.item, start), next] });
          }
        }
        for (let times = 0; times < min && states.length <= MAX_STATES; times++) start = part(node.item, start);
        return start;
      }
    }
  }

  let start = part(root, add({ kind: 'end', unless: lastRefusal(root) }));
  const seeking = states.length;
  if (isSought) start = anywhere(start, notBefore(root), add);
  return states.length > MAX_STATES ? undefined : { states, start, seeking };
}

/** An escape is no longer than this; a colour ends in one of these letters. */
const ESCAPE = 6;
const OPENS_ESCAPE = setOf([92, 37]);
const COLOUR = setOf([109, 75]);

/**
 * A pattern that may begin at `first`, behind any byte but those in `refused`; an escape is another byte than the letters it
 * is spelled with. Without this a token that is cut out of a longer word begins at every byte of that, to be followed each time.
 */
function anywhere(first: number, refused: Uint8Array | undefined, add: (state: State) => number): number {
  const any: State = { kind: 'split', next: [] };
  const start = add(any);
  if (refused === undefined) {
    any.next = [first, add({ kind: 'byte', set: ALL, next: start })];
    return start;
  }
  const free = setOf(Array.from({ length: 256 }, (_, byte) => byte).filter((byte) => refused[byte] !== 1));
  for (let word = 0; word < 8; word++) {
    free[word] = ((free[word] as number) | (COLOUR[word] as number)) & ~(OPENS_ESCAPE[word] as number);
  }
  const rest = free.map((word, index) => ~(word | (OPENS_ESCAPE[index] as number)));
  const within: State = { kind: 'split', next: [] };
  const inWord = add(within);
  const opened: State = { kind: 'split', next: [] };
  const opening = add(opened);
  const opens = add({ kind: 'byte', set: OPENS_ESCAPE, next: opening });
  within.next = [add({ kind: 'byte', set: free, next: start }), add({ kind: 'byte', set: rest, next: inWord }), opens];
  any.next = [first, ...within.next];
  let next = start;
  const others = OPENS_ESCAPE.map((word) => ~word);
  for (let left = 1; left < ESCAPE; left++) {
    next = add({ kind: 'split', next: [first, opens, add({ kind: 'byte', set: others, next })] });
  }
  opened.next = [first, opens, add({ kind: 'byte', set: others, next })];
  return start;
}

function setOf(bytes: readonly number[]): ByteSet {
  const set = new Uint32Array(8);
  for (const byte of bytes) set[byte >> 5] = (set[byte >> 5] as number) | (1 << (byte & 31));
  return set;
}

/** The bytes of a `(?![…])` that ends the pattern. */
function lastRefusal(node: Node): ByteSet | undefined {
  if (node.kind === 'sequence') {
    const last = node.items.at(-1);
    return last === undefined ? undefined : lastRefusal(last);
  }
  if (node.kind !== 'look' || node.behind || !node.negative) return undefined;
  return node.item.kind === 'set' ? node.item.table : undefined;
}

/** Sets of states are made when they are first met. */
class LazyOutline implements Outline {
  readonly #states: readonly State[];
  readonly #classes = new Uint8Array(256);
  /** A byte of each class. */
  readonly #samples: number[] = [];
  readonly #width: number;
  #sets: (readonly number[])[] = [[], []];
  readonly #known = new Map<string, number>();
  /** Is it a match when the text ends here? */
  #endsWell: boolean[] = [false, true];
  readonly #first: readonly number[] | undefined;
  #start: number;
  /** The stretch of the last pass that holds no match, and the state at its end. */
  #pass = -1;
  #from = 0;
  #to = 0;
  #state = DEAD;
  reached = 0;
  work = 0;
  /** Bytes read since it began to learn, or forgot. */
  #read = 0;
  /** A sought pattern begins at each byte anew: by the state that does so, `start` is split first. */
  readonly #isSought: boolean;
  readonly #seeking: number;
  #settled: (number | undefined)[] = [];
  #next: Int32Array;

  constructor({ states, start, seeking }: PatternStates, isSought: boolean) {
    this.#states = states;
    this.#seeking = seeking;
    this.#isSought = isSought;
    this.#classify();
    this.#width = this.#samples.length;
    this.#next = new Int32Array(16 * this.#width).fill(UNKNOWN);
    this.#first = this.#close([start]);
    this.#start = this.#place(this.#first);
  }

  mayMatch(bytes: Uint8Array, at: number, to: number, last = to, pass = -1): boolean {
    if (!this.#isSought) return this.#ends(this.#run(this.#start, bytes, at, to));
    if (last >= to) return this.#ends(this.#goOn(bytes, at, to, pass));
    const state = this.#run(this.#start, bytes, at, last);
    return state === MATCH || this.#ends(this.#run(this.#settle(state), bytes, last, to));
  }

  /** Goes on where the last stretch of this pass ended, when it reaches into this one. */
  #goOn(bytes: Uint8Array, at: number, to: number, pass: number): number {
    const isKnown = pass >= 0 && pass === this.#pass && at >= this.#from && at <= this.#to && to >= this.#to;
    const state = isKnown ? this.#run(this.#state, bytes, this.#to, to) : this.#run(this.#start, bytes, at, to);
    if (!isKnown) this.#from = at;
    this.#to = to;
    this.#state = state;
    this.#pass = state === MATCH ? -1 : pass;
    return state;
  }

  #run(begin: number, bytes: Uint8Array, from: number, to: number): number {
    const width = this.#width;
    const classes = this.#classes;
    let next = this.#next;
    let state = begin;
    this.#read += to - from;
    for (let place = from; place < to; place++) {
      if (state <= MATCH) {
        this.reached = place;
        this.work += place - from;
        return state;
      }
      const kind = classes[bytes[place] as number] as number;
      let following = next[state * width + kind] as number;
      if (following === UNKNOWN) {
        following = this.#learn(state, kind);
        next = this.#next;
      }
      state = following;
    }
    this.reached = to;
    this.work += to - from;
    return state;
  }

  #ends(state: number): boolean {
    return this.#endsWell[state] === true;
  }

  /** The same state, from which no match begins anew. */
  #settle(state: number): number {
    const known = this.#settled[state];
    if (known !== undefined) return known;
    const members = this.#sets[state] ?? [];
    const { length } = this.#sets;
    const settled = this.#place(members.filter((member) => member < this.#seeking));
    if (this.#sets.length >= length) this.#settled[state] = settled;
    return settled;
  }

  /** Bytes that no set tells apart are of one class. */
  #classify(): void {
    const sets = new Map<string, ByteSet>();
    for (const state of this.#states) {
      const set = state.kind === 'byte' ? state.set : state.kind === 'end' ? state.unless : undefined;
      if (set !== undefined) sets.set(set.join(), set);
    }
    let numbers = new Array<number>(256).fill(0);
    for (const set of sets.values()) {
      const renumbered = new Map<number, number>();
      numbers = numbers.map((number, byte) => {
        const key = number * 2 + (has(set, byte) ? 1 : 0);
        const known = renumbered.get(key) ?? renumbered.size;
        renumbered.set(key, known);
        return known;
      });
    }
    for (const [byte, number] of numbers.entries()) {
      this.#classes[byte] = number;
      this.#samples[number] ??= byte;
    }
  }

  #learn(state: number, kind: number): number {
    const byte = this.#samples[kind] as number;
    const reached: number[] = [];
    let following: number | undefined;
    for (const member of this.#sets[state] ?? []) {
      const about = this.#states[member] as State;
      if (about.kind === 'byte' && has(about.set, byte)) reached.push(about.next);
      if (about.kind === 'end' && about.unless !== undefined && !has(about.unless, byte)) following = MATCH;
    }
    const { length } = this.#sets;
    following ??= this.#place(this.#close(reached));
    // When all was forgotten, `state` is no more.
    if (this.#sets.length >= length) this.#next[state * this.#width + kind] = following;
    return following;
  }

  #place(set: readonly number[] | undefined): number {
    if (set === undefined) return MATCH;
    if (set.length === 0) return DEAD;
    const key = set.join();
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    if (this.#sets.length > MAX_SETS) {
      if (this.#read < MIN_READ) return MATCH;
      this.#forget();
    }
    const number = this.#sets.length;
    this.#known.set(key, number);
    this.#sets.push(set);
    this.#endsWell.push(set.some((member) => this.#states[member]?.kind === 'end'));
    if ((number + 1) * this.#width > this.#next.length) {
      const larger = new Int32Array(this.#next.length * 2).fill(UNKNOWN);
      larger.set(this.#next);
      this.#next = larger;
    }
    return number;
  }

  #forget(): void {
    this.#sets = [[], []];
    this.#endsWell = [false, true];
    this.#settled = [];
    this.#known.clear();
    this.#next.fill(UNKNOWN);
    this.#read = 0;
    this.#pass = -1;
    this.#start = this.#place(this.#first);
  }

  /** All that is reached without a byte; nothing when that is the end of the pattern. */
  #close(from: readonly number[]): readonly number[] | undefined {
    const seen = new Set<number>();
    const members: number[] = [];
    const open = [...from];
    for (let state = open.pop(); state !== undefined; state = open.pop()) {
      if (seen.has(state)) continue;
      seen.add(state);
      const about = this.#states[state] as State;
      if (about.kind === 'split') open.push(...about.next);
      else if (about.kind === 'end' && about.unless === undefined) return undefined;
      else members.push(state);
    }
    return members.sort((a, b) => a - b);
  }
}
