import type { Slice } from './documents.ts';

interface Found {
  readonly start: number;
  end: number;
  kind: string | undefined;
  apiVersion: string | undefined;
}

/** Braces and strings alone are told apart: a dump of 50 MB is cut into its items without a tree of it all. */
export function* jsonObjects(text: string, start: number, end: number, note: (problem: string) => void): Generator<Slice> {
  let at = start;
  while (at < end) {
    const root = new Walk(text, at, end);
    root.run();
    if (root.unclosed) note('the JSON ends before its last bracket is closed: it is not all there');
    yield* root.slices();
    at = root.at;
    while (at < end && /\s/.test(text[at] ?? '')) at += 1;
    // More JSON after the first, as `kubectl get` in a loop writes it; anything else is no JSON.
    if (root.unclosed || (text[at] !== '{' && text[at] !== '[')) break;
  }
}

const QUOTE = 34;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;
const OPEN_BRACKET = 91;
const CLOSE_BRACKET = 93;
const BACKSLASH = 92;

/** One JSON value from its first bracket to its last. */
class Walk {
  at: number;
  unclosed = false;
  readonly #text: string;
  readonly #end: number;
  readonly #root: Found;
  readonly #isArray: boolean;
  readonly #items: Found[] = [];
  #itemsAreList = false;

  constructor(text: string, start: number, end: number) {
    this.#text = text;
    this.#end = end;
    this.at = start;
    this.#root = { start, end, kind: undefined, apiVersion: undefined };
    this.#isArray = text[start] === '[';
  }

  run(): void {
    const text = this.#text;
    // Depth of the items: 2 in `{"items": [{…}]}`, 1 in `[{…}]`.
    const itemDepth = this.#isArray ? 1 : 2;
    let depth = 0;
    let inItems = this.#isArray;
    let item: Found | undefined;
    for (; this.at < this.#end; this.at += 1) {
      const code = text.charCodeAt(this.at);
      if (code === QUOTE) {
        const close = this.#stringEnd();
        if (depth === 1 && item === undefined && !this.#isArray) {
          const key = this.#keyAt(close);
          if (key === 'kind') this.#root.kind = this.#valueAfter(close);
          else if (key === 'apiVersion') this.#root.apiVersion = this.#valueAfter(close);
          else if (key === 'items') {
            inItems = /^\s*:\s*\[/.test(text.slice(close + 1, close + 64));
            this.#itemsAreList = inItems;
          }
        } else if (item !== undefined && depth === itemDepth + 1) {
          const key = this.#keyAt(close);
          if (key === 'kind') item.kind = this.#valueAfter(close);
          else if (key === 'apiVersion') item.apiVersion = this.#valueAfter(close);
        }
        this.at = close;
      } else if (code === OPEN_BRACE || code === OPEN_BRACKET) {
        if (inItems && depth === itemDepth && item === undefined && code === OPEN_BRACE)
          item = { start: this.at, end: this.#end, kind: undefined, apiVersion: undefined };
        depth += 1;
      } else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) {
        depth -= 1;
        if (item !== undefined && depth === itemDepth) {
          item.end = this.at + 1;
          this.#items.push(item);
          item = undefined;
        } else if (inItems && !this.#isArray && depth === 1) inItems = false;
        if (depth <= 0) {
          this.at += 1;
          this.#root.end = this.at;
          return;
        }
      }
    }
    this.unclosed = true;
  }

  *slices(): Generator<Slice> {
    const { kind: listKind, apiVersion: listVersion } = this.#root;
    if (!this.#isArray && !(this.#itemsAreList && (listKind === undefined || listKind.endsWith('List')))) {
      yield this.#slice(this.#root, listKind, listVersion, false);
      return;
    }
    const ofList = listKind === undefined || listKind === 'List' ? undefined : listKind.slice(0, -'List'.length);
    for (const item of this.#items) {
      yield this.#slice(item, item.kind ?? ofList, item.apiVersion ?? listVersion, !this.#isArray);
    }
  }

  #slice(found: Found, kind: string | undefined, apiVersion: string | undefined, inList: boolean): Slice {
    const { start, end } = found;
    return { text: this.#text.slice(start, end), start, format: 'json', kind, apiVersion, inList };
  }

  /** The closing quote; the end where there is none. */
  #stringEnd(): number {
    const text = this.#text;
    for (let close = text.indexOf('"', this.at + 1); close >= 0 && close < this.#end; close = text.indexOf('"', close + 1)) {
      let slashes = 0;
      while (text.charCodeAt(close - 1 - slashes) === BACKSLASH) slashes += 1;
      if (slashes % 2 === 0) return close;
    }
    return this.#end;
  }

  /** The string that ends at `close`, when a colon follows it. */
  #keyAt(close: number): string | undefined {
    if (close - this.at > 24) return undefined;
    let after = close + 1;
    while (after < this.#end && this.#text.charCodeAt(after) <= 32) after += 1;
    return this.#text[after] === ':' ? this.#text.slice(this.at + 1, close) : undefined;
  }

  #valueAfter(close: number): string | undefined {
    return /^\s*:\s*"([\w./-]{1,200})"/.exec(this.#text.slice(close + 1, close + 256))?.[1];
  }
}
