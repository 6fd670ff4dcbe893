import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { deflateSync } from 'node:zlib';
import { BlobTable } from '../../../../src/files/blob-table.ts';
import { createInflater, type Inflate, inflateAnew } from '../../../../src/files/pack/inflate.ts';
import { findInPacks, type PackTrees } from '../../../../src/files/pack/trees.ts';
import { cpuTime } from '../../../helpers/cpu-time.ts';
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
  it('are gone through tree by tree, a base before all that is made from it', async () => {
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

    const { packs, left } = await findInPacks(gitDir, tableOf(entries.map(({ content }) => content)));

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

  it('give bases that were not asked for, and nothing else that was not', async () => {
    const gitDir = tempDir();
    const [a, b] = [text('a'), text('b')];
    const first = deltaFrom(0, a, 'first');
    const last = deltaFrom(1, first.content, 'last');
    writePack(gitDir, [whole(a), first, last, whole(b)]);

    const { packs, left } = await findInPacks(gitDir, tableOf([last.content, text('of no pack')]));

    assert.deepEqual([...left], [1]);
    assert.deepEqual(packs.map(shapeOf), [
      [
        [0, 1, -1],
        [1, 1, -1],
        [2, 1, 0],
      ],
    ]);
  });

  it('find thousands of bases that were not asked for', async () => {
    const gitDir = tempDir();
    const roots = Array.from({ length: 3000 }, (_, index) => whole(text(`root ${index}`)));
    const versions = roots.map(({ content }, index) => deltaFrom(index, content, 'version'));
    writePack(gitDir, [...roots, ...versions]);

    const { packs, left } = await findInPacks(gitDir, tableOf(versions.map(({ content }) => content)));

    assert.equal(left.length, 0);
    assert.equal(packs[0]?.positions.length, 6000);
    assert.deepEqual(
      [...(packs[0]?.positions ?? [])].filter((position) => position >= 0).sort((x, y) => x - y),
      [...versions.keys()],
    );
  });

  it('are found by offsets of 64 bits', async () => {
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

    const { packs, left } = await findInPacks(gitDir, tableOf(entries.map(({ content }) => content)));

    assert.equal(left.length, 0);
    assert.equal(packs[0]?.at.length, 2);
  });

  it('are left where an offset leads out of them', async () => {
    const gitDir = tempDir();
    const entries = [whole(text('a')), whole(text('b'))];
    const { pack, index, offsets } = writePack(gitDir, entries);
    const checksum = readFileSync(pack).subarray(-20);
    const ids = entries.map(({ content }) => blobId(content));
    rmSync(index);
    writeFileSync(index, indexOf(ids, [offsets[0] ?? 0, 2 ** 40], checksum));

    const { packs, left } = await findInPacks(gitDir, tableOf(entries.map(({ content }) => content)));

    assert.deepEqual([...left], [1]);
    assert.equal(packs[0]?.at.length, 1);
  });

  it('are left, with what else is in them, where one id stands in two of them or twice in one', async () => {
    const gitDir = tempDir();
    const [a, b, c, d] = [text('a'), text('b'), text('c'), text('d')];
    const onB = deltaFrom(0, b, 'on b');
    writePack(gitDir, [whole(a), whole(b)]);
    writePack(gitDir, [whole(b), onB]);
    const { pack, index, offsets } = writePack(gitDir, [whole(c), whole(d)]);
    rmSync(index);
    writeFileSync(
      index,
      indexOf(
        [c, c].map((content) => blobId(content)),
        offsets,
        readFileSync(pack).subarray(-20),
      ),
    );

    const { packs, left } = await findInPacks(gitDir, tableOf([a, b, onB.content, c]));

    assert.deepEqual([...left], [1, 3]);
    const shapes = packs.map(shapeOf).sort((one, other) => one.length - other.length);
    assert.deepEqual(shapes, [
      [[0, 1, 0]],
      [
        [0, 1, -1],
        [1, 1, 2],
      ],
    ]);
  });

  it('are all left where one of the indexes is of a kind that git may know', async () => {
    const gitDir = tempDir();
    writePack(gitDir, [whole(text('a'))]);
    const { index } = writePack(gitDir, [whole(text('b'))]);
    rmSync(index);
    writeFileSync(index, Buffer.alloc(2000));

    const { packs, left } = await findInPacks(gitDir, tableOf([text('a'), text('b')]));

    assert.deepEqual([packs.length, [...left]], [0, [0, 1]]);
  });

  it('are all left where there are hundreds', async () => {
    const gitDir = tempDir();
    const contents = Array.from({ length: 257 }, (_, index) => text(`pack ${index}`));
    const written = contents.map((content) => writePack(gitDir, [whole(content)]));

    const many = await findInPacks(gitDir, tableOf(contents));
    rmSync(written[0]?.index ?? '');
    const fewer = await findInPacks(gitDir, tableOf(contents));

    assert.deepEqual([many.packs.length, many.left.length], [0, 257]);
    assert.deepEqual([fewer.packs.length, [...fewer.left]], [256, [0]]);
  });

  it('are soon left where they are one chain of millions', async function () {
    this.timeout(10_000);
    const gitDir = tempDir();
    // Each 97th byte is an offset delta of one byte, whose base is 97 bytes before.
    const target = blobId(text('at the end'));
    writeCrafted(gitDir, Buffer.alloc(16 * 1024 * 1024, 0x61), [[target, 16 * 1024 * 1024 - 40]]);
    const started = cpuTime();

    const { packs, left } = await findInPacks(gitDir, BlobTable.from([{ id: target, size: 5 }]));

    assert.deepEqual([packs.length, left.length], [1, 1]);
    assert.equal(packs[0]?.at.length, 0);
    // At a megabyte for each step, and with all of them, it were 3.4 seconds; with 4096 of some kilobytes 20 milliseconds.
    const took = cpuTime() - started;
    assert.ok(took < 1000, `${Math.round(took)} ms`);
  });

  it('are left where many blobs lead to more bases than a pack would hold for them', async () => {
    const gitDir = tempDir();
    const bytes = Buffer.alloc(8 * 1024 * 1024, 0x61);
    // Chains side by side: they never meet.
    const named = Array.from({ length: 97 }, (_, index) => [blobId(text(`${index}`)), bytes.length - 200 + index] as const);
    writeCrafted(gitDir, bytes, named);

    const { packs, left } = await findInPacks(gitDir, BlobTable.from(named.map(([id]) => ({ id, size: 5 }))));

    assert.deepEqual([packs[0]?.at.length, left.length], [0, 97]);
  });

  it('end when the search does', async () => {
    const gitDir = tempDir();
    writePack(gitDir, [whole(text('a'))]);
    const abort = new AbortController();
    setImmediate(() => abort.abort());

    const { packs, left } = await findInPacks(gitDir, tableOf([text('a')]), abort.signal);

    assert.ok(abort.signal.aborted, 'others were not heard');
    assert.deepEqual([packs.length, left.length], [0, 1]);
  });

  it('of another checksum than their index names are left', async () => {
    const gitDir = tempDir();
    const entries = [whole(text('a'))];
    const { pack } = writePack(gitDir, entries);
    const bytes = readFileSync(pack);
    bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1);
    rmSync(pack);
    writeFileSync(pack, bytes);

    const { packs, left } = await findInPacks(gitDir, tableOf(entries.map(({ content }) => content)));

    assert.deepEqual([packs.length, left.length], [0, 1]);
  });
});

/** A pack of these bytes behind its head, and an index that says what stands where in it. */
function writeCrafted(gitDir: string, bytes: Buffer, named: readonly (readonly [id: string, at: number])[]): void {
  const { pack, index } = writePack(gitDir, [whole(text('of no account'))]);
  const head = readFileSync(pack).subarray(0, 12);
  head.writeUInt32BE(named.length, 8);
  const body = Buffer.concat([head, bytes]);
  const checksum = createHash('sha1').update(body).digest();
  for (const path of [pack, index]) rmSync(path);
  writeFileSync(pack, Buffer.concat([body, checksum]));
  writeFileSync(
    index,
    indexOf(
      named.map(([id]) => id),
      named.map(([, at]) => at),
      checksum,
    ),
  );
}

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
