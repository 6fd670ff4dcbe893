import assert from 'node:assert/strict';
import { closeSync, mkdirSync, openSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FileWindow } from '../../../../src/files/pack/file-window.ts';
import { PackIndex } from '../../../../src/files/pack/pack-index.ts';
import { tempDir } from '../../../helpers/temp-repo.ts';

const bytes = Buffer.from(Array.from({ length: 100 }, (_, index) => index));

function fileOf(content: Buffer): string {
  const path = join(tempDir(), 'file');
  writeFileSync(path, content);
  return path;
}

/** The number the next descriptor has: it is the lowest that is free. */
function nextDescriptor(): number {
  const descriptor = openSync(tempDir(), 'r');
  closeSync(descriptor);
  return descriptor;
}

describe('a window on a file', () => {
  it('shows what stands anywhere in it, and nothing beyond its end', () => {
    const window = new FileWindow(fileOf(bytes), 10);

    const shown = [0, 3, 50, 95, 2, 0].map((at) => [...window.read(at, 5)]);

    window.close();
    assert.deepEqual(
      shown,
      [0, 3, 50, 95, 2, 0].map((at) => [...bytes.subarray(at, at + 5)]),
    );
    assert.throws(() => window.read(96, 5));
    assert.throws(() => window.read(-1, 5));
  });

  it('reads no more at once than it is told to', () => {
    const path = fileOf(bytes);
    const window = new FileWindow(path, 50);
    window.room = 4;
    window.read(0, 2);
    truncateSync(path, 4);

    assert.deepEqual([...window.read(2, 2)], [2, 3]);
    assert.throws(() => window.read(4, 2));
    window.close();
  });

  it('shows nothing of what it held when a read fails', () => {
    const window = new FileWindow(fileOf(bytes), 10);
    window.read(0, 5);
    window.close();

    assert.throws(() => window.read(50, 5), { code: 'EBADF' });
    assert.throws(() => window.read(0, 5), { code: 'EBADF' });
  });

  it('leaves nothing open where there is no file', () => {
    const folder = join(tempDir(), 'folder');
    mkdirSync(folder);
    const short = fileOf(bytes);
    const before = nextDescriptor();

    for (let round = 0; round < 3; round++) {
      assert.throws(() => new FileWindow(folder, 10));
      assert.throws(() => new PackIndex(short, 20));
      assert.throws(() => new PackIndex(folder, 20));
    }

    assert.equal(nextDescriptor(), before);
  });
});
