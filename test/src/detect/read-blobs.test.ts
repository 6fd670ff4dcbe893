import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { createEngine } from '../../../src/detect/engine.ts';
import { expandExample } from '../../../src/detect/examples.ts';
import { loadPack } from '../../../src/detect/load.ts';
import { DEFAULT_MAX_BYTES, type ItemOutcome } from '../../../src/detect/outcome.ts';
import { unpackPortion } from '../../../src/detect/protocol.ts';
import { BlobReader, type BlobSource } from '../../../src/detect/read-blobs.ts';
import { plainSlabs } from '../../../src/detect/slabs.ts';
import { BlobTable } from '../../../src/files/blob-table.ts';
import { listAllBlobs, listReachableBlobs } from '../../../src/files/blobs.ts';
import { findRepository, type GitRepository, gitEnvironment, gitPrefix } from '../../../src/files/git.ts';
import { git, openTempRepo, type TempRepo, tempDir, tempRepo } from '../../helpers/temp-repo.ts';

const engine = createEngine({ pack: await loadPack(), fingerprintKey: 'read' });
const TOKEN = expandExample('{{ghcrc:ghp_}}', 'read').text;

function filledRepo(count: number, init: readonly string[] = []): TempRepo {
  const repo = tempRepo(init);
  for (let index = 0; index < count; index++) repo.write(`f${index}`, `${index}\n${index % 10 === 0 ? TOKEN : ''}\n`);
  repo.commit('fill');
  return repo;
}

function repositoryOf(path: string): GitRepository {
  return findRepository(path) as GitRepository;
}

function sourceOf(repository: GitRepository): BlobSource {
  return { git: gitPrefix(repository), env: gitEnvironment() };
}

async function read(source: BlobSource, table: BlobTable, signal?: AbortSignal): Promise<ItemOutcome[]> {
  const reader = new BlobReader(engine, plainSlabs(), DEFAULT_MAX_BYTES);
  const outcomes: ItemOutcome[] = [];
  const list = { ids: table.idsOf(0, table.length), idBytes: table.idBytes };
  for await (const portion of reader.search(source, list, signal)) outcomes.push(...unpackPortion(portion));
  return outcomes;
}

function count(outcomes: readonly ItemOutcome[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { outcome } of outcomes) counts[outcome] = (counts[outcome] ?? 0) + 1;
  return counts;
}

/** What does not compress. */
function noise(seed: string): Buffer {
  return Buffer.concat(Array.from({ length: 100 }, (_, at) => createHash('sha256').update(`${seed} ${at}`).digest()));
}

/** A `git` that speaks as the script says, at the front of PATH. */
function fakeGit(script: string): BlobSource {
  const directory = tempDir();
  writeFileSync(join(directory, 'git'), `#!/bin/sh\n${script}\n`);
  chmodSync(join(directory, 'git'), 0o755);
  return { git: [], env: { ...process.env, PATH: `${directory}${delimiter}${process.env.PATH}` } };
}

function someIds(length: number): BlobTable {
  return BlobTable.from(Array.from({ length }, (_, index) => ({ id: index.toString(16).padStart(40, '0'), size: 5 })));
}

describe('reading blobs through git', () => {
  it('has one outcome for each blob that is listed, in packs and out of them', async () => {
    const repo = filledRepo(50);
    repo.git('gc', '-q');
    repo.write('loose', `loose ${TOKEN}`);
    repo.commit('loose');
    const repository = repositoryOf(repo.path);

    const { blobs, unreadable } = await listAllBlobs(repository);
    const outcomes = await read(sourceOf(repository), blobs);

    assert.deepEqual([blobs.length, unreadable, count(outcomes)], [51, 0, { read: 51 }]);
    assert.equal(outcomes.filter(({ matches }) => matches.length === 1).length, 6);
    assert.ok(outcomes.every(({ bytes }, position) => bytes === blobs.sizeAt(position)));
  });

  it('reads a SHA-256 repository', async () => {
    const repository = repositoryOf(filledRepo(30, ['--object-format=sha256']).path);

    const { blobs } = await listAllBlobs(repository);
    const outcomes = await read(sourceOf(repository), blobs);

    assert.deepEqual([blobs.idBytes, count(outcomes)], [32, { read: 30 }]);
  });

  it('reads what is borrowed from another repository', async () => {
    const lender = filledRepo(30);
    const path = join(tempDir(), 'borrower');
    git(lender.path, ['clone', '-q', '--shared', lender.path, path]);
    const borrower = openTempRepo(path);
    borrower.write('own', TOKEN);
    borrower.commit('own');
    const repository = repositoryOf(path);

    const { blobs } = await listReachableBlobs(repository);
    const outcomes = await read(sourceOf(repository), blobs);

    assert.deepEqual([blobs.length, count(outcomes)], [31, { read: 31 }]);
  });

  it('reads a blob itself, not the one that replaces it', async () => {
    const repo = tempRepo();
    repo.write('leak', `x ${TOKEN}`);
    repo.write('clean', 'nothing here');
    repo.commit('both');
    const [leak, clean] = ['leak', 'clean'].map((name) => repo.git('rev-parse', `HEAD:${name}`));
    repo.git('replace', leak ?? '', clean ?? '');
    const repository = repositoryOf(repo.path);

    const { blobs } = await listAllBlobs(repository);
    const outcomes = await read(sourceOf(repository), blobs);

    assert.equal(blobs.length, 2);
    assert.equal(outcomes.flatMap(({ matches }) => matches).length, 1);
  });

  it('counts what a partial clone lacks as failed, and fetches nothing', async () => {
    const origin = filledRepo(40);
    origin.git('config', 'uploadpack.allowFilter', 'true');
    const path = join(tempDir(), 'partial');
    git(origin.path, ['clone', '-q', '--bare', '--filter=blob:none', `file://${origin.path}`, path]);
    const { blobs: all } = await listAllBlobs(repositoryOf(origin.path));
    const repository = repositoryOf(path);

    const there = await listReachableBlobs(repository);
    const outcomes = await read(sourceOf(repository), all);

    assert.deepEqual([there.blobs.length, there.unreadable], [0, 40]);
    assert.deepEqual(count(outcomes), { failed: 40 });
    assert.ok(outcomes.every(({ why }) => why !== undefined && why !== ''));
  });

  it('reads a shallow clone', async () => {
    const origin = filledRepo(20);
    origin.write('f1', 'changed');
    origin.commit('later');
    const path = join(tempDir(), 'shallow');
    git(origin.path, ['clone', '-q', '--depth=1', `file://${origin.path}`, path]);
    const repository = repositoryOf(path);

    const { blobs } = await listAllBlobs(repository);

    assert.deepEqual([blobs.length, count(await read(sourceOf(repository), blobs))], [20, { read: 20 }]);
  });

  it('reads what is left of a damaged pack', async () => {
    const repo = tempRepo();
    // What does not compress and is unlike the others: each stands in the pack alone.
    for (let index = 0; index < 40; index++) {
      repo.write(`f${index}`, noise(`${index}`));
    }
    repo.commit('noise');
    repo.git('gc', '-q');
    const packs = join(repo.path, '.git', 'objects', 'pack');
    const pack = join(packs, readdirSync(packs).find((name) => name.endsWith('.pack')) ?? '');
    const repository = repositoryOf(repo.path);
    const { blobs } = await listAllBlobs(repository);
    const bytes = readFileSync(pack);
    bytes.fill(0x55, bytes.length >> 1, (bytes.length >> 1) + 9000);
    chmodSync(pack, 0o644);
    writeFileSync(pack, bytes);

    const outcomes = await read(sourceOf(repository), blobs);

    const { read: good = 0, failed: bad = 0 } = count(outcomes);
    assert.equal(good + bad, blobs.length);
    assert.ok(bad >= 2 && bad <= 10, `${bad} failed`);
  });

  it('goes on behind objects that are damaged, many in a row', async () => {
    const repo = tempRepo();
    for (let index = 0; index < 60; index++) repo.write(`f${index}`, noise(`${index}`));
    repo.commit('noise');
    const repository = repositoryOf(repo.path);
    const { blobs } = await listAllBlobs(repository);
    for (const [index, { id }] of [...blobs].slice(10, 40).entries()) {
      const file = join(repo.path, '.git', 'objects', id.slice(0, 2), id.slice(2));
      chmodSync(file, 0o644);
      // git says of the one that it is missing, and dies at the other.
      if (index % 2 === 0) writeFileSync(file, 'rubbish');
      else truncateSync(file, 1000);
    }

    const outcomes = await read(sourceOf(repository), blobs);

    assert.deepEqual(count(outcomes), { read: 30, failed: 30 });
    const whys = outcomes.slice(10, 40).map(({ why = '' }) => why);
    assert.equal(whys.filter((why) => why.includes('missing from the repository')).length, 15);
    assert.equal(whys.filter((why) => why.startsWith('git: ')).length, 15);
  });

  it('does not wait for ever for an object that is a FIFO', async function () {
    if (process.platform === 'win32') this.skip();
    const repo = filledRepo(12);
    const repository = repositoryOf(repo.path);
    const { blobs } = await listAllBlobs(repository);
    const id = blobs.idAt(5);
    const file = join(repo.path, '.git', 'objects', id.slice(0, 2), id.slice(2));
    rmSync(file);
    execFileSync('mkfifo', [file]);

    const outcomes = await read({ ...sourceOf(repository), patience: 500 }, blobs);

    assert.deepEqual(count(outcomes), { read: 11, failed: 1 });
    assert.match(outcomes[5]?.why ?? '', /no answer/);
  });

  it('counts what a git that dies midway did not deliver', async () => {
    const source = fakeGit(
      'while read id; do case $id in *4) printf "$id blob 500\\npart"; kill -9 $$;; *) printf "$id blob 5\\nhello\\n";; esac; done',
    );

    const outcomes = await read(source, someIds(40));

    assert.deepEqual(
      outcomes.flatMap(({ outcome }, index) => (outcome === 'read' ? [] : [index])),
      [0x4, 0x14, 0x24],
    );
    assert.equal(outcomes.length, 40);
  });

  it('gives up a git that never delivers', async function () {
    this.timeout(30_000);
    const directory = tempDir();
    const source = fakeGit(`echo >> '${directory}/calls'; echo 'fatal: no way' >&2; exit 128`);

    const outcomes = await read(source, someIds(1000));

    assert.deepEqual(count(outcomes), { failed: 1000 });
    assert.ok(outcomes.every(({ why }) => why === 'git: no way'));
    assert.ok(readFileSync(join(directory, 'calls')).length < 500);
  });

  it('fails everything where the answers make no sense, and where there is no git', async () => {
    const babble = await read(fakeGit('head -c 100000 /dev/zero; cat > /dev/null'), someIds(3));
    const none = await read({ git: [], env: { PATH: tempDir() } }, someIds(3));

    assert.deepEqual([count(babble), count(none)], [{ failed: 3 }, { failed: 3 }]);
    assert.match(babble[0]?.why ?? '', /cannot be read/);
    assert.match(none[0]?.why ?? '', /cannot be started/);
  });

  it('leaves no git behind when it is told to stop', async () => {
    const directory = tempDir();
    const source = fakeGit(`echo $$ > '${directory}/pid'; read id; printf "$id blob 5\\nhello\\n"; exec sleep 60`);
    const abort = new AbortController();
    const watch = setInterval(() => {
      if (existsSync(join(directory, 'pid'))) abort.abort();
    }, 20);

    const outcomes = await read(source, someIds(5), abort.signal);

    clearInterval(watch);
    const pid = Number(readFileSync(join(directory, 'pid'), 'utf8'));
    assert.ok(outcomes.length < 5);
    assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
  });

  it('holds little of a large blob in memory', async function () {
    this.timeout(60_000);
    const repo = tempRepo(['--bare']);
    // 64 MiB without a line feed.
    const id = execFileSync('sh', ['-c', `head -c 67108864 /dev/zero | tr '\\0' x | git hash-object -w --stdin`], {
      cwd: repo.path,
      encoding: 'utf8',
    }).trim();
    const before = process.memoryUsage.rss();
    let highest = before;
    const watch = setInterval(() => {
      highest = Math.max(highest, process.memoryUsage.rss());
    }, 10);

    const repository = repositoryOf(repo.path);
    const outcomes = await read(sourceOf(repository), BlobTable.from([{ id, size: 67_108_864 }]));

    clearInterval(watch);
    assert.deepEqual(
      outcomes.map(({ outcome, bytes }) => [outcome, bytes]),
      [['read', 67_108_864]],
    );
    assert.ok(highest - before < 60 * 1024 * 1024, `${Math.round((highest - before) / 1e6)} MB more`);
  });
});
