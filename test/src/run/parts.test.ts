import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Finding, Observation, ReportPart, ReportParts, RunInfo } from '../../../src/contracts/index.ts';
import { emptyParts } from '../../../src/run/parts/empty.ts';
import { readParts, unionOfParts } from '../../../src/run/parts/index.ts';
import type { StoreReader } from '../../../src/store/index.ts';
import { reporterOf } from '../../helpers/parts.ts';
import { withPassingRun, withRun } from '../correlate/run-store.ts';

const ALL: readonly ReportPart[] = ['credentials', 'extent', 'granted', 'history', 'lineage', 'method', 'population', 'sessions'];
const USER = 'aws:219484930172:user/etl';
const ROLE = 'aws:219484930172:role/loader';
const KEY = 'aws:access-key/AKIA0EXAMPLE000000EX';
const RUN: RunInfo = {
  id: 'run-1',
  startedAt: '2026-06-01T00:00:00.000Z',
  finishedAt: '2026-06-01T00:00:01.000Z',
  toolVersion: '0.0.0-test',
  engine: 'test',
  targets: ['.'],
  rulesDigest: 'test',
  fingerprintKeyId: 'test',
  hosts: [],
  counts: { identity: 2 },
  parameters: {},
};

const ESTATE: readonly Observation[] = [
  { kind: 'identity', id: USER, provider: 'aws', type: 'user', name: 'etl', scope: '219484930172', owner: 'ada@harbour.example' },
  { kind: 'identity', id: ROLE, provider: 'aws', type: 'role', name: 'loader', scope: '219484930172' },
  {
    kind: 'credential',
    id: KEY,
    identity: USER,
    provider: 'aws',
    type: 'access-key',
    publicId: 'AKIA0EXAMPLE000000EX',
    createdAt: '2026-01-01T00:00:00Z',
    rotatedAt: '2026-05-02T00:00:00Z',
    expiresAt: '2026-05-31T00:00:00Z',
    status: 'active',
  },
  ...[1, 2].map(
    (line): Observation => ({
      kind: 'sighting',
      credential: KEY,
      detector: 'aws-access-key',
      provider: 'aws',
      type: 'access-key',
      fingerprint: 'f1',
      publicId: 'AKIA0EXAMPLE000000EX',
      masked: 'AKIA…0EX',
      confidence: 'high',
      place: 'work-tree',
      at: { repository: 'harbour/shop', path: 'deploy.sh', line },
    }),
  ),
  {
    kind: 'sighting',
    credential: `secret:${'e'.repeat(64)}`,
    detector: 'generic-secret',
    provider: 'generic',
    type: 'secret',
    fingerprint: 'e'.repeat(64),
    masked: 'x1…(40)',
    confidence: 'medium',
    place: 'work-tree',
    at: { repository: 'harbour/shop', path: 'app.env', line: 3 },
  },
  {
    kind: 'grant',
    identity: ROLE,
    effect: 'allow',
    permission: 's3:GetObject',
    resource: 'arn:aws:s3:::orders/*, arn:aws:s3:::stock/*',
    capability: 'reads-data',
    confidence: 'high',
  },
  { kind: 'trust', identity: ROLE, effect: 'allow', principal: USER, principalType: 'identity', detail: { judged: 'allow' } },
  { kind: 'trust', identity: ROLE, effect: 'allow', principal: 'lambda.amazonaws.com', principalType: 'service' },
  {
    kind: 'consumer',
    consumer: 'harbour/shop:.github/workflows/load.yml#load',
    type: 'workflow-job',
    identity: USER,
    how: 'static-key',
  },
  { kind: 'person', email: 'ada@harbour.example', name: 'Ada Lind', handle: 'ada', team: 'web' },
  { kind: 'coverage', surface: 'aws', subject: 'keys.json', outcome: 'complete', covers: ['credential'], seen: 1, read: 1 },
];

function finding(more: Partial<Finding> = {}): Finding {
  return {
    fingerprint: 'f'.repeat(64),
    rule: 'leaked-key',
    title: 'A key is leaked',
    message: 'm',
    severity: 'high',
    confidence: 'high',
    persona: 'dev',
    status: 'open',
    identity: USER,
    credential: KEY,
    subject: USER,
    controls: ['owasp-nhi-2025:NHI2:2025'],
    evidence: [],
    surfaces: [],
    firstSeen: RUN.startedAt,
    lastSeen: RUN.startedAt,
    fix: 'Rotate it.',
    ...more,
  };
}

async function partsOf<P extends ReportPart>(
  observations: readonly Observation[],
  part: P,
  findings: readonly Finding[] = [finding()],
): Promise<ReportParts[P]> {
  const parts = await withPassingRun(observations, (store) => readParts(store, [part], { run: RUN, findings }));
  return parts[part] as ReportParts[P];
}

describe('parts of a report', () => {
  it('are read for whom asks, each once, also where only an option asks', () => {
    const outputs = [
      { reporter: reporterOf({ parts: ['sessions', 'method'] }), options: {} },
      { reporter: reporterOf({ parts: ['method'] }), options: {} },
      {
        reporter: reporterOf({ partsOf: ({ rows }) => (rows === 'credentials' ? ['credentials'] : []) }),
        options: { rows: 'credentials' },
      },
      { reporter: reporterOf({}), options: {} },
    ];

    assert.deepEqual(unionOfParts(outputs), ['credentials', 'method', 'sessions']);
    assert.deepEqual(unionOfParts(outputs.slice(3)), []);
  });

  it('that nobody asked for are not there', async () => {
    const parts = await withPassingRun(ESTATE, (store) => readParts(store, ['credentials'], { run: RUN, findings: [] }));

    assert.deepEqual(Object.keys(parts), ['credentials']);
  });

  it('are the same over tables of one run and over the views of a store', async () => {
    const ground = { run: RUN, findings: [finding()] };
    const inMemory = await withPassingRun(ESTATE, (store) => readParts(store, ALL, ground));
    const stored = await withRun(ESTATE, (store) => readParts(store, ALL, ground));

    assert.deepEqual(inMemory, stored);
  });

  it('of a run that observed nothing are there, and empty', async () => {
    const nothing = emptyParts(ALL, { run: RUN });
    const read = await withPassingRun([], (store) => readParts(store, ALL, { run: RUN, findings: [] }));

    assert.deepEqual(Object.keys(nothing).sort(), ALL);
    assert.deepEqual(nothing, read);
  });
});

describe('part credentials', () => {
  it('has what an inventory lists and what was only seen, with ages from the last rotation', async () => {
    const credentials = await partsOf(ESTATE, 'credentials');

    const [key, secret] = credentials;
    assert.deepEqual(
      { ...key },
      {
        id: KEY,
        identity: USER,
        provider: 'aws',
        type: 'access-key',
        publicId: 'AKIA0EXAMPLE000000EX',
        fingerprint: 'f1',
        createdAt: '2026-01-01T00:00:00.000Z',
        rotatedAt: '2026-05-02T00:00:00.000Z',
        expiresAt: '2026-05-31T00:00:00.000Z',
        status: 'expired',
        ageDays: 30,
        sightings: 2,
        inInventory: true,
        findings: 1,
        worst: 'high',
      },
    );
    assert.equal(secret?.inInventory, false);
    assert.equal(secret?.ageDays, undefined);
    assert.equal(credentials.length, 2);
  });

  it('counts open findings alone, and the worst of them', async () => {
    const credentials = await partsOf(ESTATE, 'credentials', [
      finding({ severity: 'low' }),
      finding({ severity: 'critical', status: 'fixed' }),
      finding({ severity: 'medium', status: 'new' }),
    ]);

    assert.deepEqual([credentials[0]?.findings, credentials[0]?.worst], [2, 'medium']);
  });
});

describe('part lineage', () => {
  let lineage: ReportParts['lineage'];
  before(async () => {
    lineage = await partsOf(ESTATE, 'lineage');
  });

  it('joins owner, credential, place, consumer, those that may become it, and what it reaches', () => {
    const { edges, nodes, omitted } = lineage;

    assert.deepEqual(edges.map(({ from, kind, to }) => `${from} ${kind} ${to}`).sort(), [
      `consumer:harbour/shop:.github/workflows/load.yml#load runs-as identity:${USER}`,
      `credential:${KEY} authenticates identity:${USER}`,
      `credential:${KEY} seen-at place:harbour/shop deploy.sh`,
      `credential:secret:${'e'.repeat(64)} seen-at place:harbour/shop app.env`,
      `identity:${ROLE} has capability:reads-data`,
      `identity:${ROLE} reaches resource:arn:aws:s3:::orders/*`,
      `identity:${ROLE} reaches resource:arn:aws:s3:::stock/*`,
      `identity:${USER} has capability:reads-data`,
      `identity:${USER} may-become identity:${ROLE}`,
      `person:ada@harbour.example owns identity:${USER}`,
      `principal:lambda.amazonaws.com may-become identity:${ROLE}`,
    ]);
    assert.deepEqual(new Set(nodes.map(({ id }) => id)), new Set(edges.flatMap(({ from, to }) => [from, to])));
    assert.deepEqual(omitted, { nodes: 0, edges: 0 });
  });

  it('calls nodes by names for people, with what they are', () => {
    const { nodes } = lineage;

    const names = new Map(nodes.map(({ id, kind, label, about }) => [id, [kind, label, about]]));
    assert.deepEqual(names.get(`identity:${USER}`), ['identity', 'etl', 'aws user in 219484930172']);
    assert.deepEqual(names.get('person:ada@harbour.example'), ['person', 'Ada Lind', 'web']);
    assert.deepEqual(names.get('place:harbour/shop deploy.sh'), ['place', 'deploy.sh', 'work-tree in harbour/shop']);
    assert.deepEqual(names.get(`credential:secret:${'e'.repeat(64)}`), ['credential', 'x1…(40)', 'generic secret']);
    assert.deepEqual(names.get('principal:lambda.amazonaws.com'), ['principal', 'lambda.amazonaws.com', 'service']);
  });

  it('is bounded: what a hub has more of is counted, not drawn', async () => {
    const hub = Array.from(
      { length: 100 },
      (_, index): Observation => ({
        kind: 'consumer',
        consumer: `harbour/shop:job-${index}`,
        type: 'workflow-job',
        identity: USER,
        how: 'static-key',
      }),
    );

    const { edges, nodes, omitted } = await partsOf([...ESTATE, ...hub], 'lineage');

    assert.equal(edges.filter(({ kind }) => kind === 'runs-as').length, 40);
    assert.deepEqual(omitted, { nodes: 61, edges: 61 });
    assert.ok(nodes.length < 60);
  });

  it('comes in one order, whatever the order of what was observed', async () => {
    assert.deepEqual(lineage, await partsOf(ESTATE.toReversed(), 'lineage'));
  });
});

describe('part sessions', () => {
  const session = (n: number, more: object = {}): Observation => ({
    kind: 'usage',
    via: 'gateway',
    usedAt: new Date(Date.UTC(2026, 4, 1, 0, 0, n)).toISOString(),
    sessionId: `s${String(n).padStart(5, '0')}`,
    target: 'pg-orders',
    action: 'read',
    actor: 'nightly',
    actorType: 'service-account',
    ...more,
  });

  it('has the newest first, with who, what and how', async () => {
    const { rows, total } = await partsOf(
      [
        session(1, { masked: true, recorded: 'full', approval: 'approved', job: 'gha-1' }),
        session(3),
        session(2, { masked: false }),
      ],
      'sessions',
    );

    assert.equal(total, 3);
    assert.deepEqual(
      rows.map(({ id, masked }) => [id, masked]),
      [
        ['s00003', undefined],
        ['s00002', 'not masked'],
        ['s00001', 'masked'],
      ],
    );
    assert.deepEqual([rows[2]?.job, rows[2]?.recorded, rows[2]?.via, rows[2]?.records], ['gha-1', 'full', 'gateway', 1]);
  });

  it('leaves bookkeeping out, and has uses of other logs in', async () => {
    const { rows, total } = await partsOf(
      [
        session(1, { bookkeeping: true }),
        session(2),
        { kind: 'usage', via: 'direct', identity: USER, usedAt: '2026-05-02T00:00:00Z', sessionId: 'log-1', records: 7 },
      ],
      'sessions',
    );

    assert.equal(total, 2);
    assert.deepEqual(
      rows.map(({ id, via, records }) => [id, via, records]),
      [
        ['log-1', 'direct', 7],
        ['s00002', 'gateway', 1],
      ],
    );
  });

  it('counts by themselves what was asked for and never ran', async () => {
    const { rows, total, requests } = await partsOf(
      [
        session(1),
        session(2, { approval: 'rejected' }),
        session(3, { approval: 'pending' }),
        session(4, { approval: 'pending', endedAt: '2026-05-01T01:00:00Z' }),
      ],
      'sessions',
    );

    assert.deepEqual([total, requests], [2, { refused: 1, waiting: 1 }]);
    assert.deepEqual(
      rows.map(({ id }) => id),
      ['s00004', 's00001'],
    );
    assert.equal((await partsOf([session(1)], 'sessions')).requests, undefined);
  });

  it('is cut to the newest 5,000, and says how many there are', async () => {
    const { rows, total } = await partsOf(
      Array.from({ length: 5_010 }, (_, n) => session(n)),
      'sessions',
    );

    assert.deepEqual([rows.length, total, rows[0]?.id, rows.at(-1)?.id], [5_000, 5_010, 's05009', 's00010']);
  });
});

describe('part population', () => {
  const coverage = (subject: string, more: object = {}): Observation =>
    ({ kind: 'coverage', surface: 'aws', subject, outcome: 'complete', covers: ['credential'], ...more }) as Observation;
  const identity = (name: string) =>
    ({ kind: 'identity', id: `aws:219484930172:user/${name}`, provider: 'aws', type: 'user', name }) as const;
  const key = (n: number): Observation => ({
    kind: 'credential',
    id: `aws:access-key/AKIA${n}`,
    provider: 'aws',
    type: 'access-key',
  });
  /** Each a file of its own. */
  const EXPORTS: readonly (readonly Observation[])[] = [
    [coverage('whole', { seen: 1, read: 1 }), key(1)],
    [coverage('refused', { outcome: 'denied', why: 'iam:ListUsers is missing.' })],
    [coverage('in part', { seen: 5, read: 2, skipped: 1, failed: 2 }), key(2)],
    [
      coverage('twice', { covers: ['identity'], seen: 2, read: 2 }),
      identity('twice'),
      { ...identity('twice'), createdAt: '2026-01-01T00:00:00Z' },
    ],
    [coverage('several kinds', { covers: ['identity', 'credential', 'grant'], seen: 1, read: 1 }), identity('many'), key(3)],
    [coverage('CODEOWNERS', { seen: 1, read: 1 }), key(4)],
    [coverage('CODEOWNERS', { seen: 2, read: 2 }), key(5)],
  ];
  let rows: ReportParts['population'];
  const of = (subject: string): ReportParts['population'] => rows.filter((row) => row.subject === subject);

  before(async () => {
    const ground = { run: RUN, findings: [] };
    const read = (store: StoreReader) => readParts(store, ['population'], ground);
    const exportTargets = EXPORTS.map((_, index) => (index === EXPORTS.length - 1 ? 'other' : '.'));
    rows = (await withPassingRun([], read, { exports: EXPORTS, exportTargets })).population ?? [];
  });

  it('reconciles where one listed thing is one row', () => {
    const row = { surface: 'aws', subject: 'whole', kind: 'credential', outcome: 'complete' };
    assert.deepEqual(of('whole'), [{ ...row, listed: 1, read: 1, stored: 1, reported: 1 }]);
  });

  it('tells sources of one name by their targets', () => {
    const named = rows.filter(({ subject }) => subject.startsWith('CODEOWNERS'));

    assert.deepEqual([named.length, new Set(named.map(({ subject }) => subject)).size], [2, 2]);
    for (const { subject } of named) assert.match(subject, /^CODEOWNERS \(.+\)$/);
  });

  it('says why a source was not read, and that nothing is stored of it', () => {
    const [row] = of('refused');

    assert.deepEqual([row?.outcome, row?.stored, row?.reported, row?.difference], ['denied', 0, 0, 'iam:ListUsers is missing.']);
  });

  it('counts what was left out and what could not be read', () => {
    assert.match(of('in part')[0]?.difference ?? '', /^Of 5 listed 2 were read: 1 left out, 2 could not be read\./);
  });

  it('counts once what two rows tell', () => {
    const [row] = of('twice');

    assert.deepEqual([row?.stored, row?.reported], [2, 1]);
    assert.match(row?.difference ?? '', /1 of 2 stored tell of what another row tells as well/);
  });

  it('says of what was read how much of each kind it gave', () => {
    assert.match(of('in part')[0]?.difference ?? '', / The 2 entries read gave 1 credential\.$/);
  });

  it('reports of uses what the list of sessions has, and says what the others are', async () => {
    const use = (id: string, more: object = {}): Observation => ({
      kind: 'usage',
      via: 'gateway',
      usedAt: '2026-05-01T00:00:00Z',
      sessionId: id,
      target: 'pg',
      ...more,
    });
    const rows = [
      use('ran'),
      use('refused', { approval: 'rejected' }),
      use('waiting', { approval: 'pending' }),
      use('issued', { bookkeeping: true }),
      use('changed', { target: 'admin:guardrails', detail: { adminAudit: 'true' } }),
    ];
    const sessions: Observation = {
      kind: 'coverage',
      surface: 'gateway',
      subject: 'sessions.json',
      outcome: 'complete',
      covers: ['usage'],
      seen: 5,
      read: 5,
    };

    const [row] = await partsOf([sessions, ...rows], 'population');
    const [plain] = await partsOf([sessions, ...'abcde'.split('').map((id) => use(id))], 'population');

    assert.deepEqual([row?.stored, row?.reported], [5, 1]);
    assert.equal(
      row?.difference,
      '4 of 5 stored are no use: 2 requests that never ran, 1 row that only notes a credential as issued and 1 change of settings.',
    );
    assert.deepEqual([plain?.stored, plain?.reported, plain?.difference], [5, 5, undefined]);
  });

  it('explains what another row stands for, and says loudly of what none does', async () => {
    const seen = (line: number, detector: string, n: number): Observation => ({
      kind: 'sighting',
      credential: KEY,
      detector,
      provider: 'aws',
      type: 'access-key',
      fingerprint: `f${n}`,
      masked: 'AKIA…0EX',
      confidence: 'high',
      place: 'work-tree',
      at: { repository: 'harbour/shop', path: 'deploy.sh', line },
    });
    const files: Observation = {
      kind: 'coverage',
      surface: 'work-tree',
      subject: 'files',
      outcome: 'complete',
      covers: ['sighting'],
      seen: 3,
      read: 3,
    };
    const observations = [files, seen(1, 'aws-access-key', 1), seen(1, 'other-key', 2), seen(2, 'aws-access-key', 3)];
    /** As it would be if the view of sightings lost what is of this line. */
    const told = async (line: string): Promise<string> =>
      await withRun(observations, async (store) => {
        const kept = `WITH kept AS (FROM sightings WHERE (location->>'$.line') <> '${line}'), looked AS (`;
        const without = (sql: string): string =>
          sql.replaceAll(/(?<![._])\bsightings\b/g, 'kept').replace('WITH looked AS (', kept);
        const reader = { rows: async (sql: string) => await store.rows(without(sql)) } as StoreReader;
        const { population } = await readParts(reader, ['population'], { run: RUN, findings: [] });
        return population?.[0]?.difference ?? '';
      });

    const whole = await told('none');
    const broken = await told('2');

    assert.match(whole, /1 of 3 stored tell of what another row tells/);
    assert.doesNotMatch(whole, /NOT EXPLAINED/);
    assert.match(
      broken,
      /NOT EXPLAINED: 1 of 3 stored is not reported, and no other row stands for it\. 1 of 3 stored tell of what another/,
    );
  });

  it('adds up, whatever the sources hold: no number differs from the one before it without its reason', async () => {
    const names = fc.array(fc.nat({ max: 5 }), { maxLength: 8 });
    const source = fc.record({ identities: names, keys: names, listed: fc.nat({ max: 12 }), unread: fc.nat({ max: 3 }) });
    const drawn = fc.sample(source, { seed: 6, numRuns: 60 });
    const exports = drawn.map(({ identities, keys, listed, unread }, index): readonly Observation[] => [
      coverage(`source ${index}`, {
        covers: ['identity', 'credential'],
        outcome: unread === 0 ? 'complete' : 'partial',
        seen: listed + unread,
        read: listed,
        failed: unread,
        ...(unread === 0 ? {} : { why: 'It is cut off.' }),
      }),
      // Each is told of by a row of its own, and some of them are one thing.
      ...identities.map((n, row) => ({ ...identity(`i${n}`), createdAt: `2026-01-01T00:00:${10 + row}Z` })),
      ...keys.map((n, row): Observation => ({ ...key(n), createdAt: `2026-01-01T00:00:${10 + row}Z` }) as Observation),
    ]);
    const read = (store: StoreReader) => readParts(store, ['population'], { run: RUN, findings: [] });
    const { population = [] } = await withPassingRun([], read, { exports });

    for (const [index, { identities, keys, listed, unread }] of drawn.entries()) {
      const mine = population.filter(({ subject }) => subject === `source ${index}`);
      const held = { identity: identities, credential: keys };
      if (identities.length + keys.length === 0)
        assert.deepEqual(
          mine.map(({ stored, reported }) => [stored, reported]),
          [[0, 0]],
        );
      for (const [kind, all] of Object.entries(held)) {
        const row = mine.find((one) => one.kind === kind);
        if (all.length === 0) continue;
        assert.deepEqual(
          [row?.listed, row?.read, row?.stored, row?.reported],
          [listed + unread, listed, all.length, new Set(all).size],
        );
      }
      for (const { difference = '', read: got, reported, stored } of mine) {
        assert.equal(/Of \d+ listed \d+ were read: \d+ could not be read\./.test(difference), unread > 0, difference);
        assert.equal(difference.includes('It is cut off.'), unread > 0, difference);
        assert.equal(
          new RegExp(`${stored - reported} of ${stored} stored tell`).test(difference),
          stored !== reported,
          difference,
        );
        const gave = /The \d+ entr(?:y|ies) read gave (?<what>[^.]+)\./.exec(difference)?.groups?.what;
        assert.equal(gave !== undefined, got !== stored, difference);
        const numbers = gave?.match(/\d+/g)?.map(Number) ?? [];
        if (gave !== undefined)
          assert.equal(
            numbers.reduce((sum, n) => sum + n, 0),
            identities.length + keys.length,
            difference,
          );
      }
    }
  });

  it('tells of every kind that a source gave, and nothing of the other kinds', () => {
    assert.deepEqual(
      of('several kinds').map(({ kind }) => kind),
      ['credential', 'identity'],
    );
  });
});
