import assert from 'node:assert/strict';
import type { Observation } from '../../../src/contracts/index.ts';
import { traceFacts } from '../../../src/trace/facts.ts';
import { resolveSubject } from '../../../src/trace/resolve.ts';
import { sections } from '../../../src/trace/tell.ts';
import { withRun } from '../correlate/run-store.ts';

const ACCOUNT_ROLE = 'aws:123456789012:role/checkout';
const CODE_ROLE = 'aws:-:role/checkout';
const LIVE = 'k8s:prod-eu:shop/checkout';
const MANIFEST = 'k8s:-:shop/checkout';
const SUBJECT = 'github:harbour/shop:oidc/repo:harbour/shop:ref:refs/heads/main';

const at = (path: string, line: number) => ({ repository: 'harbour/infra', path, line });

const ROLE: readonly Observation[] = [
  { kind: 'identity', id: ACCOUNT_ROLE, provider: 'aws', type: 'role', name: 'checkout' },
  {
    kind: 'grant',
    identity: ACCOUNT_ROLE,
    effect: 'allow',
    permission: 'secretsmanager:GetSecretValue',
    resource: '*',
    via: 'inline-policy',
    capability: 'reads-secrets',
    at: at('iam.tf', 40),
  },
];
const SERVICE_ACCOUNT: readonly Observation[] = [
  { kind: 'identity', id: LIVE, provider: 'k8s', type: 'service-account', name: 'shop/checkout', scope: 'prod-eu' },
  { kind: 'identity', id: MANIFEST, provider: 'k8s', type: 'service-account', name: 'shop/checkout', at: at('k8s/sa.yml', 3) },
  {
    kind: 'trust',
    identity: CODE_ROLE,
    effect: 'allow',
    principal: MANIFEST,
    principalType: 'identity',
    at: at('k8s/sa.yml', 8),
    detail: { basis: 'annotation eks.amazonaws.com/role-arn' },
  },
  {
    kind: 'consumer',
    consumer: 'harbour/infra:k8s/deploy.yml#checkout',
    type: 'pod',
    identity: MANIFEST,
    how: 'token',
    at: at('k8s/deploy.yml', 12),
  },
];
const JOB: readonly Observation[] = [
  { kind: 'identity', id: SUBJECT, provider: 'github', type: 'oidc-subject', name: 'repo:harbour/shop:ref:refs/heads/main' },
];

function trusted(subject: string | undefined, issuer = 'token.actions.githubusercontent.com'): Observation {
  return {
    kind: 'trust',
    identity: ACCOUNT_ROLE,
    effect: 'allow',
    principal: `arn:aws:iam::123456789012:oidc-provider/${issuer}`,
    principalType: 'oidc',
    issuer,
    ...(subject === undefined ? {} : { subject }),
    at: at('iam.tf', 10),
  };
}

describe('the steps of a trace', () => {
  it('lead from a service account of a manifest to the grants of the cloud role, each with its line', async () => {
    const told = await lines('k8s:prod-eu:shop/checkout', 'By these steps', [...ROLE, ...SERVICE_ACCOUNT]);

    assert.deepEqual(told, [
      `${LIVE} → ${ACCOUNT_ROLE}  (annotation eks.amazonaws.com/role-arn; at harbour/infra k8s/sa.yml:8)`,
      `${ACCOUNT_ROLE}: reads-secrets by secretsmanager:GetSecretValue (inline-policy)  (at harbour/infra iam.tf:40)`,
    ]);
  });

  it('lead to the role of code whose account only an ARN in a workflow tells', async () => {
    const job: Observation = {
      kind: 'consumer',
      consumer: 'harbour/shop:.github/workflows/deploy.yml#deploy',
      type: 'workflow-job',
      identity: ACCOUNT_ROLE,
      how: 'oidc',
      at: at('.github/workflows/deploy.yml', 9),
    };
    const code = ROLE.map((row) => ('id' in row ? { ...row, id: CODE_ROLE } : { ...row, identity: CODE_ROLE }) as Observation);

    const told = await lines(LIVE, 'By these steps', [...code, ...SERVICE_ACCOUNT, job]);

    assert.equal(told[0], `${LIVE} → ${ACCOUNT_ROLE}  (annotation eks.amazonaws.com/role-arn; at harbour/infra k8s/sa.yml:8)`);
    assert.match(told[1] ?? '', /iam\.tf:40/);
  });

  it('are none where the identity itself holds it', async () => {
    assert.deepEqual(await lines(ACCOUNT_ROLE, 'By these steps', ROLE), []);
  });

  it('list what uses a role, through whom, and on which line', async () => {
    assert.deepEqual(await lines(ACCOUNT_ROLE, 'Set up to use it', [...ROLE, ...SERVICE_ACCOUNT]), [
      `harbour/infra:k8s/deploy.yml#checkout  (pod; token; through ${LIVE}; line 12)`,
    ]);
  });

  for (const pattern of ['repo:harbour/shop:ref:refs/heads/main', 'repo:harbour/shop:*', 'repo:harbour/sho?:*', undefined]) {
    it(`lead from the subject of a job to a role that trusts ${pattern ?? 'any subject'}`, async () => {
      const [first] = await lines(SUBJECT, 'By these steps', [...ROLE, ...JOB, trusted(pattern)]);

      assert.equal(first, `${SUBJECT} → ${ACCOUNT_ROLE}  (subject of its token; at harbour/infra iam.tf:10)`);
    });
  }

  it('lead from a subject of which only the run tells the branch to a role that trusts one branch', async () => {
    const any = 'github:harbour/shop:oidc/repo:harbour/shop:ref:refs/heads/*';
    const job: Observation = {
      kind: 'identity',
      id: any,
      provider: 'github',
      type: 'oidc-subject',
      name: 'repo:harbour/shop:ref:refs/heads/*',
      detail: { isPattern: true },
    };

    const [first] = await lines(any, 'By these steps', [...ROLE, job, trusted('repo:harbour/shop:ref:refs/heads/main')]);

    assert.equal(first, `${any} → ${ACCOUNT_ROLE}  (subject of its token; at harbour/infra iam.tf:10)`);
  });

  for (const [pattern, issuer] of [
    ['repo:harbour/shop:ref:refs/heads/release'],
    ['repo:harbour_shop:*'],
    ['repo:harbour/shop:*', 'gitlab.com'],
    ['system:serviceaccount:shop:checkout'],
  ] as const) {
    it(`do not lead to a role that trusts ${pattern} of ${issuer ?? 'GitHub'}`, async () => {
      assert.deepEqual(await lines(SUBJECT, 'By these steps', [...ROLE, ...JOB, trusted(pattern, issuer)]), []);
    });
  }

  it('lead from a service account to a role that trusts its name', async () => {
    const issuer = 'oidc.eks.eu-west-1.amazonaws.com/id/0123';
    const given = [...ROLE, ...SERVICE_ACCOUNT.slice(0, 1), trusted('system:serviceaccount:shop:checkout', issuer)];

    const [first] = await lines(LIVE, 'By these steps', given);

    assert.equal(first, `${LIVE} → ${ACCOUNT_ROLE}  (subject of its token; at harbour/infra iam.tf:10)`);
  });
});

async function lines(name: string, heading: string, observations: readonly Observation[]): Promise<readonly string[]> {
  return await withRun(observations, async (store) => {
    const subject = await resolveSubject(store, name);
    const trace = await traceFacts(store, subject);
    const section = sections(subject, trace).find(([title]) => title === heading);
    return section?.[1].map(({ text }) => text) ?? [];
  });
}
