import { LineIndex } from '../../files/location.ts';
import type { Attribute, Block, Body, Expression } from './syntax.ts';

export interface HclFile {
  readonly body: Body;
  /** What could not be read, with the line; empty when all of it was. */
  readonly problems: readonly string[];
  /** 1-based. */
  position(offset: number): { readonly line: number; readonly column: number };
}

/** Bounds on what a hostile file can cost. */
const MAX_DEPTH = 100;
const MAX_PROBLEMS = 50;

/**
 * Reads HCL. Never throws; takes time in proportion to the text. What is broken ends where the next line of its body, or
 * the next block at the left margin, begins, so that the rest of the file stands.
 * https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md
 */
export function readHcl(text: string): HclFile {
  const lines = new LineIndex(text);
  const reader = new Reader(text, (offset) => lines.at(offset).line);
  const body = reader.file();
  return { body, problems: reader.problems, position: (offset) => lines.at(offset) };
}

/** Reads one template, as it stands between quotes in `.tf.json`; `undefined` when it is broken. */
export function readTemplate(text: string, offset: number): Expression | undefined {
  try {
    return new Reader(text, () => 1).wholeTemplate(offset);
  } catch (error) {
    if (error instanceof Broken) return undefined;
    throw error;
  }
}

class Broken extends Error {
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

/** A block of the file begins at the left margin while another is still open: that one was never closed. */
class NextBlock extends Broken {}

const NAME = /[\p{ID_Start}_][\p{ID_Continue}-]*/uy;
const NUMBER = /\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const TOP_LEVEL =
  /(?:resource|data|module|variable|output|provider|ephemeral)[ \t]+"[^"\n]*"(?:[ \t]+"[^"\n]*")?[ \t]*\{|(?:locals|terraform|import|moved|removed)[ \t]*\{/y;
const DOT_BELOW = /\s{1,200}(?=\.[\p{ID_Start}_*])/uy;
const OPERATOR = /==|!=|<=|>=|&&|\|\||[-+*/%<>]/y;
const HEREDOC = /<<(?<indented>-?)(?<word>[\p{ID_Start}_][\p{ID_Continue}-]*)[ \t]*\r?\n/uy;

class Reader {
  readonly problems: string[] = [];
  readonly #text: string;
  readonly #line: (offset: number) => number;
  #at = 0;
  #depth = 0;
  /** Where in the text the template ends that is being read; the whole text when none is. */
  #limit: number;
  #terminators: Map<string, number[]> | undefined;
  /** The line end last looked for, and from where: asked again and again in long lines. */
  #nextLine = { from: 0, end: -1 };
  /** No comment ends behind this. */
  #lastCommentEnd: number | undefined;

  constructor(text: string, line: (offset: number) => number) {
    this.#text = text;
    this.#line = line;
    this.#limit = text.length;
  }

  file(): Body {
    if (this.#text.charCodeAt(0) === 0xfeff) this.#at = 1;
    const attributes: Attribute[] = [];
    const blocks: Block[] = [];
    while (this.#at < this.#text.length) {
      const before = this.#at;
      const { attributes: more, blocks: others } = this.#body(true);
      for (const attribute of more) attributes.push(attribute);
      for (const block of others) blocks.push(block);
      // A closing brace too many ends a body at the top: go on behind it.
      if (this.#at < this.#text.length) {
        this.#note('a closing brace without an opening one', this.#at);
        this.#at = Math.max(this.#at, before) + 1;
      }
    }
    return { attributes, blocks };
  }

  wholeTemplate(offset: number): Expression {
    const parts: (string | Expression)[] = [];
    let plain = '';
    while (this.#at < this.#text.length) {
      const piece = this.#interpolation();
      if (piece === undefined) plain += this.#text[this.#at++];
      else if (typeof piece === 'string') plain += piece;
      else {
        if (plain !== '') parts.push(plain);
        plain = '';
        parts.push(piece);
      }
    }
    if (plain !== '') parts.push(plain);
    return asTemplate(parts, offset, offset + this.#text.length);
  }

  #body(isTop: boolean): Body {
    const attributes: Attribute[] = [];
    const blocks: Block[] = [];
    for (;;) {
      let start = this.#at;
      try {
        this.#skip(true);
        start = this.#at;
        if (start >= this.#text.length) {
          if (!isTop) this.#note('a block is not closed', start);
          break;
        }
        if (this.#text[start] === '}' || (!isTop && this.#isNextBlock())) break;
        const item = this.#item();
        if ('value' in item) attributes.push(item);
        else blocks.push(item);
      } catch (error) {
        if (!(error instanceof Broken)) throw error;
        if (error instanceof NextBlock) {
          this.#at = error.offset;
          if (!isTop) break;
        } else {
          this.#note(error.message, error.offset);
          this.#recover(Math.max(start, error.offset));
        }
      }
    }
    return { attributes, blocks };
  }

  /** To the end of the line; or to the brace that ends the body. */
  #recover(from: number): void {
    this.#at = this.#text[from] === '}' ? from : this.#lineEnd(from);
  }

  #item(): Attribute | Block {
    const start = this.#at;
    const name = this.#name() ?? (this.#text[start] === '"' ? this.#plainQuoted() : undefined);
    if (name === undefined) throw new Broken(`unexpected ${shown(this.#text, start)}`, start);
    this.#skip(false);
    if (this.#text[this.#at] === '=' && this.#text[this.#at + 1] !== '=') {
      this.#at += 1;
      this.#skip(false);
      const value = this.#expression(false);
      this.#endOfItem();
      return { name, value, start, end: value.end };
    }
    const labels: string[] = [];
    for (;;) {
      this.#skip(false);
      const character = this.#text[this.#at];
      if (character === '"') labels.push(this.#plainQuoted());
      else if (character === '{') break;
      else {
        const label = this.#name();
        if (label === undefined) throw new Broken(`neither an attribute nor a block: ${shown(this.#text, this.#at)}`, this.#at);
        labels.push(label);
      }
    }
    this.#at += 1;
    return this.#block(name, labels, start);
  }

  #block(type: string, labels: readonly string[], start: number): Block {
    this.#enter(start);
    try {
      const body = this.#body(false);
      if (this.#text[this.#at] === '}') this.#at += 1;
      return { type, labels, body, start, end: this.#at };
    } finally {
      this.#depth -= 1;
    }
  }

  #endOfItem(): void {
    this.#skip(false);
    const character = this.#text[this.#at];
    if (character === undefined || character === '\n' || character === '\r' || character === '}') return;
    // `{ a = 1, b = 2 }` on one line, as people write it although HCL refuses it.
    if (character === ',') {
      this.#at += 1;
      return;
    }
    throw new Broken(`unexpected ${shown(this.#text, this.#at)} after a value`, this.#at);
  }

  /** `free`: within brackets, where a line may end anywhere. */
  #expression(free: boolean): Expression {
    this.#enter(this.#at);
    try {
      const first = this.#operand(free);
      const operands = [first];
      let operator: string | undefined;
      for (;;) {
        this.#skip(free);
        OPERATOR.lastIndex = this.#at;
        const found = OPERATOR.exec(this.#text)?.[0];
        if (found === undefined) break;
        this.#at += found.length;
        // A line may break behind an operator only within brackets; people's files that do otherwise do not load.
        this.#skip(free);
        operator ??= found;
        if (found !== operator) operator = 'mixed';
        operands.push(this.#operand(free));
      }
      const value: Expression =
        operator === undefined
          ? first
          : { kind: 'operation', operator, operands, start: first.start, end: operands.at(-1)?.end ?? first.end };
      if (this.#text[this.#at] !== '?') return value;
      this.#at += 1;
      this.#skip(free);
      const whenTrue = this.#expression(free);
      this.#skip(free);
      if (this.#text[this.#at] !== ':') throw new Broken('a condition without its second branch', this.#at);
      this.#at += 1;
      this.#skip(free);
      const whenFalse = this.#expression(free);
      return { kind: 'conditional', test: value, whenTrue, whenFalse, start: value.start, end: whenFalse.end };
    } finally {
      this.#depth -= 1;
    }
  }

  #operand(free: boolean): Expression {
    const start = this.#at;
    const character = this.#text[start];
    if (character === '!' || character === '-') {
      this.#enter(start);
      try {
        this.#at += 1;
        this.#skip(free);
        const operand = this.#operand(free);
        if (character === '-' && operand.kind === 'literal' && typeof operand.value === 'number') {
          return { ...operand, value: -operand.value, start };
        }
        return { kind: 'operation', operator: character, operands: [operand], start, end: operand.end };
      } finally {
        this.#depth -= 1;
      }
    }
    const value = this.#primary(character, start);
    return this.#steps(value, free);
  }

  #primary(character: string | undefined, start: number): Expression {
    if (character === '"') return this.#quoted();
    if (character === '[') return this.#list();
    if (character === '{') return this.#object();
    if (character === '<') return this.#heredoc();
    if (character === '(') {
      this.#at += 1;
      this.#skip(true);
      const inner = this.#expression(true);
      this.#expect(')', 'a bracket');
      return { ...inner, start, end: this.#at };
    }
    NUMBER.lastIndex = start;
    const number = NUMBER.exec(this.#text)?.[0];
    if (number !== undefined) {
      this.#at += number.length;
      return { kind: 'literal', value: Number(number), start, end: this.#at };
    }
    const name = this.#name();
    if (name === undefined) throw new Broken(`a value is missing before ${shown(this.#text, start)}`, start);
    if (name === 'true' || name === 'false') return { kind: 'literal', value: name === 'true', start, end: this.#at };
    if (name === 'null') return { kind: 'literal', value: null, start, end: this.#at };
    return this.#nameOrCall(name, start);
  }

  #nameOrCall(first: string, start: number): Expression {
    let name = first;
    // `provider::aws::arn_parse(…)`
    while (this.#text.startsWith('::', this.#at)) {
      this.#at += 2;
      name = `${name}::${this.#name() ?? ''}`;
    }
    if (this.#text[this.#at] !== '(') return { kind: 'reference', root: name, steps: [], start, end: this.#at };
    this.#at += 1;
    const given: Expression[] = [];
    for (;;) {
      this.#skip(true);
      if (this.#text[this.#at] === ')') break;
      given.push(this.#expression(true));
      this.#skip(true);
      if (this.#text.startsWith('...', this.#at)) this.#at += 3;
      this.#skip(true);
      if (this.#text[this.#at] !== ',') break;
      this.#at += 1;
    }
    this.#expect(')', `the call of ${name}`);
    return { kind: 'call', name, arguments: given, steps: [], start, end: this.#at };
  }

  /** `.name`, `[0]`, `[each.key]`, `.*`, `[*]` behind a value. */
  #steps(value: Expression, free: boolean): Expression {
    const steps: (string | Expression)[] = [];
    for (;;) {
      if (free) this.#toDotOnNextLine();
      const character = this.#text[this.#at];
      if (this.#text.startsWith('...', this.#at)) break;
      if (character === '.') {
        if (this.#text[this.#at + 1] === '*') {
          this.#at += 2;
          steps.push('*');
          continue;
        }
        this.#at += 1;
        const step = this.#name() ?? /^\d+/.exec(this.#text.slice(this.#at, this.#at + 20))?.[0];
        if (step === undefined) throw new Broken('a dot without a name', this.#at);
        if (/^\d/.test(step)) {
          this.#at += step.length;
          steps.push({ kind: 'literal', value: Number(step), start: this.#at - step.length, end: this.#at });
        } else steps.push(step);
      } else if (character === '[') {
        this.#at += 1;
        this.#skip(true);
        if (this.#text[this.#at] === '*') {
          this.#at += 1;
          steps.push('*');
        } else steps.push(this.#expression(true));
        this.#expect(']', 'an index');
      } else break;
    }
    if (steps.length === 0) return value;
    const end = this.#at;
    if (value.kind === 'reference' || value.kind === 'call') return { ...value, steps: [...value.steps, ...steps], end };
    const indexes = steps.filter((step) => typeof step !== 'string');
    return { kind: 'operation', operator: 'index', operands: [value, ...indexes], start: value.start, end };
  }

  #toDotOnNextLine(): void {
    if (this.#text[this.#at] !== '\n' && this.#text[this.#at] !== '\r') return;
    DOT_BELOW.lastIndex = this.#at;
    const blank = DOT_BELOW.exec(this.#text)?.[0];
    if (blank !== undefined) this.#at += blank.length;
  }

  #list(): Expression {
    const start = this.#at;
    this.#at += 1;
    this.#skip(true);
    if (this.#isFor()) return this.#for(start, ']');
    const items: Expression[] = [];
    for (;;) {
      this.#skip(true);
      if (this.#text[this.#at] === ']') break;
      items.push(this.#expression(true));
      this.#skip(true);
      if (this.#text[this.#at] !== ',') break;
      this.#at += 1;
    }
    this.#expect(']', 'a list');
    return { kind: 'list', items, start, end: this.#at };
  }

  #object(): Expression {
    const start = this.#at;
    this.#at += 1;
    this.#skip(true);
    if (this.#isFor()) return this.#for(start, '}');
    const entries: { key: Expression; value: Expression }[] = [];
    for (;;) {
      this.#skip(true);
      if (this.#text[this.#at] === '}') break;
      const key = this.#key();
      this.#skip(true);
      const sign = this.#text[this.#at];
      if (sign !== '=' && sign !== ':') throw new Broken(`a key without a value: ${shown(this.#text, this.#at)}`, this.#at);
      this.#at += 1;
      this.#skip(true);
      // A line ends the value here, if no bracket is open.
      const value = this.#expression(false);
      entries.push({ key, value });
      this.#skip(true);
      if (this.#text[this.#at] === ',') this.#at += 1;
    }
    this.#expect('}', 'an object');
    return { kind: 'object', entries, start, end: this.#at };
  }

  /** A bare name is text, not a reference; `(name)` is one. */
  #key(): Expression {
    const start = this.#at;
    const name = this.#name();
    if (name !== undefined && this.#text[this.#at] !== '.' && this.#text[this.#at] !== '[' && this.#text[this.#at] !== '(') {
      return { kind: 'literal', value: name, start, end: this.#at };
    }
    this.#at = start;
    return this.#operand(true);
  }

  #isFor(): boolean {
    return /^for[\s(]/.test(this.#text.slice(this.#at, this.#at + 4));
  }

  #for(start: number, close: string): Expression {
    this.#at += 3;
    const names: string[] = [];
    for (;;) {
      this.#skip(true);
      const name = this.#name();
      if (name === undefined) throw new Broken('a for without its names', this.#at);
      if (name === 'in') break;
      names.push(name);
      this.#skip(true);
      if (this.#text[this.#at] === ',') this.#at += 1;
    }
    const over = this.#spaced();
    this.#expect(':', 'a for');
    const first = this.#spaced();
    let [value, isGrouped] = [first, false];
    if (this.#text.startsWith('=>', this.#at)) {
      this.#at += 2;
      value = this.#spaced();
      isGrouped = this.#text.startsWith('...', this.#at);
      if (isGrouped) this.#at += 3;
      this.#skip(true);
    }
    let test: Expression | undefined;
    if (/^if[\s(!]/.test(this.#text.slice(this.#at, this.#at + 3))) {
      this.#at += 2;
      test = this.#spaced();
    }
    this.#expect(close, 'a for');
    return {
      kind: 'for',
      names,
      over,
      ...(value === first ? {} : { key: first }),
      value,
      ...(test === undefined ? {} : { test }),
      isGrouped,
      start,
      end: this.#at,
    };
  }

  /** An expression within brackets, with the space around it. */
  #spaced(): Expression {
    this.#skip(true);
    const expression = this.#expression(true);
    this.#skip(true);
    return expression;
  }

  #quoted(): Expression {
    const start = this.#at;
    this.#at += 1;
    const parts: (string | Expression)[] = [];
    let plain = '';
    for (;;) {
      const from = this.#at;
      // Runs of ordinary characters at once.
      while (this.#at < this.#limit && !'"\\$%\n'.includes(this.#text[this.#at] ?? '')) this.#at += 1;
      plain += this.#text.slice(from, this.#at);
      const character = this.#text[this.#at];
      if (character === undefined || character === '\n') throw new Broken('a text is not closed', start);
      if (character === '"') break;
      if (character === '\\') {
        plain += this.#escape();
        continue;
      }
      const piece = this.#interpolation();
      if (piece === undefined) {
        plain += character;
        this.#at += 1;
      } else if (typeof piece === 'string') plain += piece;
      else {
        if (plain !== '') parts.push(plain);
        plain = '';
        parts.push(piece);
      }
    }
    this.#at += 1;
    if (plain !== '') parts.push(plain);
    return asTemplate(parts, start, this.#at);
  }

  #escape(): string {
    const next = this.#text[this.#at + 1] ?? '';
    const digits = next === 'u' ? 4 : next === 'U' ? 8 : 0;
    if (digits > 0) {
      const hex = this.#text.slice(this.#at + 2, this.#at + 2 + digits);
      const code = Number.parseInt(hex, 16);
      this.#at += 2 + digits;
      return /^[0-9a-f]+$/i.test(hex) && code <= 0x10ffff ? String.fromCodePoint(code) : '\uFFFD';
    }
    // `\` before a line's end: the text is not closed, which the caller tells.
    this.#at += next === '\n' || next === '' ? 1 : 2;
    return { n: '\n', r: '\r', t: '\t', '"': '"', '\\': '\\' }[next] ?? `\\${next === '\n' ? '' : next}`;
  }

  /** At `$` or `%`: what is interpolated, `${` for the escaped `$${`, or nothing when the character is but itself. */
  #interpolation(): string | Expression | undefined {
    const sign = this.#text[this.#at];
    if (sign !== '$' && sign !== '%') return undefined;
    if (this.#text[this.#at + 1] === sign && this.#text[this.#at + 2] === '{') {
      this.#at += 3;
      return `${sign}{`;
    }
    if (this.#text[this.#at + 1] !== '{') return undefined;
    const start = this.#at;
    this.#at += 2;
    if (this.#text[this.#at] === '~') this.#at += 1;
    this.#skip(true);
    if (sign === '%') return this.#directive(start);
    const value = this.#expression(true);
    this.#skip(true);
    if (this.#text[this.#at] === '~') this.#at += 1;
    this.#expect('}', 'an interpolation');
    return value;
  }

  /** `%{ if … }`, `%{ for … }`: what stands between them depends. */
  #directive(start: number): Expression {
    const operands: Expression[] = [];
    const word = this.#name() ?? '';
    this.#skip(true);
    if (word === 'for') {
      for (let name = this.#name(); name !== undefined && name !== 'in'; name = this.#name()) {
        this.#skip(true);
        if (this.#text[this.#at] === ',') this.#at += 1;
        this.#skip(true);
      }
      this.#skip(true);
    }
    if (word === 'if' || word === 'for') operands.push(this.#expression(true));
    this.#skip(true);
    if (this.#text[this.#at] === '~') this.#at += 1;
    this.#expect('}', 'a directive');
    return { kind: 'operation', operator: 'directive', operands, start, end: this.#at };
  }

  #heredoc(): Expression {
    const start = this.#at;
    HEREDOC.lastIndex = start;
    const match = HEREDOC.exec(this.#text);
    const { indented, word } = match?.groups ?? {};
    if (match === null || word === undefined) throw new Broken(`a value is missing before ${shown(this.#text, start)}`, start);
    const from = start + match[0].length;
    const close = this.#terminator(word, from);
    if (close === undefined) throw new Broken(`the heredoc ${word} is not closed`, start);
    const lineEnd = this.#text.indexOf('\n', close);
    const end = lineEnd < 0 ? this.#text.length : this.#text[lineEnd - 1] === '\r' ? lineEnd - 1 : lineEnd;
    const parts = this.#heredocParts(from, close);
    this.#at = end;
    return asTemplate(indented === '-' ? withoutIndent(parts) : parts, start, end);
  }

  #heredocParts(from: number, close: number): (string | Expression)[] {
    const outer = this.#limit;
    this.#limit = close;
    const parts: (string | Expression)[] = [];
    let plain = '';
    this.#at = from;
    try {
      while (this.#at < close) {
        const begin = this.#at;
        while (this.#at < close && this.#text[this.#at] !== '$' && this.#text[this.#at] !== '%') this.#at += 1;
        plain += this.#text.slice(begin, this.#at);
        if (this.#at >= close) break;
        const sign = this.#at;
        let piece: string | Expression | undefined;
        try {
          piece = this.problems.length < MAX_PROBLEMS ? this.#interpolation() : undefined;
        } catch (error) {
          if (!(error instanceof Broken) || error instanceof NextBlock) throw error;
          this.#note(error.message, error.offset);
          this.#at = sign;
        }
        // An interpolation that runs over the end of its heredoc is broken.
        if (this.#at > close) {
          this.#note('an interpolation is not closed', sign);
          this.#at = close;
          break;
        }
        if (piece === undefined) plain += this.#text[this.#at++];
        else if (typeof piece === 'string') plain += piece;
        else {
          if (plain !== '') parts.push(plain.replaceAll('\r\n', '\n'));
          plain = '';
          parts.push(piece);
        }
      }
    } finally {
      this.#limit = outer;
    }
    if (plain !== '') parts.push(plain.replaceAll('\r\n', '\n'));
    return parts;
  }

  /** The offset of the line that holds nothing but the word. Lines of one word are listed once, for unclosed heredocs. */
  #terminator(word: string, from: number): number | undefined {
    if (this.#terminators === undefined) {
      this.#terminators = new Map();
      for (const match of this.#text.matchAll(/^[ \t]*(?<word>[\p{ID_Start}_][\p{ID_Continue}-]*)[ \t]*\r?$/gmu)) {
        const name = match.groups?.word ?? '';
        const known = this.#terminators.get(name);
        if (known === undefined) this.#terminators.set(name, [match.index]);
        else known.push(match.index);
      }
    }
    const places = this.#terminators.get(word) ?? [];
    let low = 0;
    let high = places.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((places[middle] ?? 0) < from) low = middle + 1;
      else high = middle;
    }
    return places[low];
  }

  #plainQuoted(): string {
    const value = this.#quoted();
    return value.kind === 'literal' ? String(value.value) : this.#text.slice(value.start + 1, value.end - 1);
  }

  #name(): string | undefined {
    NAME.lastIndex = this.#at;
    const name = NAME.exec(this.#text)?.[0];
    if (name !== undefined) this.#at += name.length;
    return name;
  }

  /** Blanks and comments; line ends too where they mean nothing. */
  #skip(overLines: boolean): void {
    for (;;) {
      const character = this.#text[this.#at];
      if (character === ' ' || character === '\t') this.#at += 1;
      else if (character === '\n' || character === '\r') {
        if (!overLines) return;
        this.#at += 1;
      } else if (character === '#' || (character === '/' && this.#text[this.#at + 1] === '/')) {
        this.#at = this.#lineEnd(this.#at);
      } else if (character === '/' && this.#text[this.#at + 1] === '*') {
        this.#lastCommentEnd ??= this.#text.lastIndexOf('*/');
        const end = this.#at + 2 > this.#lastCommentEnd ? -1 : this.#text.indexOf('*/', this.#at + 2);
        if (end < 0) this.#note('a comment is not closed', this.#at);
        this.#at = end < 0 ? this.#text.length : end + 2;
      } else return;
      // Within brackets that were never closed.
      if (overLines && character === '\n' && this.#depth > 0 && this.#isNextBlock()) {
        this.#note('what stands before it is not closed', this.#at);
        throw new NextBlock('', this.#at);
      }
    }
  }

  #lineEnd(from: number): number {
    if (from < this.#nextLine.from || from > this.#nextLine.end) {
      const end = this.#text.indexOf('\n', from);
      this.#nextLine = { from, end: end < 0 ? this.#text.length : end };
    }
    return this.#nextLine.end;
  }

  #isNextBlock(): boolean {
    const before = this.#text[this.#at - 1];
    if (this.#limit !== this.#text.length || (before !== '\n' && this.#at !== 0)) return false;
    TOP_LEVEL.lastIndex = this.#at;
    return TOP_LEVEL.test(this.#text);
  }

  #expect(character: string, what: string): void {
    this.#skip(true);
    if (this.#text[this.#at] !== character)
      throw new Broken(`${what} is not closed before ${shown(this.#text, this.#at)}`, this.#at);
    this.#at += 1;
  }

  #enter(offset: number): void {
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH) throw new Broken(`nested more than ${MAX_DEPTH} levels deep`, offset);
  }

  #note(message: string, offset: number): void {
    if (this.problems.length < MAX_PROBLEMS) this.problems.push(`line ${this.#line(offset)}: ${message}`);
  }
}

function asTemplate(parts: readonly (string | Expression)[], start: number, end: number): Expression {
  const [only] = parts;
  if (parts.length === 0) return { kind: 'literal', value: '', start, end };
  if (parts.length === 1 && only !== undefined) {
    return typeof only === 'string' ? { kind: 'literal', value: only, start, end } : { ...only, start, end };
  }
  return { kind: 'template', parts, start, end };
}

/** `<<-` takes away the indentation that all lines share. */
function withoutIndent(parts: readonly (string | Expression)[]): (string | Expression)[] {
  let smallest = Number.POSITIVE_INFINITY;
  for (const [index, part] of parts.entries()) {
    if (typeof part !== 'string') continue;
    for (const [number, line] of part.split('\n').entries()) {
      const isLineStart = number > 0 || index === 0;
      if (isLineStart && (line.trim() !== '' || index < parts.length - 1)) {
        smallest = Math.min(smallest, /^[ \t]*/.exec(line)?.[0].length ?? 0);
      }
    }
  }
  if (smallest === 0 || !Number.isFinite(smallest)) return [...parts];
  return parts.map((part, index) =>
    typeof part !== 'string'
      ? part
      : part
          .split('\n')
          .map((line, number) =>
            number > 0 || index === 0 ? line.slice(Math.min(smallest, /^[ \t]*/.exec(line)?.[0].length ?? 0)) : line,
          )
          .join('\n'),
  );
}

/** Never the text itself, for it may hold a secret: what kind of character stands there. */
function shown(text: string, offset: number): string {
  const character = text[offset];
  if (character === undefined) return 'the end of the file';
  if (character === '\n' || character === '\r') return 'the end of the line';
  return /[\p{L}\p{N}]/u.test(character) ? 'a word' : `"${character}"`;
}
