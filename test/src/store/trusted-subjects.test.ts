import assert from 'node:assert/strict';
import type { Observation } from '../../../src/contracts/index.ts';
import { readPolicyDocument, readTrust } from '../../../src/iam/index.ts';
import { withRun } from '../correlate/run-store.ts';

const ACCOUNT = '111122223333';
const G = 'token.actions.githubusercontent.com:';
const EKS = 'oidc.eks.eu-west-1.amazonaws.com/id/0123456789ABCDEF';

/** A role with its trust, as the scanner reads it. */
function roleOf(
  name: string,
  issuer: string,
  ...conditions: { readonly Effect?: string; readonly Condition: object }[]
): Observation[] {
  const identity = `aws:${ACCOUNT}:role/${name}`;
  const read = readPolicyDocument({
    Version: '2012-10-17',
    Statement: conditions.map((one) => ({
      Effect: 'Allow',
      Principal: { Federated: `arn:aws:iam::${ACCOUNT}:oidc-provider/${issuer}` },
      Action: 'sts:AssumeRoleWithWebIdentity',
      ...one,
    })),
  });
  assert.ok(read.ok);
  const role = { document: read.document, account: ACCOUNT, partition: 'aws', limits: [], now: new Date('2026-06-01') };
  return [
    { kind: 'identity', id: identity, provider: 'aws', type: 'role', name },
    ...readTrust(role).map(({ statement, ...row }) => ({ kind: 'trust' as const, identity, ...row })),
  ];
}

function jobOf(subject: string, isPattern = false): Observation {
  const id = `github:${subject.split(':')[1]}:oidc/${subject}`;
  const detail = isPattern ? { detail: { isPattern } } : {};
  return { kind: 'identity', id, provider: 'github', type: 'oidc-subject', name: subject, ...detail };
}

function workload(cluster: string, issuer?: string): Observation {
  const detail = issuer === undefined ? {} : { detail: { issuer } };
  return { kind: 'identity', id: `k8s:${cluster}:app/api`, provider: 'k8s', type: 'service-account', name: 'app/api', ...detail };
}

async function edges(observations: readonly Observation[]): Promise<string[]> {
  const rows = await withRun(observations, (store) =>
    store.rows('SELECT DISTINCT identity_id, becomes, confidence FROM may_become ORDER BY becomes, identity_id, confidence'),
  );
  return rows.map(
    (row) => `${String(row.identity_id).replace(/^.*oidc\//, '')} ${String(row.becomes).split('/')[1]} ${row.confidence}`,
  );
}

describe('edges of token subjects', () => {
  it('follow the whole trust policy', async () => {
    const main = 'repo:acme/app:ref:refs/heads/main';
    const other = 'repo:acme/other:ref:refs/heads/main';
    const sub = (operator: string, value: unknown) => ({ [operator]: { [`${G}sub`]: value } });

    const found = await edges([
      jobOf(main),
      jobOf(other),
      ...roleOf('plain', G.slice(0, -1), { Condition: sub('StringLike', 'repo:acme/*') }),
      ...roleOf('two', G.slice(0, -1), { Condition: { ...sub('StringLike', 'repo:acme/*'), ...sub('StringEquals', main) } }),
      ...roleOf(
        'denied',
        G.slice(0, -1),
        { Condition: sub('StringLike', 'repo:acme/*') },
        { Effect: 'Deny', Condition: sub('StringLike', 'repo:acme/other:*') },
      ),
      ...roleOf('not', G.slice(0, -1), { Condition: sub('StringNotLike', 'repo:acme/other:*') }),
      ...roleOf('star', G.slice(0, -1), { Condition: sub('StringEquals', 'repo:acme/*') }),
      ...roleOf('claim', G.slice(0, -1), {
        Condition: { StringEquals: { [`${G}repository`]: 'acme/app', [`${G}ref`]: 'refs/heads/main' } },
      }),
      ...roleOf('number', G.slice(0, -1), {
        Condition: { ...sub('StringLike', 'repo:acme/*'), StringEquals: { [`${G}repository_id`]: '1' } },
      }),
    ]);

    assert.deepEqual(found, [
      `${main} claim high`,
      `${main} denied high`,
      `${main} not high`,
      `${main} number medium`,
      `${other} number medium`,
      `${main} plain high`,
      `${other} plain high`,
      `${main} two high`,
    ]);
  });

  it('hold for a job of any branch where one of its branches gets in', async () => {
    const any = 'repo:acme/my_app:ref:refs/heads/*';

    const found = await edges([
      jobOf(any, true),
      ...roleOf('main', G.slice(0, -1), { Condition: { StringEquals: { [`${G}sub`]: 'repo:acme/my_app:ref:refs/heads/main' } } }),
      ...roleOf('shop', G.slice(0, -1), { Condition: { StringEquals: { [`${G}sub`]: 'repo:acme/shop:ref:refs/heads/main' } } }),
    ]);

    assert.deepEqual(found, [`${any} main high`]);
  });

  it('are sure of a service account only where its cluster is known or it names the role', async () => {
    const trust = { Condition: { StringEquals: { [`${EKS}:sub`]: 'system:serviceaccount:app:api' } } };

    const found = await edges([
      workload('prod', EKS),
      workload('dev', 'oidc.eks.eu-west-1.amazonaws.com/id/FEDCBA'),
      workload('stage'),
      workload('test'),
      ...roleOf('api', EKS, trust),
      {
        kind: 'trust',
        identity: `aws:${ACCOUNT}:role/api`,
        effect: 'allow',
        principal: 'k8s:stage:app/api',
        principalType: 'identity',
      },
    ]);

    assert.deepEqual(found, [
      'k8s:prod:app/api api high',
      'k8s:stage:app/api api high',
      'k8s:stage:app/api api medium',
      'k8s:test:app/api api low',
    ]);
  });

  it('go from a workload pool to clusters of its project, and to none of another', async () => {
    const boss = 'gcp:acme-prod:serviceAccount/boss@acme-prod.iam.gserviceaccount.com';
    const pool = 'k8s:acme-prod.svc.id.goog:app/api';

    const found = await edges([
      ...['gke_acme-prod_europe-west1_main', 'gke_acme-dev_europe-west1_main', 'dev'].map((cluster) => workload(cluster)),
      { kind: 'identity', id: boss, provider: 'gcp', type: 'service-account', name: 'boss' },
      { kind: 'trust', identity: boss, effect: 'allow', principal: pool, principalType: 'identity' },
      { kind: 'grant', identity: pool, effect: 'allow', permission: 'roles/viewer', resource: 'projects/acme-prod' },
    ]);

    assert.deepEqual(
      found.map((edge) => edge.replace('boss@acme-prod.iam.gserviceaccount.com', 'boss')),
      [
        'k8s:acme-prod.svc.id.goog:app/api boss high',
        'k8s:dev:app/api boss low',
        'k8s:gke_acme-prod_europe-west1_main:app/api boss high',
        'k8s:dev:app/api api low',
        'k8s:gke_acme-prod_europe-west1_main:app/api api high',
      ],
    );
  });

  it('make what is reached by a doubtful one doubtful', async () => {
    const trust = { Condition: { StringEquals: { [`${EKS}:sub`]: 'system:serviceaccount:app:api' } } };
    const admin = {
      kind: 'grant',
      identity: `aws:${ACCOUNT}:role/api`,
      effect: 'allow',
      permission: '*',
      resource: '*',
      capability: 'admin',
    } as const;

    const rows = await withRun([workload('test'), ...roleOf('api', EKS, trust), admin], (store) =>
      store.rows('SELECT identity_id, confidence FROM admin_identities ORDER BY identity_id'),
    );

    assert.deepEqual(
      rows.map((row) => [row.identity_id, row.confidence]),
      [
        [`aws:${ACCOUNT}:role/api`, 'high'],
        ['k8s:test:app/api', 'low'],
      ],
    );
  });
});
