/**
 * Statements of an SQL script, as far as a dump needs it: words, quoted names, strings and punctuation. What psql adds
 * (`\connect`, the data of `COPY … FROM stdin`) is told apart.
 * https://www.postgresql.org/docs/current/sql-syntax-lexical.html
 */
export type Token =
  | { readonly kind: 'word'; readonly text: string }
  | { readonly kind: 'name'; readonly text: string }
  | { readonly kind: 'string'; readonly text: string; readonly start: number; readonly end: number }
  | { readonly kind: 'sign'; readonly text: string };

export interface Statement {
  /** 1-based line of its first word. */
  readonly line: number;
  readonly start: number;
  readonly tokens: readonly Token[];
  /** Of a `\command` of psql. */
  readonly command?: string;
}

/** What a function does is not asked: of longer statements the rest is left out. */
const MOST_TOKENS = 4000;

export interface ScriptEnd {
  /** Where it ends in the middle of something. */
  broken?: string;
}

export function* statements(text: string, end: ScriptEnd = {}): Generator<Statement> {
  let at = 0;
  let line = 1;
  let counted = 0;
  let tokens: Token[] = [];
  let start = -1;
  const lineAt = (offset: number): number => {
    for (let next = text.indexOf('\n', counted); next >= 0 && next < offset; next = text.indexOf('\n', counted)) {
      line += 1;
      counted = next + 1;
    }
    return line;
  };
  const add = (token: Token): void => {
    if (tokens.length < MOST_TOKENS) tokens.push(token);
  };
  while (at < text.length) {
    const c = text.charCodeAt(at);
    if (c <= 0x20) {
      at += 1;
      continue;
    }
    if (c === 0x2d && text.charCodeAt(at + 1) === 0x2d) {
      at = lineEnd(text, at);
      continue;
    }
    if (c === 0x2f && text.charCodeAt(at + 1) === 0x2a) {
      at = commentEnd(text, at, end);
      continue;
    }
    if (c === 0x5c && (at === 0 || text[at - 1] === '\n') && tokens.length === 0) {
      const stop = lineEnd(text, at);
      yield { line: lineAt(at), start: at, tokens: [], command: text.slice(at + 1, stop).trimEnd() };
      at = stop;
      continue;
    }
    if (start < 0) start = at;
    if (c === 0x3b) {
      if (tokens.length > 0) yield { line: lineAt(start), start, tokens };
      at += 1;
      if (isCopyFromStdin(tokens)) at = copyEnd(text, at, end);
      tokens = [];
      start = -1;
      continue;
    }
    if (c === 0x27) {
      const isEscaped = isEscapePrefix(tokens, text, at);
      if (isEscaped) tokens.pop();
      const stop = stringEnd(text, at, isEscaped);
      if (stop === undefined) {
        end.broken = 'a text that is never closed';
        return;
      }
      const body = text.slice(at + 1, stop - 1).replaceAll("''", "'");
      add({ kind: 'string', text: isEscaped ? body.replace(/\\(.)/gs, '$1') : body, start: at + 1, end: stop - 1 });
      at = stop;
      continue;
    }
    if (c === 0x22) {
      let stop = at + 1;
      for (;;) {
        stop = text.indexOf('"', stop);
        if (stop < 0) {
          end.broken = 'a name that is never closed';
          return;
        }
        if (text[stop + 1] !== '"') break;
        stop += 2;
      }
      add({ kind: 'name', text: text.slice(at + 1, stop).replaceAll('""', '"') });
      at = stop + 1;
      continue;
    }
    if (c === 0x24) {
      const tag = dollarTag(text, at);
      if (tag !== undefined) {
        const stop = text.indexOf(tag, at + tag.length);
        if (stop < 0) {
          end.broken = 'the body of a function that is never closed';
          return;
        }
        add({ kind: 'string', text: '', start: at + tag.length, end: stop });
        at = stop + tag.length;
        continue;
      }
    }
    if (isWordStart(c)) {
      let stop = at + 1;
      while (stop < text.length && isWordPart(text.charCodeAt(stop))) stop += 1;
      add({ kind: 'word', text: text.slice(at, stop) });
      at = stop;
      continue;
    }
    add({ kind: 'sign', text: text[at] as string });
    at += 1;
  }
  if (tokens.length > 0) end.broken = 'the middle of a statement';
}

function lineEnd(text: string, at: number): number {
  const stop = text.indexOf('\n', at);
  return stop < 0 ? text.length : stop;
}

/** They nest. */
function commentEnd(text: string, from: number, end: ScriptEnd): number {
  let depth = 0;
  const marks = /\/\*|\*\//g;
  marks.lastIndex = from;
  for (let mark = marks.exec(text); mark !== null; mark = marks.exec(text)) {
    depth += mark[0] === '/*' ? 1 : -1;
    if (depth === 0) return marks.lastIndex;
  }
  end.broken = 'a comment that is never closed';
  return text.length;
}

function isCopyFromStdin(tokens: readonly Token[]): boolean {
  const [first] = tokens;
  if (first?.kind !== 'word' || first.text.toUpperCase() !== 'COPY') return false;
  return tokens.some((token, index) => {
    const next = tokens[index + 1];
    return isWord(token, 'FROM') && next !== undefined && isWord(next, 'STDIN');
  });
}

function copyEnd(text: string, at: number, end: ScriptEnd): number {
  const stop = /^\\\.\r?$/m;
  const rest = text.slice(at);
  const match = stop.exec(rest);
  if (match === null) {
    end.broken = 'data of COPY that never end';
    return text.length;
  }
  return at + match.index + match[0].length;
}

function isEscapePrefix(tokens: readonly Token[], text: string, at: number): boolean {
  const last = tokens.at(-1);
  return last?.kind === 'word' && /^e$/i.test(last.text) && /e/i.test(text[at - 1] ?? '');
}

/** Offset after the closing quote. */
function stringEnd(text: string, from: number, isEscaped: boolean): number | undefined {
  let at = from + 1;
  for (;;) {
    const quote = text.indexOf("'", at);
    if (quote < 0) return undefined;
    if (isEscaped) {
      let slashes = 0;
      while (text[quote - 1 - slashes] === '\\' && quote - 1 - slashes > from) slashes += 1;
      if (slashes % 2 === 1) {
        at = quote + 1;
        continue;
      }
    }
    if (text[quote + 1] !== "'") return quote + 1;
    at = quote + 2;
  }
}

function dollarTag(text: string, at: number): string | undefined {
  const tag = /\$(?:[A-Za-z_\u0080-\uffff][A-Za-z0-9_\u0080-\uffff]{0,62})?\$/y;
  tag.lastIndex = at;
  return tag.exec(text)?.[0];
}

function isWordStart(c: number): boolean {
  return (c >= 0x41 && c <= 0x5a) || (c >= 0x61 && c <= 0x7a) || c === 0x5f || c >= 0x80 || (c >= 0x30 && c <= 0x39);
}

function isWordPart(c: number): boolean {
  return isWordStart(c) || c === 0x24;
}

export function isWord(token: Token | undefined, word: string): boolean {
  return token?.kind === 'word' && token.text.toUpperCase() === word;
}

/** Goes through a statement. */
export class TokenReader {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#tokens.length;
  }

  peek(ahead = 0): Token | undefined {
    return this.#tokens[this.#at + ahead];
  }

  next(): Token | undefined {
    return this.#tokens[this.#at++];
  }

  /** Takes these words if they come next, all of them. */
  take(...words: readonly string[]): boolean {
    if (!words.every((word, index) => isWord(this.peek(index), word))) return false;
    this.#at += words.length;
    return true;
  }

  takeSign(sign: string): boolean {
    const token = this.peek();
    if (token?.kind !== 'sign' || token.text !== sign) return false;
    this.#at += 1;
    return true;
  }

  /** A name as PostgreSQL takes it: what is not quoted is folded to lower case. */
  name(): string | undefined {
    const token = this.peek();
    if (token?.kind !== 'word' && token?.kind !== 'name') return undefined;
    this.#at += 1;
    return token.kind === 'word' ? token.text.toLowerCase() : token.text;
  }

  /** `schema.object`, or one of them. */
  qualified(): readonly string[] {
    const parts: string[] = [];
    for (;;) {
      const part = this.name();
      if (part === undefined) return parts;
      parts.push(part);
      if (!this.takeSign('.')) return parts;
    }
  }

  string(): (Token & { readonly kind: 'string' }) | undefined {
    const token = this.peek();
    if (token?.kind !== 'string') return undefined;
    this.#at += 1;
    return token;
  }

  /** Passes over `(…)`, if it comes next. */
  skipParentheses(): boolean {
    if (!this.takeSign('(')) return false;
    for (let depth = 1; depth > 0 && !this.isAtEnd; ) {
      if (this.takeSign('(')) depth += 1;
      else if (this.takeSign(')')) depth -= 1;
      else this.#at += 1;
    }
    return true;
  }

  skipTo(word: string): boolean {
    while (!this.isAtEnd && !isWord(this.peek(), word)) this.#at += 1;
    return this.take(word);
  }
}
