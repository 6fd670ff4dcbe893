import { closeSync, fsyncSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError } from '../util/errors.ts';
import { chunksOfFile } from './read-chunks.ts';
import type { Measured } from './source.ts';
import { centralRecord, endRecord, localRecord, MOST_BYTES, MOST_ENTRIES } from './zip-records.ts';

/** One archive of staged files, in the order of their paths. `file` must not be there. */
export function writeZip(file: string, directory: string, files: readonly Measured[]): void {
  const total = files.reduce((sum, { size, path }) => sum + size + 2 * path.length + 100, 0);
  if (files.length > MOST_ENTRIES || total > MOST_BYTES) {
    throw new ConfigError('The pack is too large for an archive: a ZIP of this form ends at 4 GiB and 65,534 files', {
      code: 'PACK_TOO_LARGE',
      hint: 'Write it as a directory: -o DIR',
    });
  }
  const handle = openSync(file, 'wx', 0o644);
  try {
    const listing: Buffer[] = [];
    let at = 0;
    for (const staged of files) {
      listing.push(centralRecord(staged, at));
      const head = localRecord(staged);
      writeFileSync(handle, head);
      for (const chunk of chunksOfFile(join(directory, staged.path))) writeFileSync(handle, chunk);
      at += head.length + staged.size;
    }
    const central = Buffer.concat(listing);
    writeFileSync(handle, central);
    writeFileSync(handle, endRecord(files.length, central.length, at));
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
