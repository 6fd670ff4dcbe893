/**
 * Text as a person reads it, with the way back to the file. JSON hides quotes and line ends behind escapes, notebooks
 * cut a cell into an array of lines, and tracebacks carry colour codes; detection needs the plain text, a report needs
 * the line and column of the raw file.
 */
export class DecodedText {
  readonly #raw: RawText;
  readonly #parts: string[] = [];
  readonly #pieces: Piece[] = [];
  #length = 0;
  #text: string | undefined;

  constructor(raw: RawText) {
    this.#raw = raw;
  }

  get text(): string {
    this.#text ??= this.#parts.join('');
    return this.#text;
  }

  get isEmpty(): boolean {
    return this.#length === 0;
  }

  /** Adds `value`, the decoded form of what stands in the file from `offset` on; colour codes and inline images fall out. */
  append(value: string, offset: number): void {
    const plain = blankInlineMedia(value);
    let from = 0;
    for (const sequence of plain.matchAll(ANSI)) {
      this.#push(plain.slice(from, sequence.index), { offset, skip: from });
      from = sequence.index + sequence[0].length;
    }
    this.#push(from === 0 ? plain : plain.slice(from), { offset, skip: from });
  }

  /** Adds text that does not stand in the file: a key, a quote, a line end. */
  fill(text: string): void {
    this.#push(text, undefined);
  }

  /** Offset in the raw file of the character at `index` of the text. */
  rawOffset(index: number): number {
    const first = this.#pieceAt(index);
    // A match that begins in filling (`"password": "`) stands where the next real text does.
    for (let i = first; i < this.#pieces.length; i += 1) {
      const piece = this.#pieces[i];
      if (piece?.origin === undefined) continue;
      const within = i === first ? index - piece.start : 0;
      return this.#raw.skipDecoded(piece.origin.offset, piece.origin.skip + within);
    }
    return 0;
  }

  #push(text: string, origin: Piece['origin']): void {
    if (text === '') return;
    this.#parts.push(text);
    this.#pieces.push({ start: this.#length, origin });
    this.#length += text.length;
  }

  #pieceAt(index: number): number {
    let low = 0;
    let high = this.#pieces.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#pieces[middle]?.start ?? 0) <= index) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

interface Piece {
  /** Index in the decoded text. */
  readonly start: number;
  /** `skip` decoded characters after `offset` of the file. */
  readonly origin: { readonly offset: number; readonly skip: number } | undefined;
}

/** The file as it stands, with offsets turned into lines and columns. */
export class RawText {
  readonly text: string;
  #lineStarts: number[] | undefined;
  /** Where the last walk over escapes ended: matches come in order, so a long string is walked once, not once a match. */
  #cursor = { from: -1, decoded: 0, raw: 0 };
  #counted = { from: -1, to: -1, count: 0 };

  readonly #hasEscapes: boolean;

  /** `escapes`: what is in it is written with JSON's, so that one character may take several of the file. */
  constructor(text: string, { escapes = true }: { readonly escapes?: boolean } = {}) {
    this.text = text;
    this.#hasEscapes = escapes;
  }

  /** 1-based line and column; columns count characters, so an emoji before it is one. */
  position(offset: number): { line: number; column: number } {
    this.#lineStarts ??= findLineStarts(this.text);
    const starts = this.#lineStarts;
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: this.#charactersFrom(starts[low] ?? 0, offset) + 1 };
  }

  /** A whole notebook may stand in one line: counting goes on from where it last ended. */
  #charactersFrom(start: number, end: number): number {
    const resumes = this.#counted.from === start && this.#counted.to <= end;
    let at = resumes ? this.#counted.to : start;
    let count = resumes ? this.#counted.count : 0;
    for (; at < end; count += 1) at += (this.text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
    this.#counted = { from: start, to: at, count };
    return count;
  }

  /** The raw offset that lies `count` decoded characters after `from`. */
  skipDecoded(from: number, count: number): number {
    if (!this.#hasEscapes) return from + count;
    const cursor = this.#cursor;
    const resumes = cursor.from === from && cursor.decoded <= count;
    let decoded = resumes ? cursor.decoded : 0;
    let raw = resumes ? cursor.raw : from;
    while (decoded < count && raw < this.text.length) {
      raw += escapeLength(this.text, raw);
      decoded += 1;
    }
    this.#cursor = { from, decoded, raw };
    return raw;
  }
}

/**
 * Decodes the escapes of a text that is not valid JSON as a whole: what a broken notebook still gets. Nothing is
 * dropped, so `RawText.skipDecoded(0, n)` leads back.
 */
export function decodeLoosely(text: string): string {
  return text.replace(/\\(?:u([0-9a-fA-F]{4})|(["\\/bfnrt]))/g, (_, hex: string | undefined, short: string) =>
    hex === undefined ? (SHORT_ESCAPES[short] ?? short) : String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

const SHORT_ESCAPES: { readonly [letter: string]: string } = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };

function escapeLength(text: string, offset: number): number {
  if (text.charCodeAt(offset) !== 0x5c) return 1;
  const next = text[offset + 1];
  if (next === 'u') return /^[0-9a-fA-F]{4}$/.test(text.slice(offset + 2, offset + 6)) ? 6 : 1;
  return next !== undefined && '"\\/bfnrt'.includes(next) ? 2 : 1;
}

function findLineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

/** Terminal control sequences: CSI (colours, cursor) and OSC (titles, links). */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const ANSI = /\u001b(?:\[[0-9;:?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\))/g;

/** Pictures inside HTML and Markdown are blanked, not cut, so that offsets stand. */
const INLINE_MEDIA = /(data:(?:image|audio|video|font|application\/pdf)[^,;"'\s]{0,100};base64,)([A-Za-z0-9+/=%]+)/g;

function blankInlineMedia(text: string): string {
  if (!text.includes(';base64,')) return text;
  return text.replace(INLINE_MEDIA, (_, head: string, body: string) => head + ' '.repeat(body.length));
}
