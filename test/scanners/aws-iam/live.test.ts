import assert from 'node:assert/strict';
import { awsIamLive } from '../../../scanners/aws-iam/index.ts';
import type { Observation, ServiceTarget } from '../../../src/contracts/index.ts';
import { collect, kinds, type TestContext, testContext } from '../../helpers/scan-context.ts';
import { ACCOUNT } from './exports.ts';
import { CI, HEALTHY, KEY } from './healthy-account.ts';
import { type Answer, denied, failing, type IamServer, members, startIam, userXml } from './iam-server.ts';

const TARGET: ServiceTarget = { kind: 'service', name: 'aws:', scheme: 'aws', address: '' };
const servers: IamServer[] = [];

async function scan(
  answers: { readonly [action: string]: Answer },
  options: { readonly signal?: AbortSignal; readonly tries?: string } = {},
): Promise<{ observations: Observation[]; server: IamServer; context: TestContext }> {
  const server = await startIam(answers);
  servers.push(server);
  const context = testContext({
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    env: {
      AWS_MAX_ATTEMPTS: options.tries,
      AWS_ENDPOINT_URL: server.url,
      AWS_ACCESS_KEY_ID: ['AK', 'IAIOSFODNN7EXAMPLE'].join(''),
      AWS_SECRET_ACCESS_KEY: 'not-a-key',
    },
  });
  return { observations: await collect(awsIamLive.scan(TARGET, context)), server, context };
}

function coverage(observations: readonly Observation[], what: string) {
  return kinds(observations, 'coverage').find((one) => one.subject === `aws: ${what}`);
}

describe('aws-iam scanner, live', function () {
  this.timeout(60_000);

  afterEach(async () => {
    for (const server of servers.splice(0)) await server.close();
  });

  it('reads a whole account through the parsers of the exports', async () => {
    const { observations, context } = await scan(HEALTHY);

    assert.deepEqual(
      [...new Set(kinds(observations, 'identity').map((one) => one.id))],
      [CI, `aws:${ACCOUNT}:user/mara`, `aws:${ACCOUNT}:root`],
    );
    assert.ok(
      kinds(observations, 'grant').some((one) => one.identity === CI && one.capability === 'admin' && one.confidence === 'high'),
    );
    assert.ok(kinds(observations, 'identity').some((one) => one.name === 'mara' && one.human === true));
    assert.deepEqual([...new Set(context.hosts)], [new URL(servers[0]?.url ?? '').host]);
    const rows = kinds(observations, 'coverage').filter((one) => one.outcome !== 'complete');
    assert.deepEqual(rows, []);
  });

  it('tells a key once, by its id, with its last use', async () => {
    const { observations } = await scan(HEALTHY);

    const keys = kinds(observations, 'credential').filter((one) => one.type === 'access-key');
    assert.deepEqual(
      keys.map(({ id, identity, lastUsedAt, lastUsedFor }) => [id, identity, lastUsedAt, lastUsedFor]),
      [[`aws:access-key/${KEY}`, CI, '2026-05-20T10:00:00.000Z', 's3 eu-west-1']],
    );
  });

  it('reads a user that is on two pages once', async () => {
    const { observations } = await scan(HEALTHY);

    const fromDetails = kinds(observations, 'identity').filter((one) => one.id === CI && one.detail?.path === '/');
    assert.equal(fromDetails.length, 1);
  });

  it('names the missing right of one denied call, and goes on', async () => {
    const { observations } = await scan({ ...HEALTHY, ListAccessKeys: () => denied('ListAccessKeys') });

    const keys = coverage(observations, 'access keys');
    assert.equal(keys?.outcome, 'denied');
    assert.match(keys?.why ?? '', /iam:ListAccessKeys is not allowed/);
    assert.equal(coverage(observations, 'authorization details')?.outcome, 'complete');
    assert.equal(coverage(observations, 'OIDC providers')?.outcome, 'complete');
    assert.deepEqual(
      kinds(observations, 'credential')
        .filter((one) => one.type === 'access-key')
        .map((one) => one.id),
      [`aws:access-key/${ACCOUNT}:ci#1`],
    );
  });

  it('keeps the last use that the report tells where asking for it is denied', async () => {
    const { observations } = await scan({ ...HEALTHY, GetAccessKeyLastUsed: () => denied('GetAccessKeyLastUsed') });

    const keys = kinds(observations, 'credential').filter((one) => one.type === 'access-key');
    assert.deepEqual(
      keys.map((one) => one.id),
      [`aws:access-key/${KEY}`, `aws:access-key/${ACCOUNT}:ci#1`],
    );
    assert.deepEqual(
      keys.map((one) => one.createdAt),
      ['2024-01-02T03:04:05.000Z', '2024-01-02T03:04:05.000Z'],
    );
    assert.equal(coverage(observations, 'last use of access keys')?.outcome, 'denied');
    assert.match(coverage(observations, 'last use of access keys')?.why ?? '', /iam:GetAccessKeyLastUsed/);
  });

  it('takes the users from the report where the details are denied', async () => {
    const { observations } = await scan({
      ...HEALTHY,
      GetAccountAuthorizationDetails: () => denied('GetAccountAuthorizationDetails'),
    });

    assert.equal(coverage(observations, 'authorization details')?.outcome, 'denied');
    assert.match(coverage(observations, 'authorization details')?.why ?? '', /iam:GetAccountAuthorizationDetails/);
    assert.ok(kinds(observations, 'credential').some((one) => one.id === `aws:access-key/${KEY}` && one.identity === CI));
  });

  it('lists the users itself where both are denied', async () => {
    const { observations } = await scan({
      ListUsers: () => ({ result: `<IsTruncated>false</IsTruncated><Users>${members(userXml('ci'))}</Users>` }),
      ListAccessKeys: HEALTHY.ListAccessKeys as Answer,
      GetAccessKeyLastUsed: HEALTHY.GetAccessKeyLastUsed as Answer,
    });

    assert.deepEqual(
      kinds(observations, 'credential').map((one) => [one.id, one.identity]),
      [[`aws:access-key/${KEY}`, CI]],
    );
    assert.match(coverage(observations, 'credential report')?.why ?? '', /iam:GenerateCredentialReport/);
  });

  it('yields only coverage where everything is denied, each with its right', async () => {
    const { observations } = await scan({});

    const rows = observations.filter((one) => one.kind !== 'coverage' || one.outcome !== 'unsupported');
    assert.ok(rows.every((one) => one.kind === 'coverage' && one.outcome === 'denied'));
    const why = kinds(observations, 'coverage')
      .map((one) => one.why ?? '')
      .join('\n');
    for (const right of [
      'iam:GetAccountAuthorizationDetails',
      'iam:GenerateCredentialReport',
      'iam:ListUsers',
      'iam:ListOpenIDConnectProviders',
    ]) {
      assert.match(why, new RegExp(right));
    }
  });

  it('keeps the first page where the second fails in mid-run', async () => {
    const { observations } = await scan({
      ...HEALTHY,
      GetAccountAuthorizationDetails: (form, nth) =>
        form.get('Marker') === null
          ? (HEALTHY.GetAccountAuthorizationDetails as Answer)(form, nth)
          : denied('GetAccountAuthorizationDetails'),
    });

    const details = coverage(observations, 'authorization details');
    assert.equal(details?.outcome, 'partial');
    assert.match(details?.why ?? '', /page 2 failed/);
    assert.ok(kinds(observations, 'grant').some((one) => one.identity === CI && one.capability === 'admin'));
  });

  it('waits and tries again when throttled', async () => {
    const { observations, server } = await scan({
      ...HEALTHY,
      ListAccessKeys: (form, nth) =>
        nth <= 2
          ? { status: 400, error: { code: 'Throttling', message: 'Rate exceeded' } }
          : (HEALTHY.ListAccessKeys as Answer)(form, nth),
    });

    assert.equal(coverage(observations, 'access keys')?.outcome, 'complete');
    assert.ok(server.calls.filter((one) => one === 'ListAccessKeys').length > 2);
  });

  it('says so when throttling does not end', async () => {
    const { observations } = await scan({ ...HEALTHY, ListOpenIDConnectProviders: failing('Throttling', 400) }, { tries: '2' });

    assert.equal(coverage(observations, 'OIDC providers')?.outcome, 'partial');
    assert.match(coverage(observations, 'OIDC providers')?.why ?? '', /throttling iam:ListOpenIDConnectProviders/);
  });

  it('does not go on with credentials that have expired', async () => {
    const { observations, server } = await scan({ ...HEALTHY, GetCallerIdentity: failing('ExpiredToken') });

    assert.deepEqual(new Set(server.calls), new Set(['GetCallerIdentity']));
    assert.equal(kinds(observations, 'coverage').length, 11);
    for (const one of kinds(observations, 'coverage')) {
      assert.equal(one.outcome, 'denied');
      assert.match(one.why ?? '', /have expired: renew them/);
    }
  });

  it('stops in the middle when they expire there, and keeps what it has', async () => {
    const { observations } = await scan({ ...HEALTHY, ListAccessKeys: failing('ExpiredToken') });

    assert.equal(coverage(observations, 'authorization details')?.outcome, 'complete');
    assert.equal(coverage(observations, 'access keys')?.outcome, 'denied');
    assert.equal(coverage(observations, 'OIDC providers')?.outcome, 'denied');
  });

  it('says that AWS does not know the credentials', async () => {
    const { observations } = await scan({ ...HEALTHY, GetAccountAuthorizationDetails: failing('InvalidClientTokenId') });

    assert.match(
      coverage(observations, 'authorization details')?.why ?? '',
      /does not accept the credentials \(InvalidClientTokenId\)/,
    );
  });

  it('says that an answer was cut off, and reads the rest', async () => {
    const { observations } = await scan({
      ...HEALTHY,
      ListOpenIDConnectProviders: () => ({ raw: '<ListOpenIDConnectProvidersResponse><ListOpenIDConnect' }),
    });

    const providers = coverage(observations, 'OIDC providers');
    assert.equal(providers?.outcome, 'partial');
    assert.match(providers?.why ?? '', /iam:ListOpenIDConnectProviders/);
    assert.equal(coverage(observations, 'access keys')?.outcome, 'complete');
  });

  it('tries again when the connection breaks in the middle of an answer', async () => {
    const { observations } = await scan({
      ...HEALTHY,
      ListOpenIDConnectProviders: (form, nth) => ({
        ...(HEALTHY.ListOpenIDConnectProviders as Answer)(form, nth),
        ...(nth === 1 ? { cutAt: 40 } : {}),
      }),
    });

    const providers = coverage(observations, 'OIDC providers');
    assert.ok(
      providers?.outcome === 'complete' || /could not be read|cannot be reached/.test(providers?.why ?? ''),
      providers?.why,
    );
  });

  it('does not page for ever where the marker stands still', async () => {
    const { observations, server } = await scan({
      ...HEALTHY,
      GetAccountAuthorizationDetails: () => ({
        result: `<IsTruncated>true</IsTruncated><Marker>same</Marker><UserDetailList>${members(userXml('ci'))}</UserDetailList>`,
      }),
    });

    assert.equal(coverage(observations, 'authorization details')?.outcome, 'partial');
    assert.ok(server.calls.filter((one) => one === 'GetAccountAuthorizationDetails').length <= 3);
  });

  it('asks for at most four users at a time', async () => {
    const names = Array.from({ length: 30 }, (_, index) => `u${index}`);
    const { observations, server } = await scan({
      ...HEALTHY,
      GetAccountAuthorizationDetails: () => ({
        result: `<IsTruncated>false</IsTruncated><UserDetailList>${members(...names.map((name) => userXml(name)))}</UserDetailList>`,
      }),
    });

    assert.equal(server.calls.filter((one) => one === 'ListAccessKeys').length, 30);
    assert.ok(server.busiest() <= 4 && server.busiest() > 1, String(server.busiest()));
    assert.equal(coverage(observations, 'access keys')?.seen, 30);
  });

  it('does not ask thousands of times for what is denied', async () => {
    const names = Array.from({ length: 200 }, (_, index) => `u${index}`);
    const { observations, server } = await scan({
      ...HEALTHY,
      GetAccountAuthorizationDetails: () => ({
        result: `<IsTruncated>false</IsTruncated><UserDetailList>${members(...names.map((name) => userXml(name)))}</UserDetailList>`,
      }),
      ListAccessKeys: () => denied('ListAccessKeys'),
    });

    assert.ok(server.calls.filter((one) => one === 'ListAccessKeys').length < 20);
    assert.match(coverage(observations, 'access keys')?.why ?? '', /200 of 200 users/);
  });

  it('says that AWS cannot be reached', async () => {
    const server = await startIam({});
    await server.close();
    const context = testContext({ env: { AWS_ENDPOINT_URL: server.url, AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'y' } });

    const observations = await collect(awsIamLive.scan(TARGET, context));

    assert.ok(observations.every((one) => one.kind === 'coverage' && one.outcome === 'denied'));
    assert.match(coverage(observations, 'authorization details')?.why ?? '', /cannot be reached \(ECONNREFUSED\)/);
  });

  it('says that a profile has no credentials', async () => {
    const server = await startIam(HEALTHY);
    servers.push(server);
    const context = testContext({ env: { AWS_ENDPOINT_URL: server.url } });

    const observations = await collect(
      awsIamLive.scan({ ...TARGET, name: 'aws:nobody-by-this-name', address: 'nobody-by-this-name' }, context),
    );

    assert.equal(server.calls.length, 0);
    assert.match(kinds(observations, 'coverage')[0]?.why ?? '', /no credentials were found: name a profile/);
  });

  it('lets an interruption through', async () => {
    const controller = new AbortController();
    const interrupting: Answer = (form, nth) => {
      controller.abort();
      return (HEALTHY.GenerateCredentialReport as Answer)(form, nth);
    };

    await assert.rejects(scan({ ...HEALTHY, GenerateCredentialReport: interrupting }, { signal: controller.signal }));
  });
});
