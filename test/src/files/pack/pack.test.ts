import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { deflateSync } from 'node:zlib';
import { BlobTable } from '../../../../src/files/blob-table.ts';
import { createInflater, type Inflate, inflateAnew } from '../../../../src/files/pack/inflate.ts';
import { findInPacks, type PackTrees } from '../../../../src/files/pack/trees.ts';
import { blobId, deltaOf, type Entry, indexOf, whole, writePack } from '../../../helpers/pack-writer.ts';
import { tempDir } from '../../../helpers/temp-repo.ts';

const text = (name: string): Buffer => Buffer.from(`${name}\n${'and so on\n'.repeat(20)}`);

function deltaFrom(base: number, of: Buffer, name: string, type: 6 | 7 = 6): Entry {
  const content = Buffer.concat([of, Buffer.from(name)]);
  const steps = [{ from: 0, size: of.length }, Buffer.from(name)];
  return { type, base, data: deltaOf(of.length, content.length, steps), content };
}

function tableOf(contents: readonly Buffer[]): BlobTable {
  return BlobTable.from(contents.map((content) => ({ id: blobId(content), size: content.length })));
}

function shapeOf({ depths, isLast, positions }: PackTrees): (readonly [depth: number, isLast: number, position: number])[] {
  return [...depths].map((depth, entry) => [depth, isLast[entry] ?? 0, positions[entry] ?? 0]);
}

describe('packs', () => {
  it('are gone through tree by tree, a base before all that is made from it', () => {
    const gitDir = tempDir();
    const [a, b] = [text('a'), text('b')];
    const first = deltaFrom(0, a, 'first');
    const entries = [
      whole(a),
      whole(b),
      first,
      deltaFrom(0, a, 'second', 7),
      deltaFrom(2, first.content, 'of first'),
      deltaFrom(1, b, 'of b'),
    ];
    writePack(gitDir, entries);

    const { packs, left } = findInPacks(gitDir, tableOf(entries.map(({ content }) => content)));

    assert.equal(left.length, 0);
    assert.deepEqual(packs.map(shapeOf), [
      [
        [0, 1, 0],
        [1, 0, 2],
        [2, 1, 4],
        [1, 1, 3],
        [0, 1, 1],
        [1, 1, 5],
      ],
    ]);
  });

  it('give bases that were not asked for, and nothing else that was not', () => {
    const gitDir = tempDir();
    const [a, b] = [text('a'), text('b')];
    const first = deltaFrom(0, a, 'first');
    const last = deltaFrom(1, first.content, 'last');
    writePack(gitDir, [whole(a), first, last, whole(b)]);

    const { packs, left } = findInPacks(gitDir, tableOf([last.content, text('of no pack')]));

    assert.deepEqual([...left], [1]);
    assert.deepEqual(packs.map(shapeOf), [
      [
        [0, 1, -1],
        [1, 1, -1],
        [2, 1, 0],
      ],
    ]);
  });

  it('find thousands of bases that were not asked for', () => {
    const gitDir = tempDir();
    const roots = Array.from({ length: 3000 }, (_, index) => whole(text(`root ${index}`)));
    const versions = roots.map(({ content }, index) => deltaFrom(index, content, 'version'));
    writePack(gitDir, [...roots, ...versions]);

    const { packs, left } = findInPacks(gitDir, tableOf(versions.map(({ content }) => content)));

    assert.equal(left.length, 0);
    assert.equal(packs[0]?.positions.length, 6000);
    assert.deepEqual(
      [...(packs[0]?.positions ?? [])].filter((position) => position >= 0).sort((x, y) => x - y),
      [...versions.keys()],
    );
  });

  it('are found by offsets of 64 bits', () => {
    const gitDir = tempDir();
    const entries = [whole(text('a')), whole(text('b'))];
    const { pack, index, offsets } = writePack(gitDir, entries);
    const checksum = readFileSync(pack).subarray(-20);
    const ids = entries.map(({ content }) => blobId(content));
    rmSync(index);
    writeFileSync(
      index,
      indexOf(ids, offsets, checksum, 'sha1', () => true),
    );

    const { packs, left } = findInPacks(gitDir, tableOf(entries.map(({ content }) => content)));

    assert.equal(left.length, 0);
    assert.equal(packs[0]?.at.length, 2);
  });

  it('are left where an offset leads out of them', () => {
    const gitDir = tempDir();
    const entries = [whole(text('a')), whole(text('b'))];
    const { pack, index, offsets } = writePack(gitDir, entries);
    const checksum = readFileSync(pack).subarray(-20);
    const ids = entries.map(({ content }) => blobId(content));
    rmSync(index);
    writeFileSync(index, indexOf(ids, [offsets[0] ?? 0, 2 ** 40], checksum));

    const { packs, left } = findInPacks(gitDir, tableOf(entries.map(({ content }) => content)));

    assert.deepEqual([...left], [1]);
    assert.equal(packs[0]?.at.length, 1);
  });

  it('of another checksum than their index names are left', () => {
    const gitDir = tempDir();
    const entries = [whole(text('a'))];
    const { pack } = writePack(gitDir, entries);
    const bytes = readFileSync(pack);
    bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1);
    rmSync(pack);
    writeFileSync(pack, bytes);

    const { packs, left } = findInPacks(gitDir, tableOf(entries.map(({ content }) => content)));

    assert.deepEqual([packs.length, left.length], [0, 1]);
  });
});

const inflaters: readonly (readonly [name: string, inflate: Inflate])[] = [
  ['with one handle for all', createInflater()],
  ['with a stream for each', inflateAnew],
];
for (const [name, inflate] of inflaters) {
  describe(`entries inflated ${name}`, () => {
    const content = text('inflated');
    const packed = Buffer.concat([deflateSync(content), Buffer.from('the next entry')]);

    it('stand where they are wanted, and nowhere else', () => {
      const into = Buffer.alloc(content.length + 20, 7);

      inflate(packed, into, 10, content.length);

      assert.deepEqual(into.subarray(10, 10 + content.length), content);
      assert.ok(into.subarray(0, 10).every((byte) => byte === 7));
      assert.ok(into.subarray(11 + content.length).every((byte) => byte === 7));
    });

    it('may be empty', () => {
      assert.doesNotThrow(() => inflate(deflateSync(''), Buffer.alloc(1), 0, 0));
    });

    it('are refused when they are of another size, cut or damaged, and the next is not', () => {
      const into = Buffer.alloc(1024);
      const broken = Buffer.from(packed);
      broken.fill(0xff, 4, 12);

      for (const [bytes, size] of [
        [packed, content.length - 1],
        [packed, content.length + 1],
        [packed.subarray(0, 12), content.length],
        [broken, content.length],
        [Buffer.alloc(0), 10],
        [deflateSync(Buffer.alloc(1_000_000)), 10],
      ] as const) {
        assert.throws(() => inflate(bytes, into, 0, size));
        inflate(packed, into, 0, content.length);
        assert.deepEqual(into.subarray(0, content.length), content);
      }
    });
  });
}

describe('the inflater that is taken', () => {
  it('is the fast one, in the Node that is at work', () => {
    assert.notEqual(createInflater(), inflateAnew);
  });
});
