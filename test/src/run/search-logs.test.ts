import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Observation } from '../../../src/contracts/index.ts';
import { createBulk } from '../../../src/detect/bulk.ts';
import { finish } from '../../../src/detect/load.ts';
import { shippedFormats } from '../../../src/logs/load.ts';
import { searchLogs } from '../../../src/run/search-logs.ts';
import type { Unit } from '../../../src/store/index.ts';
import type { LogFile } from '../../../src/store/log-file.ts';
import { fakeToken, tempDir, testContext, writeFile } from '../../helpers/scan-context.ts';

/** Runs with one store: which units it has is kept from one to the next. */
function runsOver(directory: string, maxFileBytes = 100_000) {
  const known = new Set<string>();
  const nameOf = (of: Unit) => [of.target, of.unit, of.content].join(' ');
  let runs = 0;
  return async (files: { readonly [path: string]: string }, most: number) => {
    const found: Observation[] = [];
    const fresh: string[] = [];
    const logs = Object.entries(files).map(([path, text]): LogFile => {
      writeFile(directory, path, text);
      const id = path.startsWith('hoop') ? 'hoop-sessions' : 'aws-cloudtrail';
      const format = shippedFormats().find(({ meta }) => meta.id === id);
      if (format === undefined) throw new Error(`there is no format ${id}`);
      const file = join(directory, path);
      return { format, file, path, target: 'logs', size: statSync(file).size, at: { path } };
    });
    const base = testContext();
    const nothing = finish([], { exact: [], contains: [], words: [], patterns: [] });
    const bulk = maxFileBytes === 100_000 ? base.bulk : createBulk({ pack: nothing, fingerprintKey: 'k', maxFileBytes });
    await searchLogs(logs, {
      sink: {
        has: (of) => known.has(nameOf(of)),
        part: async (of) => {
          if (!known.has(nameOf(of))) fresh.push(of.unit);
          known.add(nameOf(of));
          return { known: false, add: async (observation) => void found.push(observation) };
        },
        memory: async () => undefined,
      },
      base,
      bulk,
      rulesDigest: 'rules',
      runId: `run ${++runs}`,
      maxFileBytes,
      most,
    });
    const sightings = found.flatMap((one) => (one.kind === 'sighting' ? [`${one.at?.path}:${one.at?.line} ${one.place}`] : []));
    const rows = found.flatMap((one) =>
      one.kind === 'coverage' ? [[one.surface, one.outcome, one.seen, one.read, one.skipped, one.failed]] : [],
    );
    const why = found.flatMap((one) => (one.kind === 'coverage' && one.why !== undefined ? [one.why] : []));
    return { sightings, rows, why, fresh };
  };
}

describe('the search of logs for credentials', () => {
  const token = fakeToken('harbour1');

  it('tells the line, a token once for each file, and of sessions as such', async () => {
    const run = runsOver(tempDir());

    const { sightings, rows } = await run({ 'a.json': `\n${token}\n${token}\n`, 'hoop.ndjson': `x\nx\n${token}` }, 1000);

    assert.deepEqual(sightings.toSorted(), ['a.json:2 work-tree', 'hoop.ndjson:3 session-log']);
    assert.deepEqual(rows.toSorted(), [
      ['gateway', 'complete', 1, 1, 0, 0],
      ['work-tree', 'complete', 1, 1, 0, 0],
    ]);
  });

  it('says what it left, begins with the newest, and does neither again', async () => {
    const run = runsOver(tempDir());
    const files = { '2026-01.json': `${token}${'.'.repeat(500)}`, '2026-02.json': `${token}${'.'.repeat(501)}` };

    const first = await run(files, 700);
    const again = await run(files, 700);
    const grown = await run({ ...files, '2026-03.json': token }, 700);

    assert.deepEqual(first.sightings, ['2026-02.json:1 work-tree']);
    assert.deepEqual(first.rows, [['work-tree', 'partial', 2, 1, 1, 0]]);
    assert.match(first.why.join(), /1 of 2 logs \(\d+ bytes\) were not searched/);
    assert.deepEqual([again.rows, again.sightings], [first.rows, []]);
    assert.deepEqual(again.fresh, ['run work-tree']);
    assert.deepEqual(grown.sightings, ['2026-03.json:1 work-tree']);
    assert.deepEqual(grown.rows, [['work-tree', 'partial', 3, 2, 1, 0]]);
  });

  it('says of a file that is longer than what is read of one that it was read in part', async () => {
    const run = runsOver(tempDir(), 1000);
    const files = { 'a.json': '.\n'.repeat(2000) };

    const { rows, why } = await run(files, 10_000);
    const again = await run(files, 10_000);

    assert.deepEqual(rows, [
      ['work-tree', 'partial', undefined, undefined, undefined, undefined],
      ['work-tree', 'complete', 1, 1, 0, 0],
    ]);
    assert.match(why.join(), /^searched for credentials in part: /);
    // The part of the file, and what it says, is that of the run before.
    assert.deepEqual(again.fresh, ['run work-tree']);
  });
});
