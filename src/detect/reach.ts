import type { PatternStates } from './outline.ts';
import { type ByteSet, has } from './pattern.ts';

/** Beyond so many bytes it is no use to know. */
const FARTHEST = 300;
/** The walk is given up after so many places: the whole of the text around is searched then. */
const MAX_WALKED = 40_000;

/**
 * The greatest number of bytes by which the start of a match may stand before the first keyword in it. Nothing when a match
 * may hold no keyword, or there is no bound. All ways through the pattern are walked at once, each with how much of a keyword
 * it ends in, until a keyword is complete.
 */
export function reachOf({ states, start }: PatternStates, keywords: readonly string[], isExact: boolean): number | undefined {
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

  /** Goes on from a place by every byte; gives the length of a keyword that is completed so to `complete`. */
  function follow(place: number, visit: (next: number) => void, complete: (length: number) => void): void {
    const about = states[Math.floor(place / words.size)];
    if (about?.kind !== 'byte') return;
    for (const letter of lettersOf(about.set)) {
      const word = words.step(place % words.size, letter);
      const length = words.complete(word);
      if (length > 0) complete(length);
      else for (const state of closure(about.next)) visit(state * words.size + word);
    }
  }

  const first = closure(start).map((state) => state * words.size);
  /** At which depth a place was last met; at first, whether at all. */
  const met = new Int32Array(states.length * words.size).fill(-1);
  for (const open = [...first]; open.length > 0; ) {
    const place = open.pop() as number;
    if (states[Math.floor(place / words.size)]?.kind === 'end') return undefined;
    if (met[place] === 0) continue;
    met[place] = 0;
    follow(
      place,
      (next) => open.push(next),
      () => undefined,
    );
  }

  let reach = 0;
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
        (length) => {
          reach = Math.max(reach, depth - length);
        },
      );
    }
    layer = following;
  }
  return reach;
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
  readonly #next: (Int32Array | undefined)[] = [];
  readonly #others: readonly number[];
  readonly #isExact: boolean;

  constructor(spelled: readonly string[], isExact: boolean) {
    this.#isExact = isExact;
    const keywords = isExact ? spelled : spelled.map((keyword) => keyword.toLowerCase());
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

  complete(state: number): number {
    return this.#lengths[state] ?? 0;
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
