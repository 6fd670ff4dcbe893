import type { PlaceTest } from '../../contracts/scanner.ts';
import { discards, type ExprTools, settle } from './expr.ts';
import type { Expr } from './expr-parse.ts';
import { translateRe2 } from './re2.ts';
import type { ImportedPack } from './types.ts';

/** Where a text lies. */
export interface Place {
  /** `/`-separated. */
  readonly path?: string | undefined;
  readonly commit?: string | undefined;
}

type Test =
  | { readonly kind: 'path'; readonly regex: RegExp }
  | { readonly kind: 'commit'; readonly commits: ReadonlySet<string> }
  | { readonly kind: 'expr'; readonly expr: Expr };

/**
 * All that only the place of a text decides, numbered in the order of the packs: a worker that reads a blob without
 * knowing its paths names the tests, and the thread that knows the paths makes them.
 */
export class PlaceTests {
  readonly #tests: Test[] = [];
  readonly #byOwner = new Map<object | string, number>();
  readonly #tools: ExprTools;

  constructor(packs: readonly ImportedPack[]) {
    this.#tools = new Tools(this);
    for (const pack of packs) {
      for (const { paths, commits } of [...pack.allow, ...pack.rules.flatMap((rule) => rule.allow)]) {
        if (paths !== undefined) this.path(paths);
        if (commits.length > 0) this.commits(commits);
      }
      for (const { path } of pack.rules) if (path !== undefined) this.path(path);
      // Expressions get their numbers here, too, so that both threads have the same.
      for (const expr of [pack.prefilter, pack.filter, ...pack.rules.map((rule) => rule.filter)]) {
        if (expr !== undefined) this.#numberAll(expr);
      }
    }
  }

  get tools(): ExprTools {
    return this.#tools;
  }

  path(source: string): number {
    return this.#number(`path ${source}`, () => ({ kind: 'path', regex: new RegExp(source, 'u') }));
  }

  commits(commits: readonly string[]): number {
    return this.#number(`commit ${commits.join(' ')}`, () => ({ kind: 'commit', commits: new Set(commits) }));
  }

  expr(expr: Expr): number {
    return this.#number(`expr ${JSON.stringify(expr)}`, () => ({ kind: 'expr', expr }));
  }

  holds(number: number, place: Place): boolean {
    const test = this.#tests[number];
    switch (test?.kind) {
      case 'path':
        return place.path !== undefined && place.path !== '' && test.regex.test(place.path);
      case 'commit':
        return place.commit !== undefined && test.commits.has(place.commit.toLowerCase());
      case 'expr':
        return discards(test.expr, { attributes: attributesOf(place), finding: new Map(), tools: this.#tools }) === true;
      default:
        return false;
    }
  }

  /** The answer where the place is known; the test itself where it is not. */
  at(test: PlaceTest, place: Place | undefined): PlaceTest {
    return place === undefined ? test : settle(test, (number) => this.holds(number, place));
  }

  #number(key: string, make: () => Test): number {
    const known = this.#byOwner.get(key);
    if (known !== undefined) return known;
    this.#byOwner.set(key, this.#tests.length);
    return this.#tests.push(make()) - 1;
  }

  #numberAll(expr: Expr): void {
    discards(expr, { attributes: undefined, finding: new Map(), tools: this.#tools });
    for (const part of placeParts(expr)) this.expr(part);
  }
}

/** Each part that names `attributes`, from the whole down to the call that does. */
function placeParts(expr: Expr): readonly Expr[] {
  if (!JSON.stringify(expr).includes('"attributes"')) return [];
  const inner = Object.values(expr).flatMap((value: unknown) => (Array.isArray(value) ? value : [value]));
  return [expr, ...inner.flatMap((value) => (typeof value === 'object' && value !== null ? placeParts(value as Expr) : []))];
}

export function attributesOf(place: Place): ReadonlyMap<string, string> {
  return new Map([
    ...(place.path === undefined ? [] : [['path', place.path] as const]),
    ...(place.commit === undefined ? [] : [['git.sha', place.commit] as const]),
  ]);
}

class Tools implements ExprTools {
  readonly #places: PlaceTests;
  readonly #regexes = new Map<string, RegExp>();
  readonly #ofNode = new WeakMap<object, RegExp>();

  constructor(places: PlaceTests) {
    this.#places = places;
  }

  matchesAny(text: string, patterns: readonly string[], owner: object): boolean {
    if (patterns.length === 0) return false;
    let regex = this.#ofNode.get(owner);
    if (regex === undefined) {
      regex = this.#regex(patterns);
      this.#ofNode.set(owner, regex);
    }
    return regex.test(text);
  }

  findMatch(text: string, pattern: string): string {
    return this.#regex([pattern]).exec(text)?.[0] ?? '';
  }

  failsTokenEfficiency(text: string): boolean {
    return looksLikeWords(text);
  }

  placeTest(expr: Expr): number {
    return this.#places.expr(expr);
  }

  #regex(patterns: readonly string[]): RegExp {
    const source = patterns.map((pattern) => `(?:${pattern})`).join('|');
    const known = this.#regexes.get(source) ?? new RegExp(translateRe2(source).source, 'u');
    this.#regexes.set(source, known);
    return known;
  }
}

/**
 * Stands for Betterleaks' token efficiency, which asks the vocabulary of a language model that we do not ship: a value
 * made of long runs of letters with vowels where a language has them is written by a person.
 */
export function looksLikeWords(text: string): boolean {
  const letters = text.match(/[A-Za-z]/g)?.length ?? 0;
  if (letters === 0) return false;
  let inWords = 0;
  for (const word of text.match(/[A-Z]?[a-z]{3,}|[A-Z]{4,}/g) ?? []) {
    const isSpoken = /[aeiouy]/i.test(word) && !/[^aeiouy]{5}/i.test(word) && !/(?:[qxzj][^aeiou]|[aeiouy]{4})/i.test(word);
    if (isSpoken) inWords += word.length;
  }
  return inWords / text.length >= 0.6;
}
