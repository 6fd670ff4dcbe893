import type { PatternStates } from './outline.ts';
import { has } from './pattern.ts';

/** Beyond so many bytes it is no use to know. */
const FARTHEST = 600;
/** The walk is given up after so many steps. */
const MAX_STEPS = 500_000;

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

  let reach = 0;
  let steps = 0;
  let layer = new Set(closure(start).map((state) => state * words.size));
  for (let depth = 1; layer.size > 0; depth++) {
    steps += layer.size * words.letters.length;
    if (depth > FARTHEST || steps > MAX_STEPS) return undefined;
    const following = new Set<number>();
    for (const place of layer) {
      const about = states[Math.floor(place / words.size)];
      if (about?.kind !== 'byte') return undefined;
      for (const [letter, byte] of words.letters.entries()) {
        const isOther = letter === 0;
        if (isOther ? !words.hasOther(about.set) : !has(about.set, byte) && (isExact || !has(about.set, upper(byte)))) continue;
        const word = words.step(place % words.size, letter);
        const length = words.complete(word);
        if (length > 0) reach = Math.max(reach, depth - length);
        else for (const state of closure(about.next)) following.add(state * words.size + word);
      }
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

  constructor(spelled: readonly string[], isExact: boolean) {
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

  hasOther(set: Uint32Array): boolean {
    return this.#others.some((byte) => has(set, byte));
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
