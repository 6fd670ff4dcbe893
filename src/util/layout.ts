import type { RenderContext } from '../contracts/reporter.ts';
import { printable } from './sanitize.ts';

export type Style = 'bold' | 'dim' | 'red' | 'yellow' | 'green' | 'cyan' | 'inverse';

const SGR: { readonly [style in Style]: number } = { bold: 1, dim: 2, inverse: 7, red: 31, green: 32, yellow: 33, cyan: 36 };

const NARROWEST = 40;
const WIDEST = 120;
/** For files and pipes: what still fits a mail or an issue. */
const USUAL = 100;

/**
 * Lays out lines. All texts are wrapped as plain text first and painted after, so that colours never change a line
 * break; whatever comes in is made printable here, and nowhere else.
 */
export class Layout {
  readonly width: number;
  readonly #color: boolean;
  readonly #links: boolean;

  constructor(context: Pick<RenderContext, 'width' | 'color' | 'links'>) {
    this.width = Math.min(Math.max(context.width ?? USUAL, NARROWEST), WIDEST);
    this.#color = context.color;
    this.#links = context.links;
  }

  /** Paints what is already safe to print. */
  paint(text: string, ...styles: readonly Style[]): string {
    if (!this.#color || styles.length === 0 || text === '') return text;
    return `\u001b[${styles.map((style) => SGR[style]).join(';')}m${text}\u001b[0m`;
  }

  /**
   * A text wrapped to the width: the first line begins with `lead`, the others are indented as far. A lead that would
   * leave too little room stands alone on its line.
   */
  block(lead: string, text: string, ...styles: readonly Style[]): string[] {
    return this.tagged('', lead, [], text, styles);
  }

  /** A block whose lead is indented by `indent` and painted apart from the text. */
  tagged(indent: string, lead: string, leadStyles: readonly Style[], text: string, styles: readonly Style[] = []): string[] {
    const head = indent + this.paint(lead, ...leadStyles);
    const used = indent.length + displayWidth(lead);
    const narrow = this.width - used < NARROWEST / 2;
    const room = narrow ? this.width - indent.length - 2 : this.width - used;
    const lines = wrap(printable(text), room).map((line) => this.paint(line, ...styles));
    const rest = narrow ? `${indent}  ` : ' '.repeat(used);
    if (narrow) return [head.trimEnd(), ...lines.map((line) => rest + line)];
    return lines.map((line, index) => (index === 0 ? head : rest) + line);
  }

  /** A text that begins with a short word painted (or linked) apart; the word is part of the text and wraps with it. */
  flow(indent: string, word: string, paintedWord: string, text: string, ...styles: readonly Style[]): string[] {
    const lines = wrap(printable(text === '' ? word : `${word} ${text}`), this.width - indent.length);
    return lines.map((line, index) => {
      if (index > 0 || !line.startsWith(word)) return indent + this.paint(line, ...styles);
      return indent + paintedWord + this.paint(line.slice(word.length), ...styles);
    });
  }

  heading(text: string): string[] {
    return ['', this.paint(text, 'bold')];
  }

  /** A clickable text on terminals that know OSC 8; the text alone elsewhere. */
  link(text: string, url: string | undefined): string {
    if (!this.#links || url === undefined || !/^https:\/\/[\x21-\x7e]+$/.test(url)) return text;
    return `\u001b]8;;${url}\u001b\\${text}\u001b]8;;\u001b\\`;
  }
}

/** Breaks at blanks; a word longer than a line is cut. Always at least one line. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  let used = 0;
  for (const word of text.split(' ').filter((part) => part !== '')) {
    const pieces = cut(word, width);
    for (const [index, piece] of pieces.entries()) {
      const size = displayWidth(piece);
      const gap = line === '' ? 0 : 1;
      if (index > 0 || used + gap + size > width) {
        if (line !== '') lines.push(line);
        line = piece;
        used = size;
      } else {
        line += gap === 0 ? piece : ` ${piece}`;
        used += gap + size;
      }
    }
  }
  if (line !== '' || lines.length === 0) lines.push(line);
  return lines;
}

function cut(word: string, width: number): string[] {
  if (displayWidth(word) <= width) return [word];
  const pieces: string[] = [];
  let piece = '';
  let used = 0;
  const characters = [...word];
  for (const [index, character] of characters.entries()) {
    const size = displayWidth(character);
    if (used + size > width) {
      // A line that begins with `::` is a command to the runner of GitHub Actions.
      const last = character === ':' && characters[index + 1] === ':' && width > 2 ? (characters[index - 1] ?? '') : '';
      pieces.push(piece.slice(0, piece.length - last.length));
      piece = last;
      used = displayWidth(last);
    }
    piece += character;
    used += size;
  }
  if (piece !== '') pieces.push(piece);
  return pieces;
}

// East Asian Wide and Fullwidth blocks, and emoji: two columns. https://www.unicode.org/reports/tr11/
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{1b000}-\u{1b2ff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u;
const MARK = /\p{M}/u;

/** Columns that a printable text takes on a terminal. */
export function displayWidth(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  let width = 0;
  for (const character of text) {
    if (MARK.test(character)) continue;
    width += WIDE.test(character) ? 2 : 1;
  }
  return width;
}

/** What has room in so many columns, with an ellipsis where something had to go. */
export function cutTo(text: string, width: number): string {
  const safe = printable(text);
  if (displayWidth(safe) <= width) return safe;
  let cut = '';
  let used = 1;
  for (const character of safe) {
    used += displayWidth(character);
    if (used > width) break;
    cut += character;
  }
  return `${cut.trimEnd()}…`;
}
