import assert from 'node:assert/strict';
import { statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { type BulkItem, defineFileScanner, type Observation } from '../../../src/contracts/index.ts';
import { finish } from '../../../src/detect/load.ts';
import type { Pack, PackedDetector } from '../../../src/detect/pack.ts';
import { makeZip } from '../../helpers/archives.ts';
import { fakeToken, testContext, testMemory } from '../../helpers/scan-context.ts';
import { git, type TempRepo, tempDir, tempRepo } from '../../helpers/temp-repo.ts';
import { places, rowOf, type Scanned, scan } from './helpers.ts';

const TOKEN = fakeToken('harbour1');
/** More of them look deeper: NHI_AUDIT_TEST_RUNS=500. */
const RUNS = Number(process.env.NHI_AUDIT_TEST_RUNS ?? 8);

/** Finds `KIND_` and eight characters. */
function detector(kind: string, pattern = `${kind}_[a-z0-9]{8}`): PackedDetector {
  return {
    id: kind.toLowerCase(),
    title: `Token of kind ${kind}`,
    provider: 'fake',
    type: 'token',
    pattern,
    keywords: [`${kind}_`],
    caseSensitive: true,
    categories: [],
    confidence: 'high',
    allow: [],
    examples: [],
    counterExamples: [],
    references: [],
    file: 'test/scanners/repository/rescan.test.ts',
  };
}

function packOf(...detectors: readonly PackedDetector[]): Pack {
  return finish(detectors, { exact: [], contains: [], words: [], patterns: [] });
}

/** A scan with what is kept of the ones before, and the blobs that it searched. */
function rescanner(path: string) {
  const memory = testMemory();
  return {
    memory,
    async scan(options: Parameters<typeof scan>[1] = {}, pack?: Pack, overrides: Parameters<typeof scan>[2] = {}) {
      const searched: string[] = [];
      const read: string[] = [];
      const inner = testContext(pack === undefined ? {} : { pack }).bulk;
      const blobs = async function* (...[repository, ids, detectors]: Parameters<typeof inner.blobs>): AsyncGenerator<BulkItem> {
        for await (const item of inner.blobs(repository, ids, detectors)) {
          searched.push(detectors === undefined ? item.key : `${item.key} ${detectors.join(' ')}`);
          yield item;
        }
      };
      const files = async function* (root: string, paths: Iterable<string>): AsyncGenerator<BulkItem> {
        for await (const item of inner.files(root, paths)) {
          read.push(item.key);
          yield item;
        }
      };
      memory.written.length = 0;
      const scanned = await scan(path, options, {
        memory,
        bulk: { blobs, files },
        ...(pack === undefined ? {} : { pack }),
        ...overrides,
      });
      return { ...scanned, searched, read: read.sort(), written: [...memory.written] };
    },
  };
}

/** All that a scan tells, in one order, without what tells apart how it was come by. */
function told({ all }: Scanned): string[] {
  return all.map((observation) => JSON.stringify(withoutHow(observation))).sort();
}

function withoutHow(observation: Observation): unknown {
  if (observation.kind !== 'coverage') return observation;
  const { readEarlier: _, ...detail } = (observation.detail ?? {}) as { readonly readEarlier?: number };
  return { ...observation, detail };
}

function leak(repo: TempRepo, versions: number): void {
  for (let version = 0; version < versions; version += 1) {
    repo.write('app.ini', `version=${version}\nkey=${TOKEN}\n`);
    repo.commit(`Version ${version}`);
  }
  repo.write('app.ini', 'clean\n');
  repo.commit('Take the key out');
}

describe('repository scanner: rescan', () => {
  it('reads no blob again, walks no commit again, and tells the same', async () => {
    const repo = tempRepo();
    leak(repo, 3);
    const again = rescanner(repo.path);
    const first = await again.scan();

    const second = await again.scan();

    assert.equal(first.searched.length, 3);
    assert.deepEqual(second.searched, []);
    assert.deepEqual(told(second), told(first));
    assert.deepEqual(rowOf(first, 'history')?.detail, { readAsFiles: 1 });
    assert.deepEqual(rowOf(second, 'history')?.detail, { readAsFiles: 1, readEarlier: 3 });
  });

  it('reads what new commits brought, and what is no file any more', async () => {
    const repo = tempRepo();
    leak(repo, 2);
    const again = rescanner(repo.path);
    await again.scan();
    const old = repo.git('rev-parse', 'HEAD:app.ini');
    repo.write('app.ini', `key=${fakeToken('newer000')}\n`);
    repo.commit('Add another key');
    const between = repo.git('rev-parse', 'HEAD:app.ini');
    repo.write('app.ini', 'clean again\n');
    repo.commit('Take it out');

    const second = await again.scan();

    assert.deepEqual(second.searched.sort(), [old, between].sort());
    assert.deepEqual(told(second), told(await scan(repo.path)));
    assert.deepEqual(places(second.sightings), ['app.ini:1 history', 'app.ini:2 history']);
  });

  it('reads only files that changed, whatever their times say', async () => {
    const repo = tempRepo();
    for (const name of ['a', 'b', 'c']) repo.write(`${name}.txt`, `${TOKEN}\n`);
    repo.commit('Add three');
    // git cannot tell of files as young as its index; these are older.
    utimesSync(join(repo.path, 'a.txt'), 1, 1);
    repo.git('add', '-A');
    repo.write('new.txt', 'nothing\n');
    const later = { now: () => new Date(Date.now() + 60_000) };
    const again = rescanner(repo.path);
    await again.scan({}, undefined, later);
    const second = await again.scan({}, undefined, later);
    const before = statSync(join(repo.path, 'new.txt'));
    repo.write('new.txt', 'NOTHING\n');
    utimesSync(join(repo.path, 'new.txt'), before.atime, before.mtime);
    repo.write('b.txt', 'clean\n');
    repo.remove('c.txt');

    const third = await again.scan({}, undefined, later);

    assert.deepEqual(second.read, []);
    assert.deepEqual(second.written, []);
    assert.deepEqual(rowOf(second, 'work-tree')?.detail, { readEarlier: 4 });
    assert.deepEqual(third.read, ['b.txt', 'new.txt']);
    assert.deepEqual(told(third), told(await scan(repo.path)));
  });

  it('reads again what changed a moment ago', async () => {
    const repo = tempRepo();
    repo.write('new.txt', 'nothing\n');
    const again = rescanner(repo.path);
    const now = { now: () => new Date() };
    await again.scan({}, undefined, now);

    const second = await again.scan({}, undefined, now);

    assert.deepEqual(second.read, ['new.txt']);
  });

  it('tells the same with globs that come and go', async () => {
    const repo = tempRepo();
    leak(repo, 2);
    repo.write('vendor/key.txt', TOKEN);
    repo.commit('Add another');
    repo.remove('vendor');
    repo.commit('Take it out');
    const again = rescanner(repo.path);

    for (const exclude of [[], ['vendor/'], ['*.ini'], []]) {
      const scanned = await again.scan({ exclude });
      assert.deepEqual(told(scanned), told(await scan(repo.path, { exclude })), exclude.join());
    }
  });

  it('reads old notebooks no second time, and tells their cells', async () => {
    const repo = tempRepo(['--object-format=sha256']);
    repo.write('a.own', `first\n${TOKEN}\n`);
    repo.commit('Add');
    repo.write('a.own', 'clean\n');
    repo.commit('Clean');
    let reads = 0;
    const own = defineFileScanner({
      id: 'own',
      title: 'Own',
      emits: ['sighting'],
      surfaces: ['notebook'],
      version: 1,
      content: 'own',
      recognises: (file) => file.path.endsWith('.own'),
      *scan(file, context) {
        if (file.place === 'history') reads += 1;
        for (const match of context.detect(file.bytes)) yield context.sighting(match, { ...file.at, cell: 7 }, file.place);
      },
    });
    const again = rescanner(repo.path);
    const first = await again.scan({}, undefined, { scanners: [own] });

    const second = await again.scan({}, undefined, { scanners: [own] });

    assert.equal(reads, 1);
    assert.equal(second.sightings[0]?.at?.cell, 7);
    assert.deepEqual(told(second), told(first));
  });

  it('has old notebooks read again when there are new rules', async () => {
    const repo = tempRepo();
    repo.write('a.own', 'A_12345678\nB_12345678\n');
    repo.commit('Add');
    repo.write('a.own', 'clean\n');
    repo.commit('Clean');
    const own = defineFileScanner({
      id: 'own',
      title: 'Own',
      emits: ['sighting'],
      surfaces: ['notebook'],
      version: 1,
      content: 'own',
      recognises: (file) => file.path.endsWith('.own'),
      *scan(file, context) {
        for (const match of context.detect(file.bytes)) yield context.sighting(match, { ...file.at, cell: 7 }, file.place);
      },
    });
    const again = rescanner(repo.path);
    await again.scan({}, packOf(detector('A')), { scanners: [own] });

    const second = await again.scan({}, packOf(detector('A'), detector('B')), { scanners: [own] });

    assert.deepEqual(second.sightings.map(({ detector }) => detector).sort(), ['a', 'b']);
  });

  it('tells of archives that it reads no second time', async () => {
    const repo = tempRepo();
    repo.write('a.zip', makeZip([{ name: 'x.env', content: 'clean' }]));
    repo.commit('Add');
    repo.write('a.zip', makeZip([{ name: 'y.env', content: TOKEN }]));
    repo.commit('Change');
    utimesSync(join(repo.path, 'a.zip'), 1, 1);
    repo.git('add', '-A');
    const again = rescanner(repo.path);
    const first = await again.scan();

    const second = await again.scan();

    assert.deepEqual([second.read, second.searched], [[], []]);
    assert.deepEqual(told(second), told(first));
    assert.deepEqual(rowOf(second, 'history')?.detail?.inArchives, { read: 1, skipped: 0 });
    assert.deepEqual(rowOf(second, 'work-tree')?.detail?.inArchives, { read: 1, skipped: 0 });
  });

  it('tries again what was left out for want of time', async () => {
    const repo = tempRepo();
    leak(repo, 1);
    utimesSync(join(repo.path, 'app.ini'), 1, 1);
    repo.git('add', '-A');
    const inner = testContext().bulk;
    const hurried = async function* (items: AsyncIterable<BulkItem>): AsyncGenerator<BulkItem> {
      for await (const item of items) yield { ...item, outcome: 'partial', why: 'out of time', matches: [], isTransient: true };
    };
    const again = rescanner(repo.path);
    const first = await again.scan({}, undefined, {
      bulk: { files: (...args) => hurried(inner.files(...args)), blobs: (...args) => hurried(inner.blobs(...args)) },
    });

    const second = await again.scan();

    assert.deepEqual([rowOf(first, 'history')?.outcome, rowOf(first, 'work-tree')?.outcome], ['partial', 'partial']);
    assert.deepEqual([second.read, second.searched.length], [['app.ini'], 1]);
    assert.deepEqual(told(second), told(await scan(repo.path)));
  });

  it('tries new rules alone on what it knows, and all of them where they find something', async () => {
    const repo = tempRepo();
    repo.write('a.txt', 'A_12345678\n');
    repo.write('b.txt', 'B_12345678\n');
    repo.write('c.txt', 'A_87654321 B_87654321\n');
    repo.commit('Add three');
    const ids = Object.fromEntries(['a', 'b', 'c'].map((name) => [name, repo.git('rev-parse', `HEAD:${name}.txt`)]));
    for (const name of ['a', 'b', 'c']) repo.write(`${name}.txt`, 'clean\n');
    repo.commit('Clean');
    const again = rescanner(repo.path);
    await again.scan({}, packOf(detector('A')));

    const second = await again.scan({}, packOf(detector('A'), detector('B')));
    const third = await again.scan({}, packOf(detector('B')));
    const fourth = await again.scan({}, packOf(detector('B', 'B_8[0-9]{7}')));

    assert.deepEqual(
      second.searched.sort(),
      [ids.a, ids.b, ids.c]
        .map((id) => `${id} b`)
        .concat([ids.b, ids.c] as string[])
        .sort(),
    );
    assert.deepEqual(told(second), told(await scan(repo.path, {}, { pack: packOf(detector('A'), detector('B')) })));
    assert.deepEqual(third.searched.sort(), [ids.a, ids.c].sort());
    assert.deepEqual(places(third.sightings), ['b.txt:1 history', 'c.txt:1 history']);
    assert.deepEqual(places(fourth.sightings), ['c.txt:1 history']);
  });

  it('forgets what a force-push and a gc took away', async () => {
    const repo = tempRepo();
    repo.write('a.txt', 'clean\n');
    const start = repo.commit('Start');
    repo.write('key.txt', TOKEN);
    repo.commit('Add a key');
    repo.write('key.txt', 'none\n');
    repo.commit('Take it out');
    const again = rescanner(repo.path);
    const first = await again.scan();
    repo.git('reset', '-q', '--hard', start);

    const reset = await again.scan();
    repo.git('reflog', 'expire', '--expire=now', '--all');
    const unreachable = await again.scan();
    repo.git('gc', '-q', '--prune=now');
    const pruned = await again.scan();

    assert.equal(first.sightings[0]?.detail?.unreachable, undefined);
    assert.equal(reset.sightings[0]?.detail?.unreachable, true);
    assert.equal(reset.sightings[0]?.at?.path, 'key.txt');
    assert.match(unreachable.sightings[0]?.at?.pointer ?? '', /^object /);
    assert.deepEqual(pruned.sightings, []);
    // The file that went with the commit is a blob like any other now.
    assert.equal(reset.searched.length, 1);
    for (const one of [unreachable, pruned]) assert.deepEqual(one.searched, []);
    assert.deepEqual(told(pruned), told(await scan(repo.path)));
  });

  it('reads all anew with --full, and keeps what it finds', async () => {
    const repo = tempRepo();
    leak(repo, 3);
    const again = rescanner(repo.path);
    await again.scan();

    const full = await again.scan({ full: true });
    const after = await again.scan();

    assert.equal(full.searched.length, 3);
    assert.deepEqual(after.searched, []);
    assert.deepEqual(told(after), told(full));
  });

  it('reads all anew where what was kept is damaged, of another version, or of another repository', async () => {
    const repo = tempRepo();
    leak(repo, 2);
    const again = rescanner(repo.path);
    const first = await again.scan();
    const whole = new Map(again.memory.kept);

    for (const [name, bytes] of whole) {
      const spoilt: Uint8Array[] = [
        Buffer.alloc(0),
        Buffer.from('{}'),
        bytes.subarray(0, bytes.length - 1),
        Buffer.concat([Buffer.from(bytes), Buffer.from([0])]),
        Buffer.from(Buffer.from(bytes).toString('latin1').replace('"format":1', '"format":0'), 'latin1').subarray(1),
      ];
      for (const content of spoilt) {
        again.memory.kept.clear();
        for (const [key, value] of whole) again.memory.kept.set(key, value);
        again.memory.kept.set(name, content);
        const scanned = await again.scan();
        assert.deepEqual(told(scanned), told(first), `${name}, ${content.length} bytes`);
      }
    }
    const other = tempRepo([], undefined);
    other.write('b.txt', TOKEN);
    other.commit('Another repository');
    const moved = rescanner(other.path);
    const [[, state] = []] = [...whole].filter(([name]) => name.endsWith('/state'));
    await moved.scan();
    for (const name of moved.memory.kept.keys()) if (name.endsWith('/state') && state) moved.memory.kept.set(name, state);
    assert.deepEqual(told(await moved.scan()), told(await scan(other.path)));
  });

  it('tells the same as a first scan, whatever happened in between', async function () {
    this.timeout(20_000 + RUNS * 3000);
    const word = fc.constantFrom('A_11111111', 'A_22222222', 'B_11111111', 'B_22222222', 'clean', 'A_11111111\nB_11111111');
    const path = fc.constantFrom('a.txt', 'b.txt', 'dir/c.env');
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.record({ do: fc.constant('commit' as const), path, word, twin: fc.boolean() }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('remove' as const), path }) },
      { weight: 2, arbitrary: fc.record({ do: fc.constant('branch' as const), back: fc.integer({ min: 0, max: 3 }) }) },
      { weight: 2, arbitrary: fc.record({ do: fc.constant('merge' as const) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('reset' as const), back: fc.integer({ min: 1, max: 3 }) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('forget' as const) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('gc' as const), prune: fc.boolean() }) },
      { weight: 2, arbitrary: fc.record({ do: fc.constant('edit' as const), path, word }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('rules' as const), which: fc.constantFrom('a', 'b', 'ab', 'a2') }) },
      { weight: 4, arbitrary: fc.record({ do: fc.constant('scan' as const) }) },
    );
    const packs: { readonly [which: string]: Pack } = {
      a: packOf(detector('A')),
      b: packOf(detector('B')),
      ab: packOf(detector('A'), detector('B')),
      a2: packOf(detector('A', 'A_2[0-9]{7}')),
    };

    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 14 }), async (steps) => {
        const repo = tempRepo([], tempDir());
        repo.write('a.txt', 'clean\n');
        repo.commit('Start');
        const again = rescanner(repo.path);
        let pack = packs.ab as Pack;
        let branches = 0;
        const compare = async () => {
          const fast = await again.scan({}, pack);
          assert.deepEqual(told(fast), told(await scan(repo.path, {}, { pack })));
        };
        for (const one of steps) {
          if (one.do === 'commit' || one.do === 'edit') {
            repo.write(one.path, `${one.word}\n`);
            if (one.do === 'commit' && one.twin) repo.write('twin.txt', `${one.word}\n`);
            if (one.do === 'commit') repo.commit(`Write ${one.path}`);
          } else if (one.do === 'remove') {
            repo.remove(one.path);
            repo.commit(`Remove ${one.path}`);
          } else if (one.do === 'branch') {
            branches += 1;
            attempt(repo, 'checkout', '-q', '-f', '-b', `branch${branches}`, `HEAD~${one.back}`);
          } else if (one.do === 'merge') {
            attempt(repo, 'merge', '-q', '-X', 'ours', '-m', 'Merge', 'main');
            attempt(repo, 'merge', '--abort');
          } else if (one.do === 'reset') attempt(repo, 'reset', '-q', '--hard', `HEAD~${one.back}`);
          else if (one.do === 'forget') attempt(repo, 'reflog', 'expire', '--expire=now', '--all');
          else if (one.do === 'gc') attempt(repo, 'gc', '-q', ...(one.prune ? ['--prune=now'] : []));
          else if (one.do === 'rules') pack = packs[one.which] as Pack;
          else await compare();
        }
        await compare();
        await compare();
      }),
      { numRuns: RUNS },
    );
  });
});

/** What may fail (there is nothing so far back, nothing to merge) changes nothing then. */
function attempt(repo: TempRepo, ...args: string[]): void {
  try {
    git(repo.path, args);
  } catch {
    return;
  }
}
