/** A string of a Groovy text. */
export interface GroovyString {
  /** Of what stands between the quotes. */
  readonly start: number;
  readonly end: number;
  readonly value: string;
  /** In double quotes: Groovy puts in `$X` and `${…}` itself, before any shell sees it. */
  readonly interpolates: boolean;
}

/** `name(arguments) { … }`, with the blocks in it. */
export interface Block {
  readonly name: string;
  /** What stands between name and brace, as written. */
  readonly arguments: string;
  readonly argumentsStart: number;
  readonly start: number;
  /** Offset behind the opening brace. */
  readonly body: number;
  /** Offset of the closing brace. */
  readonly end: number;
  readonly blocks: readonly Block[];
}

export interface Groovy {
  readonly text: string;
  /** The same text with the content of strings and comments blanked. */
  readonly code: string;
  readonly strings: readonly GroovyString[];
  readonly blocks: readonly Block[];
  /** Braces that do not match. */
  readonly isBroken: boolean;
}

const MAX_DEPTH = 60;

/** Reads braces and quotes; enough to see which commands stand in which block, no Groovy. */
export function readGroovy(text: string): Groovy {
  const { code, strings } = blank(text);
  interface Open {
    name: string;
    arguments: string;
    argumentsStart: number;
    start: number;
    body: number;
    blocks: Block[];
  }
  const top: Block[] = [];
  const open: Open[] = [];
  let isBroken = false;
  let depth = 0;
  for (let at = 0; at < code.length; at++) {
    const char = code[at];
    if (char === '{') {
      depth += 1;
      if (depth <= MAX_DEPTH) open.push({ ...headBefore(text, code, at), body: at + 1, blocks: [] });
    } else if (char === '}') {
      if (depth <= MAX_DEPTH) {
        const block = open.pop();
        if (block === undefined) isBroken = true;
        else (open.at(-1)?.blocks ?? top).push({ ...block, end: at });
      }
      depth = Math.max(0, depth - 1);
    }
  }
  if (open.length > 0) isBroken = true;
  // What was not closed goes on to the end of the text.
  for (let block = open.pop(); block !== undefined; block = open.pop())
    (open.at(-1)?.blocks ?? top).push({ ...block, end: text.length });
  return { text, code, strings, blocks: top, isBroken };
}

const HEAD = 400;

function headBefore(
  text: string,
  code: string,
  brace: number,
): { name: string; arguments: string; argumentsStart: number; start: number } {
  const from = Math.max(0, brace - HEAD);
  let end = brace;
  while (end > from && /\s/.test(code[end - 1] ?? '')) end -= 1;
  let argumentsStart = end;
  let argumentsEnd = end;
  if (code[end - 1] === ')') {
    argumentsEnd = end - 1;
    let nested = 0;
    let at = end - 1;
    // Arguments may be long: `withCredentials([…many…])`.
    for (; at >= 0; at--) {
      if (code[at] === ')') nested += 1;
      else if (code[at] === '(') nested -= 1;
      if (nested === 0) break;
    }
    argumentsStart = Math.max(0, at) + 1;
    end = Math.max(0, at);
  } else {
    const line = code.lastIndexOf('\n', end - 1) + 1;
    const loose = /(?<name>[\w.]+)\s+(?<rest>[^{};]*)$/.exec(code.slice(Math.max(from, line), end));
    if (loose !== null && /['"]/.test(loose.groups?.rest ?? '')) {
      argumentsStart = end - (loose.groups?.rest?.length ?? 0);
      argumentsEnd = end;
      end = argumentsStart;
    }
  }
  const name = /(?<name>[\w.]+)\s*$/.exec(code.slice(Math.max(0, end - 100), end))?.groups?.name ?? '';
  const start = code.lastIndexOf(name, end);
  return {
    name,
    arguments: text.slice(argumentsStart, argumentsEnd),
    argumentsStart,
    start: name === '' || start < 0 ? brace : start,
  };
}

const QUOTES = ["'''", '"""', "'", '"'] as const;

function blank(text: string): { code: string; strings: GroovyString[] } {
  const strings: GroovyString[] = [];
  const parts: string[] = [];
  let from = 0;
  const cover = (start: number, end: number) => {
    parts.push(text.slice(from, start), text.slice(start, end).replace(/[^\n]/g, ' '));
    from = end;
  };
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (char === '/' && text[at + 1] === '/') {
      const end = text.indexOf('\n', at);
      cover(at, end < 0 ? text.length : end);
      at = from - 1;
    } else if (char === '/' && text[at + 1] === '*') {
      const end = text.indexOf('*/', at + 2);
      cover(at, end < 0 ? text.length : end + 2);
      at = from - 1;
    } else if (char === "'" || char === '"') {
      const quote = QUOTES.find((each) => text.startsWith(each, at)) ?? char;
      const start = at + quote.length;
      const end = endOfString(text, start, quote);
      strings.push({ start, end, value: text.slice(start, end), interpolates: quote[0] === '"' });
      cover(start, end);
      at = Math.min(text.length, end + quote.length) - 1;
    }
  }
  parts.push(text.slice(from));
  return { code: parts.join(''), strings };
}

/** A string in single quotes marks ends with its line, if not before: an odd quote must not swallow the rest. */
function endOfString(text: string, start: number, quote: string): number {
  for (let at = start; at < text.length; at++) {
    const char = text[at];
    if (char === '\\') at += 1;
    else if (quote.length === 1 && char === '\n') return at;
    else if (quote[0] === '"' && char === '$' && text[at + 1] === '{') {
      // Quotes in `${…}` are the expression's.
      const close = text.indexOf('}', at);
      const line = text.indexOf('\n', at);
      if (close >= 0 && (line < 0 || close < line || quote.length === 3)) at = close;
    } else if (text.startsWith(quote, at)) return at;
  }
  return text.length;
}

/** All blocks, outer before inner. */
export function* blocksIn(blocks: readonly Block[]): Generator<Block> {
  for (const block of blocks) {
    yield block;
    yield* blocksIn(block.blocks);
  }
}

export function stringsIn({ strings }: Groovy, start: number, end: number): readonly GroovyString[] {
  let low = 0;
  let high = strings.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((strings[middle]?.start ?? 0) < start) low = middle + 1;
    else high = middle;
  }
  const found: GroovyString[] = [];
  for (let at = low; at < strings.length; at++) {
    const string = strings[at];
    if (string === undefined || string.start >= end) break;
    found.push(string);
  }
  return found;
}
