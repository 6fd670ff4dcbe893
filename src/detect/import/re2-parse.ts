import { ANY, fold, LAST_RUNE, NOT_NEWLINE, negate, perlClass, posixClass, property, type Runes, union } from './runes.ts';

/**
 * Reads RE2 syntax as Go's `regexp` package does (https://pkg.go.dev/regexp/syntax), with its refusals: what Go would not
 * compile is no rule there either. Flags are resolved while reading, so that a node means the same wherever it stands.
 */
export type Node =
  | { readonly kind: 'empty' }
  | { readonly kind: 'set'; readonly runes: Runes }
  | { readonly kind: 'sequence'; readonly items: readonly Node[] }
  | { readonly kind: 'either'; readonly items: readonly Node[] }
  | { readonly kind: 'repeat'; readonly item: Node; readonly min: number; readonly max: number; readonly lazy: boolean }
  | { readonly kind: 'group'; readonly item: Node; readonly index: number; readonly name: string | undefined }
  | { readonly kind: 'assertion'; readonly what: Assertion };

export type Assertion = 'text-start' | 'text-end' | 'line-start' | 'line-end' | 'boundary' | 'no-boundary';

/** What Go's compiler would refuse too, and where. */
export class Re2SyntaxError extends SyntaxError {
  readonly at: number;

  constructor(what: string, at: number) {
    super(`${what} at ${at}`);
    this.name = 'Re2SyntaxError';
    this.at = at;
  }
}

interface Flags {
  readonly i: boolean;
  readonly m: boolean;
  readonly s: boolean;
  readonly U: boolean;
}

const NO_FLAGS: Flags = { i: false, m: false, s: false, U: false };
const MAX_REPEAT = 1000;
const MAX_DEPTH = 1000;

export interface Parsed {
  readonly root: Node;
  /** Number of capture groups. */
  readonly groups: number;
}

export function parseRe2(pattern: string): Parsed {
  const parser = new Parser(pattern);
  const root = parser.parse();
  return { root, groups: parser.groups };
}

class Parser {
  readonly #text: string;
  readonly #names = new Set<string>();
  #at = 0;
  #flags = NO_FLAGS;
  #depth = 0;
  groups = 0;

  constructor(text: string) {
    this.#text = text;
  }

  parse(): Node {
    const node = this.#either();
    if (this.#at < this.#text.length) this.#fail('unexpected )');
    return node;
  }

  #fail(what: string, at = this.#at): never {
    throw new Re2SyntaxError(what, at);
  }

  #looking(text: string): boolean {
    return this.#text.startsWith(text, this.#at);
  }

  #either(): Node {
    const items = [this.#sequence()];
    while (this.#looking('|')) {
      this.#at++;
      items.push(this.#sequence());
    }
    return items.length === 1 ? (items[0] as Node) : { kind: 'either', items };
  }

  #sequence(): Node {
    const items: Node[] = [];
    let afterRepeat = false;
    while (this.#at < this.#text.length && !this.#looking('|') && !this.#looking(')')) {
      const start = this.#at;
      const repeat = this.#repetition();
      if (repeat !== undefined) {
        if (afterRepeat) this.#fail(`invalid nested repetition operator ${this.#text.slice(start, this.#at)}`, start);
        const item = items.pop();
        if (item === undefined) this.#fail(`missing argument to repetition operator ${this.#text.charAt(start)}`, start);
        items.push(this.#repeat(item, repeat, start));
        afterRepeat = true;
        continue;
      }
      afterRepeat = false;
      if (this.#looking('\\Q')) this.#quoted(items);
      else {
        const node = this.#atom();
        if (node !== undefined) items.push(node);
      }
    }
    if (items.length === 0) return { kind: 'empty' };
    return items.length === 1 ? (items[0] as Node) : { kind: 'sequence', items };
  }

  #repetition(): { min: number; max: number; lazy: boolean } | undefined {
    const c = this.#text[this.#at];
    let range: { min: number; max: number } | undefined;
    if (c === '*') range = { min: 0, max: Infinity };
    else if (c === '+') range = { min: 1, max: Infinity };
    else if (c === '?') range = { min: 0, max: 1 };
    if (range !== undefined) this.#at++;
    else if (c === '{') {
      // A brace that is no count is a brace; a number with a leading zero is no count.
      const found = /^\{(?<min>0|[1-9]\d*)(?<comma>,(?<max>0|[1-9]\d*)?)?\}/.exec(this.#text.slice(this.#at, this.#at + 40));
      if (found === null) return undefined;
      const { min, comma, max } = found.groups ?? {};
      const least = Number(min);
      range = { min: least, max: max !== undefined ? Number(max) : comma !== undefined ? Infinity : least };
      const isTooMany = least > MAX_REPEAT || (range.max !== Infinity && (range.max > MAX_REPEAT || least > range.max));
      if (isTooMany) this.#fail(`invalid repeat count ${found[0]}`);
      this.#at += found[0].length;
    }
    if (range === undefined) return undefined;
    let lazy = this.#flags.U;
    if (this.#looking('?')) {
      this.#at++;
      lazy = !lazy;
    }
    return { ...range, lazy };
  }

  #repeat(item: Node, { min, max, lazy }: { min: number; max: number; lazy: boolean }, at: number): Node {
    const node: Node = { kind: 'repeat', item, min, max, lazy };
    const isCounted = (min >= 2 || (max >= 2 && max !== Infinity)) && !repeatsFit(node, MAX_REPEAT);
    if (isCounted) this.#fail('invalid repeat count: nested counts multiply beyond 1000', at);
    return node;
  }

  #quoted(items: Node[]): void {
    this.#at += 2;
    const end = this.#text.indexOf('\\E', this.#at);
    const stop = end < 0 ? this.#text.length : end;
    for (const char of this.#text.slice(this.#at, stop)) items.push(this.#literal(char.codePointAt(0) as number));
    this.#at = end < 0 ? stop : end + 2;
  }

  #literal(rune: number): Node {
    const runes = [rune, rune];
    return { kind: 'set', runes: this.#flags.i ? fold(runes) : runes };
  }

  #rune(): number {
    const rune = this.#text.codePointAt(this.#at);
    if (rune === undefined) this.#fail('unexpected end');
    this.#at += rune > 0xffff ? 2 : 1;
    return rune;
  }

  /** `undefined` for what stands for nothing: `(?i)`. */
  #atom(): Node | undefined {
    const c = this.#text[this.#at];
    switch (c) {
      case '(':
        return this.#group();
      case '[':
        return { kind: 'set', runes: this.#class() };
      case '.':
        this.#at++;
        return { kind: 'set', runes: this.#flags.s ? ANY : NOT_NEWLINE };
      case '^':
        this.#at++;
        return { kind: 'assertion', what: this.#flags.m ? 'line-start' : 'text-start' };
      case '$':
        this.#at++;
        return { kind: 'assertion', what: this.#flags.m ? 'line-end' : 'text-end' };
      case '\\':
        return this.#escape();
      default:
        return this.#literal(this.#rune());
    }
  }

  #escape(): Node {
    const letter = this.#text[this.#at + 1];
    const assertion = letter === undefined ? undefined : ASSERTIONS[letter];
    if (assertion !== undefined) {
      this.#at += 2;
      return { kind: 'assertion', what: assertion };
    }
    if (letter === 'C') this.#fail('\\C (a single byte) is not supported, in Go neither');
    const runes = this.#perl() ?? this.#property();
    if (runes !== undefined) return { kind: 'set', runes };
    return this.#literal(this.#escapedRune());
  }

  /** `\d` and its like. */
  #perl(): Runes | undefined {
    if (!this.#looking('\\')) return undefined;
    const letter = this.#text[this.#at + 1] ?? '';
    const found = perlClass(letter.toLowerCase());
    if (found === undefined) return undefined;
    this.#at += 2;
    const runes = this.#flags.i ? fold(found) : found;
    return letter === letter.toLowerCase() ? runes : negate(runes);
  }

  /** `\pL`, `\p{Greek}`, `\P{^Lu}`. */
  #property(): Runes | undefined {
    const found = /^\\(?<sign>[pP])(?:\{(?<not>\^?)(?<long>[^}]*)\}|(?<short>[^{]))/su.exec(this.#text.slice(this.#at));
    if (found === null) {
      if (this.#looking('\\p') || this.#looking('\\P')) this.#fail('invalid character class range \\p');
      return undefined;
    }
    const { sign, not = '', long, short } = found.groups ?? {};
    const runes = property(long ?? short ?? '');
    if (runes === undefined) this.#fail(`invalid character class range ${found[0]}`);
    this.#at += found[0].length;
    const folded = this.#flags.i ? fold(runes) : runes;
    return (sign === 'P') === (not === '^') ? folded : negate(folded);
  }

  #escapedRune(): number {
    const start = this.#at;
    this.#at++;
    if (this.#at >= this.#text.length) this.#fail('trailing backslash at end of expression', start);
    const rest = this.#text.slice(this.#at, this.#at + 12);
    const octal = /^(?:0[0-7]{0,2}|[1-7][0-7]{1,2})/.exec(rest)?.[0];
    if (octal !== undefined) {
      this.#at += octal.length;
      return Number.parseInt(octal, 8);
    }
    const hex = /^x(?:\{(?<long>[0-9A-Fa-f]+)\}|(?<short>[0-9A-Fa-f]{2}))/.exec(rest);
    if (hex !== null) {
      const rune = Number.parseInt(hex.groups?.long ?? hex.groups?.short ?? '', 16);
      if (rune > LAST_RUNE) this.#fail(`invalid escape sequence \\${hex[0]}`, start);
      this.#at += hex[0].length;
      return rune;
    }
    const rune = this.#rune();
    const char = String.fromCodePoint(rune);
    const control = CONTROLS[char];
    if (control !== undefined) return control;
    if (rune < 0x80 && !/[A-Za-z0-9]/.test(char)) return rune;
    const isReference = /[1-9]/.test(char);
    this.#fail(`invalid escape sequence \\${char}${isReference ? ': RE2 has no back-references' : ''}`, start);
  }

  #group(): Node | undefined {
    const start = this.#at;
    if (++this.#depth > MAX_DEPTH) this.#fail('expression nests too deeply');
    const before = this.#flags;
    let index: number | undefined;
    let name: string | undefined;
    if (this.#looking('(?')) {
      const named = /^\(\?P?<(?<name>[^>]*)>/.exec(this.#text.slice(this.#at, this.#at + 200));
      if (named !== null && !/^\(\?<[=!]/.test(named[0])) {
        name = named.groups?.name ?? '';
        if (!/^[A-Za-z0-9_]+$/.test(name)) this.#fail(`invalid named capture ${named[0]}`);
        if (this.#names.has(name)) this.#fail(`duplicate capture group name ${name}`);
        this.#names.add(name);
        this.#at += named[0].length;
        index = ++this.groups;
      } else if (this.#readFlags(start)) {
        this.#depth--;
        return undefined;
      }
    } else {
      this.#at++;
      index = ++this.groups;
    }
    const item = this.#either();
    if (!this.#looking(')')) this.#fail('missing closing )', start);
    this.#at++;
    this.#flags = before;
    this.#depth--;
    // A group of its own, so that nothing before a repeat is torn apart.
    if (index === undefined) return item.kind === 'sequence' ? { kind: 'either', items: [item] } : item;
    return { kind: 'group', item, index, name };
  }

  /** `(?i)` is done with at once and gives true; `(?i:` opens a group. */
  #readFlags(start: number): boolean {
    const found = /^\(\?(?<on>[imsU]*)(?:(?<minus>-)(?<off>[imsU]+))?(?<end>[:)])/.exec(this.#text.slice(start, start + 40));
    if (found === null) {
      const look = /^\(\?<?[=!]/.exec(this.#text.slice(start, start + 4))?.[0];
      this.#fail(look === undefined ? 'invalid or unsupported group (?' : `RE2 has no look-around: ${look}`, start);
    }
    const { on = '', off = '', end } = found.groups ?? {};
    const flags: Record<string, boolean> = { ...this.#flags };
    for (const flag of on) flags[flag] = true;
    for (const flag of off) flags[flag] = false;
    this.#flags = flags as unknown as Flags;
    this.#at = start + found[0].length;
    return end === ')';
  }

  #class(): Runes {
    const start = this.#at;
    this.#at++;
    let isNegated = false;
    if (this.#looking('^')) {
      isNegated = true;
      this.#at++;
    }
    const parts: Runes[] = [];
    for (let isFirst = true; isFirst || !this.#looking(']'); isFirst = false) {
      if (this.#at >= this.#text.length) this.#fail('missing closing ]', start);
      // A minus in the midst of a class is a minus (Perl syntax), whatever follows.
      const named = this.#posix() ?? this.#perl() ?? this.#property();
      if (named !== undefined) {
        parts.push(named);
        continue;
      }
      const at = this.#at;
      const from = this.#classRune(start);
      let to = from;
      if (this.#looking('-') && this.#text[this.#at + 1] !== ']' && this.#at + 1 < this.#text.length) {
        this.#at++;
        to = this.#classRune(start);
        if (to < from) this.#fail(`invalid character class range ${this.#text.slice(at, this.#at)}`, at);
      }
      parts.push(this.#flags.i ? fold([from, to]) : [from, to]);
    }
    this.#at++;
    const runes = union(...parts);
    return isNegated ? negate(runes) : runes;
  }

  #classRune(start: number): number {
    if (this.#at >= this.#text.length) this.#fail('missing closing ]', start);
    return this.#looking('\\') ? this.#escapedRune() : this.#rune();
  }

  /** `[:alnum:]`, `[:^alnum:]`. */
  #posix(): Runes | undefined {
    if (!this.#looking('[:')) return undefined;
    const end = this.#text.indexOf(':]', this.#at + 2);
    if (end < 0) return undefined;
    const whole = this.#text.slice(this.#at, end + 2);
    const { not, name = '' } = /^\[:(?<not>\^?)(?<name>.*):\]$/s.exec(whole)?.groups ?? {};
    const found = posixClass(name);
    if (found === undefined) this.#fail(`invalid character class range ${whole}`);
    this.#at = end + 2;
    const runes = this.#flags.i ? fold(found) : found;
    return not === '^' ? negate(runes) : runes;
  }
}

const ASSERTIONS: { readonly [letter: string]: Assertion } = {
  A: 'text-start',
  z: 'text-end',
  b: 'boundary',
  B: 'no-boundary',
};

const CONTROLS: { readonly [letter: string]: number } = { a: 7, f: 12, n: 10, r: 13, t: 9, v: 11 };

/** Go refuses counts that multiply beyond 1000: `(a{100}){11}`. */
function repeatsFit(node: Node, most: number): boolean {
  let left = most;
  switch (node.kind) {
    case 'repeat': {
      // `*`, `+` and `?` are no counts.
      const isCount = !(node.max === Infinity && node.min <= 1) && !(node.min === 0 && node.max === 1);
      if (isCount) {
        const times = node.max === Infinity ? node.min : node.max;
        if (times === 0) return true;
        if (times > left) return false;
        left = Math.floor(left / times);
      }
      return repeatsFit(node.item, left);
    }
    case 'group':
      return repeatsFit(node.item, left);
    case 'sequence':
    case 'either':
      return node.items.every((item) => repeatsFit(item, left));
    default:
      return true;
  }
}
