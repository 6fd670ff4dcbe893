import assert from 'node:assert/strict';
import { awsIamLive } from '../../../scanners/aws-iam/index.ts';
import type { Json, Observation, Probed, ScanContext, ServiceTarget } from '../../../src/contracts/index.ts';
import { collect, kinds, type TestContext, testContext } from '../../helpers/scan-context.ts';
import { ACCOUNT, keyOf, policyOf, trustOf } from './exports.ts';
import { ANALYZER, CI, HEALTHY } from './healthy-account.ts';
import { type Answer, denied, failing, type IamServer, members, startIam, userXml } from './iam-server.ts';

const TARGET: ServiceTarget = { kind: 'service', name: 'aws:', scheme: 'aws', address: '' };
const servers: IamServer[] = [];

interface Scanned {
  readonly observations: Observation[];
  readonly server: IamServer;
  readonly context: TestContext;
}

async function contextFor(
  answers: { readonly [action: string]: Answer },
  env: { readonly [name: string]: string } = {},
): Promise<{ server: IamServer; context: TestContext }> {
  const server = await startIam(answers);
  servers.push(server);
  const context = testContext({
    env: {
      AWS_ENDPOINT_URL: server.url,
      AWS_ACCESS_KEY_ID: ['AK', 'IAIOSFODNN7EXAMPLE'].join(''),
      AWS_SECRET_ACCESS_KEY: 'not-a-key',
      AWS_MAX_ATTEMPTS: '2',
      ...env,
    },
  });
  return { server, context };
}

async function scan(
  answers: { readonly [action: string]: Answer },
  env: { readonly [name: string]: string } = {},
  once?: NonNullable<ScanContext['once']>,
): Promise<Scanned> {
  const { server, context } = await contextFor(answers, env);
  const whole = once === undefined ? context : { ...context, once };
  return { observations: await collect(awsIamLive.scan(TARGET, whole)), server, context };
}

async function probe(
  answers: { readonly [action: string]: Answer },
  env: { readonly [name: string]: string } = {},
): Promise<{ probed: Probed[]; server: IamServer }> {
  const { server, context } = await contextFor(answers, env);
  assert.ok(awsIamLive.probe !== undefined);
  return { probed: await collect(awsIamLive.probe(TARGET, context)), server };
}

function coverage(observations: readonly Observation[], what: string) {
  return kinds(observations, 'coverage').find((one) => one.subject === `aws: ${what}`);
}

const NO_IAM = JSON.stringify(policyOf({ Effect: 'Deny', Action: 'iam:*', Resource: '*' }));
const unknownAction: Answer = () => ({ status: 404, error: { code: 'NoSuchEntity', message: 'not found' } });

describe('aws-iam scanner, live: what an account stands in', function () {
  this.timeout(60_000);

  afterEach(async () => {
    for (const server of servers.splice(0)) await server.close();
  });

  it('judges within the policies of the organisation', async () => {
    const { observations } = await scan({
      ...HEALTHY,
      DescribePolicy: () => ({
        json: { Policy: { PolicySummary: { Id: 'p-FullAWSAccess', Type: 'SERVICE_CONTROL_POLICY' }, Content: NO_IAM } },
      }),
    });

    assert.deepEqual(
      kinds(observations, 'grant').filter((one) => one.identity === CI && one.capability !== undefined),
      [],
    );
    assert.equal(coverage(observations, 'authorization details')?.detail?.judgedWithout, undefined);
  });

  it('tells accounts of the organisation, and the environment that a tag of the account says', async () => {
    const { observations } = await scan(HEALTHY);

    assert.deepEqual(coverage(observations, 'accounts of the organisation')?.detail?.accounts, [ACCOUNT, '444455556666']);
    assert.equal(kinds(observations, 'identity').find((one) => one.id === CI)?.environment, 'staging');
  });

  it('says that rights are judged without what only the management account may ask for', async () => {
    const refused: Answer = () => denied('organizations');
    const { observations, server } = await scan({ ...HEALTHY, ListRoots: refused, ListPolicies: refused });

    const row = coverage(observations, 'organisation');
    assert.equal(row?.outcome, 'partial');
    assert.match(row?.why ?? '', /organizations:ListRoots is not allowed.*SecurityAudit has it.*judged without/s);
    assert.deepEqual(coverage(observations, 'authorization details')?.detail?.judgedWithout, ['service control policies']);
    assert.equal(server.calls.filter((one) => one === 'ListPolicies').length, 1);
    assert.ok(kinds(observations, 'grant').some((one) => one.identity === CI && one.capability === 'admin'));
  });

  it('waits and tries again where Organizations throttles', async () => {
    const { observations, server } = await scan({
      ...HEALTHY,
      ListTargetsForPolicy: (form, nth) =>
        nth === 1
          ? { status: 400, error: { code: 'TooManyRequestsException', message: 'slow down' } }
          : (HEALTHY.ListTargetsForPolicy as Answer)(form, nth),
    });

    assert.equal(coverage(observations, 'organisation')?.outcome, 'complete');
    assert.equal(server.calls.filter((one) => one === 'ListTargetsForPolicy').length, 2);
  });

  it('says which answer of Organizations was cut off, and keeps what it has of it', async () => {
    const { observations } = await scan({
      ...HEALTHY,
      DescribePolicy: (form, nth) => ({ ...(HEALTHY.DescribePolicy as Answer)(form, nth), cutAt: 30 }),
    });

    const row = coverage(observations, 'organisation');
    assert.equal(row?.outcome, 'partial');
    assert.match(row?.why ?? '', /organizations:DescribePolicy|cannot be reached/);
    assert.deepEqual(coverage(observations, 'accounts of the organisation')?.detail?.accounts, [ACCOUNT, '444455556666']);
    assert.equal(coverage(observations, 'access keys')?.outcome, 'complete');
  });

  it('says what it does not ask for, so that nobody takes it for looked at', async () => {
    const role = (name: string, service: string) =>
      `<Path>/</Path><RoleName>${name}</RoleName><Arn>arn:aws:iam::${ACCOUNT}:role/${name}</Arn><CreateDate>2026-05-20T00:00:00Z</CreateDate><AssumeRolePolicyDocument>${encodeURIComponent(JSON.stringify(trustOf({ Service: service })))}</AssumeRolePolicyDocument>`;
    const unread = async (...roles: string[]) => {
      const { observations } = await scan({
        ...HEALTHY,
        GetAccountAuthorizationDetails: () => ({
          result: `<IsTruncated>false</IsTruncated><RoleDetailList>${members(...roles)}</RoleDetailList>`,
        }),
      });
      const rows = observations.flatMap((row) => (row.kind === 'coverage' && row.outcome === 'unsupported' ? [row] : []));
      for (const row of rows) {
        assert.match(row.why ?? '', /does not ask for it: export it \(aws [a-z-]+ /);
        // It is no sign that anything was read.
        assert.equal(row.read, 0);
      }
      return rows.map((row) => `${row.surface}: ${row.subject}`);
    };

    assert.deepEqual(
      await unread(
        role('batch', 'rolesanywhere.amazonaws.com'),
        role('AWSReservedSSO_Admin_0123456789abcdef', 'x.amazonaws.com'),
      ),
      ['aws: aws: Roles Anywhere', 'aws: aws: Identity Center'],
    );
  });

  it('stops asking findings at the first refusal in mid-run, and says so', async () => {
    const { observations } = await scan({ ...HEALTHY, GetFindingV2: () => denied('GetFindingV2') });

    const row = coverage(observations, `Access Analyzer ${ANALYZER}`);
    assert.equal(row?.outcome, 'partial');
    assert.match(row?.why ?? '', /access-analyzer:GetFinding is not allowed/);
  });

  it('does not page for ever where a token stands still', async () => {
    const { observations } = await scan({ ...HEALTHY, ListFindingsV2: () => ({ json: { findings: [], nextToken: 'same' } }) });

    assert.match(coverage(observations, `Access Analyzer ${ANALYZER}`)?.why ?? '', /do not end/);
  });

  it('knows that an account in no organisation is limited by none', async () => {
    const { observations } = await scan({
      ...HEALTHY,
      DescribeOrganization: () => ({ error: { code: 'AWSOrganizationsNotInUseException' } }),
    });

    assert.equal(coverage(observations, 'organisation')?.outcome, 'complete');
    assert.equal(coverage(observations, 'authorization details')?.detail?.judgedWithout, undefined);
  });

  it('tells rights that were not used, when the job is done', async () => {
    const asked = new Set<string>();
    const ready = HEALTHY.GetServiceLastAccessedDetails as Answer;
    const { observations, server } = await scan({
      ...HEALTHY,
      GetServiceLastAccessedDetails: (form) => {
        const job = form.get('JobId') ?? '';
        const isFirst = !asked.has(job);
        asked.add(job);
        return ready(form, isFirst ? 1 : 2);
      },
    });

    const row = kinds(observations, 'grant').find((one) => one.viaKind === 'unused' && one.identity === CI);
    assert.deepEqual(row?.detail?.unusedServices, ['sqs']);
    assert.equal(row?.detail?.windowDays, 400);
    assert.equal(server.calls.filter((one) => one === 'GetServiceLastAccessedDetails').length, 4);
    assert.deepEqual(coverage(observations, 'service last accessed')?.covers, ['usage']);
  });

  it('says how many principals it did not ask about', async () => {
    const { observations, server } = await scan(HEALTHY, { NHI_AUDIT_AWS_LAST_ACCESSED: '1' });

    const row = coverage(observations, 'service last accessed');
    assert.equal(row?.outcome, 'partial');
    assert.match(row?.why ?? '', /1 of 2 principals were not asked about/);
    assert.equal(server.calls.filter((one) => one === 'GenerateServiceLastAccessedDetails').length, 1);
  });

  it('leaves unused rights open where the question is denied, and asks no thousand times', async () => {
    const names = Array.from({ length: 60 }, (_, index) => `u${index}`);
    const { observations, server } = await scan({
      ...HEALTHY,
      GetAccountAuthorizationDetails: () => ({
        result: `<IsTruncated>false</IsTruncated><UserDetailList>${members(...names.map((name) => userXml(name)))}</UserDetailList>`,
      }),
      GenerateServiceLastAccessedDetails: () => denied('GenerateServiceLastAccessedDetails'),
    });

    const row = coverage(observations, 'service last accessed');
    assert.equal(row?.outcome, 'denied');
    assert.match(row?.why ?? '', /iam:GenerateServiceLastAccessedDetails and iam:GetServiceLastAccessedDetails is not allowed/);
    assert.ok(server.calls.filter((one) => one === 'GenerateServiceLastAccessedDetails').length < 20);
  });

  it('does not ask about who was just made', async () => {
    const { server } = await scan({
      ...HEALTHY,
      GetAccountAuthorizationDetails: () => ({
        result: `<IsTruncated>false</IsTruncated><UserDetailList>${members(userXml('new').replace('2024-02-03', '2026-05-20'))}</UserDetailList>`,
      }),
    });

    assert.ok(!server.calls.includes('GenerateServiceLastAccessedDetails'));
  });

  it('reads other credentials of users', async () => {
    const { observations } = await scan(HEALTHY);

    const types = kinds(observations, 'credential').map((one) => [one.type, one.identity]);
    assert.ok(types.some(([type, identity]) => type === 'service-specific-credential' && identity === CI));
    assert.ok(types.some(([type, identity]) => type === 'ssh-key' && identity === CI));
  });

  it('asks nobody for certificates whom the report says to have none', async () => {
    const { server } = await scan(HEALTHY);

    assert.ok(!server.calls.includes('ListSigningCertificates'));
    assert.equal(server.calls.filter((one) => one === 'ListSSHPublicKeys').length, 2);
  });

  it('names each right of credentials that is missing', async () => {
    const { observations } = await scan({
      ...HEALTHY,
      ListServiceSpecificCredentials: () => denied('ListServiceSpecificCredentials'),
      ListSSHPublicKeys: () => denied('ListSSHPublicKeys'),
      ListSAMLProviders: () => denied('ListSAMLProviders'),
      ListAnalyzers: () => denied('ListAnalyzers'),
    });

    for (const [what, right] of [
      ['service-specific credentials', 'iam:ListServiceSpecificCredentials'],
      ['SSH public keys', 'iam:ListSSHPublicKeys'],
      ['SAML providers', 'iam:ListSAMLProviders'],
      ['Access Analyzer (us-east-1)', 'access-analyzer:ListAnalyzers'],
    ] as const) {
      const row = coverage(observations, what);
      assert.equal(row?.outcome, 'denied', what);
      assert.ok(row?.why?.includes(`${right} is not allowed`), row?.why);
    }
  });

  it('joins the key of a finding to its user', async () => {
    const key = keyOf('CCCCCC');
    const base = HEALTHY.GetFindingV2?.(new URLSearchParams(), 1).json;
    const { observations } = await scan({
      ...HEALTHY,
      GetFindingV2: () => ({ json: { ...base, findingDetails: [{ unusedIamUserAccessKeyDetails: { accessKeyId: key } }] } }),
    });

    assert.ok(kinds(observations, 'credential').some((one) => one.publicId === key && one.identity === CI));
    assert.equal(coverage(observations, `Access Analyzer ${ANALYZER}`)?.outcome, 'complete');
  });

  it('says that the clock of the machine is off', async () => {
    const { observations, context } = await scan({
      ...HEALTHY,
      GetCallerIdentity: (form, nth) => ({
        ...(HEALTHY.GetCallerIdentity as Answer)(form, nth),
        date: new Date(Date.now() + 20 * 60_000),
      }),
    });

    assert.equal(coverage(observations, 'account')?.detail?.clockSkewMinutes, 20);
    assert.ok(context.logged.some((one) => one.level === 'warn' && one.message.startsWith('The clock of this machine')));
  });

  it('goes on at the step where a run was cut off', async () => {
    const kept = new Map<string, Json>();
    const once = async <T extends Json>(step: string, make: () => Promise<T>): Promise<T> => {
      const known = kept.get(step);
      if (known !== undefined) return known as T;
      const made = await make();
      kept.set(step, made);
      return made;
    };
    const first = await scan({ ...HEALTHY, ListAnalyzers: failing('InternalFailure', 500) }, {}, once);

    const second = await scan(HEALTHY, {}, once);

    for (const call of [
      'GetAccountAuthorizationDetails',
      'ListAccessKeys',
      'ListAccountsForParent',
      'GenerateServiceLastAccessedDetails',
    ]) {
      assert.ok(first.server.calls.includes(call), call);
      assert.ok(!second.server.calls.includes(call), call);
    }
    assert.ok(second.server.calls.includes('ListFindingsV2'));
    const told = (observations: readonly Observation[]) =>
      observations.filter((one) => one.kind !== 'coverage').map((one) => JSON.stringify(one));
    assert.deepEqual(
      told(first.observations).filter((one) => !told(second.observations).includes(one)),
      [],
    );
    assert.doesNotMatch(JSON.stringify([...kept]), /not-a-key/);
  });
});

describe('aws-iam scanner, live: calls and rights', function () {
  this.timeout(60_000);

  afterEach(async () => {
    for (const server of servers.splice(0)) await server.close();
  });

  it('makes no call that it does not tell of', async () => {
    const { server, context } = await scan({
      ...HEALTHY,
      GetAccountAuthorizationDetails: () => denied('GetAccountAuthorizationDetails'),
      GenerateCredentialReport: () => denied('GenerateCredentialReport'),
      ListUsers: () => ({ result: `<Users>${members(userXml('ci'))}</Users>` }),
    });
    const whole = await scan(HEALTHY);

    const told = new Set(awsIamLive.calls?.(TARGET, context.env).map((one) => one.operation.split(':')[1]));
    for (const call of [...server.calls, ...whole.server.calls]) assert.ok(told.has(call), call);
    for (const one of awsIamLive.calls?.(TARGET, {}) ?? []) assert.match(one.operation, /:(?:Get|List|Describe|Generate)/);
  });

  it('names the host of each service and partition', () => {
    const hosts = (env: { readonly [name: string]: string }) => [
      ...new Set(awsIamLive.calls?.(TARGET, env).map((one) => one.host)),
    ];

    assert.deepEqual(hosts({ AWS_REGION: 'eu-west-1' }), [
      'sts.eu-west-1.amazonaws.com',
      'iam.amazonaws.com',
      'organizations.us-east-1.amazonaws.com',
      'access-analyzer.eu-west-1.amazonaws.com',
    ]);
    assert.ok(hosts({ AWS_REGION: 'cn-north-1' }).every((host) => host.endsWith('.amazonaws.com.cn')));
  });

  it('tries each right, and takes an answer that there is no such thing for a yes', async () => {
    const { probed } = await probe({
      ...HEALTHY,
      ListAccessKeys: unknownAction,
      GetAccessKeyLastUsed: () => denied('GetAccessKeyLastUsed'),
      DescribeOrganization: () => denied('DescribeOrganization'),
      GetFindingV2: () => ({ status: 404, error: { code: 'ResourceNotFoundException' } }),
      ListSAMLProviders: () => ({ raw: '<ListSAML' }),
    });

    const outcomes = Object.fromEntries(probed.map((one) => [one.call.operation, one.outcome]));
    assert.equal(probed.length, awsIamLive.calls?.(TARGET, {}).length);
    assert.equal(outcomes['iam:GetAccountAuthorizationDetails'], 'ok');
    assert.equal(outcomes['iam:ListAccessKeys'], 'ok');
    assert.equal(outcomes['access-analyzer:GetFindingV2'], 'ok');
    assert.equal(outcomes['iam:GetAccessKeyLastUsed'], 'denied');
    assert.equal(outcomes['iam:ListSAMLProviders'], 'failed');
    const organisation = probed.find((one) => one.call.operation === 'organizations:DescribeOrganization');
    assert.match(organisation?.why ?? '', /organizations:DescribeOrganization is not allowed/);
  });

  it('asks nothing more of credentials that have expired', async () => {
    const { probed, server } = await probe({ ...HEALTHY, GetCallerIdentity: failing('ExpiredToken') });

    assert.deepEqual(server.calls, ['GetCallerIdentity']);
    assert.ok(probed.length > 20 && probed.every((one) => one.outcome === 'denied' && /have expired/.test(one.why ?? '')));
  });

  it('wants no right granted where AWS cannot be reached', async () => {
    const { probed } = await probe(HEALTHY, { AWS_ENDPOINT_URL: 'http://127.0.0.1:9', AWS_MAX_ATTEMPTS: '1' });

    assert.deepEqual([...new Set(probed.map((one) => one.outcome))], ['failed']);
    assert.match(probed.at(-1)?.why ?? '', /^not asked, since an earlier call failed: AWS cannot be reached/);
  });

  it('sends nobody to grant what only the management account may ask', async () => {
    const { probed } = await probe({ ...HEALTHY, ListRoots: () => denied('ListRoots'), DescribeOrganization: () => denied('x') });

    const why = (operation: string) => probed.find((one) => one.call.operation === operation)?.why ?? '';
    assert.match(why('organizations:ListRoots'), /in the management account or one that it delegated to: no other may ask/);
    assert.doesNotMatch(why('organizations:DescribeOrganization'), /management/);
  });

  it('tells the clock with the first right', async () => {
    const { probed } = await probe({
      ...HEALTHY,
      GetCallerIdentity: (form, nth) => ({
        ...(HEALTHY.GetCallerIdentity as Answer)(form, nth),
        date: new Date(Date.now() - 12 * 60_000),
      }),
    });

    assert.equal(probed[0]?.outcome, 'ok');
    assert.match(probed[0]?.why ?? '', /12 minutes ahead of that of AWS/);
  });
});
