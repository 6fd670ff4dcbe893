/**
 * Unified diffs as git and `diff -u` write them, one after the other, with what stands around them: the headers of
 * commits and mails, and prose. https://git-scm.com/docs/diff-format tells the format, combined diffs (`@@@`) included.
 */

/** Told of each part in the order it stands; `bytes` from `start` to `end` hold a line, or a piece of a long one. */
export interface DiffReader {
  /** What follows belongs to the new version of this file, at a commit where the text names one. */
  file(path: string, commit: string | undefined): void;
  /** A hunk begins at this line of the new version. */
  hunk(line: number): void;
  /** A line of the new version, or a further piece of it. */
  line(bytes: Buffer, start: number, end: number, isAdded: boolean): void;
  /** What is no part of a diff: the message of a commit, a signature, all that follows a broken hunk. */
  prose(bytes: Buffer, start: number, end: number, line: number): void;
  /** The content of a file that changed is not there as text. */
  binary(path: string): void;
  /** A hunk ends before its time at this line of the input: the rest is told as prose. */
  broken(line: number): void;
}

type Kind = 'added' | 'context' | 'passed' | 'prose';

const LF = 10;
const CR = 13;
const SPACE = 32;
const PLUS = 43;
const MINUS = 45;
const BACKSLASH = 92;
/** A longer line outside a hunk is no header. */
const MAX_HEADER = 64 * 1024;

const FIRST_FILE = /^(?:diff --(?:git|cc|combined) \S|--- \S.*\r?\n\+\+\+ \S.*\r?\n@@ -\d+(?:,\d+)? \+\d+(?:,\d+)? @@)/;
const ANY_FILE = new RegExp(FIRST_FILE.source, 'm');
/** What git, Subversion, Mercurial and mail put before the first file. */
const PREAMBLE =
  /^(?:commit [0-9a-f]{7,64}|tag \S|From [0-9a-f]{40,64} |(?:From|Subject|Date|Index): |# HG changeset|diff -|Only in |[0-9a-f]{7,64} \S)/;

/** Is it a diff, by its beginning? One inside another text is part of that text. */
export function looksLikeDiff(head: Buffer): boolean {
  const text = (isColoured(head) ? withoutColours(head) : head).toString('latin1').replace(/^(?:\xef\xbb\xbf)?\s*/, '');
  return FIRST_FILE.test(text) || (PREAMBLE.test(text) && ANY_FILE.test(text));
}

/** `color.ui=always` colours what goes into a pipe, too. */
function isColoured(head: Buffer): boolean {
  return head[0] === ESCAPE && head[1] === 0x5b;
}

function withoutColours(bytes: Buffer): Buffer {
  return Buffer.from(bytes.toString('latin1').replace(COLOURS, ''), 'latin1');
}

const ESCAPE = 0x1b;
const LONGEST_COLOUR = 32;
const COLOURS = new RegExp(`${String.fromCharCode(ESCAPE)}\\[[0-9;]*[mK]`, 'g');

/** Reads a diff piece by piece. It keeps no more than a header line. */
export class UnifiedDiff {
  readonly #reader: DiffReader;
  /** The number of the line at hand in the input. */
  #line = 0;
  /** The beginning of a line outside hunks whose end has not come yet. */
  #pending: Buffer = Buffer.alloc(0);
  /** Lines still to come: of each old version, then of the new one; empty outside hunks. */
  #left: number[] = [];
  /** Signs before each line of a hunk. */
  #columns = 1;
  /** The kind of a line that goes on in the next piece. */
  #open: Kind | undefined;
  #isBroken = false;
  /** Told by the first piece. */
  #isColoured: boolean | undefined;
  /** The beginning of a colour whose end has not come yet. */
  #escape: Buffer = Buffer.alloc(0);
  #inBinary = false;
  /** What `diff --git` is followed by. */
  #header: string | undefined;
  #isCombined = false;
  #old: string | undefined;
  #path: string | undefined;
  #commit: string | undefined;

  constructor(reader: DiffReader) {
    this.#reader = reader;
  }

  push(piece: Buffer): void {
    this.#isColoured ??= isColoured(piece);
    if (!this.#isColoured) {
      this.#push(piece);
      return;
    }
    const bytes = Buffer.concat([this.#escape, piece]);
    const last = bytes.lastIndexOf(ESCAPE);
    const isCut = last >= 0 && bytes.length - last < LONGEST_COLOUR && !/[^[0-9;]/.test(bytes.toString('latin1', last + 1));
    const end = isCut ? last : bytes.length;
    this.#escape = Buffer.from(bytes.subarray(end));
    this.#push(withoutColours(bytes.subarray(0, end)));
  }

  #push(piece: Buffer): void {
    let bytes = piece;
    if (this.#pending.length > 0) {
      bytes = Buffer.concat([this.#pending, piece]);
      this.#pending = Buffer.alloc(0);
    }
    let at = 0;
    while (at < bytes.length) {
      const found = bytes.indexOf(LF, at);
      const end = found < 0 ? bytes.length : found + 1;
      const isWhole = found >= 0;
      if (this.#open === undefined) {
        const isOutside = this.#left.length === 0 && !this.#isBroken;
        // The first bytes tell a line of a hunk; a header is told by all of it.
        const enough = isOutside ? MAX_HEADER : this.#left.length;
        if (!isWhole && end - at < enough) {
          this.#pending = Buffer.from(bytes.subarray(at));
          return;
        }
        this.#line += 1;
        this.#begin(bytes, at, end, isWhole);
      } else this.#tell(this.#open, bytes, at, end);
      if (isWhole) this.#open = undefined;
      at = end;
    }
  }

  /** The input ends. */
  end(): void {
    this.#push(this.#escape);
    const last = this.#pending;
    this.#pending = Buffer.alloc(0);
    if (last.length === 0) return;
    this.#line += 1;
    this.#begin(last, 0, last.length, true);
  }

  #begin(bytes: Buffer, start: number, end: number, isWhole: boolean): void {
    let kind: Kind;
    if (this.#isBroken) kind = 'prose';
    else if (this.#left.length > 0) kind = this.#inHunk(bytes, start, end);
    else kind = isWhole && this.#isHeader(bytes, start, end) ? 'passed' : 'prose';
    this.#open = kind;
    // The columns before a line of a hunk, one for each old version, are no part of it.
    const columns = kind === 'added' || kind === 'context' ? Math.min(this.#columns, contentEnd(bytes, start, end) - start) : 0;
    this.#tell(kind, bytes, start + columns, end);
    if (this.#left.every((count) => count <= 0)) this.#left = [];
  }

  #tell(kind: Kind, bytes: Buffer, start: number, end: number): void {
    if (kind === 'prose') this.#reader.prose(bytes, start, end, this.#line);
    else if (kind !== 'passed') this.#reader.line(bytes, start, end, kind === 'added');
  }

  #inHunk(bytes: Buffer, start: number, end: number): Kind {
    const left = this.#left;
    if (bytes[start] === BACKSLASH) return 'passed';
    // Some mailers strip the blank off an empty line.
    const isEmpty = contentEnd(bytes, start, end) === start;
    let isAdded = false;
    let isRemoved = false;
    for (let column = 0; column < this.#columns && !isEmpty; column++) {
      const sign = bytes[start + column];
      if (sign === PLUS) isAdded = true;
      else if (sign === MINUS) isRemoved = true;
      else if (sign !== SPACE) return this.#break();
    }
    for (let column = 0; column < this.#columns; column++) {
      const sign = isEmpty ? SPACE : bytes[start + column];
      // The line is in that old version: removed from it, or still there.
      if (sign === MINUS || (sign === SPACE && !isRemoved)) left[column] = (left[column] ?? 0) - 1;
    }
    if (!isRemoved) left[this.#columns] = (left[this.#columns] ?? 0) - 1;
    if (left.some((count) => count < 0)) return this.#break();
    return isRemoved ? 'passed' : isAdded ? 'added' : 'context';
  }

  #break(): 'prose' {
    this.#left = [];
    this.#isBroken = true;
    this.#reader.broken(this.#line);
    return 'prose';
  }

  /** Takes what a line outside hunks says of the diff; false for one that says nothing of it. */
  #isHeader(bytes: Buffer, start: number, end: number): boolean {
    const text = bytes.toString('utf8', start, contentEnd(bytes, start, end));
    if (this.#inBinary && isBinaryLine(text)) return true;
    this.#inBinary = false;
    const git = /^diff --(?<kind>git|cc|combined) (?<paths>.+)$/.exec(text)?.groups;
    if (git !== undefined) {
      this.#header = git.paths;
      this.#isCombined = git.kind !== 'git';
      this.#old = undefined;
      this.#path = undefined;
      return true;
    }
    const commit = /^(?:commit|From) (?<id>[0-9a-f]{40,64})(?: |$)/.exec(text)?.groups?.id;
    if (commit !== undefined) {
      this.#commit = commit;
      this.#header = undefined;
      this.#path = undefined;
      return true;
    }
    if (text.startsWith('@@')) return this.#isHunk(text);
    if (/^--- \S/.test(text)) {
      this.#old = pathIn(text.slice(4));
      this.#path = undefined;
      return true;
    }
    if (/^\+\+\+ \S/.test(text) && this.#old !== undefined) {
      const path = pathIn(text.slice(4));
      this.#path = path === NO_FILE ? this.#old : this.#withoutPrefix(path, this.#old);
      this.#reader.file(this.#path, this.#commit);
      return true;
    }
    if (text === '\\ No newline at end of file') return true;
    if (this.#header === undefined) return false;
    if (text === 'GIT binary patch' || /^Binary files .* differ$/.test(text)) {
      this.#inBinary = text.startsWith('GIT');
      // A file that goes away brings nothing.
      if (!text.endsWith(' and /dev/null differ')) this.#reader.binary(this.#nameInHeader());
      return true;
    }
    return EXTENDED.test(text);
  }

  #isHunk(text: string): boolean {
    const { signs = '', ranges = '' } = /^(?<signs>@{2,}) (?<ranges>[-+\d, ]+) @/.exec(text)?.groups ?? {};
    const counts = [...ranges.matchAll(/(?:^| )[-+](\d+)(?:,(\d+))?(?= |$)/g)];
    // A hunk of no file is an example in somebody's prose.
    if (signs === '' || counts.length !== signs.length || this.#path === undefined) return false;
    this.#columns = signs.length - 1;
    this.#left = counts.map(([, , count]) => Number(count ?? 1));
    this.#reader.hunk(Number(counts.at(-1)?.[1]));
    if (this.#left.every((count) => count === 0)) this.#left = [];
    return true;
  }

  /**
   * git puts `a/` and `b/` before the paths, or other letters for what is compared (diff.mnemonicPrefix), or nothing; other
   * tools nothing, or the names of two directories.
   */
  #withoutPrefix(path: string, old: string): string {
    const prefix = PREFIX.exec(path)?.[0];
    if (prefix === undefined) return path;
    // A new file has no old name; what git says it compares has two.
    const header = this.#isCombined ? 'a/' : (this.#header ?? 'a/');
    const before = PREFIX.exec(old === NO_FILE ? header.replace(/^"/, '') : old)?.[0];
    return before !== undefined && before !== prefix ? path.slice(prefix.length) : path;
  }

  /** `a/logo.png b/logo.png`: halves that differ in their first letter only, unless the file moved. */
  #nameInHeader(): string {
    const header = this.#header ?? '';
    if (this.#isCombined) return pathIn(header);
    const half = pathIn(header.slice((header.length + 1) / 2));
    return PREFIX.test(half) ? half.slice(2) : half;
  }
}

const NO_FILE = '/dev/null';
const PREFIX = /^[abciow]\//;
const EXTENDED =
  /^(?:index [0-9a-f]+[.,]|(?:old|new|deleted file|new file) mode |mode \d|(?:dis)?similarity index |(?:rename|copy) (?:from|to) )/;

/** Of a binary patch: its kind and length, lines in base 85 with their length before them, and the empty line after them. */
function isBinaryLine(text: string): boolean {
  return text === '' || /^(?:literal|delta) \d+$/.test(text) || (text.length <= 66 && /^[A-Za-z](?:[!-~]{5})+$/.test(text));
}

/** The end of a line without its line feed. */
function contentEnd(bytes: Buffer, start: number, end: number): number {
  let at = end;
  if (at > start && bytes[at - 1] === LF) at -= 1;
  if (at > start && bytes[at - 1] === CR) at -= 1;
  return at;
}

/** A path as a header has it: quoted as in C where it holds what could be mistaken, else up to a tab and the time. */
function pathIn(text: string): string {
  const quoted = /^"(?<inner>(?:[^"\\]|\\.)*)"/.exec(text)?.groups?.inner;
  if (quoted === undefined) return text.replace(/\t.*$/, '');
  const bytes: number[] = [];
  for (const [, octal, escaped, plain] of quoted.matchAll(/\\([0-7]{1,3})|\\(.)|([^\\]+)/gu)) {
    if (octal !== undefined) bytes.push(Number.parseInt(octal, 8) & 255);
    else bytes.push(...Buffer.from(escaped === undefined ? (plain ?? '') : (ESCAPES[escaped] ?? escaped)));
  }
  return Buffer.from(bytes).toString('utf8');
}

const ESCAPES: { readonly [letter: string]: string } = {
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};
