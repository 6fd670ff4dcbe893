import { type Entry, pointerTo, type Tree } from './tree.ts';

/**
 * YAML as nearly everybody writes it: block mappings and lists, texts on one line, literal blocks, flow collections on one
 * line, comments. Gives the tree that the library gives, down to each offset, in less than a tenth of the time (9,400 files of
 * workflows and manifests: 0.5 in place of 6.1 s). `undefined` at the first thing that is anything else, what is broken above all:
 * then the library is asked.
 */
export function readPlainYaml(text: string): Tree | undefined {
  if (text.length > MAX_LENGTH) return undefined;
  const from = DOCUMENT_START.exec(text)?.[0].length ?? 0;
  if (CONTROL.test(text) || MARKER.test(from === 0 ? text : text.slice(from))) return undefined;
  const reader = new PlainReader(text, from);
  try {
    return reader.read();
  } catch (error) {
    if (error === UNKNOWN) return undefined;
    throw error;
  }
}

/** So much that no limit of the other reader can be met. */
const MAX_LENGTH = 100_000;
const MAX_DEPTH = 50;
/** Tabs, carriage returns and other control characters, odd line breaks. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are looked for.
const CONTROL = /[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff]/;
/** Comments, and the mark that begins a document. */
const DOCUMENT_START = /^(?:(?:#[^\n]*)?\n)*---\n/;
/** What begins another document, ends this one or speaks to the reader. */
const MARKER = /^(?:---|\.\.\.|%)/m;

/** Thrown, and made once: a stack nobody reads costs more than a small file. */
const UNKNOWN = new Error('not plain YAML');

const PLAIN_KEY = /[A-Za-z0-9_./$][A-Za-z0-9_./$-]*(?=:(?:[ \n]|$))/y;
const QUOTED_KEY = /(?:"[^"\\\n]*"|'[^'\n]*')(?=:(?:[ \n]|$))/y;
const LITERAL = /\|(?<chomp>[+-]?) *(?:\n|$)/y;
const DOUBLE_QUOTED = /"[^"\\\n]*"/y;
const SINGLE_QUOTED = /'(?:[^'\n]|'')*'/y;
const REST = /[^\n]*/y;
/** Blanks, and a comment that blanks stand before. */
const LINE_END = /(?: +#[^\n]*| *)(?:\n|$)/y;
const FLOW_PLAIN = /[A-Za-z0-9_./$=+](?:[A-Za-z0-9_./$=+*@~^()<>\\;-]| +(?=[A-Za-z0-9_./$=+*@~^()<>\\;-]))*/y;
const FLOW_GAP = / */y;
const NULL = /^(?:~|null|Null|NULL)$/;

class PlainReader {
  readonly #text: string;
  /** Where the next thing is read. Between lines: the first character of a line. */
  #at: number;
  /** Column of the next line that says something, and where that begins; -1 after the last. */
  #indent = -1;
  #start = 0;
  /** Where the node that was read ends, with what follows on its line. */
  #nodeEnd = 0;

  constructor(text: string, from: number) {
    this.#text = text;
    this.#at = from;
  }

  read(): Tree {
    this.#toContent();
    if (this.#indent !== 0) throw UNKNOWN;
    const root = this.#block('', 0);
    if (!this.#isAtEnd()) throw UNKNOWN;
    return root;
  }

  #isAtEnd(): boolean {
    return this.#indent === -1;
  }

  /** Goes to the next line that holds more than blanks and comments. */
  #toContent(): void {
    const text = this.#text;
    let at = this.#at;
    let comment = 0;
    while (at < text.length) {
      const line = at;
      while (text.charCodeAt(at) === 32) at += 1;
      const code = text.charCodeAt(at);
      if (code === 35) comment = Math.max(comment, at - line);
      else if (at < text.length && code !== 10) {
        // It may belong to what ended before it, and make that longer.
        if (comment > at - line) throw UNKNOWN;
        this.#at = line;
        this.#indent = at - line;
        this.#start = at;
        return;
      }
      const end = text.indexOf('\n', at);
      at = end === -1 ? text.length : end + 1;
    }
    if (comment > 0) throw UNKNOWN;
    this.#at = at;
    this.#indent = -1;
  }

  /** What begins at `#start`, in the column `#indent`. */
  #block(pointer: string, depth: number): Tree {
    if (depth > MAX_DEPTH) throw UNKNOWN;
    return this.#isItem(this.#start) ? this.#list(pointer, depth) : this.#mapping(pointer, depth);
  }

  #isItem(at: number): boolean {
    if (this.#text.charCodeAt(at) !== 45) return false;
    const next = this.#text.charCodeAt(at + 1);
    return next === 32 || next === 10 || Number.isNaN(next);
  }

  #mapping(pointer: string, depth: number): Tree {
    const column = this.#indent;
    const start = this.#start;
    const entries: Entry[] = [];
    let end = start;
    while (this.#indent === column) {
      this.#at = this.#start;
      const key = this.#key();
      if (key === undefined) throw UNKNOWN;
      const value = this.#valueOf(column, column, pointerTo(pointer, key), depth);
      entries.push({ key, value });
      end = this.#nodeEnd;
    }
    if (this.#indent > column) throw UNKNOWN;
    this.#nodeEnd = end;
    return { type: 'mapping', entries, start, end, pointer };
  }

  #list(pointer: string, depth: number): Tree {
    const column = this.#indent;
    const start = this.#start;
    const items: Tree[] = [];
    let end = start;
    while (this.#indent === column && this.#isItem(this.#start)) {
      const dash = this.#start;
      this.#at = dash + 1;
      items.push(this.#itemOf(column, dash, `${pointer}[${items.length}]`, depth));
      end = this.#nodeEnd;
    }
    if (this.#indent > column) throw UNKNOWN;
    this.#nodeEnd = end;
    return { type: 'list', items, start, end, pointer };
  }

  /** After a dash: a mapping or list that begins on its line, or what else may stand behind a key. */
  #itemOf(column: number, dash: number, pointer: string, depth: number): Tree {
    let at = this.#at;
    while (this.#text.charCodeAt(at) === 32) at += 1;
    if (this.#isItem(at) || this.#isKey(at)) {
      this.#indent = column + at - dash;
      this.#start = at;
      return this.#block(pointer, depth + 1);
    }
    return this.#valueOf(column, column + 1, pointer, depth);
  }

  #isKey(at: number): boolean {
    PLAIN_KEY.lastIndex = at;
    QUOTED_KEY.lastIndex = at;
    return PLAIN_KEY.test(this.#text) || QUOTED_KEY.test(this.#text);
  }

  /** The key at `#at`, and past its colon. */
  #key(): string | undefined {
    const plain = this.#take(PLAIN_KEY);
    const key = plain ?? this.#take(QUOTED_KEY)?.slice(1, -1);
    if (key !== undefined) this.#at += 1;
    return key;
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }

  /** What follows a key or a dash that stands in `column`; a list may begin in the column `lists`. */
  #valueOf(column: number, lists: number, pointer: string, depth: number): Tree {
    const after = this.#at;
    let at = after;
    while (this.#text.charCodeAt(at) === 32) at += 1;
    LINE_END.lastIndex = after;
    if (!LINE_END.test(this.#text)) {
      this.#at = at;
      return this.#inline(column, pointer, depth);
    }
    this.#at = LINE_END.lastIndex;
    this.#toContent();
    if (this.#indent > column || (this.#indent >= lists && this.#indent === column && this.#isItem(this.#start))) {
      return this.#block(pointer, depth + 1);
    }
    // How far a comment belongs to what is not there is told by the other reader.
    if (this.#text.slice(at, this.#at).includes('#')) throw UNKNOWN;
    this.#nodeEnd = at;
    return { type: 'scalar', value: '', quoted: false, start: at, end: at, pointer };
  }

  /** What stands on the line of its key, from `#at`. */
  #inline(column: number, pointer: string, depth: number): Tree {
    const start = this.#at;
    const first = this.#text[start] ?? '';
    if (first === '|') return this.#literal(column, pointer);
    let tree: Tree;
    if (first === '"' || first === "'") tree = this.#quoted(pointer);
    else if (first === '[' || first === '{') tree = this.#flow(pointer, depth + 1);
    else tree = this.#plain(pointer);
    LINE_END.lastIndex = this.#at;
    if (!LINE_END.test(this.#text)) throw UNKNOWN;
    this.#at = LINE_END.lastIndex;
    this.#nodeEnd = this.#at;
    this.#toContent();
    // A text that goes on.
    if (this.#indent > column) throw UNKNOWN;
    return tree;
  }

  #quoted(pointer: string): Tree {
    const start = this.#at;
    const isDouble = this.#text[start] === '"';
    const found = this.#take(isDouble ? DOUBLE_QUOTED : SINGLE_QUOTED);
    if (found === undefined) throw UNKNOWN;
    const inner = found.slice(1, -1);
    return {
      type: 'scalar',
      value: isDouble ? inner : inner.replaceAll("''", "'"),
      quoted: true,
      start,
      end: this.#at,
      pointer,
    };
  }

  #plain(pointer: string): Tree {
    const start = this.#at;
    const line = this.#take(REST) ?? '';
    const comment = line.indexOf(' #');
    const value = (comment === -1 ? line : line.slice(0, comment)).trimEnd();
    // What begins another kind of node, or another mapping.
    if (/^[-?:,[\]{}#&*!|>'"%@`](?:\s|$)|^[?:,[\]{}#&*!|>'"%@`]|:(?: |$)/.test(value)) throw UNKNOWN;
    this.#at = start + value.length;
    return { type: 'scalar', value: NULL.test(value) ? '' : value, quoted: false, start, end: this.#at, pointer };
  }

  #literal(column: number, pointer: string): Tree {
    const text = this.#text;
    const start = this.#at;
    LITERAL.lastIndex = start;
    const header = LITERAL.exec(text);
    if (header === null) throw UNKNOWN;
    let at = LITERAL.lastIndex;
    let width = -1;
    let value = '';
    let blanks = '';
    let end = at;
    while (at < text.length) {
      const newline = text.indexOf('\n', at);
      const lineEnd = newline === -1 ? text.length : newline;
      let first = at;
      while (first < lineEnd && text.charCodeAt(first) === 32) first += 1;
      const indent = first - at;
      if (first === lineEnd) {
        // Blanks alone: whether they count depends on the lines around them.
        if (indent > 0 || newline === -1) throw UNKNOWN;
        blanks += '\n';
      } else {
        if (width === -1) width = indent;
        if (indent < width || width <= column) {
          // Between the columns of the key and of the block: a comment, or broken.
          if (indent > column) throw UNKNOWN;
          break;
        }
        value += `${blanks}${text.slice(at + width, lineEnd)}\n`;
        blanks = '';
        end = newline === -1 ? text.length : newline + 1;
      }
      at = newline === -1 ? text.length : newline + 1;
    }
    if (value === '') throw UNKNOWN;
    const chomp = header.groups?.chomp;
    if (chomp === '+') end = at;
    this.#at = at;
    this.#nodeEnd = end;
    this.#toContent();
    if (this.#indent > column) throw UNKNOWN;
    const whole = chomp === '-' ? value.slice(0, -1) : chomp === '+' ? value + blanks : value;
    return { type: 'scalar', value: whole, quoted: false, start, end, pointer };
  }

  /** `[a, b]` or `{ a: b }`, all on one line. */
  #flow(pointer: string, depth: number): Tree {
    if (depth > MAX_DEPTH) throw UNKNOWN;
    const start = this.#at;
    const isList = this.#text[start] === '[';
    const close = isList ? ']' : '}';
    const items: Tree[] = [];
    const entries: Entry[] = [];
    this.#at += 1;
    this.#take(FLOW_GAP);
    while (this.#text[this.#at] !== close) {
      if (isList) items.push(this.#flowNode(`${pointer}[${items.length}]`, depth));
      else {
        const key = this.#key();
        if (key === undefined || this.#take(FLOW_GAP) === '') throw UNKNOWN;
        entries.push({ key, value: this.#flowNode(pointerTo(pointer, key), depth) });
      }
      this.#take(FLOW_GAP);
      const next = this.#text[this.#at];
      if (next === ',') {
        this.#at += 1;
        this.#take(FLOW_GAP);
      } else if (next !== close) throw UNKNOWN;
    }
    this.#at += 1;
    const [from, end] = [start, this.#at];
    return isList ? { type: 'list', items, start: from, end, pointer } : { type: 'mapping', entries, start: from, end, pointer };
  }

  #flowNode(pointer: string, depth: number): Tree {
    const start = this.#at;
    const first = this.#text[start];
    if (first === '"' || first === "'") return this.#quoted(pointer);
    if (first === '[' || first === '{') return this.#flow(pointer, depth + 1);
    const value = this.#take(FLOW_PLAIN);
    if (value === undefined) throw UNKNOWN;
    return { type: 'scalar', value: NULL.test(value) ? '' : value, quoted: false, start, end: this.#at, pointer };
  }
}
