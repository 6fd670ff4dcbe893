/**
 * What can be known about a detector's regex without running it: how long a match may be, which bytes may stand at its
 * first places, and whether it always begins with one of its keywords. The matcher uses it to turn a search into one
 * anchored attempt at the keyword, and to refuse most keyword hits by a few table look-ups.
 */
export interface PatternFacts {
  readonly minLength: number;
  /** `Infinity` when unbounded. */
  readonly maxLength: number;
  /** `first[i]` has 1 for every byte that may stand `i` bytes after the start of a match. */
  readonly first: readonly Uint8Array[];
  /** Bytes that must not stand right before a match, from a leading `(?<![…])`. */
  readonly notBefore: Uint8Array | undefined;
  /** Every way a match may begin, folded to lower case, as far as it is finite. */
  readonly prefixes: readonly string[];
}

type Node =
  | { readonly kind: 'set'; readonly table: Uint8Array }
  | { readonly kind: 'sequence'; readonly items: readonly Node[] }
  | { readonly kind: 'either'; readonly items: readonly Node[] }
  | { readonly kind: 'repeat'; readonly item: Node; readonly min: number; readonly max: number }
  | { readonly kind: 'look'; readonly item: Node; readonly behind: boolean; readonly negative: boolean }
  | { readonly kind: 'assertion' };

const DEPTH = 40;
const MAX_PREFIXES = 128;

/** Reads a regex (JavaScript, no `u` flag). Throws `SyntaxError` for what detectors may not use: back-references. */
export function analysePattern(source: string, ignoreCase: boolean): PatternFacts {
  const parser = new Parser(source, ignoreCase);
  const root = parser.parse();
  const [minLength, maxLength] = lengths(root);
  const first = Array.from({ length: DEPTH }, () => new Uint8Array(256));
  for (const end of walk(root, new Set([0]), first)) {
    for (let place = end; place < DEPTH; place++) first[place]?.fill(1);
  }
  return { minLength, maxLength, first, notBefore: leadingLookBehind(root), prefixes: prefixesOf(root).map((p) => p.text) };
}

class Parser {
  readonly #source: string;
  readonly #ignoreCase: boolean;
  #at = 0;

  constructor(source: string, ignoreCase: boolean) {
    this.#source = source;
    this.#ignoreCase = ignoreCase;
  }

  parse(): Node {
    const node = this.#either();
    if (this.#at < this.#source.length) throw new SyntaxError(`unmatched ')' at ${this.#at}`);
    return node;
  }

  #either(): Node {
    const items = [this.#sequence()];
    while (this.#take('|')) items.push(this.#sequence());
    return items.length === 1 && items[0] !== undefined ? items[0] : { kind: 'either', items };
  }

  #sequence(): Node {
    const items: Node[] = [];
    while (this.#at < this.#source.length && this.#source[this.#at] !== '|' && this.#source[this.#at] !== ')') {
      items.push(this.#repeated(this.#atom()));
    }
    return items.length === 1 && items[0] !== undefined ? items[0] : { kind: 'sequence', items };
  }

  #repeated(item: Node): Node {
    const rest = /^(?:(?<sign>[*+?])|\{(?<min>\d+)(?<comma>,)?(?<max>\d+)?\})\??/.exec(
      this.#source.slice(this.#at, this.#at + 24),
    );
    if (rest === null) return item;
    this.#at += rest[0].length;
    const { sign, min, comma, max } = rest.groups ?? {};
    if (sign === '*') return { kind: 'repeat', item, min: 0, max: Infinity };
    if (sign === '+') return { kind: 'repeat', item, min: 1, max: Infinity };
    if (sign === '?') return { kind: 'repeat', item, min: 0, max: 1 };
    const least = Number(min);
    return { kind: 'repeat', item, min: least, max: max !== undefined ? Number(max) : comma !== undefined ? Infinity : least };
  }

  #atom(): Node {
    const c = this.#source[this.#at];
    if (c === '(') return this.#group();
    if (c === '[') return { kind: 'set', table: this.#class() };
    if (c === '^' || c === '$') {
      this.#at++;
      return { kind: 'assertion' };
    }
    if (c === '.') {
      this.#at++;
      return { kind: 'set', table: tableOf((byte) => byte !== 10 && byte !== 13) };
    }
    if (c === '\\') {
      const next = this.#source[this.#at + 1] ?? '';
      if (next === 'b' || next === 'B') {
        this.#at += 2;
        return { kind: 'assertion' };
      }
      if (/[1-9k]/.test(next)) throw new SyntaxError('back-references are not allowed in detectors');
      return { kind: 'set', table: this.#fold(this.#escape()) };
    }
    this.#at++;
    return { kind: 'set', table: this.#fold(single(c ?? '')) };
  }

  #group(): Node {
    const head = /^\((?:\?(?:(?<look><?[=!])|:|<[A-Za-z_$][\w$]*>))?/.exec(this.#source.slice(this.#at, this.#at + 80));
    const opening = head?.[0] ?? '(';
    this.#at += opening.length;
    if (opening === '(' && this.#source[this.#at] === '?') throw new SyntaxError('group modifiers are not allowed in detectors');
    const item = this.#either();
    if (!this.#take(')')) throw new SyntaxError("missing ')'");
    const look = head?.groups?.look;
    if (look === undefined) return item;
    return { kind: 'look', item, behind: look.startsWith('<'), negative: look.endsWith('!') };
  }

  #class(): Uint8Array {
    this.#at++;
    const negated = this.#take('^');
    const table = new Uint8Array(256);
    while (this.#at < this.#source.length && this.#source[this.#at] !== ']') {
      const low = this.#classAtom();
      const isRange = this.#source[this.#at] === '-' && this.#source[this.#at + 1] !== ']' && low.single !== undefined;
      if (!isRange) {
        mergeInto(table, low.table);
        continue;
      }
      this.#at++;
      const high = this.#classAtom();
      for (let byte = low.single ?? 0; byte <= Math.min(255, high.single ?? 0); byte++) table[byte] = 1;
    }
    if (!this.#take(']')) throw new SyntaxError("missing ']'");
    const folded = this.#fold(table);
    return negated ? tableOf((byte) => folded[byte] === 0) : folded;
  }

  #classAtom(): { readonly table: Uint8Array; readonly single: number | undefined } {
    const isEscape = this.#source[this.#at] === '\\';
    const table = isEscape ? this.#escape() : single(this.#source[this.#at++] ?? '');
    const only = table.indexOf(1);
    return { table, single: only >= 0 && table.lastIndexOf(1) === only ? only : undefined };
  }

  #escape(): Uint8Array {
    const rest = this.#source.slice(this.#at + 1);
    const hex = /^(?:x(?<two>[0-9a-fA-F]{2})|u(?<four>[0-9a-fA-F]{4}))/.exec(rest);
    if (hex !== null) {
      this.#at += 1 + hex[0].length;
      return single(String.fromCharCode(Number.parseInt(hex.groups?.two ?? hex.groups?.four ?? '0', 16)));
    }
    const c = rest[0] ?? '';
    this.#at += 2;
    const named = CLASSES[c];
    if (named !== undefined) return tableOf((byte) => named.test(String.fromCharCode(byte)));
    return single(CONTROLS[c] ?? c);
  }

  #fold(table: Uint8Array): Uint8Array {
    if (!this.#ignoreCase) return table;
    const folded = table.slice();
    for (let byte = 65; byte <= 90; byte++) {
      if (table[byte] === 1) folded[byte + 32] = 1;
      if (table[byte + 32] === 1) folded[byte] = 1;
    }
    return folded;
  }

  #take(text: string): boolean {
    if (!this.#source.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }
}

const CLASSES: { readonly [name: string]: RegExp } = { d: /\d/, D: /\D/, w: /\w/, W: /\W/, s: /\s/, S: /\S/ };
const CONTROLS: { readonly [name: string]: string } = { n: '\n', r: '\r', t: '\t', v: '\v', f: '\f', 0: '\0', b: '\b' };

function single(character: string): Uint8Array {
  const table = new Uint8Array(256);
  const code = character.charCodeAt(0);
  if (code < 256) table[code] = 1;
  return table;
}

function tableOf(test: (byte: number) => boolean): Uint8Array {
  const table = new Uint8Array(256);
  for (let byte = 0; byte < 256; byte++) table[byte] = test(byte) ? 1 : 0;
  return table;
}

function mergeInto(table: Uint8Array, other: Uint8Array): void {
  for (let byte = 0; byte < 256; byte++) if (other[byte] === 1) table[byte] = 1;
}

function lengths(node: Node): [min: number, max: number] {
  switch (node.kind) {
    case 'set':
      return [1, 1];
    case 'look':
    case 'assertion':
      return [0, 0];
    case 'sequence': {
      let [min, max] = [0, 0];
      for (const [low, high] of node.items.map(lengths)) [min, max] = [min + low, max + high];
      return [min, max];
    }
    case 'either': {
      const all = node.items.map(lengths);
      return [Math.min(...all.map(([low]) => low)), Math.max(...all.map(([, high]) => high))];
    }
    case 'repeat': {
      const [low, high] = lengths(node.item);
      return [low * node.min, high === 0 || node.max === 0 ? 0 : high * node.max];
    }
  }
}

/** Marks in `first` what may stand at each place, starting from `starts`; returns the places where the node may end. */
function walk(node: Node, starts: ReadonlySet<number>, first: readonly Uint8Array[]): Set<number> {
  const ends = new Set<number>();
  switch (node.kind) {
    case 'set':
      for (const start of starts) {
        const table = first[start];
        if (table === undefined) continue;
        mergeInto(table, node.table);
        ends.add(start + 1);
      }
      return ends;
    case 'look':
    case 'assertion':
      return new Set(starts);
    case 'sequence': {
      let current = new Set(starts);
      for (const item of node.items) current = walk(item, current, first);
      return current;
    }
    case 'either':
      for (const item of node.items) for (const end of walk(item, starts, first)) ends.add(end);
      return ends;
    case 'repeat': {
      let current = new Set(starts);
      if (node.min === 0) for (const start of starts) ends.add(start);
      for (let times = 1; times <= Math.min(node.max, DEPTH + 1) && current.size > 0; times++) {
        current = walk(node.item, current, first);
        if (times >= node.min || times === DEPTH + 1) for (const end of current) ends.add(end);
      }
      return ends;
    }
  }
}

function leadingLookBehind(node: Node): Uint8Array | undefined {
  if (node.kind === 'sequence') return node.items[0] === undefined ? undefined : leadingLookBehind(node.items[0]);
  if (node.kind !== 'look' || !node.behind || !node.negative) return undefined;
  return node.item.kind === 'set' ? node.item.table : undefined;
}

interface Prefix {
  readonly text: string;
  /** May more follow that belongs to the prefix? */
  readonly open: boolean;
}

function prefixesOf(node: Node): Prefix[] {
  switch (node.kind) {
    case 'set': {
      const members = [...node.table.keys()].filter((byte) => node.table[byte] === 1);
      const folded = new Set(members.map((byte) => String.fromCharCode(byte).toLowerCase()));
      return folded.size > 4 ? [{ text: '', open: false }] : [...folded].map((text) => ({ text, open: true }));
    }
    case 'look':
    case 'assertion':
      return [{ text: '', open: true }];
    case 'either':
      return node.items.flatMap(prefixesOf);
    case 'sequence': {
      let current: Prefix[] = [{ text: '', open: true }];
      for (const item of node.items) current = append(current, prefixesOf(item));
      return current;
    }
    case 'repeat': {
      let current: Prefix[] = [{ text: '', open: true }];
      const item = prefixesOf(node.item);
      for (let times = 0; times < Math.min(node.min, DEPTH); times++) current = append(current, item);
      if (node.max === node.min) return current;
      if (node.max !== 1 || node.min !== 0) return current.map((prefix) => ({ ...prefix, open: false }));
      return [{ text: '', open: true }, ...item];
    }
  }
}

function append(heads: readonly Prefix[], tails: readonly Prefix[]): Prefix[] {
  const joined: Prefix[] = [];
  for (const head of heads) {
    if (!head.open || head.text.length > DEPTH || heads.length * tails.length > MAX_PREFIXES) {
      joined.push({ ...head, open: false });
      continue;
    }
    for (const tail of tails) joined.push({ text: head.text + tail.text, open: tail.open });
  }
  return joined;
}
