import { FileWindow } from './file-window.ts';
import { PackError } from './pack-error.ts';

const HEADER = 12;
const SIGNATURE = 0x5041434b;
/** Header of an entry and what names its base: at most ten bytes for a size, and an id or ten more. */
const LONGEST_HEAD = 48;

/** Types of entries: https://git-scm.com/docs/gitformat-pack#_pack_pack_files_have_the_following_format */
export const BLOB = 3;
export const OFFSET_DELTA = 6;
export const ID_DELTA = 7;

/** The head of an entry. One object, filled anew by each `headAt`. */
export interface EntryHead {
  type: number;
  /** Of what the entry inflates to. */
  size: number;
  /** Where its zlib stream begins. */
  dataAt: number;
  /** Of an offset delta: where its base is. */
  base: number;
  /** Of an id delta: the id of its base; valid until the next call. */
  baseId: Buffer | undefined;
}

/** A pack, whose entries are read where an index says they are. */
export class PackFile {
  readonly count: number;
  /** Where entries end. */
  readonly end: number;
  readonly #file: FileWindow;
  readonly #idBytes: number;
  readonly #head: EntryHead = { type: 0, size: 0, dataAt: 0, base: 0, baseId: undefined };

  /** Throws unless it ends in that checksum: a pack of the same name may have taken the place of another. */
  constructor(path: string, idBytes: number, checksum: Uint8Array, window: number) {
    this.#file = new FileWindow(path, window);
    this.#idBytes = idBytes;
    this.end = this.#file.size - idBytes;
    try {
      const head = this.#file.read(0, HEADER);
      const version = head.readUInt32BE(4);
      if (head.readUInt32BE(0) !== SIGNATURE || (version !== 2 && version !== 3))
        throw new PackError('a pack of another version');
      this.count = head.readUInt32BE(8);
      if (!this.#file.read(this.end, idBytes).equals(checksum)) throw new PackError('a pack that is not that of its index');
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** From now on, so much is read at once. */
  readAhead(room: number): void {
    this.#file.room = room;
  }

  headAt(offset: number): EntryHead {
    if (offset < HEADER || offset >= this.end) throw new PackError('an entry beyond the pack');
    const bytes = this.#file.read(offset, Math.min(LONGEST_HEAD, this.end - offset));
    const head = this.#head;
    let at = 0;
    let byte = bytes[at++] as number;
    head.type = (byte >> 4) & 7;
    let size = byte & 15;
    for (let scale = 16; byte >= 128; scale *= 128) {
      byte = byteAt(bytes, at++);
      size += (byte & 127) * scale;
    }
    if (!Number.isSafeInteger(size)) throw new PackError('an entry larger than all files');
    head.size = size;
    head.baseId = undefined;
    if (head.type === OFFSET_DELTA) {
      byte = byteAt(bytes, at++);
      let back = byte & 127;
      while (byte >= 128) {
        byte = byteAt(bytes, at++);
        back = (back + 1) * 128 + (byte & 127);
      }
      if (back <= 0 || back > offset - HEADER) throw new PackError('a base beyond the pack');
      head.base = offset - back;
    } else if (head.type === ID_DELTA) {
      if (at + this.#idBytes > bytes.length) throw new PackError('an entry that is cut');
      head.baseId = bytes.subarray(at, at + this.#idBytes);
      at += this.#idBytes;
    }
    head.dataAt = offset + at;
    return head;
  }

  /** What stands in `[at, at + length)`, valid until the next call. */
  read(at: number, length: number): Buffer {
    return this.#file.read(at, length);
  }

  close(): void {
    this.#file.close();
  }
}

function byteAt(bytes: Buffer, at: number): number {
  const byte = bytes[at];
  if (byte === undefined) throw new PackError('an entry that is cut');
  return byte;
}
