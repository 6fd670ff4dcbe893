import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import type { BlobRef } from '../../../src/contracts/index.ts';
import { BlobTable, BlobTableBuilder } from '../../../src/files/blob-table.ts';

function idOf(text: string, algorithm = 'sha1'): string {
  return createHash(algorithm).update(text).digest('hex');
}

const refs = (algorithm: string) =>
  fc.uniqueArray(
    fc.tuple(fc.string(), fc.maxSafeNat()).map(([text, size]): BlobRef => ({ id: idOf(text, algorithm), size })),
    { selector: ({ id }) => id, maxLength: 300 },
  );

describe('blob table', () => {
  for (const algorithm of ['sha1', 'sha256']) {
    it(`gives back what it was made of, in order (${algorithm})`, () => {
      fc.assert(
        fc.property(refs(algorithm), fc.string(), (blobs, other) => {
          const table = BlobTable.from(blobs);

          assert.deepEqual([...table], blobs);
          assert.ok(blobs.every(({ id, size }, position) => table.idAt(position) === id && table.sizeOf(id) === size));
          const stranger = idOf(other, algorithm);
          assert.equal(
            table.has(stranger),
            blobs.some(({ id }) => id === stranger),
          );
        }),
      );
    });
  }

  it('leaves out what it is told to', () => {
    fc.assert(
      fc.property(refs('sha1'), fc.array(fc.nat()), fc.string(), (blobs, picked, other) => {
        const gone = new Set([idOf(other), ...picked.flatMap((pick) => blobs[pick % Math.max(1, blobs.length)]?.id ?? [])]);
        const table = BlobTable.from(blobs);
        const left = blobs.filter(({ id }) => !gone.has(id));

        assert.deepEqual([...table.without(gone)], left);
        assert.deepEqual([...table.filter(({ id }) => !gone.has(id))], left);
      }),
    );
  });

  it('hands out ids as bytes of their own', () => {
    const ids = ['a', 'b', 'c'].map((text) => idOf(text));
    const table = BlobTable.from(ids.map((id) => ({ id, size: 1 })));

    const bytes = table.idsOf(1, 3);

    assert.equal(Buffer.from(bytes).toString('hex'), `${ids[1]}${ids[2]}`);
    assert.equal(bytes.buffer.byteLength, 40);
  });

  it('takes ids as git writes them', () => {
    const id = idOf('x');
    const builder = new BlobTableBuilder();
    const line = Buffer.from(`blob 12 ${id}\n`);

    builder.addFrom(line, 8, 48, 12);

    assert.deepEqual([...builder.table()], [{ id, size: 12 }]);
  });

  it('takes no ids of two lengths', () => {
    const mixed = [idOf('x'), idOf('x', 'sha256')].map((id) => ({ id, size: 1 }));

    assert.throws(() => BlobTable.from(mixed), /one length/);
    assert.throws(() => BlobTable.from([{ id: 'no id', size: 1 }]), /one length/);
  });

  it('is empty when made of nothing', () => {
    const table = BlobTable.from([]);

    assert.deepEqual([table.length, [...table], table.has(idOf('x')), table.without([idOf('x')]).length], [0, [], false, 0]);
  });
});
