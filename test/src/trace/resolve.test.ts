import assert from 'node:assert/strict';
import type { Observation } from '../../../src/contracts/index.ts';
import { resolveSubject, resolveSubjects, type Subject } from '../../../src/trace/resolve.ts';
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
    ['its canonical id in other letters', USER.toUpperCase()],
    ['its ARN', 'arn:aws:iam::123456789012:user/ci-deploy'],
    ['its ARN with a path', 'arn:aws:iam::123456789012:user/robots/ci-deploy'],
    ['the masked form of its key', `${KEY_ID.slice(0, 4)}…${KEY_ID.slice(-4)}`],
    ['the masked form with three dots', `${KEY_ID.slice(0, 4)}...${KEY_ID.slice(-4)}`],
    ['its key with blanks around', ` ${KEY_ID} `],
    ['the e-mail of its owner', 'ada@harbour.example'],
    ['the e-mail of its owner in other letters', 'ADA@Harbour.example'],
  ] as const) {
    it(`is an identity with its keys, found by ${what}`, async () => {
      assert.deepEqual(await resolved(text), { identity: USER, credentials: [KEY] });
    });
  }

  for (const text of [
    'postgres:127.0.0.1%3A54391/shop:role/etl',
    'postgres:127.0.0.1:54391/shop:role/etl',
    '127.0.0.1:54391/shop:role/etl',
  ]) {
    it(`is a role of a server by its port, found by ${text}`, async () => {
      const id = 'postgres:127.0.0.1%3A54391/shop:role/etl';
      const other = 'postgres:127.0.0.1/shop:role/etl';
      const rows = [id, other].map(
        (one): Observation => ({
          kind: 'identity',
          id: one,
          provider: 'postgres',
          type: 'database-role',
          name: 'etl',
        }),
      );

      assert.deepEqual(await withRun(rows, (store) => resolveSubject(store, text)), { identity: id, credentials: [] });
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

  it('is the role of a session, found by the ARN of the session', async () => {
    const role: Observation = { kind: 'identity', id: 'aws:123456789012:role/etl', provider: 'aws', type: 'role', name: 'etl' };
    const arn = 'arn:aws:sts::123456789012:assumed-role/etl/session-1';

    assert.deepEqual(await resolved(arn, [...ESTATE, role]), { identity: 'aws:123456789012:role/etl', credentials: [] });
  });

  it('asks which one, when a service account has the name before its @', async () => {
    const account = 'gcp:shop:serviceAccount/ci@shop.iam.gserviceaccount.com';
    const deployKey: Observation = {
      kind: 'identity',
      id: 'github:harbour:deploy-key/7',
      provider: 'github',
      type: 'deploy-key',
      name: 'ci',
    };
    const service: Observation = { kind: 'identity', id: account, provider: 'gcp', type: 'service-account', name: 'Builds' };

    assert.deepEqual(await resolved('ci', [...ESTATE, service]), { identity: account, credentials: [] });
    await assert.rejects(resolved('ci', [...ESTATE, service, deployKey]), {
      code: 'TRACE_AMBIGUOUS',
      hint: /serviceAccount\/ci@shop[\s\S]*deploy-key\/7/,
    });
  });

  it('is a secret without an id, found by its masked form', async () => {
    const estate = [...ESTATE.slice(0, 5), sighting(`secret:${PRINT}`, PRINT)];

    assert.deepEqual(await resolved('x…(40)', estate), { credentials: [`secret:${PRINT}`] });
    assert.deepEqual(await resolved('x...(40)', estate), { credentials: [`secret:${PRINT}`] });
    await assert.rejects(resolved('x…(41)', estate), { code: 'TRACE_UNKNOWN' });
  });

  it('asks which one, when several look the same masked', async () => {
    await assert.rejects(resolved('x…(40)'), {
      code: 'TRACE_AMBIGUOUS',
      hint: /\n {4}0123456789ab {2}x…\(40\), seen at \S+\n {4}ab12cd34ab12 {2}x…\(40\), seen at \S+$/,
    });
  });

  it('is all that one secret is, with whatever user it was seen', async () => {
    const estate = [...ESTATE, sighting(`secret:${OTHER_PRINT}`, PRINT)];

    assert.deepEqual(await resolved(PRINT, estate), { credentials: [`secret:${PRINT}`, `secret:${OTHER_PRINT}`] });
  });

  it('is the only identity whose id ends so', async () => {
    const account = (id: string): Observation => ({
      kind: 'identity',
      id: id as never,
      provider: 'k8s',
      type: 'service-account',
      name: id.slice(-8),
    });
    const estate = [...ESTATE, account('k8s:-:prod/deployer'), account('k8s:-:nonprod/robot')];

    assert.deepEqual(await resolved('prod/deployer', estate), { identity: 'k8s:-:prod/deployer', credentials: [] });
    await assert.rejects(resolved('prod/robot', estate), { code: 'TRACE_UNKNOWN' });
    const twins = [account('k8s:east:prod/deployer'), account('k8s:west:prod/deployer')];
    await assert.rejects(resolved('prod/deployer', twins), {
      code: 'TRACE_AMBIGUOUS',
      hint: /k8s:east:prod\/deployer\n {4}k8s:west:prod\/deployer/,
    });
  });

  it('is each identity in turn, when an owner has several', async () => {
    const subjects = await withRun(ESTATE, (store) => resolveSubjects(store, 'BO@harbour.example'));

    assert.deepEqual(subjects, [
      { identity: 'aws:123456789012:user/backup', credentials: [] },
      { identity: 'aws:123456789012:user/report', credentials: [] },
    ]);
  });

  it('is what a team owns that is written without an address', async () => {
    const owned: Observation = { kind: 'identity', id: 'aws:1:user/x', owner: 'Platform', name: 'x', ...COMMON };

    assert.deepEqual(await resolved('platform', [owned]), { identity: 'aws:1:user/x', credentials: [] });
  });

  it('is what a person owns under the handle that the roster gives', async () => {
    const person: Observation = { kind: 'person', email: 'cy@harbour.example', handle: 'cy-h' };
    const owned: Observation = { kind: 'identity', id: 'aws:1:user/x', owner: '@cy-h', name: 'x', ...COMMON };

    assert.deepEqual(await resolved('cy@harbour.example', [person, owned]), { identity: 'aws:1:user/x', credentials: [] });
    await assert.rejects(resolved('cy@harbour.example', [person]), {
      code: 'TRACE_UNKNOWN',
      message: 'No identity of this run names that person as its owner',
    });
  });

  for (const [what, text] of [
    ['a token', `${['gh', 'p_'].join('')}kP3vN8xQ2mR7tY1wZ5bC9dF4gH6jL0sAeUiO`],
    ['the secret half of a key', 'kP3vN8xQ2mR7tY1wZ5bC9dF4gH6jL0sAeUiO2pXy'],
    ['a connection string', ['postgres', '//app', 'kP3vN8xQ@db/orders'].join(':')],
  ] as const) {
    it(`is never ${what} given as an argument: it says where to give it`, async () => {
      await assert.rejects(
        withRun(ESTATE, (store) => resolveSubjects(store, text, 'my.duckdb')),
        (error) => {
          assert(error instanceof ConfigError);
          assert.match(error.message, /looks like a secret/);
          assert.match(error.hint ?? '', /trace - --store my\.duckdb$/);
          assert(!`${error.message} ${error.hint}`.includes(text));
          return true;
        },
      );
    });
  }

  for (const text of [
    'data-science-nightly-features-role',
    `${KEY_ID.slice(0, -1)}X`,
    '0dcf8df56c4c148eecf5b953ba63e0ae900f7bba',
    'arn:aws:iam::123456789012:user/x',
  ]) {
    it(`takes ${text} for a name that is not there, not for a secret`, async () => {
      await assert.rejects(resolved(text), { message: /^Nothing in this run has that id/ });
    });
  }

  it('names the store that was given', async () => {
    await assert.rejects(
      withRun(ESTATE, (store) => resolveSubjects(store, 'nobody-at-all', 'my.duckdb')),
      {
        hint: 'nhi-audit identities --store my.duckdb lists what there is.',
      },
    );
  });

  it('asks which one, when a name is borne by several', async () => {
    await assert.rejects(resolved('backup'), (error) => {
      assert(error instanceof ConfigError);
      assert.deepEqual([error.code, error.exit], ['TRACE_AMBIGUOUS', 2]);
      assert.match(error.hint ?? '', /aws:123456789012:user\/backup\n.*gcp:shop:serviceAccount\/backup/);
      return true;
    });
  });

  it('asks which one, when one is wanted and an owner has several', async () => {
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
