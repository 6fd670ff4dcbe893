import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import type { BlobRef, BulkItem } from '../../../src/contracts/index.ts';
import { createBulk } from '../../../src/detect/bulk.ts';
import { expandExample } from '../../../src/detect/examples.ts';
import { loadPack } from '../../../src/detect/load.ts';
import { BlobTable } from '../../../src/files/blob-table.ts';
import { gitEnvironment, gitPrefix } from '../../../src/files/git.ts';
import { findInPacks } from '../../../src/files/pack/trees.ts';
import { blobId, deltaOf, type Entry, whole, writePack } from '../../helpers/pack-writer.ts';
import { type TempRepo, tempDir, tempRepo } from '../../helpers/temp-repo.ts';

const pack = await loadPack();
const TOKEN = expandExample('{{ghcrc:ghp_}}', 'packs').text;
const LINE = 'a line like all the others, and one more word\n';

const bulks = {
  withGit: createBulk({ pack, fingerprintKey: 'packs', workers: 2 }),
  withoutGit: createBulk({ pack, fingerprintKey: 'packs', workers: 2, env: { ...gitEnvironment(), PATH: '/nonexistent' } }),
};

async function search(
  repo: TempRepo,
  blobs: readonly BlobRef[],
  bulk = bulks.withGit,
  gitDir = gitDirOf(repo),
): Promise<Map<string, BulkItem>> {
  const items = new Map<string, BulkItem>();
  for await (const item of bulk.blobs({ gitDir, git: gitPrefix({ gitDir: gitDirOf(repo), prefix: '' }) }, blobs)) {
    assert.ok(!items.has(item.key), `${item.key} came twice`);
    items.set(item.key, item);
  }
  return items;
}

/** The same with git alone: there are no packs where we look for them. */
function searchByGit(repo: TempRepo, blobs: readonly BlobRef[]): Promise<Map<string, BulkItem>> {
  return search(repo, blobs, bulks.withGit, tempDir());
}

function gitDirOf(repo: TempRepo): string {
  return join(repo.path, '.git');
}

function blobsOf(repo: TempRepo): BlobRef[] {
  const listed = repo.git(
    'cat-file',
    '--batch-all-objects',
    '--unordered',
    '--batch-check=%(objecttype) %(objectname) %(objectsize)',
  );
  return listed.split('\n').flatMap((line) => {
    const [type, id = '', size] = line.split(' ');
    return type === 'blob' ? [{ id, size: Number(size) }] : [];
  });
}

/** Thirty versions of ten files, a secret in some of them. */
function filledRepo(init: readonly string[] = []): TempRepo {
  const repo = tempRepo(init);
  const script: string[] = [];
  for (let version = 0; version < 30; version++) {
    script.push('commit refs/heads/main\ncommitter A <a@b.example> 0 +0000\ndata 0\n');
    for (let file = 0; file < 10; file++) {
      const lines = Array.from({ length: 60 }, (_, index) => `${file} ${index} ${index % 30 === version ? version : ''} ${LINE}`);
      if (version % 3 === 0) lines.splice(version, 0, `token = ${TOKEN}\n`);
      const text = lines.join('');
      script.push(`M 100644 inline f${file}\ndata ${text.length}\n${text}\n`);
    }
  }
  execFileSync('git', ['-C', repo.path, 'fast-import', '--quiet', '--force'], { input: script.join('') });
  repo.git('reset', '-q', '--hard');
  return repo;
}

function sortedOf(items: Map<string, BulkItem>): BulkItem[] {
  return [...items.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
}

function withoutWhy({ why: _, ...rest }: BulkItem): Omit<BulkItem, 'why'> {
  return rest;
}

function packFile(repo: TempRepo, end: '.pack' | '.idx'): string {
  const folder = join(gitDirOf(repo), 'objects', 'pack');
  return join(folder, readdirSync(folder).find((name) => name.endsWith(end)) ?? '');
}

describe('bulk detection in packs', function () {
  this.timeout(30_000);

  after(() => Promise.all(Object.values(bulks).map((bulk) => bulk.close())));

  const kinds: readonly (readonly [what: string, init: readonly string[], repack: readonly string[]])[] = [
    ['of deltas by offset', [], ['repack', '-adfq', '--depth=50']],
    ['of deltas by id', [], ['-c', 'repack.useDeltaBaseOffset=false', 'repack', '-adfq', '--depth=50']],
    ['of SHA-256 objects', ['--object-format=sha256'], ['repack', '-adfq', '--depth=50']],
  ];
  for (const [what, init, repack] of kinds) {
    it(`needs no git for packs ${what}, and finds the same`, async () => {
      const repo = filledRepo(init);
      repo.git(...repack);
      const blobs = blobsOf(repo);

      const items = await search(repo, blobs, bulks.withoutGit);

      assert.deepEqual(sortedOf(items), sortedOf(await searchByGit(repo, blobs)));
      assert.equal(items.size, 300);
      assert.equal([...items.values()].filter(({ matches }) => matches.length === 1).length, 100);
    });
  }

  it('reads several packs, and what lies beside them', async () => {
    const repo = filledRepo();
    repo.git('repack', '-adfq');
    for (let index = 0; index < 5; index++) repo.write(`second${index}`, `${index} ${TOKEN}\n`);
    repo.commit('second');
    repo.git('repack', '-dq');
    for (let index = 0; index < 5; index++) repo.write(`loose${index}`, `loose ${index} ${TOKEN}\n`);
    repo.commit('loose');
    const blobs = blobsOf(repo);

    const items = await search(repo, blobs);

    assert.equal(items.size, 310);
    assert.deepEqual(sortedOf(items), sortedOf(await searchByGit(repo, blobs)));
    assert.equal([...items.values()].filter(({ matches }) => matches.length === 1).length, 110);
  });

  it('leaves what a repository borrows from another one to git', async () => {
    const lender = filledRepo();
    lender.git('repack', '-adfq');
    const repo = tempRepo();
    writeFileSync(join(gitDirOf(repo), 'objects', 'info', 'alternates'), `${join(gitDirOf(lender), 'objects')}\n`);
    const blobs = blobsOf(repo);

    const items = await search(repo, blobs);

    assert.equal(items.size, 300);
    assert.deepEqual(sortedOf(items), sortedOf(await searchByGit(repo, blobs)));
  });

  it('reads versions whose base was not asked for, or asked for twice', async () => {
    const repo = filledRepo();
    repo.git('repack', '-adfq', '--depth=50');
    const all = blobsOf(repo);
    const some = all.filter((_, index) => index % 10 !== 0);
    const { packs } = await findInPacks(gitDirOf(repo), BlobTable.from(some));

    const items = await search(repo, some, bulks.withoutGit);

    assert.ok((packs[0]?.positions.filter((position) => position < 0).length ?? 0) > 0);
    assert.deepEqual(sortedOf(items), sortedOf(await searchByGit(repo, some)));
    assert.equal(items.size, 270);
  });

  it('reads what git repacks meanwhile', async () => {
    const repo = filledRepo();
    repo.git('repack', '-adfq');
    const blobs = blobsOf(repo);
    const bulk = createBulk({ pack, fingerprintKey: 'packs', workers: 1 });
    const items: BulkItem[] = [];
    let isGone = false;

    for await (const item of bulk.blobs(
      { gitDir: gitDirOf(repo), git: gitPrefix({ gitDir: gitDirOf(repo), prefix: '' }) },
      blobs,
    )) {
      items.push(item);
      if (isGone) continue;
      isGone = true;
      repo.git('repack', '-adfq', '--depth=1');
    }

    assert.equal(new Set(items.map(({ key }) => key)).size, 300);
    assert.ok(items.every(({ outcome }) => outcome === 'read'));
  });

  describe('that are not as they should be', () => {
    const base = Buffer.from(LINE.repeat(40));
    const other = (name: string): Buffer => Buffer.from(`${name}\n${LINE.repeat(20)}token = ${TOKEN}\n`);
    const bomb = Buffer.alloc(4 * 1024 * 1024);
    const good = (name: string): Entry => whole(other(name));
    const delta = (
      name: string,
      instructions: readonly number[],
      sizes: readonly [number, number],
      more: Partial<Entry> = {},
    ): Entry => {
      const head = deltaOf(sizes[0], sizes[1], []);
      return { type: 6, base: 0, data: Buffer.concat([head, Buffer.from(instructions)]), content: other(name), ...more };
    };
    const id = (name: string): string => blobId(other(name));
    const entries: readonly Entry[] = [
      whole(base),
      { ...good('cut'), packed: deflateSync(other('cut')).subarray(0, 30) },
      { ...good('damaged'), packed: damaged(deflateSync(other('damaged'))) },
      { ...good('no zlib'), packed: Buffer.from('what is this?') },
      { ...good('larger than it says'), size: 100 },
      { ...good('smaller than it says'), size: 100_000 },
      { ...good('a bomb'), packed: deflateSync(bomb), size: 10 },
      { ...good('enormous'), size: 2 ** 45 },
      { ...good('a tree'), type: 2 },
      { ...good('of no type'), type: 0 },
      delta('copies beyond its base', [0x91, 200, 0xff, 0xb0, 0xff, 0xff], [base.length, 70_000]),
      delta('begins beyond its base', [0x9f, 0xff, 0xff, 0xff, 0xff, 1], [base.length, 1]),
      delta('inserts more than it has', [100, 1, 2, 3], [base.length, 100]),
      delta('does nothing', [0], [base.length, 10]),
      delta('makes too little', [3, 97, 98, 99], [base.length, 10]),
      delta('makes too much', [3, 97, 98, 99], [base.length, 2]),
      delta('is of another base', [3, 97, 98, 99], [base.length + 1, 3]),
      delta('is cut in an instruction', [0xff], [base.length, 65536]),
      delta('has a size without end', [], [1, 1], { data: Buffer.alloc(40, 0xff) }),
      delta('is empty', [], [1, 1], { data: Buffer.alloc(0) }),
      delta('has its base nowhere', [3, 97, 98, 99], [base.length, 3], { astray: 7 }),
      delta('has its base before the pack', [3, 97, 98, 99], [base.length, 3], { astray: 1_000_000 }),
      delta('has an unknown base', [3, 97, 98, 99], [base.length, 3], { type: 7, base: 'ab'.repeat(20) }),
      ...Array.from({ length: 260 }, (_, index) => good(`good ${index}`)),
      { type: 6, base: 23, data: deltaOf(other('good 0').length, 4, [Buffer.from('last')]), content: Buffer.from('last') },
    ];

    it('give what git makes of them', async function () {
      // git dies at most of them, and is started anew.
      this.timeout(180_000);
      const repo = tempRepo();
      writePack(gitDirOf(repo), entries);
      const blobs = entries.map(({ content }) => ({ id: blobId(content), size: content.length }));

      const items = await search(repo, blobs);

      const byGit = await searchByGit(repo, blobs);
      // What git says of one depends on which others it was asked for with it.
      assert.deepEqual(sortedOf(items).map(withoutWhy), sortedOf(byGit).map(withoutWhy));
      assert.equal(items.size, entries.length);
      const read = [...items.values()].filter(({ outcome }) => outcome === 'read').length;
      assert.ok(read >= 262 && read < entries.length - 10, `${read} of ${entries.length} were read`);
    });

    it('give what is whole in them without git', async () => {
      const repo = tempRepo();
      writePack(gitDirOf(repo), entries);
      const blobs = entries.map(({ content }) => ({ id: blobId(content), size: content.length }));

      const items = await search(repo, blobs, bulks.withoutGit);

      assert.equal([...items.values()].filter(({ outcome }) => outcome === 'read').length, 262);
      assert.equal([...items.values()].filter(({ outcome }) => outcome === 'failed').length, entries.length - 262);
    });

    it('are left alone where entries are made from one another in a circle, at which git does not end', async () => {
      const gitDir = tempDir();
      const circle = ['goes', 'round'].map((name, index) =>
        delta(name, [3, 97, 98, 99], [base.length, 3], { type: 7, base: id(['round', 'goes'][index] as string) }),
      );
      const own = delta('own', [3, 97, 98, 99], [base.length, 3], { type: 7, base: id('own') });
      const all = [whole(base), ...circle, own];
      writePack(gitDir, all);

      const { packs, left } = await findInPacks(
        gitDir,
        BlobTable.from(all.map(({ content }) => ({ id: blobId(content), size: 3 }))),
      );

      assert.deepEqual([...left], [1, 2, 3]);
      assert.deepEqual(
        packs.map(({ positions }) => [...positions]),
        [[0]],
      );
    });

    const damages: readonly (readonly [what: string, damage: (repo: TempRepo) => void])[] = [
      ['a pack that is cut', (repo) => truncateSync(packFile(repo, '.pack'), 2000)],
      ['a pack that is empty', (repo) => writeFileSync(packFile(repo, '.pack'), '')],
      ['an index that is cut', (repo) => truncateSync(packFile(repo, '.idx'), 3000)],
      ['an index that is rubbish', (repo) => writeFileSync(packFile(repo, '.idx'), 'rubbish')],
      ['an index of more than there is', (repo) => edit(packFile(repo, '.idx'), (bytes) => bytes.fill(0xff, 8, 8 + 1024))],
      ['an index out of order', (repo) => edit(packFile(repo, '.idx'), (bytes) => bytes.writeUInt32BE(10 ** 6, 8 + 4 * 100))],
      ['no index', (repo) => rmSync(packFile(repo, '.idx'))],
      ['no pack', (repo) => rmSync(packFile(repo, '.pack'))],
    ];
    for (const [what, damage] of damages) {
      it(`give what git makes of ${what}`, async () => {
        const repo = tempRepo();
        writePack(gitDirOf(repo), entries.slice(23, -1));
        const blobs = entries.slice(23, -1).map(({ content }) => ({ id: blobId(content), size: content.length }));
        damage(repo);

        const items = await search(repo, blobs);

        assert.equal(items.size, 260);
        assert.deepEqual(sortedOf(items), sortedOf(await searchByGit(repo, blobs)));
      });
    }
  });
});

function damaged(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  copy.writeUInt8(copy.readUInt8(copy.length - 1) ^ 1, copy.length - 1);
  return copy;
}

function edit(file: string, change: (bytes: Buffer) => void): void {
  const bytes = readFileSync(file);
  change(bytes);
  rmSync(file);
  writeFileSync(file, bytes);
}
