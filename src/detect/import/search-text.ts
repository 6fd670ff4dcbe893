import { isAscii, isUtf8 } from 'node:buffer';

/**
 * Bytes as the text that Go's regexes see. Well-formed UTF-8 is decoded, so that `.{0,20}` counts characters as Go does;
 * anything else (a legacy encoding, a binary file) is read one character a byte: Go, too, takes each byte that is not
 * UTF-8 for one character, and no published rule names a character beyond ASCII.
 */
export class SearchText {
  readonly bytes: Buffer;
  readonly text: string;
  /** One character is one byte. */
  readonly isNarrow: boolean;
  /** Bytes in front that are no text of their own: the tail of a character cut in two. */
  readonly #front: number;
  /** A place whose offsets are known on both sides: what follows is counted from there. */
  #known = { bytes: 0, units: 0 };

  constructor(bytes: Buffer) {
    this.bytes = bytes;
    const front = cutInFront(bytes);
    const body = front === 0 ? bytes : bytes.subarray(front);
    const back = cutAtEnd(body);
    const whole = back === 0 ? body : body.subarray(0, body.length - back);
    this.isNarrow = isAscii(bytes) || !isUtf8(whole);
    this.#front = this.isNarrow ? 0 : front;
    this.text = this.isNarrow ? bytes.toString('latin1') : whole.toString('utf8');
  }

  /** The byte offset of a place in the text. */
  byteAt(units: number): number {
    if (this.isNarrow) return units;
    if (units < this.#known.units) this.#known = { bytes: 0, units: 0 };
    const { bytes, units: from } = this.#known;
    const at = bytes + Buffer.byteLength(this.text.slice(from, units));
    this.#known = { bytes: at, units };
    return this.#front + at;
  }

  /** The place in the text of a byte offset; of the character that holds it. */
  unitAt(offset: number): number {
    if (this.isNarrow) return offset;
    const target = offset - this.#front;
    if (target <= 0) return 0;
    let { bytes, units } = target < this.#known.bytes ? { bytes: 0, units: 0 } : this.#known;
    const stretch = this.bytes.subarray(this.#front + bytes, this.#front + target);
    units += utf16Units(stretch);
    bytes = target;
    this.#known = isBoundary(this.bytes, this.#front + target) ? { bytes, units } : this.#known;
    return Math.min(units, this.text.length);
  }
}

function utf16Units(bytes: Uint8Array): number {
  let units = 0;
  for (const byte of bytes) {
    if (byte < 0x80 || byte >= 0xc0) units++;
    if (byte >= 0xf0) units++;
  }
  return units;
}

function isBoundary(bytes: Buffer, at: number): boolean {
  return at >= bytes.length || ((bytes[at] as number) & 0xc0) !== 0x80;
}

/** A piece of a file may begin in the midst of a character. */
function cutInFront(bytes: Buffer): number {
  let front = 0;
  while (front < 3 && front < bytes.length && ((bytes[front] as number) & 0xc0) === 0x80) front++;
  return front;
}

function cutAtEnd(bytes: Buffer): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back] as number;
    if ((byte & 0xc0) === 0x80) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return length > back ? back : 0;
  }
  return 0;
}
