import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { leafHash, merklePath, merkleRoot, rootOf } from '../../../src/pack/merkle.ts';

describe('hash tree of findings', () => {
  it('has the root that RFC 9162 gives, for no leaf, one and three', () => {
    const sha = (...parts: readonly Uint8Array[]) => createHash('sha256').update(Buffer.concat(parts)).digest();
    const [a, b, c] = ['a', 'b', 'c'].map((text) => sha(Buffer.from([0]), Buffer.from(text))) as [Buffer, Buffer, Buffer];
    const ab = sha(Buffer.from([1]), a, b);

    assert.equal(merkleRoot([]).toString('hex'), createHash('sha256').digest('hex'));
    assert.deepEqual(merkleRoot([leafHash('a')]), a);
    assert.deepEqual(merkleRoot(['a', 'b', 'c'].map(leafHash)), sha(Buffer.from([1]), ab, c));
  });

  it('proves each leaf of each tree, and no other leaf, place or size', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 70 }), fc.nat(), (count, choice) => {
        const leaves = Array.from({ length: count }, (_, n) => leafHash(`finding ${n}`));
        const index = choice % count;
        const path = merklePath(leaves, index);
        const root = merkleRoot(leaves);

        assert.deepEqual(rootOf(leaves[index] as Buffer, index, count, path), root);
        assert.notDeepEqual(rootOf(leafHash('another'), index, count, path), root);
        if (count > 1) assert.notDeepEqual(rootOf(leaves[index] as Buffer, (index + 1) % count, count, path), root);
        assert.equal(rootOf(leaves[index] as Buffer, index, count, [...path, root]), undefined);
        assert.equal(rootOf(leaves[index] as Buffer, count, count, path), undefined);
        if (path.length > 0) assert.equal(rootOf(leaves[index] as Buffer, index, count, path.slice(1)), undefined);
      }),
      { numRuns: 200 },
    );
  });
});
