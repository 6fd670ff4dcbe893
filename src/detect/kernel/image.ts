import { readFileSync } from 'node:fs';
import { generatedFile } from '../../util/package-root.ts';
import { type ReadTables, readTables, Slot, type Tables } from './tables.ts';

/** The name of the file under `dist/generated/`. */
export const IMAGE = 'search.bin';

/** The tables as a file, with notes of their owner's, under a key of 32 bytes that names what they were made from. */
export function writeImage({ words }: Tables, key: Buffer, notes: string): Buffer {
  const [tables, behind] = [Buffer.from(words.slice().buffer), Buffer.from(notes, 'utf8')];
  tables.writeInt32LE(behind.length, Slot.notes * 4);
  key.copy(tables, Slot.key * 4, 0, 32);
  return Buffer.concat([tables, behind]);
}

/** The tables of that key; nothing when the image is of another, damaged, or not there. */
export function readImage(key: Buffer, path = generatedFile(IMAGE)): ReadTables | undefined {
  if (path === undefined) return undefined;
  let image: Buffer;
  try {
    image = readFileSync(path);
  } catch {
    return undefined;
  }
  const tables = readTables(image);
  return tables !== undefined && image.compare(key, 0, 32, Slot.key * 4, Slot.key * 4 + 32) === 0 ? tables : undefined;
}
