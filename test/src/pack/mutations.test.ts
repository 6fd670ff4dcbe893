import assert from 'node:assert/strict';
import { copyFileSync, cpSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { verifyPack } from '../../../src/pack/verify.ts';
import { CENTRAL_SIZE, LOCAL_SIZE } from '../../../src/pack/zip-records.ts';
import { tempDir } from '../../helpers/temp-repo.ts';
import { NOW, signedBy, testKey, testPack } from './packs.ts';

const MUTATIONS = 200;

describe('verify: every byte of a pack counts', () => {
  const ours = testKey();
  const choices = { trusted: [ours.trusted], now: NOW };
  let root: string;
  let directory: string;
  let archive: string;

  before(async () => {
    root = tempDir();
    directory = (await testPack(root, { name: 'pack', signing: signedBy(ours) })).path;
    archive = (await testPack(root, { name: 'pack.zip', signing: signedBy(ours) })).path;
  });

  it('passes an untouched pack, where it was made and at another place', () => {
    const elsewhere = join(root, 'other machine', 'deep er');
    mkdirSync(elsewhere, { recursive: true });
    cpSync(directory, join(elsewhere, 'renamed'), { recursive: true });
    copyFileSync(archive, join(elsewhere, 'renamed.bin'));

    for (const path of [directory, archive, join(elsewhere, 'renamed'), join(elsewhere, 'renamed.bin')]) {
      const { good, problems, signature } = verifyPack(path, choices);

      assert.deepEqual([good, problems, signature.state], [true, [], 'trusted'], path);
    }
  });

  it(`names the file of each of ${MUTATIONS} changed bytes in a directory, and no other`, () => {
    const random = numbers(1);
    const files = filesBelow(directory);
    const met = new Set<string>();

    for (let n = 0; n < MUTATIONS; n++) {
      const file = files[random(files.length)] as string;
      met.add(file);
      const path = join(directory, file);
      const bytes = readFileSync(path);
      const at = random(bytes.length);
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] as number) ^ (1 + random(255));
      writeFileSync(path, changed);

      const { good, problems } = verifyPack(directory, choices);

      writeFileSync(path, bytes);
      assert.deepEqual([good, [...new Set(problems.map((problem) => problem.file))]], [false, [file]], `${file}, byte ${at}`);
    }
    assert.equal(verifyPack(directory, choices).good, true);
    assert.deepEqual([...met].sort(), files.toSorted());
  });

  for (const [what, without] of [
    ['without the key', { trusted: [], now: NOW }],
    ['with it', choices],
  ] as const) {
    it(`names the file of each of ${MUTATIONS} changed bytes in an archive, ${what}: content, records and end`, () => {
      const random = numbers(2);
      const bytes = readFileSync(archive);
      const regions = regionsOf(bytes);
      const scratch = join(root, 'changed.zip');

      for (let n = 0; n < MUTATIONS; n++) {
        const { start, end, file, isContent } = regions[random(regions.length)] as Region;
        const at = start + random(end - start);
        const changed = Buffer.from(bytes);
        changed[at] = (changed[at] as number) ^ (1 + random(255));
        writeFileSync(scratch, changed);

        const { good, problems } = verifyPack(scratch, without);

        const named = [...new Set(problems.map((problem) => problem.file))];
        assert.equal(good, false, `${file}, byte ${at}`);
        if (isContent) assert.deepEqual(named, [file], `byte ${at}`);
        else assert(named.includes(file), `${file}, byte ${at}: ${JSON.stringify(problems)}`);
      }
    });
  }

  it('names what changed in an unsigned pack too', async () => {
    const random = numbers(3);
    const { path } = await testPack(root, { name: 'unsigned' });
    const files = filesBelow(path);

    for (let n = 0; n < MUTATIONS / 2; n++) {
      const file = files[random(files.length)] as string;
      const bytes = readFileSync(join(path, file));
      const changed = Buffer.from(bytes);
      const at = random(bytes.length);
      changed[at] = (changed[at] as number) ^ (1 + random(255));
      writeFileSync(join(path, file), changed);

      const { good, problems } = verifyPack(path, { trusted: [], now: NOW });

      writeFileSync(join(path, file), bytes);
      const named = new Set(problems.map((problem) => problem.file));
      assert(!good && named.has(file), `${file}, byte ${at}: ${JSON.stringify(problems)}`);
      // Nobody signed: of two that say different things, a digest in the list and the manifest, either may be the changed one.
      assert(named.size <= 3);
    }
  });

  it('says that a cut archive, and one with bytes behind it, is not as it was written', () => {
    const bytes = readFileSync(archive);
    const scratch = join(root, 'cut.zip');

    for (const changed of [
      ...[1, 22, 500, 5_000, bytes.length - 3].map((less) => bytes.subarray(0, bytes.length - less)),
      Buffer.concat([bytes, Buffer.from('x')]),
      Buffer.concat([Buffer.from('x'), bytes]),
      Buffer.alloc(0),
    ]) {
      writeFileSync(scratch, changed);

      assert.equal(verifyPack(scratch, choices).good, false);
    }
    assert.equal(statSync(archive).size, bytes.length);
  });

  it('is not told where a pack lies by its files', () => {
    const moved = join(root, 'moved.zip');
    renameSync(archive, moved);

    const { good } = verifyPack(moved, choices);

    renameSync(moved, archive);
    assert(good);
    assert(!readFileSync(archive).includes(root));
  });
});

interface Region {
  readonly start: number;
  readonly end: number;
  readonly file: string;
  readonly isContent: boolean;
}

/** Each record and content of an archive that is known to be well formed. */
function regionsOf(bytes: Buffer): readonly Region[] {
  const regions: Region[] = [];
  const end = bytes.length - 22;
  let at = 0;
  while (bytes.readUInt32LE(at) === 0x04034b50) {
    const head = LOCAL_SIZE + bytes.readUInt16LE(at + 26);
    const file = bytes.toString('latin1', at + LOCAL_SIZE, at + head);
    const size = bytes.readUInt32LE(at + 18);
    regions.push({ start: at, end: at + head, file, isContent: false });
    regions.push({ start: at + head, end: at + head + size, file, isContent: true });
    at += head + size;
  }
  while (at < end) {
    const size = CENTRAL_SIZE + bytes.readUInt16LE(at + 28);
    regions.push({ start: at, end: at + size, file: bytes.toString('latin1', at + CENTRAL_SIZE, at + size), isContent: false });
    at += size;
  }
  return [...regions, { start: end, end: bytes.length, file: 'changed.zip', isContent: false }];
}

function filesBelow(root: string): readonly string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .sort();
}

/** The same numbers each time: a mutation that slips through can be looked at. */
function numbers(seed: number): (below: number) => number {
  let state = seed * 2_654_435_761;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}
