import assert from 'node:assert/strict';
import type { Observation } from '../../../src/contracts/index.ts';
import { resolveSubject, type Subject } from '../../../src/trace/resolve.ts';
import { ConfigError } from '../../../src/util/errors.ts';
import { withRun } from '../correlate/run-store.ts';

const PRINT = 'ab12cd34'.repeat(8);
const OTHER_PRINT = `${'ab12cd34'.repeat(7)}ffffffff`;
const KEY_ID = `${['AK', 'IA'].join('')}0HARBOUR0DEPLOY0`;
const KEY = `aws:access-key/${KEY_ID}`;
const USER = 'aws:123456789012:user/ci-deploy';
const COMMON = { provider: 'aws', type: 'user' } as const;

const ESTATE: readonly Observation[] = [
  { kind: 'identity', id: USER, name: 'ci-deploy', owner: 'Ada@harbour.example', ownerBasis: 'tag:owner', ...COMMON },
  { kind: 'identity', id: 'aws:123456789012:user/backup', name: 'backup', owner: 'bo@harbour.example', ...COMMON },
  { kind: 'identity', id: 'gcp:shop:serviceAccount/backup', provider: 'gcp', type: 'service-account', name: 'Backup' },
  { kind: 'identity', id: 'aws:123456789012:user/report', name: 'report', owner: 'bo@harbour.example', ...COMMON },
  { kind: 'credential', id: KEY, identity: USER, provider: 'aws', type: 'access-key', publicId: KEY_ID },
  sighting(`secret:${PRINT}`, PRINT),
  sighting(`secret:${'0123456789abcdef'.repeat(4)}`, '0123456789abcdef'.repeat(4)),
];

describe('what a trace is about', () => {
  for (const [what, text] of [
    ['the id of its key', KEY_ID],
    ['the canonical id of its key', KEY],
    ['its canonical id', USER],
    ['its name', 'ci-deploy'],
    ['its name in other letters', 'CI-Deploy'],
    ['the e-mail of its owner', 'ada@harbour.example'],
    ['the e-mail of its owner in other letters', 'ADA@Harbour.example'],
  ] as const) {
    it(`is an identity with its keys, found by ${what}`, async () => {
      assert.deepEqual(await resolved(text), { identity: USER, credentials: [KEY] });
    });
  }

  for (const [what, text] of [
    ['the whole fingerprint', PRINT],
    ['its first eight characters', PRINT.slice(0, 8)],
    ['a fingerprint in capitals', PRINT.slice(0, 12).toUpperCase()],
    ['its canonical id', `secret:${PRINT}`],
  ] as const) {
    it(`is a secret that nobody owns, found by ${what}`, async () => {
      assert.deepEqual(await resolved(text), { credentials: [`secret:${PRINT}`] });
    });
  }

  it('asks which one, when a name is borne by several', async () => {
    await assert.rejects(resolved('backup'), (error) => {
      assert(error instanceof ConfigError);
      assert.deepEqual([error.code, error.exit], ['TRACE_AMBIGUOUS', 2]);
      assert.match(error.hint ?? '', /aws:123456789012:user\/backup\n.*gcp:shop:serviceAccount\/backup/);
      return true;
    });
  });

  it('asks which one, when an owner has several', async () => {
    await assert.rejects(resolved('bo@harbour.example'), { code: 'TRACE_AMBIGUOUS', hint: /user\/backup\n.*user\/report/ });
  });

  it('asks which one, when a fingerprint begins several', async () => {
    const more = [...ESTATE, sighting(`secret:${OTHER_PRINT}`, OTHER_PRINT)];

    await assert.rejects(resolved(PRINT.slice(0, 8), more), { code: 'TRACE_AMBIGUOUS' });
    assert.deepEqual(await resolved(PRINT.slice(0, 60), more), { credentials: [`secret:${PRINT}`] });
  });

  it('names the first few of many', async () => {
    const many = Array.from({ length: 30 }, (_, n): Observation => {
      return { kind: 'identity', id: `aws:${n}:role/deploy`, provider: 'aws', type: 'role', name: 'deploy' };
    });

    await assert.rejects(resolved('deploy', many), { message: '"deploy" is 30 things in this run', hint: /and 22 more$/ });
  });

  it('suggests what was nearly typed', async () => {
    await assert.rejects(resolved('ci-delpoy'), { code: 'TRACE_UNKNOWN', exit: 2, hint: 'Did you mean "ci-deploy"?' });
  });

  for (const [what, text] of [
    ['a secret pasted by mistake', 'kP3vN8xQ2mR7tY1wZ5bC9dF4gH6jL0sAeUiO2pXy'],
    ['seven characters of a fingerprint', PRINT.slice(0, 7)],
    ['a part of a name', 'deploy'],
    ['a pattern of SQL', '%'],
    ['an end of SQL', "' OR 1=1 --"],
    ['nothing', ''],
  ] as const) {
    it(`finds nothing by ${what}, and never repeats it`, async () => {
      await assert.rejects(resolved(text), (error) => {
        assert(error instanceof ConfigError);
        assert.equal(error.code, 'TRACE_UNKNOWN');
        const said = `${error.message} ${error.hint} ${error.cause}`;
        if (text !== '' && text !== 'deploy') assert(!said.includes(text), said);
        return true;
      });
    });
  }
});

async function resolved(text: string, observations: readonly Observation[] = ESTATE): Promise<Subject> {
  return await withRun(observations, (store) => resolveSubject(store, text));
}

function sighting(credential: string, print: string): Observation {
  return {
    kind: 'sighting',
    credential,
    detector: 'test',
    provider: 'generic',
    type: 'token',
    fingerprint: print,
    masked: 'x…(40)',
    confidence: 'high',
    place: 'work-tree',
    at: { path: 'config.txt', line: 1 },
  };
}
