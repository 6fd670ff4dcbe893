import assert from 'node:assert/strict';
import { kinds } from '../../helpers/scan-context.ts';
import { ACCOUNT, allow, details, managedPolicy, policyOf, roleDetail, scanAmong, scanJson, userDetail } from './exports.ts';

const OTHER = '444455556666';
const BUCKET = 'arn:aws:s3:::ledger';
const SECRET = `arn:aws:secretsmanager:eu-west-1:${ACCOUNT}:secret:db-AbCdEf`;
const ABROAD = `arn:aws:secretsmanager:eu-west-1:${OTHER}:secret:db-AbCdEf`;
const KEY = `arn:aws:kms:eu-west-1:${ACCOUNT}:key/11111111-2222-3333-4444-555555555555`;
const ETL = `arn:aws:iam::${ACCOUNT}:role/etl`;

type Rows = [string | undefined, string | undefined, string | undefined][];

function etl(...statements: object[]): object {
  const own = statements.length === 0 ? [] : [{ PolicyName: 'own', PolicyDocument: policyOf(...statements) }];
  return details({ roles: [roleDetail('etl', { RolePolicyList: own })] });
}

function policy(...statements: object[]): object {
  return { Policy: JSON.stringify(policyOf(...statements)) };
}

function letIn(principal: unknown, Action: unknown, Resource: unknown = '*', more: object = {}): object {
  return { ...allow(Action, Resource), Principal: principal, ...more };
}

function shut(Action: unknown, Resource: unknown, more: object = {}): object {
  return { Effect: 'Deny', Principal: '*', Action, Resource, ...more };
}

/** Capabilities of `etl`: what, how sure, and by whose policy. */
async function reach(...answers: object[]): Promise<Rows> {
  return rowsOf(await scanJson(answers));
}

function rowsOf(observations: Awaited<ReturnType<typeof scanJson>>): Rows {
  return kinds(observations, 'grant')
    .filter((one) => one.capability !== undefined && one.identity.endsWith('role/etl'))
    .map((one) => [one.capability, one.confidence, one.viaKind]);
}

const READ = allow('s3:GetObject', `${BUCKET}/*`);
const GET = 'secretsmanager:GetSecretValue';

describe('aws-iam scanner: reach, with the policies of resources', () => {
  it('reads no bucket that refuses it, and another that does not', async () => {
    const refusing = policy(shut('s3:*', [BUCKET, `${BUCKET}/*`]));

    assert.deepEqual(await reach(etl(READ)), [['reads-data', 'high', 'inline']]);
    assert.deepEqual(await reach(etl(READ), refusing), []);
    assert.deepEqual(await reach(etl(allow('s3:GetObject', '*')), refusing), [['reads-data', 'high', 'inline']]);
  });

  it('is not sure where a refusal hangs on the call', async () => {
    const vpc = { Condition: { StringNotEquals: { 'aws:SourceVpce': 'vpce-1' } } };
    const insecure = { Condition: { Bool: { 'aws:SecureTransport': 'false' } } };

    assert.deepEqual(await reach(etl(READ), policy(shut('s3:*', `${BUCKET}/*`, vpc))), [['reads-data', 'medium', 'inline']]);
    assert.deepEqual(await reach(etl(READ), policy(shut('s3:*', `${BUCKET}/*`, insecure))), [['reads-data', 'high', 'inline']]);
  });

  it('finds what a refusal leaves', async () => {
    const almost = policy({ ...shut('s3:*', undefined), NotResource: `${BUCKET}/public/*` });
    const some = policy(shut('s3:*', `${BUCKET}/secret/*`));

    assert.deepEqual(await reach(etl(READ), almost), [['reads-data', 'high', 'inline']]);
    assert.deepEqual(await reach(etl(READ), some), [['reads-data', 'high', 'inline']]);
  });

  it('spares whom a refusal spares', async () => {
    const but = (arn: string) => ({ Condition: { ArnNotEquals: { 'aws:PrincipalArn': arn } } });

    assert.deepEqual(await reach(etl(READ), policy(shut('s3:*', `${BUCKET}/*`, but(ETL)))), [['reads-data', 'high', 'inline']]);
    assert.deepEqual(await reach(etl(READ), policy(shut('s3:*', `${BUCKET}/*`, but(`${ETL}2`)))), []);
  });

  it('is let in by the policy of a bucket or a secret alone', async () => {
    const bucket = policy(letIn({ AWS: ETL }, 's3:GetObject', `${BUCKET}/*`));
    const secret = { ARN: SECRET, ResourcePolicy: JSON.stringify(policyOf(letIn({ AWS: ETL }, GET))) };
    const everybody = policy(letIn('*', 's3:GetObject', `${BUCKET}/*`));
    const meant = policy(
      letIn('*', 's3:GetObject', `${BUCKET}/*`, { Condition: { ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::*:role/e*' } } }),
    );

    assert.deepEqual(await reach(etl(), bucket), [['reads-data', 'high', 'resource-policy']]);
    assert.deepEqual(await reach(etl(), secret), [['reads-secrets', 'high', 'resource-policy']]);
    assert.deepEqual(await reach(etl(), everybody), []);
    assert.deepEqual(await reach(etl(), meant), [['reads-data', 'high', 'resource-policy']]);
  });

  it('is not let in where its own policies or the same policy forbid it', async () => {
    const bucket = letIn({ AWS: ETL }, 's3:GetObject', `${BUCKET}/*`);
    const denied = etl({ Effect: 'Deny', Action: 's3:*', Resource: '*' });

    assert.deepEqual(await reach(denied, policy(bucket)), []);
    assert.deepEqual(await reach(etl(), policy(bucket, shut('s3:*', `${BUCKET}/*`))), []);
  });

  it('finds the part of a bucket that a boundary leaves', async () => {
    const edge = managedPolicy('edge', policyOf(allow('s3:*', `${BUCKET}/in/*`)));
    const PermissionsBoundary = { PermissionsBoundaryArn: `arn:aws:iam::${ACCOUNT}:policy/edge` };
    const bounded = details({ roles: [roleDetail('etl', { PermissionsBoundary })], policies: [edge] });

    const inside = await reach(bounded, policy(letIn({ AWS: ETL }, 's3:GetObject', `${BUCKET}/*`)));
    const outside = await reach(bounded, policy(letIn({ AWS: ETL }, 's3:GetObject', `${BUCKET}/out/*`)));

    assert.deepEqual([inside, outside], [[['reads-data', 'high', 'resource-policy']], []]);
  });

  it('needs both sides across accounts', async () => {
    const own = etl(allow(GET, ABROAD));
    const lets = (who: string) => ({ ARN: ABROAD, ResourcePolicy: JSON.stringify(policyOf(letIn({ AWS: who }, GET))) });

    assert.deepEqual(await reach(own), [['reads-secrets', 'medium', 'inline']]);
    assert.deepEqual(await reach(own, lets(`arn:aws:iam::${ACCOUNT}:root`)), [['reads-secrets', 'high', 'inline']]);
    assert.deepEqual(await reach(own, lets('arn:aws:iam::999988887777:root')), []);
    assert.deepEqual(await reach(etl(), lets(ETL)), []);
  });

  it('meets the part of a bucket abroad that both sides allow', async () => {
    const files = {
      'x/a/details.json': etl(READ),
      'x/b/all.json': [
        details({ users: [userDetail('x', { Arn: `arn:aws:iam::${OTHER}:user/x` })] }),
        policy(letIn({ AWS: `arn:aws:iam::${ACCOUNT}:root` }, 's3:GetObject', `${BUCKET}/shared/*`)),
      ],
    };
    const closed = { ...files, 'x/b/all.json': [files['x/b/all.json'][0], policy(shut('s3:PutObject', `${BUCKET}/*`))] };

    assert.deepEqual(rowsOf(await scanAmong(files, 'x/a/details.json')), [['reads-data', 'high', 'inline']]);
    assert.deepEqual(rowsOf(await scanAmong(closed, 'x/a/details.json')), []);
  });

  it('is not sure of a bucket whose account nobody tells', async () => {
    const two = [etl(READ), details({ users: [userDetail('x', { Arn: `arn:aws:iam::${OTHER}:user/x` })] })];
    const files = {
      'x/a/details.json': two[0],
      'x/b/details.json': two[1],
      'x/c/ledger.json': policy(shut('s3:Put*', `${BUCKET}/*`)),
    };
    const named = { ...files, 'x/c/ledger.json': policy(letIn({ AWS: ETL }, 's3:GetObject', `${BUCKET}/*`)) };

    assert.deepEqual(rowsOf(await scanAmong(files, 'x/a/details.json')), [['reads-data', 'medium', 'inline']]);
    assert.deepEqual(rowsOf(await scanAmong(named, 'x/a/details.json')), [['reads-data', 'high', 'inline']]);
  });

  it('knows a secret by its name and six unknown characters', async () => {
    const stem = SECRET.replace('AbCdEf', '??????');
    const refusing = { ARN: SECRET, ResourcePolicy: JSON.stringify(policyOf(shut(GET, '*'))) };

    assert.deepEqual(await reach(etl(allow(GET, stem)), refusing), []);
    assert.deepEqual(await reach(etl(allow(GET, stem.replace('db-', 'web-'))), refusing), [['reads-secrets', 'high', 'inline']]);
  });

  it('decrypts with the keys of an account where one of them lets it', async () => {
    const all = etl(allow('kms:Decrypt'));
    const key = (who: string) => ({ [KEY]: policy(letIn({ AWS: who }, 'kms:*')) });

    assert.deepEqual(await reach(all), [['reads-secrets', 'high', 'inline']]);
    assert.deepEqual(await reach(all, key(`arn:aws:iam::${ACCOUNT}:root`)), [['reads-secrets', 'high', 'inline']]);
    assert.deepEqual(await reach(all, key(`arn:aws:iam::${ACCOUNT}:role/keeper`)), [['reads-secrets', 'medium', 'inline']]);
  });

  it('tells of a file of policies by the principals that lie near it', async () => {
    const bucket = policy(letIn({ AWS: ETL }, 's3:GetObject', `${BUCKET}/*`));
    const files = (own: object) => ({ 'aws/details.json': own, 'aws/ledger.json': bucket });
    const denied = etl({ Effect: 'Deny', Action: 's3:*', Resource: '*' });

    assert.deepEqual(rowsOf(await scanAmong(files(etl()), 'aws/ledger.json')), [['reads-data', 'high', 'resource-policy']]);
    assert.deepEqual(rowsOf(await scanAmong(files(denied), 'aws/ledger.json')), []);
  });
});

describe('aws-iam scanner: reach, with resource control policies', () => {
  const TYPE = 'RESOURCE_CONTROL_POLICY';
  const MANAGEMENT = '999900001111';
  const FULL = 'p-RCPFullAWSAccess';
  const MINE = 'p-rcp00001';

  /** Both accounts are members; the policy is attached to `account`, or nobody knows where. */
  function organisation(account: string | undefined, ...statements: object[]): object[] {
    const everywhere = ['r-ab12', ACCOUNT, OTHER].map((TargetId) => ({ TargetId, Type: 'ACCOUNT' }));
    return [
      { Organization: { Id: 'o-abcdefghij', MasterAccountId: MANAGEMENT, FeatureSet: 'ALL' } },
      { Roots: [{ Id: 'r-ab12', PolicyTypes: [{ Type: TYPE, Status: 'ENABLED' }] }] },
      { 'r-ab12': { Accounts: [ACCOUNT, OTHER, MANAGEMENT].map((Id) => ({ Id, Name: `a${Id}` })) } },
      { Policies: [{ Id: FULL, Type: TYPE }] },
      { [FULL]: { Targets: everywhere } },
      { Policy: { PolicySummary: { Id: MINE, Name: 'own', Type: TYPE }, Content: JSON.stringify(policyOf(...statements)) } },
      ...(account === undefined ? [] : [{ [MINE]: { Targets: [{ TargetId: account, Type: 'ACCOUNT' }] } }]),
    ];
  }

  const strangers = { Condition: { StringNotEqualsIfExists: { 'aws:PrincipalOrgID': 'o-abcdefghij' } } };
  const others = { Condition: { StringNotEqualsIfExists: { 'aws:PrincipalAccount': OTHER } } };

  it('reads nothing that the own account is kept from', async () => {
    const own = etl(allow(['s3:GetObject', GET]));

    assert.deepEqual(await reach(own, ...organisation(ACCOUNT, shut('s3:*', '*'))), [['reads-secrets', 'high', 'inline']]);
    assert.deepEqual(await reach(own, ...organisation(ACCOUNT, shut(['s3:*', 'secretsmanager:*'], '*'))), []);
    assert.equal((await reach(own, ...organisation(OTHER, shut('*', '*')))).length, 2);
  });

  it('reads what a policy against strangers leaves', async () => {
    assert.deepEqual(await reach(etl(READ), ...organisation(ACCOUNT, shut('s3:*', '*', strangers))), [
      ['reads-data', 'high', 'inline'],
    ]);
  });

  it('finds what a refusal of all but some leaves', async () => {
    const almost = { ...shut('s3:*', undefined), NotResource: `${BUCKET}/public/*` };

    assert.deepEqual(await reach(etl(READ), ...organisation(ACCOUNT, almost)), [['reads-data', 'high', 'inline']]);
  });

  it('hears those of the account that owns the resource', async () => {
    const lets = JSON.stringify(policyOf(letIn({ AWS: ETL }, GET)));
    const secret = { ARN: ABROAD, ResourcePolicy: lets };
    const own = etl(allow(GET, ABROAD));

    const open = await reach(own, secret, ...organisation(OTHER, shut('secretsmanager:*', '*', strangers)));
    const closed = await reach(own, secret, ...organisation(OTHER, shut('secretsmanager:*', '*', others)));
    const elsewhere = await reach(own, secret, ...organisation(ACCOUNT, shut('secretsmanager:*', '*')));

    assert.deepEqual(open, [
      ['reads-secrets', 'high', 'inline'],
      ['reads-secrets', 'high', 'resource-policy'],
    ]);
    assert.deepEqual(closed, []);
    assert.deepEqual(elsewhere, open);
  });

  it('is not sure where nobody knows what is attached, but of services that heed none', async () => {
    const data = await reach(etl(allow('rds-data:ExecuteStatement')), ...organisation(undefined, shut('s3:*', '*')));

    assert.deepEqual(await reach(etl(READ), ...organisation(undefined, shut('s3:*', '*'))), [['reads-data', 'medium', 'inline']]);
    assert.ok(data.length > 0 && data.every(([, confidence]) => confidence === 'high'));
  });
});
