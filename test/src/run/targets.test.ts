import assert from 'node:assert/strict';
import { mkdirSync, rmSync, symlinkSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { parseTarget } from '../../../src/config/target.ts';
import {
  type CoverageObservation,
  type CrawlOptions,
  defineCrawler,
  defineFileScanner,
  defineServiceScanner,
  type FileScanner,
  type IdentityObservation,
  type Observation,
  type Scanner,
} from '../../../src/contracts/index.ts';
import { headOfBytes, sourceFile } from '../../../src/files/source-file.ts';
import { LiveFailure } from '../../../src/live/index.ts';
import type { Part, Sink } from '../../../src/run/sink.ts';
import { readTarget, type TargetWork } from '../../../src/run/targets.ts';
import type { Unit } from '../../../src/store/index.ts';
import { Interrupted, TargetError } from '../../../src/util/errors.ts';
import { fakeToken, kinds, type TestContextOverrides, tempDir, testContext, writeFile } from '../../helpers/scan-context.ts';

const IDENTITY: IdentityObservation = { kind: 'identity', id: 'aws:1:user/ci', provider: 'aws', type: 'user', name: 'ci' };

/** Reads what is called `*.export`. */
const exports = fileScanner({});

describe('reading a target', () => {
  let root: string;

  beforeEach(() => {
    root = tempDir();
  });

  describe('that is one file', () => {
    it('gives it to the scanner that knows it', async () => {
      writeFile(root, 'iam.export', `token ${fakeToken('harbour1')}`);

      const { observations, units } = await read('iam.export', [exports]);

      assert.deepEqual(observations, [IDENTITY]);
      assert.deepEqual(
        units.map(({ scanner, unit }) => [scanner, unit]),
        [['exports', 'iam.export']],
      );
    });

    it('says that matches were left out of what a scanner had searched', async () => {
      const many = Array.from({ length: 1100 }, (_, number) => fakeToken(`k${String(number).padStart(7, '0')}`)).join(' ');
      writeFile(root, 'iam.export', many);
      const searching = defineFileScanner({
        id: 'searching',
        title: 'Searching',
        emits: ['sighting'],
        surfaces: ['aws'],
        version: 1,
        content: 'own',
        recognises: () => true,
        *scan(file, context) {
          for (const match of context.detect(file.bytes)) yield context.sighting(match, file.at, 'file');
          yield { kind: 'coverage', surface: 'aws', subject: file.path, outcome: 'complete', covers: ['sighting'] };
        },
      });

      const { observations } = await read('iam.export', [searching]);

      assert.equal(kinds(observations, 'sighting').length, 1000);
      const rows = kinds(observations, 'coverage').map(({ outcome, why }) => [outcome, why]);
      assert.deepEqual(rows, [['partial', '100 further places of detectors that hit very often were left out']]);
    });

    it('searches its bytes as well, when the scanner shares the content', async () => {
      writeFile(root, 'iam.export', `token ${fakeToken('harbour1')}`);

      const { observations } = await read('iam.export', [fileScanner({ content: 'shared' })]);

      assert.equal(kinds(observations, 'identity').length, 1);
      assert.deepEqual(
        kinds(observations, 'sighting').map(({ at, place }) => [at?.path, at?.line, at?.column, place]),
        [['iam.export', 1, 7, 'file']],
      );
    });

    it('searches its bytes when nobody knows it, and says that it was read', async () => {
      writeFile(root, 'notes.txt', `\n${fakeToken('harbour1')}\n`);

      const { observations } = await read('notes.txt', [exports]);

      assert.deepEqual(
        kinds(observations, 'sighting').map(({ at }) => [at?.path, at?.line]),
        [['notes.txt', 2]],
      );
      const [coverage] = kinds(observations, 'coverage');
      assert.deepEqual(
        [coverage?.surface, coverage?.outcome, coverage?.seen, coverage?.read, coverage?.bytes],
        ['work-tree', 'complete', 1, 1, 21],
      );
    });

    it('lets a scanner know it by its path as typed', async () => {
      writeFile(root, '.github/workflows/deploy.yml', 'x');
      const byPath = fileScanner({ recognises: (file) => /\.github\/workflows\/[^/]+\.yml$/.test(file.path) });

      const { observations } = await read('.github/workflows/deploy.yml', [byPath]);

      assert.deepEqual(observations, [IDENTITY]);
    });

    it('lets a scanner know it as a file at the top, wherever it lies', async () => {
      writeFile(root, 'ci/deploy.yml', 'x');
      const atTop = fileScanner({ recognises: (file) => file.path === 'deploy.yml' });

      const { observations } = await read('./ci/deploy.yml', [atTop]);

      assert.deepEqual(observations, [IDENTITY]);
    });

    it('says when it is too large to be read whole, and searches it all the same', async () => {
      writeFile(root, 'iam.export', `token ${fakeToken('harbour1')}`);
      truncateSync(join(root, 'iam.export'), 257 * 1024 * 1024);

      const { observations } = await read('iam.export', [exports]);

      const [structured, searched] = kinds(observations, 'coverage');
      assert.deepEqual([structured?.surface, structured?.outcome, structured?.covers], ['aws', 'denied', ['identity']]);
      assert.match(structured?.why ?? '', /too large/);
      assert.deepEqual([searched?.surface, searched?.outcome], ['work-tree', 'complete']);
      assert.deepEqual([kinds(observations, 'identity').length, kinds(observations, 'sighting').length], [0, 1]);
    });

    it('says when it cannot be opened', async () => {
      writeFile(root, 'iam.export', 'x');
      const takenAway = fileScanner({
        recognises: (file) => {
          // A link laid in its place between the look and the reading is not followed.
          rmSync(join(root, 'iam.export'), { force: true });
          symlinkSync('/etc/hostname', join(root, 'iam.export'));
          return file.path.endsWith('.export');
        },
      });

      const { observations } = await read('iam.export', [takenAway]);

      assert.deepEqual(outcomes(observations), [
        ['aws', 'denied'],
        ['work-tree', 'denied'],
      ]);
      assert.match(kinds(observations, 'coverage')[0]?.why ?? '', /ELOOP/);
    });

    it('says when it is no file at all', async () => {
      const { observations, warnings } = await readAt('/dev/null', [exports]);

      assert.deepEqual(outcomes(observations), [['work-tree', 'denied']]);
      assert.match(kinds(observations, 'coverage')[0]?.why ?? '', /neither a file nor a directory/);
      assert.equal(warnings.length, 1);
    });

    it('is another unit where its sightings keep the ids of a baseline', async () => {
      writeFile(root, 'iam.export', 'x');

      const contents: string[] = [];
      for (const keepsBaselineIds of [false, true, false]) {
        const { units } = await read('iam.export', [exports], {}, { keepsBaselineIds });
        contents.push(units.find(({ scanner }) => scanner === 'exports')?.content ?? '');
      }

      assert.notEqual(contents[1], contents[0]);
      assert.equal(contents[2], contents[0]);
    });

    it('does not load again what an earlier run loaded', async () => {
      writeFile(root, 'iam.export', 'x');

      const { observations } = await read('iam.export', [exports], {}, { known: true });

      assert.deepEqual(observations, []);
    });
  });

  describe('with a scanner at fault', () => {
    const failing = fileScanner({
      scan: function* () {
        yield IDENTITY;
        throw new RangeError('a fault of ours\nwith details');
      },
    });

    it('reports the file as not read in full, keeps what there was, and goes on', async () => {
      writeFile(root, 'iam.export', 'x');

      const { observations, warnings } = await read('iam.export', [failing]);

      assert.deepEqual(observations[0], IDENTITY);
      const [coverage] = kinds(observations, 'coverage');
      assert.deepEqual(
        [coverage?.surface, coverage?.subject, coverage?.outcome, coverage?.failed, coverage?.covers],
        ['aws', 'iam.export', 'partial', 1, ['identity']],
      );
      assert.equal(coverage?.why, 'the exports scanner failed on it (a fault of ours); please report this');
      assert.deepEqual(warnings, ['a scanner failed on a file']);
    });

    it('does so for a file that a crawler found, in a part of its own', async () => {
      mkdirSync(join(root, 'repo'));

      const { observations, units } = await read('repo', [failing, crawler('a.export', 'b.export')]);

      assert.equal(kinds(observations, 'identity').length, 2);
      assert.deepEqual(
        kinds(observations, 'coverage').map(({ subject, outcome }) => [subject, outcome]),
        [
          ['a.export', 'partial'],
          ['b.export', 'partial'],
          ['repo', 'complete'],
        ],
      );
      assert.deepEqual(
        units.map(({ scanner, unit }) => [scanner, unit]),
        [
          ['crawler', 'run/repo'],
          ['exports', 'a.export'],
          ['exports', 'b.export'],
        ],
      );
    });
  });

  describe('that is a directory', () => {
    it('gives what file scanners observe to the crawler, in a pre-merge check', async () => {
      mkdirSync(join(root, 'repo'));

      const { observations, units } = await read('repo', [exports, crawler('a.export')], { staged: true });

      assert.deepEqual(units.length, 1);
      assert.deepEqual(
        observations.map(({ kind }) => kind),
        ['identity', 'coverage'],
      );
    });

    it('is reported when no scanner reads it', async () => {
      mkdirSync(join(root, 'repo'));

      const { observations, warnings } = await read('repo', [exports]);

      assert.deepEqual(outcomes(observations), [['work-tree', 'denied']]);
      assert.match(warnings[0] ?? '', /No scanner reads the directory .*--only or --skip/);
    });
  });

  describe('that is live', () => {
    it('is read by the scanner of its scheme', async () => {
      const { observations, units } = await read('aws:audit', [service((target) => [{ ...IDENTITY, name: target }])]);

      assert.deepEqual(observations, [{ ...IDENTITY, name: 'audit' }]);
      assert.equal(units[0]?.scanner, 'aws-live');
    });

    it('is reported when it refuses', async () => {
      const refusing = service(() => {
        throw new TargetError('no credentials were found', { code: 'AWS_CREDENTIALS', hint: 'Log in.' });
      });

      const { observations, warnings } = await read('aws:audit', [refusing]);

      assert.deepEqual(outcomes(observations), [['aws', 'denied']]);
      assert.deepEqual(warnings, ['aws:audit: no credentials were found. Log in.']);
    });

    it('is reported when a call of it fails that the scanner did not see to', async () => {
      const failing = service(() => {
        throw new LiveFailure('AWS cannot be reached (ENOTFOUND)', { kind: 'unreachable' });
      });

      const { observations } = await read('aws:audit', [failing]);

      assert.deepEqual(outcomes(observations), [['aws', 'denied']]);
    });

    it('is reported when it fails for a reason that nobody foresaw: other targets are read', async () => {
      const broken = service(() => {
        throw new TypeError('undefined is not a function');
      });

      const { observations, warnings } = await read('aws:audit', [broken]);

      assert.deepEqual(outcomes(observations), [['aws', 'partial']]);
      assert.match(warnings[0] ?? '', /failed on it \(undefined is not a function\); please report this/);
    });
  });

  it('stops when the user does, and says so rather than what broke', async () => {
    const abort = new AbortController();
    writeFile(root, 'iam.export', 'x');
    const interrupted = fileScanner({
      scan: function* () {
        yield IDENTITY;
        abort.abort();
        throw new Error('a reader that lost its stream');
      },
    });

    await assert.rejects(read('iam.export', [interrupted], {}, { signal: abort.signal }), Interrupted);
  });

  async function read(name: string, scanners: readonly Scanner[], options: Partial<CrawlOptions> = {}, more: More = {}) {
    return await readAt(name, scanners, options, more);
  }

  async function readAt(name: string, scanners: readonly Scanner[], options: Partial<CrawlOptions> = {}, more: More = {}) {
    const overrides: TestContextOverrides = more.signal === undefined ? { options } : { options, signal: more.signal };
    const context = testContext(overrides);
    const observations: Observation[] = [];
    const units: Unit[] = [];
    const sink: Pick<Sink, 'part' | 'memory'> = {
      memory: async () => undefined,
      part: async (unit): Promise<Part> => {
        units.push(unit);
        return { known: more.known === true, add: async (observation) => void observations.push(observation) };
      },
    };
    const work: TargetWork = {
      sink: sink as Sink,
      base: context,
      bulk: context.bulk,
      options: context.options,
      scanners,
      rulesDigest: 'test',
      ...(more.keepsBaselineIds === undefined ? {} : { keepsBaselineIds: more.keepsBaselineIds }),
      runId: 'run',
      startedAt: '2026-06-01T00:00:00.000Z',
    };
    const target = parseTarget(name, root, ['aws']);
    assert.ok(target.kind !== 'stdin');
    await readTarget(target, work);
    const warnings = context.logged.filter(({ level }) => level === 'warn').map(({ message }) => message);
    return { observations, units, warnings };
  }
});

interface More {
  readonly signal?: AbortSignal;
  readonly known?: boolean;
  readonly keepsBaselineIds?: boolean;
}

function fileScanner(change: Partial<FileScanner>): FileScanner {
  return defineFileScanner({
    id: 'exports',
    title: 'Exports of these tests',
    emits: ['identity', 'coverage'],
    surfaces: ['aws'],
    version: 1,
    content: 'own',
    recognises: (file) => file.path.endsWith('.export'),
    scan: () => [IDENTITY],
    ...change,
  });
}

/** Finds files of these names, each with an `x` in it. */
function crawler(...names: readonly string[]): Scanner {
  return defineCrawler({
    id: 'crawler',
    title: 'A crawler of these tests',
    emits: ['coverage'],
    surfaces: ['work-tree'],
    version: 1,
    accepts: (target) => target.isDirectory,
    async *scan(target, context) {
      const bytes = Buffer.from('x');
      for (const name of names) {
        const claim = context.claims(headOfBytes(name, bytes));
        assert.deepEqual([claim?.content, claim?.by?.id], ['own', 'exports']);
        const reading = context.read(sourceFile(name, bytes, { path: name }));
        assert(reading !== undefined);
        yield* reading.observations;
      }
      assert.equal(context.claims(headOfBytes('unknown', bytes)), undefined);
      yield { kind: 'coverage', surface: 'work-tree', subject: target.name, outcome: 'complete', covers: ['sighting'] };
    },
  });
}

function service(observe: (address: string) => readonly Observation[]): Scanner {
  return defineServiceScanner({
    id: 'aws-live',
    title: 'A service of these tests',
    emits: ['identity'],
    surfaces: ['aws'],
    version: 1,
    scheme: 'aws',
    async *scan(target) {
      yield* observe(target.address);
    },
  });
}

function outcomes(observations: readonly Observation[]): readonly (readonly [string, CoverageObservation['outcome']])[] {
  return kinds(observations, 'coverage').map(({ surface, outcome }) => [surface, outcome]);
}
