import assert from 'node:assert/strict';
import type { Observation } from '../../../src/contracts/index.ts';
import { traceFacts } from '../../../src/trace/facts.ts';
import { resolveSubject } from '../../../src/trace/resolve.ts';
import { sections } from '../../../src/trace/tell.ts';
import { Fact } from '../../rules/checks/facts.ts';
import { withRun } from '../correlate/run-store.ts';

function fact(fields: object): Observation {
  return Fact.parse(fields);
}

const identity = (id: string): Observation => fact({ kind: 'identity', id });
const becomes = (principal: string, id: string, line: number, more: object = {}): Observation =>
  fact({ kind: 'trust', identity: id, principal, principalType: 'identity', at: { path: 'iam.json', line }, ...more });
const holds = (id: string, capability: string, resource: string, detail: object = {}): Observation =>
  fact({
    kind: 'grant',
    identity: id,
    permission: 'x',
    resource,
    capability,
    confidence: 'high',
    at: { path: 'iam.json' },
    detail,
  });

async function told(about: string, ...observations: readonly Observation[]): Promise<ReadonlyMap<string, readonly string[]>> {
  return await withRun(observations, async (store) => {
    const subject = await resolveSubject(store, about);
    const trace = await traceFacts(store, subject);
    return new Map(sections(subject, trace).map(([heading, lines]) => [heading, lines.map(({ text }) => text)]));
  });
}

describe('who may become an identity', () => {
  for (const [provider, a, b, c] of [
    ['AWS roles', 'aws:1:user/a', 'aws:1:role/b', 'aws:2:role/c'],
    [
      'Google service accounts',
      'gcp:p:serviceAccount/a@p.iam.gserviceaccount.com',
      'gcp:p:serviceAccount/b@p.iam.gserviceaccount.com',
      'gcp:q:serviceAccount/c@q.iam.gserviceaccount.com',
    ],
    ['applications of Entra', 'entra:t:app/aaaa', 'entra:t:app/bbbb', 'entra:t:app/cccc'],
    ['roles of PostgreSQL', 'postgres:h/d:role/a', 'postgres:h/d:role/b', 'postgres:h/d:role/c'],
  ] as const) {
    it(`is told over all steps, each with its place: ${provider}`, async () => {
      const lines = await told(c, identity(a), identity(b), identity(c), becomes(a, b, 3), becomes(b, c, 9));

      assert.deepEqual(lines.get('Who may become it'), [
        `${b}  (identity; at iam.json:9)`,
        `${a} → ${b} → ${c}  (2 steps; trust; at iam.json:3)`,
      ]);
    });
  }

  it('is told with what else must hold', async () => {
    const role = 'aws:1:role/open';
    const condition = { StringLike: { 'aws:PrincipalArn': ['arn:aws:iam::2:role/ci', 'arn:aws:iam::3:role/ci'] } };
    const open = { kind: 'trust', identity: role, principal: '*', principalType: 'any', condition, at: { path: 'iam.json' } };

    const lines = await told(role, identity(role), fact(open));

    assert.deepEqual(lines.get('Who may become it'), [
      '*  (any; only if aws:PrincipalArn StringLike arn:aws:iam::2:role/ci or arn:aws:iam::3:role/ci; at iam.json)',
    ]);
  });

  it('is told of who takes it over from another account, and of no namesake there', async () => {
    const role = 'aws:222222222222:role/root';
    const step = (to: string) => ({ hops: [{ from: 'user/b', to, permission: 'sts:AssumeRole' }], path: 'a way' });
    const [far, other] = ['aws:111111111111:user/far', 'aws:111111111111:user/other'];

    const lines = await told(
      role,
      identity(role),
      identity(far),
      identity(other),
      holds(far, 'escalates', '*', step('role/root of 222222222222')),
      holds(other, 'escalates', '*', step('role/root')),
    );

    assert.deepEqual(lines.get('Who may become it'), [`${far}  (takes it over by sts:AssumeRole; a way; at iam.json)`]);
  });

  it('goes round a circle once, and shows the shortest way', async () => {
    const [a, b, c] = ['aws:1:role/a', 'aws:1:role/b', 'aws:1:role/c'];

    const lines = await told(
      c,
      identity(a),
      identity(b),
      identity(c),
      becomes(a, b, 1),
      becomes(b, a, 2),
      becomes(b, c, 3),
      becomes(c, a, 4),
      becomes(a, c, 5),
    );

    assert.deepEqual(lines.get('Who may become it'), [`${a}  (identity; at iam.json:5)`, `${b}  (identity; at iam.json:3)`]);
  });

  it('names the subject of a token, and anybody', async () => {
    const role = 'aws:1:role/c';
    const any = fact({ kind: 'trust', identity: role, principal: '*', principalType: 'any', at: { path: 'iam.json', line: 4 } });
    const oidc = fact({ kind: 'trust', identity: role, principal: 'gitlab.com', principalType: 'oidc', issuer: 'gitlab.com' });

    const lines = await told(role, identity(role), any, oidc);

    assert.deepEqual(lines.get('Who may become it'), ['*  (any; at iam.json:4)', 'gitlab.com  (oidc; any subject)']);
  });

  it('names who could take it over by the rights they have', async () => {
    const [user, role, twin] = ['aws:1:user/dev', 'aws:1:role/ops', 'aws:2:role/ops'];
    const hops = [{ from: 'user/dev', to: 'role/ops', permission: 'lambda:UpdateFunctionCode' }];
    const grant = holds(user, 'escalates', '*', {
      hops,
      path: 'policy P',
      cut: { text: 'lambda:UpdateFunctionCode of user/dev' },
    });
    const estate = [identity(user), identity(role), identity(twin), grant];

    const ops = await told(role, ...estate);
    const other = await told(twin, ...estate);
    const dev = await told(user, ...estate);

    assert.deepEqual(ops.get('Who may become it'), [
      `${user}  (takes it over by lambda:UpdateFunctionCode; policy P; at iam.json)`,
    ]);
    assert.deepEqual(other.get('Who may become it'), []);
    assert.deepEqual(dev.get('Reaches'), ['escalates  (policy P)', 'to end it, take away lambda:UpdateFunctionCode of user/dev']);
  });
});

describe('what an identity gets at', () => {
  it('is told by capability, with accounts and resources, its own and of those it becomes', async () => {
    const [user, role] = ['aws:1:user/a', 'aws:2:role/b'];
    const estate = [
      identity(user),
      identity(role),
      becomes(user, role, 1),
      holds(user, 'reads-data', 'arn:aws:s3:::shop/*'),
      holds(role, 'reads-secrets', '*'),
      holds(role, 'escalates', 'arn:aws:iam::2:role/x'),
    ];

    const lines = await told(user, ...estate);

    assert.deepEqual(lines.get('Accounts and resources'), [
      'reads-data: arn:aws:s3:::shop/*  (in 1)',
      'reads-secrets: everything  (in 2)',
    ]);
  });

  it('is also what those may get at whom it becomes, where they get at more', async () => {
    const [user, role, last] = ['aws:1:user/a', 'aws:1:role/b', 'aws:2:role/c'];
    const rights = [
      holds(user, 'reads-data', 'arn:aws:s3:::shop/*'),
      holds(role, 'reads-data', '*'),
      holds(last, 'reads-data', 'arn:aws:s3:::ledger/*'),
    ];
    const estate = [
      identity(user),
      identity(role),
      identity(last),
      becomes(user, role, 1),
      becomes(role, last, 2),
      becomes(last, user, 3),
    ];

    const lines = await told(user, ...estate, ...rights);

    assert.deepEqual(lines.get('Accounts and resources'), [
      'reads-data: everything, arn:aws:s3:::shop/*, arn:aws:s3:::ledger/*  (in 1, 2)',
    ]);
  });

  it('is all of the account of an administrator whom it may become by its rights', async () => {
    const user = 'aws:111122223333:user/a';
    const passes = (target: string) => holds(user, 'escalates', 'arn:aws:iam::111122223333:role/x', { target });

    const here = await told(user, identity(user), passes('role/x'));
    const there = await told(user, identity(user), passes('role/x of 444455556666'));

    assert.deepEqual(here.get('Accounts and resources'), ['admin, by what escalates: everything  (in 111122223333)']);
    assert.deepEqual(there.get('Accounts and resources'), ['admin, by what escalates: everything  (in 444455556666)']);
  });

  it('is all of the account for a role that gives itself any right, not that role', async () => {
    const [user, role] = ['aws:1:user/a', 'aws:1:role/b'];
    const rights = holds(role, 'admin', 'arn:aws:iam::1:role/b');

    const lines = await told(user, identity(user), identity(role), becomes(user, role, 1), rights);

    assert.deepEqual(lines.get('Accounts and resources'), ['admin: everything  (in 1)']);
  });

  it('counts what is too much to read', async () => {
    const user = 'aws:1:user/a';
    const grants = Array.from({ length: 11 }, (_, n) => holds(user, 'reads-data', `bucket-${String(n).padStart(2, '0')}`));

    const [line] = (await told(user, identity(user), ...grants)).get('Accounts and resources') ?? [];

    assert.match(line ?? '', /bucket-07 and 3 more/);
  });
});
