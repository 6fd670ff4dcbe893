import assert from 'node:assert/strict';
import { loadConfig } from '../../../src/config/load.ts';
import { parseConfig } from '../../../src/config/parse.ts';
import type { Observation } from '../../../src/contracts/index.ts';
import type { Override, Overrides } from '../../../src/correlate/overrides.ts';
import { spread } from '../../../src/correlate/parameters.ts';
import { runChecks } from '../../../src/correlate/run.ts';
import { loadJudgement } from '../../../src/run/rules.ts';
import { ConfigError } from '../../../src/util/errors.ts';
import { tempDir } from '../../helpers/temp-repo.ts';
import { Fact } from '../../rules/checks/facts.ts';
import { checkWith, SELECT } from './checks.ts';
import { RUN_START, withRun } from './run-store.ts';

const REASON = 'the machine is replaced in the autumn';
const COVERED = fact({ kind: 'coverage', surface: 'aws', covers: ['identity', 'credential'] });

function fact(fields: object): Observation {
  return Fact.parse(fields);
}

/** A user with a key of 200 days. */
function holder(name: string, more: object = {}): Observation[] {
  const identity = `aws:1:user/${name}`;
  return [
    fact({ kind: 'identity', id: identity, provider: 'aws', type: 'user', name, ...more }),
    fact({
      kind: 'credential',
      id: `aws:access-key/AKIA${name.toUpperCase()}`,
      identity,
      provider: 'aws',
      type: 'access-key',
      publicId: `AKIA${name.toUpperCase()}`,
      createdAt: '2025-11-13T00:00:00Z',
    }),
  ];
}

const ESTATE = [
  COVERED,
  ...holder('shop'),
  ...holder('press', { tags: { Team: 'print', tier: 'two' } }),
  ...holder('vault', { environment: 'prod' }),
];

async function old(overrides: readonly Override[] | Overrides, check = checkWith()) {
  const notes: string[] = [];
  const correlation = await withRun(ESTATE, (store) =>
    runChecks(store, [check], {
      now: RUN_START,
      previous: [],
      overrides: Array.isArray(overrides) ? { 'old-key': overrides } : (overrides as Overrides),
      onNote: (note) => void notes.push(note),
    }),
  );
  const names = correlation.findings.map(({ message }) => message.replace(' is old.', '').slice(4).toLowerCase());
  return { names: names.sort(), notes, results: correlation.results };
}

describe('numbers for some identities', () => {
  for (const { says, override, left } of [
    { says: 'a glob of ids', override: { identities: ['aws:*:user/pr*'] }, left: ['shop', 'vault'] },
    { says: 'an id', override: { identities: ['aws:1:user/shop'] }, left: ['press', 'vault'] },
    { says: 'one of several globs', override: { identities: ['gcp:*', '*/shop'] }, left: ['press', 'vault'] },
    { says: 'a tag, in whatever case its name is', override: { tags: { team: 'PRINT' } }, left: ['shop', 'vault'] },
    { says: 'a tag with any value', override: { tags: { tier: '*' } }, left: ['shop', 'vault'] },
    { says: 'an environment', override: { environment: 'Prod' }, left: ['press', 'shop'] },
    { says: 'one of several environments', override: { environment: ['dev', 'prod'] }, left: ['press', 'shop'] },
    {
      says: 'all that is given, where all holds',
      override: { identities: ['*press'], tags: { team: 'print' } },
      left: ['shop', 'vault'],
    },
    {
      says: 'nothing where one of what is given does not hold',
      override: { identities: ['*shop'], environment: 'prod' },
      left: ['press', 'shop', 'vault'],
    },
    { says: 'no id that only begins so', override: { identities: ['aws:1:user/sho'] }, left: ['press', 'shop', 'vault'] },
    { says: 'a dot as a dot', override: { identities: ['aws.1.user/shop'] }, left: ['press', 'shop', 'vault'] },
  ]) {
    it(`match ${says}`, async () => {
      const { names } = await old([{ ...override, parameters: { maxAgeDays: 365 }, reason: REASON }]);

      assert.deepEqual(names, left);
    });
  }

  it('may be stricter than what holds for all', async () => {
    const check = checkWith({ head: ['{ maxAgeDays: 90 }', '{ maxAgeDays: 365 }'] });

    const { names } = await old([{ environment: 'prod', parameters: { maxAgeDays: 30 }, reason: 'production' }], check);

    assert.deepEqual(names, ['vault']);
  });

  it('go by the first that matches', async () => {
    const { names } = await old([
      { identities: ['*press'], parameters: { maxAgeDays: 100 }, reason: REASON },
      { identities: ['*'], parameters: { maxAgeDays: 365 }, reason: REASON },
    ]);

    assert.deepEqual(names, ['press']);
  });

  it('find whose a credential is where a row names that alone', async () => {
    const check = checkWith({ sql: SELECT.replace(', identity_id', '') });

    const { names } = await old([{ identities: ['*shop'], parameters: { maxAgeDays: 365 }, reason: REASON }], check);

    assert.deepEqual(names, ['press', 'vault']);
  });

  it('are looked at although nothing is there by the numbers for all', async () => {
    const head = [
      'population: credentials\nparameters: { maxAgeDays: 90 }',
      'population: credentials WHERE days_since(created_at) > $maxAgeDays\nparameters: { maxAgeDays: 900 }',
    ] as const;

    const { names, results } = await old(
      [{ environment: 'prod', parameters: { maxAgeDays: 30 }, reason: 'production' }],
      checkWith({ head }),
    );

    assert.deepEqual(names, ['vault']);
    assert.equal(results[0]?.outcome, 'fail');
  });

  it('say which of them hold for nothing', async () => {
    const { notes } = await old([
      { environment: 'prod', parameters: { maxAgeDays: 30 }, reason: 'production' },
      { identities: ['aws:1:user/shpo'], parameters: { maxAgeDays: 30 }, reason: 'a slip' },
    ]);

    assert.deepEqual(notes, ['Configuration: checks.old-key.overrides[1] holds for no identity of this run']);
  });

  it('are refused where they would do nothing', async () => {
    const wrong: readonly (readonly [Overrides, RegExp])[] = [
      [{ 'old-key': [{ parameters: { maxAgeDays: 1 }, reason: REASON }] }, /says of no identity/],
      [{ 'old-key': [{ environment: 'prod', parameters: { maxAgeDayz: 1 }, reason: REASON }] }, /no parameter maxAgeDayz/],
      [{ 'old-key': [{ environment: 'prod', parameters: { maxAgeDays: 'many' }, reason: REASON }] }, /must be a number/],
      [{ 'new-key': [{ environment: 'prod', parameters: { maxAgeDays: 1 }, reason: REASON }] }, /no check new-key/],
    ];

    for (const [overrides, says] of wrong) {
      await assert.rejects(old(overrides), (error) => error instanceof ConfigError && says.test(error.message));
    }
  });
});

describe('numbers in the configuration', () => {
  it('of some identities reach the checks, with their reason', async () => {
    const text = `checks:
  access-key-unrotated:
    overrides:
      - { identities: ['aws:*:user/legacy-*'], tags: { team: x }, environment: [prod, staging], parameters: { maxAgeDays: 365 }, reason: replaced in autumn }
`;
    const config = { ...(await loadConfig(tempDir())), ...parseConfig(text, 'c.yml') };

    const { overrides } = await loadJudgement(config);

    assert.deepEqual(
      overrides['access-key-unrotated']?.map(({ parameters, reason }) => [parameters, reason]),
      [[{ maxAgeDays: 365 }, 'replaced in autumn']],
    );
  });

  it('of some identities want a reason', () => {
    const text = 'checks: { access-key-unrotated: { overrides: [{ environment: prod, parameters: { maxAgeDays: 1 } }] } }';

    assert.throws(() => parseConfig(text, 'c.yml'), /checks\.access-key-unrotated\.overrides\.0\.reason/);
  });

  it('for all checks that have a parameter of the name yield to those of one check', async () => {
    const text = 'parameters: { graceDays: 14 }\nchecks: { gateway-key-unused: { parameters: { graceDays: 60 } } }';
    const config = { ...(await loadConfig(tempDir())), ...parseConfig(text, 'c.yml') };

    const { parameters } = await loadJudgement(config);

    assert.equal(parameters['gateway-key-unused']?.graceDays, 60);
    assert.equal(parameters['access-key-unused']?.graceDays, 14);
    assert.equal(parameters['access-key-unrotated'], undefined);
  });

  it('for all checks are refused where no check has a parameter of the name', () => {
    assert.throws(() => spread([checkWith()], { graceDayz: 3 }, {}), /No check has a parameter graceDayz/);
  });
});
