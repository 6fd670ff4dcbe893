/**
 * The expressions of Betterleaks filters (Expr; the CEL spelling of the same things too): `let`, `||`, `&&`, `!`, `?:`,
 * comparisons, `in`, `contains`, `matches`, `startsWith`, `endsWith`, arithmetic, calls, lists, indices and slices.
 * https://expr-lang.org/docs/language-definition
 */
export type Expr =
  | { readonly kind: 'value'; readonly value: string | number | boolean | null }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'list'; readonly items: readonly Expr[] }
  | { readonly kind: 'not'; readonly item: Expr }
  | { readonly kind: 'binary'; readonly operator: string; readonly left: Expr; readonly right: Expr }
  | { readonly kind: 'if'; readonly test: Expr; readonly yes: Expr; readonly no: Expr }
  | { readonly kind: 'call'; readonly name: string; readonly items: readonly Expr[] }
  | { readonly kind: 'index'; readonly of: Expr; readonly at: Expr }
  | { readonly kind: 'slice'; readonly of: Expr; readonly from: Expr | undefined; readonly to: Expr | undefined }
  | { readonly kind: 'let'; readonly name: string; readonly value: Expr; readonly body: Expr };

export class ExprError extends Error {
  constructor(what: string, at: number) {
    super(`${what} at ${at}`);
    this.name = 'ExprError';
  }
}

interface Token {
  readonly kind: 'string' | 'number' | 'word' | 'sign' | 'end';
  readonly text: string;
  readonly at: number;
}

/** From loose to tight. */
const LEVELS: readonly (readonly string[])[] = [
  ['||', 'or', '??'],
  ['&&', 'and'],
  ['==', '!=', '<=', '>=', '<', '>', 'in', 'not in', 'contains', 'matches', 'startsWith', 'endsWith'],
  ['+', '-'],
  ['*', '/', '%'],
];

/** What has another spelling in CEL is a call on its first argument: `s.contains("x")`. */
const METHODS = new Set(['contains', 'matches', 'startsWith', 'endsWith']);
const MAX_DEPTH = 200;

export function parseExpr(text: string): Expr {
  const parser = new Parser(tokensOf(text));
  return parser.parse();
}

class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  parse(): Expr {
    const expr = this.#expression();
    if (this.#token.kind !== 'end') this.#fail(`unexpected ${this.#token.text}`);
    return expr;
  }

  get #token(): Token {
    return this.#tokens[this.#at] ?? { kind: 'end', text: 'end', at: 0 };
  }

  #fail(what: string): never {
    throw new ExprError(what, this.#token.at);
  }

  #take(text: string): boolean {
    const { kind } = this.#token;
    if (this.#token.text !== text || (kind !== 'sign' && kind !== 'word')) return false;
    this.#at++;
    return true;
  }

  #expect(text: string): void {
    if (!this.#take(text)) this.#fail(`expected ${text} before ${this.#token.text}`);
  }

  #expression(): Expr {
    if (++this.#depth > MAX_DEPTH) this.#fail('the expression nests too deeply');
    const expr = this.#letOrIf();
    this.#depth--;
    return expr;
  }

  #letOrIf(): Expr {
    if (this.#take('let')) {
      const name = this.#word();
      this.#expect('=');
      const value = this.#expression();
      this.#expect(';');
      return { kind: 'let', name, value, body: this.#expression() };
    }
    const test = this.#binary(0);
    if (!this.#take('?')) return test;
    const yes = this.#expression();
    this.#expect(':');
    return { kind: 'if', test, yes, no: this.#expression() };
  }

  #word(): string {
    if (this.#token.kind !== 'word') this.#fail(`expected a name before ${this.#token.text}`);
    const { text } = this.#token;
    this.#at++;
    return text;
  }

  #binary(level: number): Expr {
    const operators = LEVELS[level];
    if (operators === undefined) return this.#unary();
    let left = this.#binary(level + 1);
    for (;;) {
      const operator = this.#operator(operators);
      if (operator === undefined) return left;
      left = { kind: 'binary', operator, left, right: this.#binary(level + 1) };
    }
  }

  #operator(operators: readonly string[]): string | undefined {
    if (operators.includes('not in') && this.#token.text === 'not' && this.#tokens[this.#at + 1]?.text === 'in') {
      this.#at += 2;
      return 'not in';
    }
    const found =
      this.#token.kind === 'sign' || this.#token.kind === 'word' ? operators.find((text) => this.#take(text)) : undefined;
    return found === 'or' ? '||' : found === 'and' ? '&&' : found;
  }

  #unary(): Expr {
    if (++this.#depth > MAX_DEPTH) this.#fail('the expression nests too deeply');
    const expr = this.#prefixed();
    this.#depth--;
    return expr;
  }

  #prefixed(): Expr {
    if (this.#take('!') || this.#take('not')) return { kind: 'not', item: this.#unary() };
    if (this.#take('-')) return { kind: 'binary', operator: '-', left: { kind: 'value', value: 0 }, right: this.#unary() };
    return this.#postfix(this.#primary());
  }

  #primary(): Expr {
    const token = this.#token;
    switch (token.kind) {
      case 'string':
        this.#at++;
        return { kind: 'value', value: token.text };
      case 'number':
        this.#at++;
        return { kind: 'value', value: Number(token.text.replaceAll('_', '')) };
      case 'word':
        this.#at++;
        if (token.text === 'true' || token.text === 'false') return { kind: 'value', value: token.text === 'true' };
        if (token.text === 'nil' || token.text === 'null') return { kind: 'value', value: null };
        return this.#take('(') ? { kind: 'call', name: token.text, items: this.#items(')') } : { kind: 'name', name: token.text };
      case 'sign':
        if (this.#take('(')) {
          const inner = this.#expression();
          this.#expect(')');
          return inner;
        }
        if (this.#take('[')) return { kind: 'list', items: this.#items(']') };
        return this.#fail(`unexpected ${token.text}`);
      default:
        return this.#fail('unexpected end');
    }
  }

  #items(close: string): Expr[] {
    const items: Expr[] = [];
    while (!this.#take(close)) {
      items.push(this.#expression());
      if (!this.#take(',') && this.#token.text !== close) this.#fail(`expected , or ${close} before ${this.#token.text}`);
    }
    return items;
  }

  #postfix(first: Expr): Expr {
    let expr = first;
    for (;;) {
      if (this.#take('[')) expr = this.#subscript(expr);
      else if (this.#take('.') || this.#take('?.')) expr = this.#member(expr);
      else return expr;
    }
  }

  #subscript(of: Expr): Expr {
    // CEL: `attributes[?"path"]`.
    this.#take('?');
    const from = this.#token.text === ':' && this.#token.kind === 'sign' ? undefined : this.#binary(0);
    if (this.#take(':')) {
      const to = this.#token.text === ']' && this.#token.kind === 'sign' ? undefined : this.#binary(0);
      this.#expect(']');
      return { kind: 'slice', of, from, to };
    }
    this.#expect(']');
    return { kind: 'index', of, at: from as Expr };
  }

  #member(of: Expr): Expr {
    this.#take('?');
    const name = this.#word();
    if (!this.#take('(')) return { kind: 'index', of, at: { kind: 'value', value: name } };
    const items = this.#items(')');
    // Both `filter.entropy(x)` and `entropy(x)`.
    if (of.kind === 'name' && of.name === 'filter') return { kind: 'call', name, items };
    if (METHODS.has(name) && items.length === 1) return { kind: 'binary', operator: name, left: of, right: items[0] as Expr };
    if (name === 'orValue' && items.length === 1) return { kind: 'binary', operator: '??', left: of, right: items[0] as Expr };
    return { kind: 'call', name, items: [of, ...items] };
  }
}

const SIGNS = [
  '||',
  '&&',
  '??',
  '?.',
  '==',
  '!=',
  '<=',
  '>=',
  '(',
  ')',
  '[',
  ']',
  ',',
  '.',
  '!',
  '<',
  '>',
  '?',
  ':',
  ';',
  '=',
  '+',
  '-',
  '*',
  '/',
  '%',
];

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const space = /(?:\s+|\/\/[^\n]*|#[^\n]*|\/\*[\s\S]*?\*\/)+/y;
  const number = /\d[\d_]*(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
  const word = /[A-Za-z_]\w*/y;
  function sticky(regex: RegExp): string | undefined {
    regex.lastIndex = at;
    return regex.exec(text)?.[0];
  }
  for (;;) {
    at += sticky(space)?.length ?? 0;
    if (at >= text.length) break;
    const start = at;
    const raw = readString(text, at);
    if (raw !== undefined) {
      at = raw.end;
      tokens.push({ kind: 'string', text: raw.value, at: start });
      continue;
    }
    const digits = sticky(number);
    const name = digits === undefined ? sticky(word) : undefined;
    const sign = digits === undefined && name === undefined ? SIGNS.find((known) => text.startsWith(known, at)) : undefined;
    const found = digits ?? name ?? sign;
    if (found === undefined) throw new ExprError(`unexpected ${text.charAt(at)}`, at);
    at += found.length;
    tokens.push({ kind: digits !== undefined ? 'number' : name !== undefined ? 'word' : 'sign', text: found, at: start });
  }
  tokens.push({ kind: 'end', text: 'end', at });
  return tokens;
}

function readString(text: string, at: number): { readonly value: string; readonly end: number } | undefined {
  // CEL's raw strings.
  const triple = /r("""|'''|"|')/y;
  triple.lastIndex = at;
  const quote = triple.exec(text)?.[1];
  if (quote !== undefined) {
    const start = at + 1 + quote.length;
    const end = text.indexOf(quote, start);
    if (end < 0) throw new ExprError('a string without end', at);
    return { value: text.slice(start, end), end: end + quote.length };
  }
  const c = text[at];
  if (c === '`') {
    const end = text.indexOf('`', at + 1);
    if (end < 0) throw new ExprError('a string without end', at);
    return { value: text.slice(at + 1, end), end: end + 1 };
  }
  if (c !== '"' && c !== "'") return undefined;
  let value = '';
  for (let next = at + 1; next < text.length; next++) {
    const char = text.charAt(next);
    if (char === c) return { value, end: next + 1 };
    if (char !== '\\') {
      value += char;
      continue;
    }
    const escaped = /\\(?:x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|([0-7]{3})|([\s\S]))/y;
    escaped.lastIndex = next;
    const [whole = '', hex, wide, octal, plain = ''] = escaped.exec(text) ?? [];
    if (hex !== undefined || wide !== undefined) value += String.fromCharCode(Number.parseInt(hex ?? wide ?? '', 16));
    else if (octal !== undefined) value += String.fromCharCode(Number.parseInt(octal, 8));
    else value += ESCAPED[plain] ?? plain;
    next += Math.max(1, whole.length) - 1;
  }
  throw new ExprError('a string without end', at);
}

const ESCAPED: { readonly [letter: string]: string } = { n: '\n', r: '\r', t: '\t', a: '\x07', b: '\b', f: '\f', v: '\v' };
