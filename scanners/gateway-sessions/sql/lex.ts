import type { Dialect } from './dialect.ts';

export type TokenKind = 'word' | 'name' | 'string' | 'number' | 'parameter' | 'symbol' | 'end' | 'meta';

/** One token; comments and white space are none. */
export interface Token {
  readonly kind: TokenKind;
  readonly start: number;
  readonly end: number;
  /** White space or a comment before it. */
  readonly spaced: boolean;
}

export interface Lexed {
  readonly tokens: readonly Token[];
  /** What is a literal and what not hangs on a setting of the server, or a quote is never closed. */
  readonly unsure: boolean;
}

// PostgreSQL takes every character beyond ASCII for a letter, no-break spaces and emoji too.
const SPACE = /[ \t\n\r\f\v]+/y;
const WORD = /[a-z_\u0080-\uffff][a-z0-9_$\u0080-\uffff]*/iy;
const NUMBER = /(?:0[xob][0-9a-f_]+|(?:\d[\d_]*(?:\.[\d_]*)?|\.\d[\d_]*)(?:e[+-]?\d[\d_]*)?)[a-z0-9_$\u0080-\uffff]*/iy;
const PARAMETER = /\$\d+|(?<!:):(?:[a-z_]\w*|'[^'\n]*'|"[^"\n]*")|@{1,2}[a-z0-9_$#\u0080-\uffff]+|\?/iy;
const DOLLAR = /\$(?:[a-z_\u0080-\uffff][a-z0-9_\u0080-\uffff]*)?\$/iy;
const PREFIX = /^(?:e|b|x|n|u&|r|rb|br|q|nq|_[a-z0-9]+)$/i;
const COPY_DATA = /^copy\b(?:(?!;).)*\bfrom\s+stdin\b/is;

/**
 * Every text has tokens: what is no SQL gives symbols and words. Goes through the text once. A script is read by a client, which
 * has commands of its own, and data between statements.
 */
export function lex(text: string, dialect: Dialect, isScript = true): Lexed {
  const tokens: Token[] = [];
  let unsure = false;
  let spaced = false;
  let at = 0;
  let statement = 0;
  // `E'…'` goes on after a line break with a plain quote.
  let escapes: { readonly until: number } | undefined;

  const push = (kind: TokenKind, end: number): void => {
    tokens.push({ kind, start: at, end, spaced });
    spaced = false;
    at = end;
  };
  const match = (pattern: RegExp): number => {
    pattern.lastIndex = at;
    return pattern.test(text) ? pattern.lastIndex : -1;
  };
  const string = (open: number, escaped: 'yes' | 'no' | 'unsure'): void => {
    const quote = text[open] ?? "'";
    const isTriple = dialect.triple && text.startsWith(quote.repeat(3), open);
    const found = isTriple ? closeTriple(text, open + 3, quote) : closeQuote(text, open + 1, quote, escaped === 'yes');
    // Whether it ends there hangs on a setting.
    if (escaped === 'unsure' && text.slice(open, found.end).includes("\\'")) unsure = true;
    if (!found.closed) unsure = true;
    push('string', found.end);
  };

  while (at < text.length) {
    const space = match(SPACE);
    if (space > at) {
      spaced = true;
      at = space;
      continue;
    }
    const comment = endOfComment(text, at, dialect);
    if (comment !== undefined) {
      spaced = true;
      at = comment;
      continue;
    }
    const char = text[at] ?? '';
    if (char === "'") {
      const goesOn = escapes !== undefined && /^\s*\n\s*$/.test(text.slice(escapes.until, at));
      string(at, goesOn ? 'yes' : dialect.backslash);
      escapes = goesOn ? { until: at } : undefined;
      continue;
    }
    if (char === '"' || (char === '`' && dialect.backtick)) {
      if (char === '"' && dialect.doubleQuoted) {
        string(at, dialect.backslash);
        continue;
      }
      const found = closeQuote(text, at + 1, char, false);
      if (!found.closed || (char === '"' && dialect.doubleUnsure)) unsure = true;
      push('name', found.end);
      continue;
    }
    if (char === '[' && dialect.brackets) {
      const found = closeQuote(text, at + 1, ']', false);
      if (!found.closed) unsure = true;
      push('name', found.end);
      continue;
    }
    if (char === '$' && dialect.dollar) {
      const open = match(DOLLAR);
      if (open > at) {
        const close = text.indexOf(text.slice(at, open), open);
        if (close < 0) unsure = true;
        push('string', close < 0 ? text.length : close + open - at);
        continue;
      }
    }
    const word = match(WORD);
    if (word > at) {
      const open = text[word] === '&' ? word + 1 : word;
      const prefix = text.slice(at, open);
      if ((text[open] === "'" || (text[open] === '"' && dialect.doubleQuoted)) && PREFIX.test(prefix)) {
        if (dialect.q && /q$/i.test(prefix)) {
          const found = closeDelimited(text, open + 1);
          if (!found.closed) unsure = true;
          push('string', found.end);
        } else {
          const isEscaped = /^e$/i.test(prefix);
          string(open, isEscaped ? 'yes' : /r/i.test(prefix) ? 'no' : dialect.backslash);
          if (isEscaped) escapes = { until: at };
        }
        continue;
      }
      if (text[open] === '"' && /^u&$/i.test(prefix)) {
        const found = closeQuote(text, open + 1, '"', false);
        if (!found.closed) unsure = true;
        push('name', found.end);
        continue;
      }
      push('word', word);
      continue;
    }
    const number = match(NUMBER);
    if (number > at) {
      push('number', number);
      continue;
    }
    const parameter = match(PARAMETER);
    if (parameter > at) {
      push('parameter', parameter);
      continue;
    }
    if (char === ';') {
      push('end', at + 1);
      if (isScript && dialect.postgres && COPY_DATA.test(text.slice(statement, at).trimStart())) at = endOfData(text, at);
      statement = at;
      continue;
    }
    // Commands of psql take the rest of their line, and what stands there is no SQL.
    if (isScript && char === '\\' && /[a-z!?;.]/i.test(text[at + 1] ?? '')) {
      const line = text.indexOf('\n', at);
      push('meta', line < 0 ? text.length : line);
      statement = at;
      continue;
    }
    push('symbol', at + 1);
  }
  return { tokens, unsure };
}

interface Closed {
  readonly end: number;
  readonly closed: boolean;
}

/** A quote inside is written twice. */
function closeQuote(text: string, from: number, quote: string, escaped: boolean): Closed {
  for (let at = from; at < text.length; at += 1) {
    const char = text[at];
    if (escaped && char === '\\') at += 1;
    else if (char === quote) {
      if (text[at + 1] !== quote) return { end: at + 1, closed: true };
      at += 1;
    }
  }
  return { end: text.length, closed: false };
}

function closeTriple(text: string, from: number, quote: string): Closed {
  const found = text.indexOf(quote.repeat(3), from);
  return found < 0 ? { end: text.length, closed: false } : { end: found + 3, closed: true };
}

/** https://docs.oracle.com/en/database/oracle/oracle-database/23/sqlrf/Literals.html */
function closeDelimited(text: string, from: number): Closed {
  const open = text[from] ?? '';
  const close = { '[': ']', '{': '}', '(': ')', '<': '>' }[open] ?? open;
  const found = text.indexOf(`${close}'`, from + 1);
  return found < 0 ? { end: text.length, closed: false } : { end: found + 2, closed: true };
}

function endOfComment(text: string, at: number, dialect: Dialect): number | undefined {
  const two = text.slice(at, at + 2);
  if (
    (two === '--' && (!dialect.dashSpace || /^(?:\s|$)/.test(text.slice(at + 2, at + 3)))) ||
    (dialect.hash && two[0] === '#')
  ) {
    const line = text.indexOf('\n', at);
    return line < 0 ? text.length : line;
  }
  if (two === '*/' && dialect.dashSpace) return at + 2;
  if (two !== '/*') return undefined;
  // MySQL runs what stands in these.
  const runs = dialect.dashSpace ? /^\/\*(?:!|M!)\d*/.exec(text.slice(at, at + 16)) : null;
  if (runs !== null) return at + runs[0].length;
  let depth = 1;
  for (let next = at + 2; next < text.length; next += 1) {
    if (text[next] === '*' && text[next + 1] === '/') {
      depth -= 1;
      next += 1;
      if (depth === 0) return next + 1;
    } else if (dialect.nested && text[next] === '/' && text[next + 1] === '*') {
      depth += 1;
      next += 1;
    }
  }
  return text.length;
}

/** Rows follow `COPY … FROM STDIN;` in a script, until a line `\.` */
function endOfData(text: string, at: number): number {
  const line = text.indexOf('\n', at);
  if (line < 0) return at;
  const found = /^\\\.[^\n]*$/m.exec(text.slice(line));
  return found === null ? text.length : line + found.index + found[0].length;
}
