import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BlobRef, BulkItem } from '../../../src/contracts/index.ts';
import { type BulkOptions, createBulk } from '../../../src/detect/bulk.ts';
import { expandExample } from '../../../src/detect/examples.ts';
import { loadPack } from '../../../src/detect/load.ts';
import { PIECE } from '../../../src/detect/outcome.ts';
import { gitPrefix } from '../../../src/files/git.ts';
import { Interrupted } from '../../../src/util/errors.ts';
import { type TempRepo, tempDir, tempRepo, writeFile } from '../../helpers/temp-repo.ts';

const pack = await loadPack();
const TOKEN = expandExample('{{ghcrc:ghp_}}', 'bulk').text;

async function collect(items: AsyncIterable<BulkItem>): Promise<Map<string, BulkItem>> {
  const found = new Map<string, BulkItem>();
  for await (const item of items) {
    assert.ok(!found.has(item.key), `${item.key} came twice`);
    found.set(item.key, item);
  }
  return found;
}

async function withBulk<T>(options: Partial<BulkOptions>, use: (bulk: ReturnType<typeof createBulk>) => Promise<T>): Promise<T> {
  const bulk = createBulk({ pack, fingerprintKey: 'bulk', workers: 2, ...options });
  try {
    return await use(bulk);
  } finally {
    await bulk.close();
  }
}

function blobsOf(repo: TempRepo): BlobRef[] {
  return repo
    .git('cat-file', '--batch-all-objects', '--batch-check', '--unordered')
    .split('\n')
    .map((line) => line.split(' '))
    .flatMap(([id = '', type, size]) => (type === 'blob' ? [{ id, size: Number(size) }] : []));
}

function source(repo: TempRepo): { gitDir: string; git: readonly string[] } {
  const gitDir = join(repo.path, '.git');
  return { gitDir, git: gitPrefix({ gitDir, prefix: '' }) };
}

/** So that a few hundred files are enough for threads. */
const LARGE = 'lorem ipsum\n'.repeat(2500);

describe('bulk detection in files', function () {
  this.timeout(60_000);
  for (const [where, count, rest] of [
    ['in this thread', 20, ''],
    ['in this thread, many small ones', 700, ''],
    ['in worker threads', 700, LARGE],
  ] as const) {
    it(`yields one item a file, ${where}`, async () => {
      const root = tempDir();
      const paths = Array.from({ length: count }, (_, index) => `d${index % 7}/f${index}.txt`);
      for (const [index, path] of paths.entries()) writeFile(root, path, `line\n${index % 5 === 0 ? TOKEN : 'nothing'}\n${rest}`);

      const items = await withBulk({}, (bulk) => collect(bulk.files(root, paths)));

      assert.deepEqual([...items.keys()].sort(), [...paths].sort());
      assert.equal([...items.values()].filter(({ matches }) => matches.length === 1).length, count / 5);
      const [match] = items.get('d0/f0.txt')?.matches ?? [];
      assert.deepEqual([match?.detector, match?.line, match?.column], ['github-pat', 2, 1]);
    });
  }

  it('never lets a secret leave the search', async () => {
    const root = tempDir();
    const pem = expandExample('{{pem:RSA PRIVATE KEY}}', 'bulk').text;
    for (let index = 0; index < 100; index++) writeFile(root, `f${index}`, `token=${TOKEN}\nDB_PASSWORD=q8Vw-t2LmZ7x\n${pem}`);
    const paths = Array.from({ length: 100 }, (_, index) => `f${index}`);

    const threaded = await withBulk({}, (bulk) => collect(bulk.files(root, paths)));
    const inline = await withBulk({}, (bulk) => collect(bulk.files(root, ['f0'])));

    for (const items of [threaded, inline]) {
      const text = JSON.stringify([...items.values()]);
      assert.ok(text.includes('generic-password'));
      for (const secret of [TOKEN.slice(6), 'q8Vw-t2LmZ7x', pem.slice(60, 90)]) assert.ok(!text.includes(secret));
    }
  });

  it('says what it did not read, and why', async () => {
    const root = tempDir();
    writeFile(root, 'good', TOKEN);
    writeFile(root, 'empty', '');
    mkdirSync(join(root, 'folder'));
    symlinkSync('loop', join(root, 'loop'));
    symlinkSync('good', join(root, 'link'));

    const items = await withBulk({}, (bulk) => collect(bulk.files(root, ['good', 'empty', 'folder', 'loop', 'link', 'gone'])));

    const outcomes = Object.fromEntries([...items].map(([key, { outcome }]) => [key, outcome]));
    assert.deepEqual(outcomes, {
      good: 'read',
      empty: 'read',
      folder: 'skipped',
      loop: 'skipped',
      link: 'skipped',
      gone: 'failed',
    });
    assert.match(items.get('gone')?.why ?? '', /no longer there/);
  });

  it('says when permission is denied', async () => {
    const root = tempDir();
    writeFile(root, 'locked', TOKEN);
    chmodSync(join(root, 'locked'), 0);

    const items = await withBulk({}, (bulk) => collect(bulk.files(root, ['locked'])));

    // root may read everything.
    if (process.getuid?.() === 0) assert.equal(items.get('locked')?.outcome, 'read');
    else assert.match(items.get('locked')?.why ?? '', /permission denied/);
  });

  it('reads a long file in pieces and finds what lies across their borders', async () => {
    const root = tempDir();
    const size = 3 * PIECE;
    const bytes = Buffer.alloc(size, 'lorem ipsum\n');
    const places = [100, PIECE - 20, PIECE + 30, 2 * PIECE - 45_000, 2 * PIECE, size - 60];
    for (const place of places) bytes.write(` ${TOKEN} `, place, 'latin1');
    writeFileSync(join(root, 'long'), bytes);

    const items = await withBulk({}, (bulk) => collect(bulk.files(root, ['long'])));

    const item = items.get('long');
    assert.deepEqual([item?.outcome, item?.bytes], ['read', size]);
    assert.deepEqual(
      item?.matches.map(({ start }) => start),
      places.map((place) => place + 1),
    );
    for (const match of item?.matches ?? []) {
      assert.equal(match.line, bytes.subarray(0, match.start).toString('latin1').split('\n').length);
    }
  });

  it('searches a file that is too large up to the limit, and says so', async () => {
    const root = tempDir();
    writeFile(root, 'large', `${TOKEN}\n${'x'.repeat(5000)}\n${TOKEN}\n`);

    const items = await withBulk({ maxFileBytes: 1000 }, (bulk) => collect(bulk.files(root, ['large'])));

    const item = items.get('large');
    assert.deepEqual([item?.outcome, item?.bytes, item?.matches.length], ['partial', 1000, 1]);
    assert.match(item?.why ?? '', /only the first 1000 bytes of/);
  });

  it('keeps far below the size of a huge file in memory', async function () {
    this.timeout(60_000);
    const root = tempDir();
    writeFile(root, 'huge', `${TOKEN}\n`);
    truncateSync(join(root, 'huge'), 500 * 1024 * 1024);
    const before = process.memoryUsage.rss();
    let highest = before;
    const watch = setInterval(() => {
      highest = Math.max(highest, process.memoryUsage.rss());
    }, 20);

    const items = await withBulk({}, (bulk) => collect(bulk.files(root, ['huge'])));

    clearInterval(watch);
    rmSync(join(root, 'huge'));
    assert.equal(items.get('huge')?.bytes, 500 * 1024 * 1024);
    assert.equal(items.get('huge')?.matches.length, 1);
    assert.ok(highest - before < 200 * 1024 * 1024, `${Math.round((highest - before) / 1e6)} MB more`);
  });

  it('stops when told to', async () => {
    const root = tempDir();
    const paths = Array.from({ length: 3000 }, (_, index) => `f${index}`);
    for (const path of paths) writeFile(root, path, 'x'.repeat(4000));
    const abort = new AbortController();
    let seen = 0;

    await assert.rejects(
      withBulk({ signal: abort.signal }, async (bulk) => {
        for await (const _ of bulk.files(root, paths)) if (++seen === 10) abort.abort();
      }),
      Interrupted,
    );

    assert.ok(seen < 3000);
  });

  it('fails the files of a worker that breaks, without end', async () => {
    const root = tempDir();
    const paths = Array.from({ length: 300 }, (_, index) => `f${index}`);
    for (const path of paths) writeFile(root, path, `${TOKEN}\n${LARGE}`);

    const items = await withBulk({ pack: { ...pack, placeholders: undefined as never } }, (bulk) =>
      collect(bulk.files(root, paths)),
    );

    assert.equal(items.size, 300);
    assert.ok([...items.values()].every(({ outcome, why }) => outcome === 'failed' && /search thread failed/.test(why ?? '')));
  });

  it('may be left before its end, and used again', async () => {
    const root = tempDir();
    const paths = Array.from({ length: 500 }, (_, index) => `f${index}`);
    for (const path of paths) writeFile(root, path, `${TOKEN}\n${LARGE}`);

    await withBulk({}, async (bulk) => {
      for await (const _ of bulk.files(root, paths)) break;
      const items = await collect(bulk.files(root, paths));

      assert.equal(items.size, 500);
    });
  });
});

describe('bulk detection in git blobs', function () {
  this.timeout(60_000);
  function filledRepo(count: number): TempRepo {
    const repo = tempRepo();
    for (let index = 0; index < count; index++) repo.write(`f${index}`, `${index}\n${index % 10 === 0 ? TOKEN : ''}\n`);
    repo.commit('fill');
    return repo;
  }

  for (const [where, count] of [
    ['in this thread', 20],
    ['in worker threads', 400],
  ] as const) {
    it(`yields one item a blob, ${where}`, async () => {
      const repo = filledRepo(count);
      const blobs = blobsOf(repo);

      const items = await withBulk({}, (bulk) => collect(bulk.blobs(source(repo), blobs)));

      assert.deepEqual([...items.keys()].sort(), blobs.map(({ id }) => id).sort());
      assert.equal([...items.values()].filter(({ matches }) => matches.length === 1).length, count / 10);
      assert.ok([...items.values()].every(({ outcome }) => outcome === 'read'));
    });

    it(`says which object is missing, ${where}`, async () => {
      const repo = filledRepo(count);
      const missing = 'f'.repeat(40);
      const blobs = [...blobsOf(repo).slice(0, 5), { id: missing, size: 10 }, ...blobsOf(repo).slice(5)];

      const items = await withBulk({}, (bulk) => collect(bulk.blobs(source(repo), blobs)));

      assert.equal(items.size, blobs.length);
      assert.equal(items.get(missing)?.outcome, 'failed');
      assert.match(items.get(missing)?.why ?? '', /missing/);
      assert.equal([...items.values()].filter(({ outcome }) => outcome === 'read').length, blobs.length - 1);
    });
  }

  it('yields the same when its threads were started before', async () => {
    const repo = filledRepo(400);
    const blobs = blobsOf(repo);

    const items = await withBulk({}, (bulk) => {
      bulk.expect?.();
      return collect(bulk.blobs(source(repo), blobs));
    });

    assert.deepEqual(items, await withBulk({}, (bulk) => collect(bulk.blobs(source(repo), blobs))));
    assert.equal(items.size, 400);
  });

  it('goes on behind a corrupt object', async () => {
    const repo = filledRepo(30);
    const blobs = blobsOf(repo);
    const victim = blobs[10]?.id ?? '';
    const file = join(repo.path, '.git', 'objects', victim.slice(0, 2), victim.slice(2));
    chmodSync(file, 0o644);
    writeFileSync(file, 'rubbish');

    const items = await withBulk({}, (bulk) => collect(bulk.blobs(source(repo), blobs)));

    assert.equal(items.size, blobs.length);
    assert.equal(items.get(victim)?.outcome, 'failed');
    assert.equal([...items.values()].filter(({ outcome }) => outcome === 'read').length, blobs.length - 1);
  });

  it('fails every blob of what is no repository, without end', async () => {
    const gitDir = tempDir();
    const blobs = Array.from({ length: 50 }, (_, index) => ({ id: index.toString(16).padStart(40, '0'), size: 1 }));

    const items = await withBulk({}, (bulk) => collect(bulk.blobs({ gitDir, git: gitPrefix({ gitDir, prefix: '' }) }, blobs)));

    assert.equal(items.size, 50);
    assert.ok([...items.values()].every(({ outcome, why }) => outcome === 'failed' && why !== undefined));
  });

  it('reads a blob longer than a piece, and cuts one longer than the limit', async () => {
    const repo = tempRepo();
    const bytes = Buffer.alloc(2 * PIECE + 12_345, 'lorem ipsum\n');
    for (const place of [10, PIECE + 7, bytes.length - 100]) bytes.write(` ${TOKEN} `, place, 'latin1');
    repo.write('long', bytes);
    repo.write('short', `${TOKEN}\n`);
    repo.commit('long');
    const blobs = blobsOf(repo);
    const long = blobs.find(({ size }) => size > PIECE)?.id ?? '';

    const whole = await withBulk({}, (bulk) => collect(bulk.blobs(source(repo), blobs)));
    const cut = await withBulk({ maxFileBytes: PIECE + 1000 }, (bulk) => collect(bulk.blobs(source(repo), blobs)));

    assert.deepEqual(
      whole.get(long)?.matches.map(({ start }) => start),
      [11, PIECE + 8, bytes.length - 99],
    );
    assert.equal(whole.get(long)?.outcome, 'read');
    assert.deepEqual([cut.get(long)?.outcome, cut.get(long)?.matches.length], ['partial', 2]);
    assert.equal(cut.size, 2);
    assert.ok([...cut.values()].some(({ outcome }) => outcome === 'read'));
  });

  it('reads SHA-256 repositories', async () => {
    const repo = tempRepo(['--object-format=sha256']);
    repo.write('a', TOKEN);
    repo.commit('a');
    const blobs = blobsOf(repo);

    const items = await withBulk({}, (bulk) => collect(bulk.blobs(source(repo), blobs)));

    assert.equal(items.get(blobs[0]?.id ?? '')?.matches.length, 1);
  });

  it('stops when told to, and leaves no git behind', async () => {
    const repo = filledRepo(500);
    const abort = new AbortController();
    let seen = 0;

    await assert.rejects(
      withBulk({ signal: abort.signal }, async (bulk) => {
        for await (const _ of bulk.blobs(source(repo), blobsOf(repo))) if (++seen === 5) abort.abort();
      }),
      Interrupted,
    );

    assert.ok(seen < 500);
  });

  it('ends a git that is waiting when it is told to stop', async () => {
    const directory = tempDir();
    writeFile(directory, 'git', `#!/bin/sh\necho $$ >> '${directory}/pids'\nexec sleep 60\n`);
    chmodSync(join(directory, 'git'), 0o755);
    const blobs = Array.from({ length: 3000 }, (_, index) => ({ id: index.toString(16).padStart(40, '0'), size: 5000 }));
    const abort = new AbortController();
    const watch = setInterval(() => {
      if (existsSync(join(directory, 'pids'))) abort.abort();
    }, 20);
    const env = { ...process.env, PATH: `${directory}:${process.env.PATH}` };

    await assert.rejects(
      withBulk({ signal: abort.signal, env }, (bulk) => collect(bulk.blobs({ gitDir: directory, git: [] }, blobs))),
      Interrupted,
    );

    clearInterval(watch);
    const pids = readFileSync(join(directory, 'pids'), 'utf8').trim().split('\n').map(Number);
    for (const pid of pids) assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
  });

  it('finds nothing in nothing', async () => {
    const repo = filledRepo(1);

    assert.equal((await withBulk({}, (bulk) => collect(bulk.blobs(source(repo), [])))).size, 0);
  });
});
