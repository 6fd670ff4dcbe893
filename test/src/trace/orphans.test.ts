import assert from 'node:assert/strict';
import type { Observation } from '../../../src/contracts/index.ts';
import { decommissionSteps } from '../../../src/trace/decommission.ts';
import { findOrphans, type Orphans } from '../../../src/trace/orphans.ts';
import { tellOrphans } from '../../../src/trace/tell-orphans.ts';
import { Layout } from '../../../src/util/layout.ts';
import { Fact } from '../../rules/checks/facts.ts';
import { withRun } from '../correlate/run-store.ts';

const USER = 'aws:1:user/sync';
const KEY_ID = `${['AK', 'IA'].join('')}0HARBOUR0SYNC000`;
const OPTIONS = { unusedDays: 90, graceDays: 30 };

function fact(fields: object): Observation {
  return Fact.parse(fields);
}

const user = (more: object = {}): Observation => fact({ kind: 'identity', id: USER, createdAt: '2024-01-01T00:00:00Z', ...more });
const key = (more: object = {}): Observation =>
  fact({
    kind: 'credential',
    id: `aws:access-key/${KEY_ID}`,
    identity: USER,
    provider: 'aws',
    type: 'access-key',
    publicId: KEY_ID,
    status: 'active',
    createdAt: '2024-01-01T00:00:00Z',
    lastUsedAt: '2025-12-01T00:00:00Z',
    lastUsedFor: 'dynamodb eu-north-1',
    ...more,
  });
const role = (more: object = {}): Observation =>
  fact({ kind: 'identity', id: 'aws:1:role/old', createdAt: '2024-01-01T00:00:00Z', at: { path: 'iam.json' }, ...more });

async function find(observations: readonly Observation[], options = OPTIONS): Promise<Orphans> {
  return await withRun(observations, (store) => findOrphans(store, options));
}

async function names(...observations: readonly Observation[]): Promise<readonly string[]> {
  return (await find(observations)).orphans.map(({ identity }) => identity);
}

describe('orphaned identities', () => {
  it('are those without owner, consumer and use, each with the evidence', async () => {
    const { orphans, judged, notJudged } = await find([
      user(),
      key(),
      fact({ kind: 'coverage', surface: 'ci', covers: ['consumer'] }),
    ]);

    assert.deepEqual([judged, notJudged], [1, 0]);
    const [orphan] = orphans;
    assert.deepEqual(
      orphan?.evidenceFor.map(({ text }) => text),
      [
        'nobody is named as its owner: no tag, no description, no CODEOWNERS, no creator',
        'last used on 2025-12-01, 182 days ago',
        'nothing in what was read uses it (CI)',
      ],
    );
    assert.deepEqual(orphan?.evidenceAgainst, []);
    assert.deepEqual(orphan?.breaks, [{ text: `whatever used ${KEY_ID} last, on 2025-12-01 (dynamodb eu-north-1)` }]);
    assert.deepEqual(orphan?.credentials, [{ id: KEY_ID, type: 'access-key', status: 'active', lastUsed: '2025-12-01' }]);
    assert.deepEqual(
      orphan?.plan.map(({ phase }) => phase),
      ['disable', 'disable', 'wait', 'delete', 'delete', 'delete', 'delete'],
    );
  });

  it('are those whose owner has left, and those of which only the maker is known', async () => {
    const left = fact({ kind: 'person', email: 'ada@x.example', leftAt: '2026-01-01T00:00:00Z' });
    const maker = user({ owner: 'bo@x.example', ownerBasis: 'creator' });

    const [gone] = (
      await find([user({ owner: 'ada@x.example', ownerBasis: 'tag:owner', at: { path: 'iam.json' } }), key(), left])
    ).orphans;
    const [made] = (await find([maker, key()])).orphans;

    assert.deepEqual(gone?.evidenceFor[0], { text: 'its owner ada@x.example (tag:owner) has left', place: 'iam.json' });
    assert.match(made?.evidenceFor[0]?.text ?? '', /^bo@x\.example made it \(creator\), and nobody is named/);
  });

  describe('of Google Cloud', () => {
    const ACCOUNT = 'gcp:p:serviceAccount/sync@p.iam.gserviceaccount.com';
    const account = (detail: object, more: object = {}): Observation =>
      fact({ kind: 'identity', id: ACCOUNT, provider: 'gcp', type: 'service-account', detail, ...more });
    const RECORD = { observedFrom: '2026-01-01T00:00:00Z', observedUntil: '2026-05-30T00:00:00Z' };

    it('are accounts that a record of the whole time has no use of, whenever they were made', async () => {
      const { orphans, judged, notJudged } = await find([account(RECORD)]);

      assert.deepEqual([judged, notJudged], [1, 0]);
      assert.deepEqual(orphans[0]?.evidenceFor[1], { text: 'no use on record between 2026-01-01 and 2026-05-30' });
    });

    it('are none where the record is too short, tells nothing, or ends soon after the last use', async () => {
      const short = { observedFrom: '2026-04-01T00:00:00Z', observedUntil: '2026-05-30T00:00:00Z' };
      const ended = { observedFrom: '2025-10-01T00:00:00Z', observedUntil: '2026-02-01T00:00:00Z' };

      const found = [
        await names(account(short)),
        await names(account({ observedUntil: '2026-05-30T00:00:00Z' })),
        await names(account({})),
        await names(account(ended, { lastUsedAt: '2026-01-01T00:00:00Z' })),
        await names(account(RECORD, { createdAt: '2026-05-20T00:00:00Z' })),
      ];

      assert.deepEqual(found, [[], [], [], [], []]);
      assert.deepEqual(await names(account(RECORD, { lastUsedAt: '2026-01-10T00:00:00Z' })), [ACCOUNT]);
    });
  });

  it('are roles that no record of 400 days has a use of', async () => {
    const service = fact({
      kind: 'trust',
      identity: 'aws:1:role/old',
      principal: 'glue.amazonaws.com',
      principalType: 'service',
      at: { path: 'iam.json' },
    });

    const [orphan] = (await find([role(), service])).orphans;

    assert.equal(orphan?.identity, 'aws:1:role/old');
    assert.deepEqual(
      orphan.evidenceAgainst.map(({ text }) => text.replace(/:.*/, '')),
      [
        'glue.amazonaws.com may run as it',
        'AWS tells the last use of a role for 400 days',
        'no repository, cluster or CI configuration was read',
      ],
    );
    assert.deepEqual(orphan.breaks, [{ text: 'glue.amazonaws.com can no longer become it', place: 'iam.json' }]);
  });

  it('lose what they may become, when they go', async () => {
    const onward = fact({
      kind: 'trust',
      identity: 'aws:1:role/admin',
      principal: USER,
      principalType: 'identity',
      at: { path: 'iam.json' },
    });

    const [orphan] = (await find([user(), key(), onward, fact({ kind: 'identity', id: 'aws:1:role/admin' })])).orphans;

    assert.deepEqual(orphan?.breaks[0], { text: 'it can no longer become aws:1:role/admin (trust)', place: 'iam.json' });
  });

  for (const [says, ...observations] of [
    ['with an owner who is there', user({ owner: 'team-payments', ownerBasis: 'tag:team' }), key()],
    ['that were used lately', user(), key({ lastUsedAt: '2026-05-20T00:00:00Z' })],
    [
      'that are used by a job',
      user(),
      key(),
      fact({ kind: 'consumer', consumer: 'x/y:ci.yml#job', credential: `aws:access-key/${KEY_ID}` }),
    ],
    ['of which no source tells a use', user(), key({ lastUsedAt: undefined })],
    [
      'that are young',
      user({ createdAt: '2026-05-20T00:00:00Z' }),
      key({ lastUsedAt: undefined, detail: { useIsTold: true }, createdAt: '2026-05-20T00:00:00Z' }),
    ],
    ['that the provider runs', user({ managed: true }), key()],
    ['that are people', user({ human: true }), key()],
    ['that are switched off', user({ enabled: false }), key()],
    ['that are service-linked roles', role({ id: 'aws:1:role/AWSServiceRoleForSupport', managed: true })],
    ['that only code declares', role({ detail: { platform: 'terraform' } })],
    ['that are the root of an account', fact({ kind: 'identity', id: 'aws:1:root', lastUsedAt: '2024-01-01T00:00:00Z' })],
    [
      'that a session of the gateway used',
      user(),
      key(),
      fact({ kind: 'usage', identity: USER, usedAt: '2026-05-25T00:00:00Z' }),
    ],
  ] as const) {
    it(`are none ${says}`, async () => {
      assert.deepEqual(await names(...observations), []);
    });
  }

  it('are counted apart from those that cannot be judged', async () => {
    const { judged, notJudged } = await find([user(), key({ lastUsedAt: undefined }), role()]);

    assert.deepEqual([judged, notJudged], [1, 1]);
  });

  it('are told with the plan, whose commands stay on one line', async () => {
    const found = await find([user(), key()]);

    const lines = [...tellOrphans(found, new Layout({ width: 60, color: false, links: false }))];

    assert(lines.includes(`        aws iam update-access-key --user-name sync --access-key-id ${KEY_ID} --status Inactive`));
    assert(lines.some((line) => line.startsWith('1 identity is orphaned, of 1')));
    assert(lines.some((line) => line.includes('None of it was done')));
  });
});

describe('a plan to take an identity away', () => {
  const departing = (identity: string, type: string, credentials: Parameters<typeof decommissionSteps>[0]['credentials'] = []) =>
    decommissionSteps({ identity, provider: identity.slice(0, identity.indexOf(':')), type, credentials });

  for (const [identity, type, disable, remove] of [
    ['aws:1:role/old', 'role', /attach-role-policy --role-name old .*AWSDenyAll/, /delete-role --role-name old$/],
    [
      'gcp:p:serviceAccount/a@p.iam.gserviceaccount.com',
      'service-account',
      /service-accounts disable a@p\.iam/,
      /service-accounts delete a@p\.iam/,
    ],
    ['entra:t:app/0f', 'service-principal', /az ad sp update --id 0f --set accountEnabled=false/, /az ad app delete --id 0f/],
    ['github:o/r:deploy-key/42', 'deploy-key', /gh api repos\/o\/r\/keys\/42/, /deploy-key delete 42 --repo o\/r/],
    [
      'okta:acme.okta.com:app/0oa1',
      'app',
      /acme\.okta\.com\/api\/v1\/apps\/0oa1\/lifecycle\/deactivate/,
      /DELETE https:\/\/acme\.okta\.com\/api\/v1\/apps\/0oa1/,
    ],
    ['postgres:db%3A5432/shop:role/etl', 'database-role', /ALTER ROLE "etl" NOLOGIN;/, /DROP ROLE "etl";/],
    [
      'k8s:prod:shop/checkout',
      'service-account',
      /kubectl -n shop get serviceaccount checkout/,
      /kubectl -n shop delete serviceaccount checkout/,
    ],
    [
      'spiffe:acme.org:ns/shop/sa/api',
      'workload',
      /spire-server entry show -spiffeID spiffe:\/\/acme\.org\/ns\/shop\/sa\/api/,
      /entry delete/,
    ],
  ] as const) {
    it(`disables first, waits, and deletes last: ${identity}`, () => {
      const steps = departing(identity, type);

      const phases = steps.map(({ phase }) => phase);
      assert.deepEqual(
        phases,
        phases.toSorted((a, b) => ORDER.indexOf(a) - ORDER.indexOf(b)),
      );
      assert.deepEqual([...new Set(phases)], ORDER);
      const commands = (phase: string): string =>
        steps.flatMap((step) => (step.phase === phase ? (step.command ?? '') : [])).join('\n');
      assert.match(commands('disable'), disable);
      assert.match(commands('delete'), remove);
    });
  }

  it('leaves no name in a command that a shell would take for more', () => {
    for (const identity of [
      'aws:1:user/x; rm -rf ~',
      "aws:1:role/a'b",
      'gcp:p:serviceAccount/-rf',
      'postgres:h/d:role/x"; DROP TABLE y',
      'k8s:c:ns/$(id)',
    ]) {
      for (const { command = '' } of departing(identity, identity.includes('role') ? 'role' : 'user')) {
        const bare = command.replace(/'(?:[^']|'\\'')*'/g, '');
        assert.doesNotMatch(bare, /rm -rf|\$\(id\)|DROP TABLE| -rf/, command);
      }
    }
  });

  it('has words for a provider whose commands it does not know', () => {
    assert.equal(departing('other:x:thing/y', 'thing').length, 3);
  });

  it('does nothing to a key that is off but delete it', () => {
    const steps = departing(USER, 'user', [{ id: 'aws:access-key/A', type: 'access-key', publicId: 'A', isActive: false }]);

    assert(!steps.some(({ command }) => /Inactive/.test(command ?? '')));
    assert(steps.some(({ command }) => /delete-access-key .*--access-key-id A$/.test(command ?? '')));
  });
});

const ORDER = ['disable', 'wait', 'delete'];
