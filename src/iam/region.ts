import { ANY, ANY_INSIDE, COLON, type Pattern, takes } from './pattern.ts';

/**
 * Exact set algebra on patterns: is there a text inside some patterns and outside others? The patterns are run side by
 * side, character by character, over the few characters that tell them apart; nothing is expanded.
 */
export interface Region {
  readonly within: readonly Pattern[];
  readonly outside: readonly Pattern[];
}

/** Steps (of one pattern by one character) that the searches for one question may take. */
export interface Budget {
  left: number;
}

/** Patterns of real policies need some hundreds; a stranger's may be made to need millions. About 30 ms. */
export const ENOUGH = 40_000;

/** A shortest text of the region; `null` when there is none, `undefined` when the search gave up. */
export function findText({ within, outside }: Region, budget: Budget = { left: ENOUGH }): string | null | undefined {
  const patterns = [...within, ...outside];
  const other = unmentioned(patterns);
  const seen = new Set<string>();
  let layer: Node[] = [{ sets: patterns.map((pattern) => closed(pattern, [0])), text: '' }];
  while (layer.length > 0) {
    const next: Node[] = [];
    for (const { sets, text } of layer) {
      if (isInside(patterns, sets, within.length)) return text;
      for (const character of frontier(patterns, sets, other)) {
        budget.left -= patterns.length;
        if (budget.left < 0) return undefined;
        const stepped = patterns.map((pattern, index) => advance(pattern, sets[index] ?? [], character));
        if (isHopeless(patterns, stepped, within.length)) continue;
        const key = stepped.map((set) => set.join(',')).join(';');
        if (seen.has(key)) continue;
        seen.add(key);
        next.push({ sets: stepped, text: text + String.fromCharCode(character) });
      }
    }
    layer = next;
  }
  return null;
}

/**
 * One text for every part into which the splitters divide what all of `within` match: whatever is decided by these
 * patterns is the same for all texts of a part. `undefined` when the parts are too many.
 */
export function allCells(within: readonly Pattern[], splitters: readonly Pattern[]): string[] | undefined {
  const texts: string[] = [];
  const budget = { left: ENOUGH };
  const split = (region: Region, place: number): boolean => {
    const text = findText(region, budget);
    const splitter = splitters[place];
    if (text === undefined) return false;
    if (text !== null && splitter === undefined) texts.push(text);
    if (text === null || splitter === undefined) return true;
    const outer = split({ within: region.within, outside: [...region.outside, splitter] }, place + 1);
    return outer && split({ within: [...region.within, splitter], outside: region.outside }, place + 1);
  };
  return split({ within, outside: [] }, 0) ? texts : undefined;
}

interface Node {
  /** For each pattern the places it may have reached. */
  readonly sets: readonly (readonly number[])[];
  readonly text: string;
}

function isInside(patterns: readonly Pattern[], sets: Node['sets'], inner: number): boolean {
  return patterns.every((pattern, index) => sets[index]?.includes(pattern.units.length) === index < inner);
}

/** One that must match no longer can, or one that must not will whatever follows. */
function isHopeless(patterns: readonly Pattern[], sets: Node['sets'], inner: number): boolean {
  return patterns.some((pattern, index) => {
    const set = sets[index] ?? [];
    if (index < inner) return set.length === 0;
    return pattern.units.at(-1) === ANY && set.includes(pattern.units.length - 1);
  });
}

/** The characters that some pattern waits for, one that none mentions, and the colon where a wildcard stops at it. */
function frontier(patterns: readonly Pattern[], sets: Node['sets'], other: number): Set<number> {
  const characters = new Set<number>([other]);
  for (const [index, pattern] of patterns.entries()) {
    for (const place of sets[index] ?? []) {
      const unit = pattern.units[place];
      if (unit === undefined || unit === ANY) continue;
      if (unit >= 0) characters.add(unit);
      else if (unit === ANY_INSIDE) characters.add(COLON);
    }
  }
  return characters;
}

function advance(pattern: Pattern, set: readonly number[], character: number): readonly number[] {
  const next: number[] = [];
  for (const place of set) {
    const unit = pattern.units[place];
    if (unit === undefined || !takes(unit, character)) continue;
    next.push(unit === ANY || unit === ANY_INSIDE ? place : place + 1);
  }
  return closed(pattern, next);
}

/** With the places after stars, which may be empty. Sorted, each once. */
function closed(pattern: Pattern, places: readonly number[]): readonly number[] {
  const all = new Set<number>();
  for (let place of places) {
    all.add(place);
    while (pattern.units[place] === ANY || pattern.units[place] === ANY_INSIDE) all.add(++place);
  }
  return all.size < 2 ? [...all] : [...all].sort((a, b) => a - b);
}

function unmentioned(patterns: readonly Pattern[]): number {
  const mentioned = new Set(patterns.flatMap((pattern) => pattern.units));
  for (let character = 0x61; ; character++) if (!mentioned.has(character)) return character;
}
