import assert from 'node:assert/strict';
import { Config } from '../../../src/config/schema.ts';
import type { CheckMeta, CoverageObservation, DeclaredAbsent, Surface } from '../../../src/contracts/index.ts';
import { DECLARABLE, SURFACES } from '../../../src/contracts/index.ts';
import { believe, believedOf, type Declaration, declarationsOf, type Observed } from '../../../src/correlate/absent.ts';
import { assess, type CoverageRow } from '../../../src/correlate/needs.ts';
import { believeIn } from '../../../src/correlate/observed.ts';
import { runChecks } from '../../../src/correlate/run.ts';
import { Fact, FULL_COVERAGE } from '../../rules/checks/facts.ts';
import { checkWith } from './checks.ts';
import { RUN_START, withPassingRun } from './run-store.ts';

const BY = 'security@example.com';

function declared(surface: Surface, more: Partial<DeclaredAbsent> = {}): DeclaredAbsent {
  return { surface, reason: 'everybody signs in with Entra ID.', declaredBy: BY, state: 'believed', ...more };
}

function look(surface: Surface, more: Partial<CoverageObservation> = {}): CoverageObservation {
  return { kind: 'coverage', surface, subject: 'all of it', outcome: 'complete', covers: ['identity', 'credential'], ...more };
}

describe('needs of what is declared absent', () => {
  const meta = (...needs: readonly string[]): CheckMeta => ({ ...checkWith().meta, needs: [...needs] });
  const read = (surface: Surface, ...types: readonly string[]): CoverageRow => ({
    ...look(surface, { covers: ['identity', 'credential', 'consumer', 'grant', 'sighting'] }),
    ...(types.length === 0 ? {} : { detail: { types } }),
  });
  const absent = (...surfaces: readonly Surface[]) => believedOf(surfaces.map((surface) => declared(surface)));
  const OKTA = absent('okta');

  for (const [what, needs, coverage, without, state] of [
    ['lacks it alone', ['credential:api-token@okta'], [], OKTA, 'absent'],
    ['lacks it beside what was read', ['credential@okta', 'identity@gcp'], [read('gcp')], OKTA, 'absent'],
    ['lacks it, and something that is not declared', ['credential@okta', 'identity@gcp'], [], OKTA, 'missing'],
    ['lacks two, both declared', ['credential@okta', 'identity@gcp'], [], absent('okta', 'gcp'), 'absent'],
    ['lacks all alternatives, all declared', ['grant@okta|grant@gcp'], [], absent('okta', 'gcp'), 'absent'],
    ['lacks all alternatives, one not declared', ['grant@okta|grant@gcp'], [], OKTA, 'missing'],
    ['was given the other alternative', ['grant@okta|grant@gcp'], [read('gcp')], OKTA, 'complete'],
    ['was refused the other alternative', ['grant@okta|grant@gcp'], [{ ...read('gcp'), outcome: 'denied' }], OKTA, 'missing'],
    ['lacks a kind of any surface', ['sighting'], [], absent(...DECLARABLE), 'missing'],
    ['may have a kind of any surface in its place', ['sighting|consumer@ci'], [], absent('ci'), 'missing'],
    ['lacks another surface', ['identity@entra'], [], OKTA, 'missing'],
    ['can do without it', ['identity@gcp', 'grant@okta?'], [read('gcp')], OKTA, 'complete'],
    ['can do without what is not declared', ['identity@gcp', 'grant@aws?'], [read('gcp')], OKTA, 'partial'],
    ['was given code in place of it', ['grant@okta|grant@iac'], [read('iac')], OKTA, 'complete'],
    [
      'lacks a type that what was read has not',
      ['credential:api-token@okta'],
      [read('okta', 'client-secret')],
      absent(),
      'missing',
    ],
  ] as const) {
    it(`make a check ${state} that ${what}`, () => {
      assert.equal(assess(meta(...needs), coverage, without).state, state);
    });
  }

  it('ask for no export of it, and say why the check does not apply', () => {
    const all = assess(meta('credential@okta', 'identity@spire'), [], absent('okta', 'spire'));
    const some = assess(meta('credential@okta', 'grant@okta|grant@gcp'), [], OKTA);

    assert.equal(
      all.reason,
      `declared absent: Okta (everybody signs in with Entra ID; by ${BY}) and SPIRE (everybody signs in with Entra ID; by ${BY})`,
    );
    assert.match(some.reason ?? '', /^grants of GCP IAM were not collected: give [^;]*; declared absent: Okta$/);
  });

  it('do not ask what keeps it where only code was read', () => {
    const needs = meta('grant@okta|grant@gcp|grant@iac');

    assert.equal(assess(needs, [read('iac')], absent('okta', 'gcp')).onlyDeclared, undefined);
    assert.doesNotMatch(assess(needs, [read('iac')], OKTA).onlyDeclared ?? '', /Okta/);
    assert.match(assess(needs, [read('iac')], OKTA).onlyDeclared ?? '', /grants of GCP IAM were not collected/);
  });
});

describe('a declaration that something is absent', () => {
  const OKTA: Declaration = { surface: 'okta', reason: 'none here', declaredBy: BY };
  const believeOkta = (coverage: readonly CoverageObservation[], observed: readonly Observed[] = [], reviewed?: string) =>
    believe([{ ...OKTA, ...(reviewed === undefined ? {} : { reviewed }) }], coverage, observed, RUN_START)[0];

  it('is believed where nothing speaks against it', () => {
    assert.deepEqual(believeOkta([look('aws')]), { ...OKTA, state: 'believed' });
    assert.deepEqual(believe([], [look('okta')], [], RUN_START), []);
  });

  it('is contradicted by any look at it, but for one that was complete and met nothing', () => {
    const state = (more: Partial<CoverageObservation>) => believeOkta([look('okta', more)])?.state;

    assert.equal(state({ seen: 3, read: 3 }), 'contradicted');
    assert.equal(state({}), 'contradicted');
    assert.equal(state({ outcome: 'denied', why: 'no right' }), 'contradicted');
    assert.equal(state({ outcome: 'partial', seen: 0, read: 0, why: 'cut' }), 'contradicted');
    assert.equal(state({ seen: 2, read: 0, failed: 2 }), 'contradicted');
    assert.equal(state({ seen: 0, read: 0 }), 'believed');
    assert.equal(state({ read: 0 }), 'believed');
  });

  it('says what contradicts it: how many, and the first of them', () => {
    const told = believeOkta(
      [
        look('okta', { subject: 'b.json' }),
        look('okta', { subject: 'a.json' }),
        look('okta', { subject: 'c.json' }),
        look('aws'),
      ],
      [
        { surface: 'okta', kind: 'identity', n: 3, names: ['okta:x:app/a', 'okta:x:app/b'] },
        { surface: 'okta', kind: 'credential', n: 1, names: ['Okta API token 00x…(42) in shop config.py:3'] },
        { surface: 'aws', kind: 'identity', n: 9, names: ['aws:1:user/x'] },
      ],
    );

    assert.equal(
      told?.why,
      '3 identities of Okta were observed (okta:x:app/a, okta:x:app/b and 1 more); ' +
        '1 credential of Okta was observed (Okta API token 00x…(42) in shop config.py:3); ' +
        'it was looked at (a.json, b.json and 1 more)',
    );
  });

  for (const [reviewed, state, why] of [
    ['2026-05-31', 'believed', /^$/],
    ['2025-06-01', 'believed', /^$/],
    ['2025-05-31', 'expired', /^it was last reviewed on 2025-05-31, more than 365 days before this run$/],
    ['2026-06-02', 'believed', /^$/],
    ['2026-06-04', 'expired', /is after this run$/],
  ] as const) {
    it(`is ${state} when it was reviewed on ${reviewed}, by the clock of the run`, () => {
      const told = believeOkta([], [], reviewed);

      assert.equal(told?.state, state);
      assert.match(told?.why ?? '', why);
      assert.equal(believeOkta([look('okta')], [], reviewed)?.state, 'contradicted');
    });
  }

  it('is one for each surface, in the order of reports, with credentials masked', () => {
    const { scope } = Config.parse({
      scope: {
        absent: [
          { surfaces: ['spire', 'okta'], reason: 'none, see TOKEN', declaredBy: BY, reviewed: '2026-01-02' },
          { surface: 'image', reason: 'no containers', declaredBy: BY },
        ],
      },
    });

    const told = declarationsOf(scope, (text) => text.replace('TOKEN', 'tok…(40)'));

    assert.deepEqual(
      told.map(({ surface, reason, reviewed }) => [surface, reason, reviewed]),
      [
        ['image', 'no containers', undefined],
        ['okta', 'none, see tok…(40)', '2026-01-02'],
        ['spire', 'none, see tok…(40)', '2026-01-02'],
      ],
    );
  });
});

describe('what a run observed of what is declared absent', () => {
  const DECLARED = DECLARABLE.map((surface): Declaration => ({ surface, reason: 'none here', declaredBy: BY }));
  const sighting = (provider: string, more: object = {}) => ({
    kind: 'sighting',
    credential: `secret:${provider.padEnd(64, '0')}`,
    provider,
    type: 'token',
    detector: `${provider}-token`,
    confidence: 'high',
    masked: 'abc…(42)',
    place: 'work-tree',
    at: { repository: 'shop', path: 'config.py', line: 3 },
    ...more,
  });

  async function contradicted(...facts: readonly object[]): Promise<readonly (readonly [string, string])[]> {
    const observations = facts.map((fact) => Fact.parse(fact));
    const told = await withPassingRun(observations, async (store) => await believeIn(store, DECLARED, RUN_START));
    return told.flatMap(({ surface, why }) => (why === undefined ? [] : [[surface, why] as const]));
  }

  // Each run has one fact a surface: what contradicts its absence is that fact.
  for (const facts of [
    {
      okta: { kind: 'identity', id: 'okta:acme.okta.com:app/0oa1' },
      gcp: { kind: 'credential', id: 'gcp:service-account-key/1f2e' },
      entra: sighting('azure'),
      ci: sighting('circleci'),
      spire: sighting('jwt', { identity: 'spiffe:acme.org:ns/shop/sa/api' }),
      aws: { kind: 'consumer', consumer: 'ci/deploy', identity: 'aws:123456789012:role/deploy' },
      postgres: { kind: 'usage', identity: 'postgres:db/orders:role/etl', usedAt: RUN_START },
      k8s: { kind: 'trust', identity: 'k8s:-:shop/api', principal: 'x', principalType: 'any' },
    },
    {
      okta: sighting('okta'),
      gcp: sighting('google'),
      spire: { kind: 'policy', id: 'hoop:-:workload-mapping/a', type: 'workload-mapping', name: 'spiffe://acme.org/a' },
      github: sighting('generic-key', { identity: 'github:acme/shop:deploy-key/1' }),
      'agent-config': sighting('mcp'),
    },
  ]) {
    it(`contradicts each declaration: ${Object.values(facts)
      .map(({ kind }) => kind)
      .join(', ')}`, async () => {
      const told = await contradicted(...Object.values(facts));

      assert.deepEqual(told.map(([surface]) => surface).sort(), Object.keys(facts).sort());
      for (const [surface, why] of told) {
        assert.match(why, /^1 (?:identity|credential|SPIFFE ID) .*was observed \(.+\)$/, surface);
      }
    });
  }

  it('names a credential in a file by its masked form and its place, and counts it once', async () => {
    const [[, why] = []] = await contradicted(
      sighting('okta'),
      sighting('okta', { at: { repository: 'shop', path: 'old.py', line: 9 } }),
    );

    assert.match(why ?? '', /^1 credential of Okta was observed \([^)]*abc…\(42\) in shop config\.py:3\)$/);
  });

  it('is nothing where others than the declared ones are observed, or the detector is not sure', async () => {
    assert.deepEqual(await contradicted(sighting('slack'), sighting('okta', { confidence: 'low' })), []);
  });

  it('makes a check not applicable, and what it found before is not fixed by that', async () => {
    const check = checkWith({ head: ['[credential@aws]', '[credential@okta]'] });
    const results = async (declarations: readonly Declaration[], ...facts: readonly object[]) =>
      await withPassingRun(
        facts.map((fact) => Fact.parse(fact)),
        async (store) =>
          await runChecks(store, [check], {
            now: RUN_START,
            previous: [PREVIOUS],
            absent: believedOf(await believeIn(store, declarations, RUN_START)),
          }),
      );
    const okta = DECLARED.filter(({ surface }) => surface === 'okta');

    const believed = await results(okta);
    const not = await results(okta, sighting('okta'));
    const undeclared = await results([]);

    assert.deepEqual(believed.results, [
      {
        rule: 'old-key',
        outcome: 'not-applicable',
        reason: `declared absent: Okta (none here; by ${BY})`,
        population: 0,
        findings: 0,
        excepted: 0,
      },
    ]);
    assert.deepEqual(
      believed.gone.map(({ status }) => status),
      ['not-observed'],
    );
    assert.deepEqual(not.results, undeclared.results);
    assert.equal(not.results[0]?.outcome, 'not-assessed');
  });

  const PREVIOUS = {
    fingerprint: 'f'.repeat(64),
    rule: 'old-key',
    title: 'A key is older than allowed',
    message: 'It is old.',
    severity: 'medium',
    confidence: 'high',
    persona: 'security',
    status: 'open',
    subject: 'x',
    controls: [],
    evidence: [],
    surfaces: [],
    firstSeen: RUN_START,
    lastSeen: RUN_START,
    fix: 'Rotate it.',
  } as const;

  it('asks the store for nothing where nothing is declared', async () => {
    const store = { describe: () => Promise.reject(new Error('asked')), rows: () => Promise.reject(new Error('asked')) };

    assert.deepEqual(await believeIn(store, [], RUN_START), []);
  });

  it('contradicts all where all was looked at', async () => {
    const told = await contradicted(...FULL_COVERAGE);

    assert.deepEqual(
      told.map(([surface, why]) => [surface, why]),
      Object.keys(SURFACES)
        .filter((surface) => DECLARABLE.some((one) => one === surface))
        .map((surface) => [surface, 'it was looked at (all of it)']),
    );
  });
});
