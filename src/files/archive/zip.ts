import yauzl from 'yauzl';
import { messageOf } from '../../util/errors.ts';
import type { ByteSource } from './source.ts';

/** One entry of a zip's directory. */
export interface ZipEntry {
  /** As written: it may be absolute or climb, and is never a place on disk. */
  readonly path: string;
  readonly type: 'file' | 'directory' | 'link';
  readonly isEncrypted: boolean;
  /** 0 stored, 8 deflated, 93 Zstandard; see APPNOTE.TXT 4.4.5. */
  readonly method: number;
  readonly packedSize: number;
  /** As the directory says. */
  readonly size: number;
  /** Where its bytes begin. Throws `BrokenZip`. */
  readonly start: () => Promise<number>;
}

export class BrokenZip extends Error {}

const DIRECTORY = 0o040000;
const LINK = 0o120000;
const FILE_TYPE = 0o170000;
const UTF8_NAME = 0x800;

/** Reads the directory of a zip, entry by entry. Throws `BrokenZip`. */
export async function* readZip(source: ByteSource): AsyncGenerator<ZipEntry> {
  const zip = await open(source);
  const queue = new EntryQueue(zip);
  try {
    for (;;) {
      const entry = await queue.next();
      if (entry === undefined) return;
      yield toEntry(zip, entry);
    }
  } finally {
    zip.close();
  }
}

function toEntry(zip: yauzl.ZipFile, entry: yauzl.Entry): ZipEntry {
  const path = nameOf(entry);
  // Nothing takes two bytes when it is deflated.
  const isEmpty = entry.uncompressedSize === 0 && entry.compressedSize <= 2;
  const mode = (entry.externalFileAttributes >>> 16) & FILE_TYPE;
  return {
    path,
    type: (path.endsWith('/') || mode === DIRECTORY) && isEmpty ? 'directory' : mode === LINK ? 'link' : 'file',
    isEncrypted: entry.isEncrypted(),
    method: entry.compressionMethod,
    packedSize: entry.compressedSize,
    size: entry.uncompressedSize,
    start: () =>
      new Promise((resolve, reject) => {
        zip.readLocalFileHeader(entry, { minimal: true }, (error, header) => {
          if (error !== null && error !== undefined) reject(new BrokenZip(messageOf(error)));
          else resolve(header.fileDataStart);
        });
      }),
  };
}

/** Names are read as they stand: yauzl would end at the first that climbs out of a directory. */
function nameOf(entry: yauzl.Entry): string {
  const raw = entry.fileNameRaw;
  return raw.toString((entry.generalPurposeBitFlag & UTF8_NAME) === 0 && !isAscii(raw) ? 'latin1' : 'utf8').replaceAll('\\', '/');
}

function isAscii(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte < 0x80);
}

function open(source: ByteSource): Promise<yauzl.ZipFile> {
  const options = { lazyEntries: true, autoClose: false, decodeStrings: false, validateEntrySizes: false };
  return new Promise((resolve, reject) => {
    yauzl.fromRandomAccessReader(new SourceReader(source), source.size, options, (error, zip) => {
      if (error !== null && error !== undefined) reject(new BrokenZip(messageOf(error)));
      else resolve(zip);
    });
  });
}

/** yauzl asks for pieces; all of them are there at once. */
class SourceReader extends yauzl.RandomAccessReader {
  readonly #source: ByteSource;

  constructor(source: ByteSource) {
    super();
    this.#source = source;
  }

  override read(buffer: Buffer, offset: number, length: number, position: number, callback: (error: Error | null) => void): void {
    let failure: Error | null = null;
    try {
      const count = this.#source.read(position, length).copy(buffer, offset);
      if (count < length) failure = new Error('unexpected end of file');
    } catch (error) {
      failure = error instanceof Error ? error : new Error(String(error));
    }
    setImmediate(callback, failure);
  }

  override close(callback: (error: Error | null) => void): void {
    setImmediate(callback, null);
  }
}

class EntryQueue {
  readonly #zip: yauzl.ZipFile;
  #settle: ((entry: yauzl.Entry | undefined, error?: Error) => void) | undefined;
  #hasEnded = false;
  #error: Error | undefined;

  constructor(zip: yauzl.ZipFile) {
    this.#zip = zip;
    zip.on('entry', (entry: yauzl.Entry) => this.#settle?.(entry));
    zip.on('end', () => {
      this.#hasEnded = true;
      this.#settle?.(undefined);
    });
    zip.on('error', (error: Error) => {
      this.#error = error;
      this.#settle?.(undefined, error);
    });
  }

  next(): Promise<yauzl.Entry | undefined> {
    return new Promise((resolve, reject) => {
      if (this.#error !== undefined) return reject(new BrokenZip(messageOf(this.#error)));
      if (this.#hasEnded) return resolve(undefined);
      this.#settle = (entry, error) => {
        this.#settle = undefined;
        if (error === undefined) resolve(entry);
        else reject(new BrokenZip(messageOf(error)));
      };
      this.#zip.readEntry();
    });
  }
}
