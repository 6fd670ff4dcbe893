import type { PatternStates } from './outline.ts';
import { type ByteSet, has } from './pattern.ts';

/** Beyond so many bytes it is no use to know. */
const FARTHEST = 300;
/** The walk is given up after so many places: the whole of the text around is searched then. */
const MAX_WALKED = 40_000;
/** So many bytes behind a keyword are told of. */
const FOLLOWED = 24;

/** Where the first keyword in a match stands. */
export interface Reach {
  /** The greatest number of bytes by which the start of a match may stand before it. */
  readonly before: number;
  /** For each keyword: `followers[i]` has every byte that may stand `i` bytes behind it, as far as a match must go on. */
  readonly followers: readonly (readonly ByteSet[])[];
}

/**
 * Nothing when a match may hold no keyword, or when there is no bound. All ways through the pattern are walked at once, each
 * with how much of a keyword it ends in, until a keyword is complete.
 */
export function reachOf({ states, start }: PatternStates, keywords: readonly string[], isExact: boolean): Reach | undefined {
  const words = new Words(keywords, isExact);
  const closures = new Map<number, readonly number[]>();

  /** Where one is without another byte. */
  function closure(from: number): readonly number[] {
    const known = closures.get(from);
    if (known !== undefined) return known;
    const seen = new Set<number>();
    const open = [from];
    for (let state = open.pop(); state !== undefined; state = open.pop()) {
      const about = states[state];
      if (seen.has(state)) continue;
      seen.add(state);
      if (about?.kind === 'split') open.push(...about.next);
    }
    const reached = [...seen].filter((state) => states[state]?.kind !== 'split');
    closures.set(from, reached);
    return reached;
  }

  /** The letters that a byte of the set may be. */
  const allowed = new Map<ByteSet, readonly number[]>();
  function lettersOf(set: ByteSet): readonly number[] {
    const known = allowed.get(set);
    if (known !== undefined) return known;
    const letters = words.lettersIn(set);
    allowed.set(set, letters);
    return letters;
  }

  /** Goes on from a place by every byte; gives what is completed so, and the state behind it, to `complete`. */
  function follow(place: number, visit: (next: number) => void, complete: (word: number, next: number) => void): void {
    const about = states[Math.floor(place / words.size)];
    if (about?.kind !== 'byte') return;
    for (const letter of lettersOf(about.set)) {
      const word = words.step(place % words.size, letter);
      if (words.complete(word) > 0) complete(word, about.next);
      else for (const state of closure(about.next)) visit(state * words.size + word);
    }
  }

  const first = closure(start).map((state) => state * words.size);
  /** At which depth a place was last met; at first, whether at all. */
  const met = new Int32Array(states.length * words.size).fill(-1);
  /** For each keyword, the states right behind it. */
  const behind = keywords.map(() => new Set<number>());
  for (const open = [...first]; open.length > 0; ) {
    const place = open.pop() as number;
    if (states[Math.floor(place / words.size)]?.kind === 'end') return undefined;
    if (met[place] === 0) continue;
    met[place] = 0;
    follow(
      place,
      (next) => open.push(next),
      (word, next) => {
        for (const keyword of words.endingIn(word)) for (const state of closure(next)) behind[keyword]?.add(state);
      },
    );
  }

  /** Which bytes may stand at the places from these states on. */
  function bytesFrom(begin: ReadonlySet<number>): readonly ByteSet[] {
    const sets: ByteSet[] = [];
    for (let layer = begin; layer.size > 0 && sets.length < FOLLOWED; ) {
      const set = new Uint32Array(8);
      const following = new Set<number>();
      for (const state of layer) {
        const about = states[state];
        if (about?.kind !== 'byte') return sets;
        for (let word = 0; word < 8; word++) set[word] = (set[word] as number) | (about.set[word] as number);
        for (const next of closure(about.next)) following.add(next);
      }
      sets.push(set);
      layer = following;
    }
    return sets;
  }

  let before = 0;
  let layer = first;
  let walked = 0;
  for (let depth = 1; layer.length > 0; depth++) {
    walked += layer.length;
    if (depth > FARTHEST || walked > MAX_WALKED) return undefined;
    const following: number[] = [];
    for (const place of layer) {
      follow(
        place,
        (next) => {
          if (met[next] === depth) return;
          met[next] = depth;
          following.push(next);
        },
        (word) => {
          before = Math.max(before, depth - words.complete(word));
        },
      );
    }
    layer = following;
  }
  return { before, followers: behind.map(bytesFrom) };
}

function upper(byte: number): number {
  return byte >= 97 && byte <= 122 ? byte - 32 : byte;
}

function lower(byte: number): number {
  return byte >= 65 && byte <= 90 ? byte + 32 : byte;
}

/** Which beginning of a keyword a text ends in. Letter 0 is any that no keyword has. */
class Words {
  readonly letters: readonly number[];
  readonly #beginnings: readonly string[];
  readonly #lengths: readonly number[];
  readonly #keywords: readonly string[];
  readonly #next: (Int32Array | undefined)[] = [];
  readonly #others: readonly number[];
  readonly #isExact: boolean;

  constructor(spelled: readonly string[], isExact: boolean) {
    this.#isExact = isExact;
    const keywords = isExact ? spelled : spelled.map((keyword) => keyword.toLowerCase());
    this.#keywords = keywords;
    const bytes = new Set(keywords.flatMap((keyword) => [...Buffer.from(keyword, 'latin1')]));
    this.letters = [-1, ...bytes];
    this.#others = Array.from({ length: 256 }, (_, byte) => byte).filter((byte) => !bytes.has(isExact ? byte : lower(byte)));
    this.#beginnings = [
      ...new Set(keywords.flatMap((keyword) => Array.from(keyword, (_, at) => keyword.slice(0, at)))),
      ...keywords,
    ];
    this.#lengths = this.#beginnings.map((text) =>
      Math.max(0, ...keywords.filter((word) => text.endsWith(word)).map((w) => w.length)),
    );
  }

  get size(): number {
    return this.#beginnings.length;
  }

  lettersIn(set: ByteSet): number[] {
    const isIn = (byte: number): boolean => has(set, byte) || (!this.#isExact && has(set, upper(byte)));
    const letters = [...this.letters.keys()].filter((letter) => letter > 0 && isIn(this.letters[letter] as number));
    return this.#others.some((byte) => has(set, byte)) ? [0, ...letters] : letters;
  }

  /** The length of the keyword that the text ends in. */
  complete(state: number): number {
    return this.#lengths[state] ?? 0;
  }

  /** All keywords that it ends in. */
  endingIn(state: number): readonly number[] {
    const text = this.#beginnings[state] ?? '';
    return [...this.#keywords.keys()].filter((index) => text.endsWith(this.#keywords[index] as string));
  }

  step(state: number, letter: number): number {
    const row = this.#next[state] ?? new Int32Array(this.letters.length).fill(-1);
    this.#next[state] = row;
    if (row[letter] === -1) row[letter] = this.#find(this.#beginnings[state] ?? '', letter);
    return row[letter] as number;
  }

  #find(text: string, letter: number): number {
    if (letter === 0) return this.#beginnings.indexOf('');
    const longer = text + String.fromCharCode(this.letters[letter] as number);
    for (let from = 0; ; from++) {
      const at = this.#beginnings.indexOf(longer.slice(from));
      if (at >= 0) return at;
    }
  }
}
