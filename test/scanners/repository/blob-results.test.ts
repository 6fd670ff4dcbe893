import assert from 'node:assert/strict';
import { BlobResults } from '../../../scanners/repository/blob-results.ts';
import { Tally } from '../../../scanners/repository/tally.ts';
import { BlobTable, UNKNOWN_SIZE } from '../../../src/files/blob-table.ts';

const ids = ['a', 'b', 'c'].map((letter) => letter.repeat(40));

describe('repository scanner: results of blobs', () => {
  for (const [what, size] of [
    ['listed with their sizes', 10],
    ['listed without', UNKNOWN_SIZE],
  ] as const) {
    it(`counts those that were read as files, ${what}`, () => {
      const [file = '', other = ''] = ids;
      const results = new BlobResults({ blobs: BlobTable.from([file, other].map((id) => ({ id, size }))) }, undefined);

      const { asFiles, earlier } = results.count(new Set([file, 'f'.repeat(40)]), BlobTable.from([]), new Tally([]));

      assert.deepEqual([asFiles, earlier], [1, 0]);
    });
  }

  it('learns the size of what it found something in', () => {
    const blobs = BlobTable.from(ids.map((id) => ({ id, size: UNKNOWN_SIZE })));
    const results = new BlobResults({ blobs }, undefined);
    const [found = '', clean = ''] = ids;
    const match = { detector: 'x' } as never;

    results.add({ key: found, outcome: 'read', bytes: 4096, matches: [match] });
    results.add({ key: clean, outcome: 'read', bytes: 7, matches: [] });

    assert.deepEqual([blobs.sizeOf(found), blobs.sizeOf(clean)], [4096, undefined]);
  });
});
