import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { defineCrawler, type PathTarget } from '../../src/contracts/index.ts';
import { archiveKind, HEAD } from '../../src/files/archive/kind.ts';

/** Container images in files: `docker save`, OCI archives and layouts. https://github.com/opencontainers/image-spec */
export const image = defineCrawler({
  id: 'image',
  title: 'Container images',
  emits: ['consumer', 'sighting', 'coverage'],
  surfaces: ['image'],
  version: 1,
  accepts,
  async *scan(target, context) {
    const { scanImage } = await import('./scan.ts');
    yield* scanImage(target, context);
  },
});

/** Asked of every target: what reads images loads with the first that may be one. */
async function accepts({ path, isDirectory }: PathTarget): Promise<boolean> {
  if (isDirectory ? statSync(join(path, 'oci-layout'), { throwIfNoEntry: false }) === undefined : !mayHoldTar(path)) return false;
  const { isImageTarget } = await import('./scan.ts');
  return await isImageTarget(path, isDirectory);
}

function mayHoldTar(path: string): boolean {
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) return false;
  let handle: number | undefined;
  try {
    handle = openSync(path, 'r');
    const head = Buffer.alloc(HEAD);
    const kind = archiveKind(head.subarray(0, readSync(handle, head, 0, HEAD, 0)));
    return kind === 'tar' || kind === 'gzip' || kind === 'zstd';
  } catch {
    // Whoever reads it as a file says why it cannot be read.
    return false;
  } finally {
    if (handle !== undefined) closeSync(handle);
  }
}
