import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, closeSync, mkdirSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { crc32 } from 'node:zlib';
import { byPath, isPackPath } from './format.ts';
import { chunksOfFile } from './read-chunks.ts';
import { type Measured, measure } from './source.ts';

/** The files of a pack that is being made, beside the place where it will be: on the same disk, to be moved there whole. */
export class Staging {
  readonly directory: string;
  readonly #files: Measured[] = [];

  constructor(target: string) {
    this.directory = `${target}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`;
    mkdirSync(this.directory);
    process.on('exit', this.remove);
  }

  get files(): readonly Measured[] {
    return this.#files.toSorted(byPath);
  }

  async write(path: string, pieces: Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>): Promise<void> {
    if (!isPackPath(path)) throw new TypeError(`${path} is no path of a pack`);
    const file = join(this.directory, path);
    mkdirSync(dirname(file), { recursive: true });
    const digest = createHash('sha256');
    let [size, crc] = [0, 0];
    const handle = openSync(file, 'wx', 0o644);
    try {
      for await (const piece of pieces) {
        const bytes = typeof piece === 'string' ? Buffer.from(piece) : piece;
        writeFileSync(handle, bytes);
        digest.update(bytes);
        crc = crc32(bytes, crc);
        size += bytes.length;
      }
    } finally {
      closeSync(handle);
    }
    this.#files.push({ path, size, sha256: digest.digest('hex'), crc });
  }

  /** Takes in a file that somebody else wrote there. */
  adopt(path: string): void {
    if (!isPackPath(path)) throw new TypeError(`${path} is no path of a pack`);
    const file = join(this.directory, path);
    chmodSync(file, 0o644);
    this.#files.push(measure({ path, size: 0, chunks: () => chunksOfFile(file) }));
  }

  async writeText(path: string, text: string): Promise<void> {
    await this.write(path, [text]);
  }

  readonly remove = (): void => {
    process.off('exit', this.remove);
    rmSync(this.directory, { recursive: true, force: true });
  };
}
