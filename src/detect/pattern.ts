/**
 * What can be known about a detector's regex without running it: how long a match may be, which bytes may stand at its
 * first places, and whether it always begins with one of its keywords. The matcher uses it to turn a search into one
 * anchored attempt at the keyword, and to refuse most keyword hits by a few table look-ups.
 */
export interface PatternFacts {
  readonly minLength: number;
  /** `Infinity` when unbounded. */
  readonly maxLength: number;
  /** `first[i]` has every byte that may stand `i` bytes after the start of a match. */
  readonly first: readonly ByteSet[];
  /** Bytes that must not stand right before a match, from a leading `(?<![…])` or `(?<=…)`. */
  readonly notBefore: Uint8Array | undefined;
  /** So far a look-behind may look; `Infinity` when unbounded. */
  readonly looksBack: number;
  /** Every way a match may begin, folded to lower case, as far as it is finite. */
  readonly prefixes: readonly string[];
}

/** 256 bits. */
export type ByteSet = Uint32Array;

export type Node =
  | { readonly kind: 'set'; readonly table: ByteSet }
  | { readonly kind: 'sequence'; readonly items: readonly Node[] }
  | { readonly kind: 'either'; readonly items: readonly Node[] }
  | { readonly kind: 'repeat'; readonly item: Node; readonly min: number; readonly max: number; readonly isLazy: boolean }
  | { readonly kind: 'look'; readonly item: Node; readonly behind: boolean; readonly negative: boolean }
  | { readonly kind: 'assertion'; readonly name: '^' | '$' | 'b' | 'B' };

/** So many places of a match are looked at; longer keywords than this are not needed. */
const DEPTH = 32;
const MAX_PREFIXES = 128;

/** Reads a regex (JavaScript, no `u` flag). Throws `SyntaxError` for what detectors may not use: back-references. */
export function analysePattern(source: string, ignoreCase: boolean): PatternFacts {
  const root = parsePattern(source, ignoreCase);
  const [minLength, maxLength] = lengths(root);
  const marks = Array.from({ length: DEPTH }, () => new Uint32Array(8));
  for (const end of walk(root, new Set([0]), marks)) {
    for (let place = end; place < DEPTH; place++) marks[place]?.fill(0xffffffff);
  }
  const first = marks.slice(0, Math.min(DEPTH, minLength));
  const prefixes = prefixesOf(root).map(({ text }) => text);
  return { minLength, maxLength, first, notBefore: notBefore(root), looksBack: farthestLookBehind(root), prefixes };
}

export function parsePattern(source: string, ignoreCase: boolean): Node {
  return new Parser(source, ignoreCase).parse();
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
    const rest = /^(?:(?<sign>[*+?])|\{(?<min>\d+)(?<comma>,)?(?<max>\d+)?\})(?<lazy>\?)?/.exec(
      this.#source.slice(this.#at, this.#at + 24),
    );
    if (rest === null) return item;
    this.#at += rest[0].length;
    const { sign, min, comma, max, lazy } = rest.groups ?? {};
    const isLazy = lazy !== undefined;
    if (sign === '*') return { kind: 'repeat', item, min: 0, max: Infinity, isLazy };
    if (sign === '+') return { kind: 'repeat', item, min: 1, max: Infinity, isLazy };
    if (sign === '?') return { kind: 'repeat', item, min: 0, max: 1, isLazy };
    const least = Number(min);
    const most = max !== undefined ? Number(max) : comma !== undefined ? Infinity : least;
    return { kind: 'repeat', item, min: least, max: most, isLazy };
  }

  #atom(): Node {
    const c = this.#source[this.#at];
    if (c === '(') return this.#group();
    if (c === '[') return { kind: 'set', table: this.#class() };
    if (c === '^' || c === '$') {
      this.#at++;
      return { kind: 'assertion', name: c };
    }
    if (c === '.') {
      this.#at++;
      return { kind: 'set', table: ANY };
    }
    if (c === '\\') {
      const next = this.#source[this.#at + 1] ?? '';
      if (next === 'b' || next === 'B') {
        this.#at += 2;
        return { kind: 'assertion', name: next };
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

  #class(): ByteSet {
    this.#at++;
    const negated = this.#take('^');
    const table = new Uint32Array(8);
    while (this.#at < this.#source.length && this.#source[this.#at] !== ']') {
      const low = this.#classAtom();
      const isRange = this.#source[this.#at] === '-' && this.#source[this.#at + 1] !== ']' && low.single !== undefined;
      if (!isRange) {
        mergeInto(table, low.table);
        continue;
      }
      this.#at++;
      const high = this.#classAtom();
      for (let byte = low.single ?? 0; byte <= Math.min(255, high.single ?? 0); byte++) add(table, byte);
    }
    if (!this.#take(']')) throw new SyntaxError("missing ']'");
    const folded = this.#fold(table);
    return negated ? folded.map((word) => ~word) : folded;
  }

  #classAtom(): { readonly table: ByteSet; readonly single: number | undefined } {
    const isEscape = this.#source[this.#at] === '\\';
    const table = isEscape ? this.#escape() : single(this.#source[this.#at++] ?? '');
    const members = membersOf(table, 2);
    return { table, single: members.length === 1 ? members[0] : undefined };
  }

  #escape(): ByteSet {
    const rest = this.#source.slice(this.#at + 1);
    const hex = /^(?:x(?<two>[0-9a-fA-F]{2})|u(?<four>[0-9a-fA-F]{4}))/.exec(rest);
    if (hex !== null) {
      this.#at += 1 + hex[0].length;
      return single(String.fromCharCode(Number.parseInt(hex.groups?.two ?? hex.groups?.four ?? '0', 16)));
    }
    const c = rest[0] ?? '';
    this.#at += 2;
    const named = CLASSES[c];
    if (named !== undefined) return named;
    return single(CONTROLS[c] ?? c);
  }

  #fold(table: ByteSet): ByteSet {
    if (!this.#ignoreCase) return table;
    const folded = table.slice();
    for (let byte = 65; byte <= 90; byte++) {
      if (has(table, byte)) add(folded, byte + 32);
      if (has(table, byte + 32)) add(folded, byte);
    }
    for (let byte = 0xc0; byte <= 0xde; byte++) {
      if (byte === 0xd7) continue;
      if (has(table, byte)) add(folded, byte + 32);
      if (has(table, byte + 32)) add(folded, byte);
    }
    return folded;
  }

  #take(text: string): boolean {
    if (!this.#source.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }
}

const CONTROLS: { readonly [name: string]: string } = { n: '\n', r: '\r', t: '\t', v: '\v', f: '\f', 0: '\0', b: '\b' };

const CLASSES: { readonly [name: string]: ByteSet } = {
  d: setOf((byte) => /\d/.test(String.fromCharCode(byte))),
  D: setOf((byte) => /\D/.test(String.fromCharCode(byte))),
  w: setOf((byte) => /\w/.test(String.fromCharCode(byte))),
  W: setOf((byte) => /\W/.test(String.fromCharCode(byte))),
  s: setOf((byte) => /\s/.test(String.fromCharCode(byte))),
  S: setOf((byte) => /\S/.test(String.fromCharCode(byte))),
};

const ANY = setOf((byte) => byte !== 10 && byte !== 13);
export const ANYTHING: ByteSet = setOf(() => true);

export function has(set: ByteSet, byte: number): boolean {
  return (((set[byte >> 5] as number) >>> (byte & 31)) & 1) === 1;
}

function add(set: ByteSet, byte: number): void {
  set[byte >> 5] = (set[byte >> 5] as number) | (1 << (byte & 31));
}

function single(character: string): ByteSet {
  const set = new Uint32Array(8);
  const code = character.charCodeAt(0);
  if (code < 256) add(set, code);
  return set;
}

function setOf(test: (byte: number) => boolean): ByteSet {
  const set = new Uint32Array(8);
  for (let byte = 0; byte < 256; byte++) if (test(byte)) add(set, byte);
  return set;
}

function mergeInto(set: ByteSet, other: ByteSet): void {
  for (let word = 0; word < 8; word++) set[word] = (set[word] as number) | (other[word] as number);
}

/** Members in order; no more than `limit`. */
function membersOf(set: ByteSet, limit: number): number[] {
  const members: number[] = [];
  for (let byte = 0; byte < 256 && members.length < limit; byte++) if (has(set, byte)) members.push(byte);
  return members;
}

function toTable(set: ByteSet): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, byte) => (has(set, byte) ? 1 : 0));
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
function walk(node: Node, starts: ReadonlySet<number>, first: readonly ByteSet[]): Set<number> {
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

/** Bytes that refuse a match for what stands right before it. */
export function notBefore(node: Node): Uint8Array | undefined {
  if (node.kind === 'sequence') return node.items[0] === undefined ? undefined : notBefore(node.items[0]);
  if (node.kind !== 'look' || !node.behind) return undefined;
  if (node.negative) return node.item.kind === 'set' ? toTable(node.item.table) : undefined;
  const wanted = lastSet(node.item);
  return wanted === undefined ? undefined : toTable(wanted.map((word) => ~word));
}

/** What the last byte must be. */
function lastSet(node: Node): ByteSet | undefined {
  if (node.kind === 'set') return node.table;
  if (node.kind === 'sequence') return node.items.length === 0 ? undefined : lastSet(node.items.at(-1) as Node);
  if (node.kind === 'repeat') return node.min > 0 ? lastSet(node.item) : undefined;
  if (node.kind !== 'either') return undefined;
  const all = new Uint32Array(8);
  for (const item of node.items) {
    const last = lastSet(item);
    if (last === undefined) return undefined;
    mergeInto(all, last);
  }
  return all;
}

function farthestLookBehind(node: Node): number {
  switch (node.kind) {
    case 'look':
      return Math.max(node.behind ? lengths(node.item)[1] : 0, farthestLookBehind(node.item));
    case 'repeat':
      return farthestLookBehind(node.item);
    case 'sequence':
    case 'either':
      return Math.max(0, ...node.items.map(farthestLookBehind));
    default:
      return 0;
  }
}

interface Prefix {
  readonly text: string;
  /** May more follow that belongs to the prefix? */
  readonly open: boolean;
}

function prefixesOf(node: Node): Prefix[] {
  switch (node.kind) {
    case 'set': {
      const members = membersOf(node.table, 16);
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
    if (!head.open || head.text.length > DEPTH || (heads.length > 1 && heads.length * tails.length > MAX_PREFIXES)) {
      joined.push({ ...head, open: false });
      continue;
    }
    for (const tail of tails) joined.push({ text: head.text + tail.text, open: tail.open });
  }
  return joined;
}
