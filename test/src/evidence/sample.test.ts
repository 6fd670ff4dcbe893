import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { sampleCommand } from '../../../src/commands/evidence.ts';
import type { Finding, Observation } from '../../../src/contracts/index.ts';
import { drawSample, type Sample, type Sampled } from '../../../src/evidence/sample.ts';
import { openStore } from '../../../src/store/index.ts';
import { testIo } from '../../helpers/io.ts';
import { tempDir } from '../../helpers/temp-repo.ts';
import { loadRun, RUN_START, withPassingRun } from '../correlate/run-store.ts';

const IDS = Array.from({ length: 40 }, (_, n) => `aws:219484930172:user/u${n}`);
const ESTATE: readonly Observation[] = [
  ...IDS.map((id): Observation => ({ kind: 'identity', id, provider: 'aws', type: 'user', name: id.split('/')[1] ?? id })),
  { kind: 'credential', id: 'aws:access-key/AKIA1', identity: IDS[0] as never, provider: 'aws', type: 'access-key' },
  ...['s1', 's2'].map(
    (sessionId): Observation => ({ kind: 'usage', via: 'gateway', usedAt: '2026-05-01T00:00:00Z', sessionId, target: 'pg' }),
  ),
  { kind: 'usage', via: 'gateway', usedAt: '2026-05-01T00:00:00Z', sessionId: 's3', bookkeeping: true },
];

const FINDING: Finding = {
  fingerprint: 'f',
  rule: 'owner-left',
  title: 't',
  message: 'm',
  severity: 'high',
  confidence: 'high',
  persona: 'security',
  status: 'new',
  subject: 's',
  controls: [],
  evidence: [],
  surfaces: [],
  firstSeen: RUN_START,
  lastSeen: RUN_START,
  fix: 'f',
};

function sha(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

async function draw(of: Sampled, n: number, seed: string | undefined, rows = ESTATE): Promise<Sample> {
  return await withPassingRun(rows, (store) => drawSample(store, { of, n, seed }));
}

describe('a sample', () => {
  let sample: Sample;
  before(async () => {
    sample = await draw('identities', 5, 'Q4');
  });

  it('is what anybody computes from the ids and the seed', () => {
    const expected = [...IDS].sort((a, b) => (sha(`Q4\n${a}`) < sha(`Q4\n${b}`) ? -1 : 1)).slice(0, 5);

    assert.deepEqual(
      sample.rows.map(({ id }) => id),
      expected,
    );
    assert.deepEqual(
      sample.rows.map(({ sha256, position }) => [sha256, position]),
      expected.map((id, index) => [sha(`Q4\n${id}`), index + 1]),
    );
  });

  it('says what it was drawn from: how many, and the digest of their ids', () => {
    assert.equal(sample.population, 40);
    assert.equal(
      sample.populationDigest,
      sha(
        [...IDS]
          .sort()
          .map((id) => `${id}\n`)
          .join(''),
      ),
    );
    assert.equal(sample.seed, 'Q4');
    assert.match(sample.method, /SHA-256 over the seed, a line feed and the id/);
  });

  it('does not hang on the order in which things were observed', async () => {
    const other = await draw('identities', 5, 'Q4', ESTATE.toReversed());

    assert.deepEqual(
      other.rows.map(({ id }) => id),
      sample.rows.map(({ id }) => id),
    );
  });

  it('is another with another seed, and hangs on the run without one', async () => {
    const [other, bare] = [await draw('identities', 5, 'Q3'), await draw('identities', 5, undefined)];

    assert.notDeepEqual(
      other.rows.map(({ id }) => id),
      sample.rows.map(({ id }) => id),
    );
    assert.equal(bare.seed, bare.run);
  });

  it('is all there is where more is asked for', async () => {
    const credentials = await draw('credentials', 25, 'Q4');

    assert.deepEqual([credentials.population, credentials.rows.length, credentials.rows[0]?.identity], [1, 1, IDS[0]]);
  });

  it('of sessions leaves bookkeeping out', async () => {
    const sessions = await draw('sessions', 25, 'Q4');

    assert.deepEqual(sessions.rows.map(({ id }) => id).sort(), ['gateway:s1', 'gateway:s2']);
  });

  it('of sessions leaves out what was asked for and never ran, and says how many', async () => {
    const asked = (['rejected', 'pending', 'approved'] as const).map(
      (approval): Observation => ({
        kind: 'usage',
        via: 'gateway',
        usedAt: '2026-05-02T00:00:00Z',
        sessionId: approval,
        approval,
        target: 'pg',
        detail: { status: approval === 'approved' ? 'done' : 'open' },
      }),
    );
    const [with3, without] = [await draw('sessions', 25, 'Q4', [...ESTATE, ...asked]), await draw('sessions', 25, 'Q4')];

    assert.deepEqual(with3.rows.map(({ id }) => id).sort(), ['gateway:approved', 'gateway:s1', 'gateway:s2']);
    assert.deepEqual([with3.population, with3.leftOut], [3, { refused: 1, waiting: 1 }]);
    assert.equal(without.leftOut, undefined);
  });

  it('of sessions tells a record as it was written, the first, where a session has several', async () => {
    const record = (usedAt: string, actor: string, target: string, action: 'connect' | 'read' | 'write'): Observation => ({
      kind: 'usage',
      via: 'direct',
      usedAt,
      sessionId: 'long',
      records: 2,
      actor,
      target,
      action,
    });
    const rows = [
      record('2026-05-03T02:00:00Z', 'zoe', 'a-database', 'connect'),
      record('2026-05-03T01:00:00Z', 'yan', 'm-database', 'read'),
      record('2026-05-03T03:00:00Z', 'ann', 'z-database', 'write'),
    ];

    for (const order of [rows, rows.toReversed()]) {
      const [row] = (await draw('sessions', 25, 'Q4', order)).rows;

      assert.deepEqual(
        [row?.started, row?.actor, row?.target, row?.action, Number(row?.records)],
        ['2026-05-03T01:00:00Z', 'yan', 'm-database', 'read', 6],
      );
    }
  });

  it('of credentials tells a sighting as it was, where there is no inventory', async () => {
    const sighting = (provider: string, type: string, path: string): Observation => ({
      kind: 'sighting',
      credential: 'secret:abc',
      detector: 'test',
      provider,
      type,
      fingerprint: 'abc',
      masked: 'ab…(40)',
      confidence: 'high',
      place: 'work-tree',
      at: { path },
    });

    const sample = await draw('credentials', 25, 'Q4', [sighting('aws', 'token', 'a'), sighting('github', 'key', 'b')]);

    assert(
      ['aws token', 'github key'].includes(`${sample.rows[0]?.provider} ${sample.rows[0]?.type}`),
      JSON.stringify(sample.rows),
    );
  });

  it('of nothing is empty, and the digest that of nothing', async () => {
    const none = await draw('findings', 25, 'Q4');

    assert.deepEqual([none.population, none.rows, none.populationDigest], [0, [], sha('')]);
  });
});

describe('evidence sample', () => {
  let root: string;
  before(async () => {
    root = tempDir();
    const store = await openStore({ mode: 'write', file: join(root, 'audit.duckdb') });
    await loadRun(store, ESTATE);
    const finding = (n: number, status: Finding['status']): Finding => ({ ...FINDING, fingerprint: `f${n}`, status });
    await store.saveResults(
      { findings: [finding(1, 'new'), finding(2, 'fixed'), finding(3, 'excepted'), finding(4, 'new')], checks: [], controls: [] },
      RUN_START,
    );
    store.close();
  });

  it('gives the same list as text, CSV and JSON', async () => {
    const [text, csv, json] = [testIo(root), testIo(root), testIo(root)];
    const options = { store: 'audit.duckdb', of: 'identities', n: '3', seed: 'Q4' } as const;

    await sampleCommand(text, { ...options, format: 'text' });
    await sampleCommand(csv, { ...options, format: 'csv' });
    await sampleCommand(json, { ...options, format: 'json' });

    const ids = (JSON.parse(json.out()) as Sample).rows.map(({ id }) => id);
    assert.equal(ids.length, 3);
    for (const id of ids) assert.ok(text.out().includes(id) && csv.out().includes(id), id);
    assert.match(text.out(), /^3 of 40 identities of run .*\nseed +Q4\nmethod .*\npopulation +SHA-256 [0-9a-f]{64} /);
    assert.match(csv.out(), /^run,of,population,population_sha256,seed,position,sha256,id,/);
  });

  it('of findings says how many there are of each status, for all are drawn from', async () => {
    const [text, json] = [testIo(root), testIo(root)];
    const options = { store: 'audit.duckdb', of: 'findings', n: '2', seed: 'Q4' } as const;

    await sampleCommand(text, { ...options, format: 'text' });
    await sampleCommand(json, { ...options, format: 'json' });

    const { population, statuses } = JSON.parse(json.out()) as Sample;
    assert.deepEqual([population, statuses], [4, { excepted: 1, fixed: 1, new: 2 }]);
    assert.match(text.out(), /^statuses {4}1 excepted, 1 fixed, 2 new: all are drawn from/m);
  });

  for (const [what, more, says] of [
    ['a size that is none', { n: 'many' }, /--n cannot be "many"/],
    ['nothing', { n: '0' }, /--n cannot be "0"/],
    ['what is not sampled', { of: 'people' }, /--of cannot be "people"/],
  ] as const) {
    it(`refuses ${what}, with exit code 2`, async () => {
      const options = { store: 'audit.duckdb', of: 'identities', n: '3', format: 'text', ...more } as const;

      await assert.rejects(sampleCommand(testIo(root), options), { exit: 2, message: says });
    });
  }
});
