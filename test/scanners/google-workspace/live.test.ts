import assert from 'node:assert/strict';
import { generateKeyPairSync, verify } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { googleWorkspaceLive } from '../../../scanners/google-workspace/index.ts';
import type { Observation, Probed, ScanContext, ServiceTarget } from '../../../src/contracts/index.ts';
import { type Asked, type Loopback, loopback, reply } from '../../helpers/loopback.ts';
import { collect, kinds, testContext } from '../../helpers/scan-context.ts';
import {
  ACCOUNT,
  APP,
  activities,
  appPassword,
  CUSTOMER,
  DIRECTORY,
  DRIVE,
  delegation,
  MARA,
  ROOT,
  token,
  tokens,
  user,
} from './exports.ts';

const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const KEY = JSON.stringify({
  type: 'service_account',
  client_email: 'audit@hc-prod.iam.gserviceaccount.com',
  client_id: '117',
  private_key_id: 'k1',
  private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
});
const USERS = '/admin/directory/v1/users';
const LOG = '/admin/reports/v1/activity/users/all/applications/admin';
const TARGET: ServiceTarget = { kind: 'service', name: 'google-workspace:', scheme: 'google-workspace', address: '' };

type Override = (asked: Asked, response: ServerResponse, before: readonly Asked[]) => boolean;
const DENIED = { error: { code: 403, message: 'Not Authorized to access this resource/api', errors: [{ reason: 'forbidden' }] } };

/** The far end: Google's token service and the Admin SDK, with one quirk at a time. */
async function workspace(override: Override = () => false): Promise<Loopback> {
  return await loopback((asked, response, before) => {
    if (override(asked, response, before)) return;
    const url = new URL(asked.url, 'http://x');
    if (url.pathname === '/token') {
      const assertion = new URLSearchParams(asked.body).get('assertion') ?? '';
      const [head = '', claims = '', signature = ''] = assertion.split('.');
      const told = JSON.parse(Buffer.from(claims, 'base64url').toString());
      const isGood = verify('sha256', Buffer.from(`${head}.${claims}`), publicKey, Buffer.from(signature, 'base64url'));
      if (!isGood || told.sub !== ROOT)
        reply(response, 400, { error: 'invalid_grant', error_description: 'Invalid email or User ID' });
      else reply(response, 200, { access_token: `for ${told.scope}`, expires_in: 3600, token_type: 'Bearer' });
      return;
    }
    const scope =
      url.pathname === LOG
        ? 'admin.reports.audit.readonly'
        : url.pathname === USERS
          ? 'admin.directory.user.readonly'
          : 'admin.directory.user.security';
    if (asked.headers.authorization !== `Bearer for https://www.googleapis.com/auth/${scope}`)
      reply(response, 401, { error: { code: 401, message: 'Invalid Credentials' } });
    else if (url.pathname === USERS) {
      // Two pages.
      if (url.searchParams.get('pageToken') === null)
        reply(response, 200, { kind: 'admin#directory#users', users: [user(MARA)], nextPageToken: 'p2' });
      else reply(response, 200, { kind: 'admin#directory#users', users: [user(ROOT, { isAdmin: true })] });
    } else if (url.pathname === LOG) {
      const isGrant = url.searchParams.get('eventName') === 'AUTHORIZE_API_CLIENT_ACCESS';
      reply(
        response,
        200,
        isGrant ? activities(delegation('AUTHORIZE', '2026-03-01T00:00:00Z', [DIRECTORY])) : { kind: 'admin#reports#activities' },
      );
    } else if (url.pathname.endsWith('/tokens')) {
      const isMara = url.pathname.includes(encodeURIComponent(MARA));
      reply(response, 200, isMara ? tokens(token(MARA, { userKey: '1' })) : { kind: 'admin#directory#tokenList' });
    } else reply(response, 200, { kind: 'admin#directory#aspList', items: url.pathname.includes('mara') ? [appPassword()] : [] });
  });
}

function contextFor(server: Loopback, more: { readonly [name: string]: string } = {}): ReturnType<typeof testContext> {
  return testContext({
    env: {
      GOOGLEWORKSPACE_API_URL: server.url,
      GOOGLEWORKSPACE_CREDENTIALS: KEY,
      GOOGLEWORKSPACE_IMPERSONATED_USER_EMAIL: ROOT,
      ...more,
    },
  });
}

const scan = (server: Loopback, context: ScanContext = contextFor(server), target = TARGET) =>
  collect(googleWorkspaceLive.scan(target, context));
const coverage = (observations: Observation[], what: string) =>
  kinds(observations, 'coverage').find((one) => one.subject.endsWith(` ${what}`));

describe('google-workspace scanner, live', () => {
  it('signs in as an administrator, scope by scope, and reads through the parsers of the exports', async () => {
    await using server = await workspace();
    const context = contextFor(server);
    const observations = await scan(server, context);

    const clients = kinds(observations, 'identity').filter((one) => one.type === 'oauth-client');
    assert.deepEqual(clients.map((one) => one.id).toSorted(), [
      `google-workspace:${CUSTOMER}:oauth-client/${ACCOUNT}`,
      `google-workspace:${CUSTOMER}:oauth-client/${APP}`,
    ]);
    assert.ok(kinds(observations, 'grant').some((one) => one.permission === DRIVE && one.viaKind === 'consent'));
    assert.ok(kinds(observations, 'grant').some((one) => one.capability === 'admin' && one.viaKind === 'domain-wide'));
    assert.equal(kinds(observations, 'credential').length, 1);
    assert.deepEqual(
      kinds(observations, 'coverage').map((one) => [one.outcome, one.detail?.types]),
      [
        ['complete', ['user']],
        ['complete', ['consent']],
        ['complete', ['app-password']],
        ['partial', ['delegation']],
      ],
    );
    assert.equal(server.asked.filter((one) => one.url === '/token').length, 3);
    assert.ok(context.hosts.length > 0);
  });

  it('asks only what it announced', async () => {
    await using server = await workspace();
    await scan(server);

    const announced = (googleWorkspaceLive.calls?.(TARGET, {}) ?? []).map(
      ({ operation }) => new RegExp(`^${operation.replace('GET ', '').replace(/\{\w+\}/g, '[^/]+')}$`),
    );
    const strange = server.asked.filter(
      ({ url, method }) => url !== '/token' && !(method === 'GET' && announced.some((one) => one.test(url.split('?')[0] ?? ''))),
    );
    assert.deepEqual(strange, []);
  });

  it('goes on without a scope that was not delegated, and says where to add it', async () => {
    await using server = await workspace((asked, response) => {
      if (asked.url !== '/token' || !atob(asked.body.split('.')[1] ?? '').includes('user.security')) return false;
      reply(response, 401, { error: 'unauthorized_client', error_description: 'Client is unauthorized' });
      return true;
    });
    const observations = await scan(server);

    assert.equal(coverage(observations, 'OAuth tokens')?.outcome, 'denied');
    assert.match(coverage(observations, 'OAuth tokens')?.why ?? '', /user\.security is not delegated.*client 117/);
    assert.equal(coverage(observations, 'users')?.outcome, 'complete');
    assert.ok(kinds(observations, 'grant').some((one) => one.viaKind === 'domain-wide'));
  });

  it('says why it is not let in, and asks no more', async () => {
    await using server = await workspace();
    const observations = await scan(server, contextFor(server, { GOOGLEWORKSPACE_IMPERSONATED_USER_EMAIL: 'gone@acme.example' }));

    assert.match(coverage(observations, 'users')?.why ?? '', /invalid_grant/);
    assert.equal(coverage(observations, 'domain-wide delegation')?.outcome, 'denied');
    assert.equal(server.asked.filter((one) => one.url !== '/token').length, 0);
  });

  it('waits where a quota is used up, and goes on', async () => {
    await using server = await workspace((asked, response, before) => {
      if (!asked.url.startsWith(LOG) || before.some((one) => one.url === asked.url)) return false;
      reply(response, 403, {
        error: { code: 403, errors: [{ reason: 'userRateLimitExceeded' }], message: 'User Rate Limit Exceeded' },
      });
      return true;
    });
    const observations = await scan(server);

    assert.ok(kinds(observations, 'grant').some((one) => one.viaKind === 'domain-wide'));
  });

  it('does not lose the others where one user is out of reach', async () => {
    await using server = await workspace((asked, response) => {
      if (!asked.url.includes('/root%40acme.example/')) return false;
      reply(response, 403, DENIED);
      return true;
    });
    const observations = await scan(server);

    assert.equal(coverage(observations, 'OAuth tokens')?.outcome, 'partial');
    assert.equal(coverage(observations, 'OAuth tokens')?.read, 1);
    assert.ok(kinds(observations, 'grant').some((one) => one.viaKind === 'consent'));
  });

  it('never calls tokens looked at where no users were read', async () => {
    await using server = await workspace((asked, response) => {
      if (!asked.url.startsWith(`${USERS}?`)) return false;
      reply(response, 403, DENIED);
      return true;
    });
    const observations = await scan(server);

    assert.equal(coverage(observations, 'users')?.outcome, 'denied');
    assert.equal(coverage(observations, 'OAuth tokens')?.outcome, 'denied');
  });

  it('takes a new token when the old one is no longer accepted', async () => {
    await using server = await workspace((asked, response, before) => {
      if (!asked.url.startsWith(LOG) || before.some((one) => one.url.startsWith(LOG))) return false;
      reply(response, 401, { error: { code: 401, message: 'Invalid Credentials' } });
      return true;
    });
    const observations = await scan(server);

    assert.ok(kinds(observations, 'grant').some((one) => one.viaKind === 'domain-wide'));
    assert.equal(server.asked.filter((one) => one.url === '/token').length, 4);
  });

  it('takes an access token that is ready', async () => {
    await using server = await workspace((asked, response) => {
      if (asked.headers.authorization !== 'Bearer ready') return false;
      reply(response, 200, { kind: 'admin#directory#users', users: [] });
      return true;
    });
    const context = testContext({ env: { GOOGLEWORKSPACE_API_URL: server.url, GOOGLEWORKSPACE_ACCESS_TOKEN: 'ready' } });
    await scan(server, context);

    assert.ok(!server.asked.some((one) => one.url === '/token'));
  });

  it('asks for one domain or customer where one is named', async () => {
    await using server = await workspace();
    await scan(server, contextFor(server), { ...TARGET, address: 'acme.example' });
    await scan(server, contextFor(server), { ...TARGET, address: CUSTOMER });

    const queries = server.asked
      .filter((one) => one.url.startsWith(`${USERS}?`))
      .map((one) => new URLSearchParams(one.url.split('?')[1]));
    assert.equal(queries[0]?.get('domain'), 'acme.example');
    assert.equal(queries[2]?.get('customer'), CUSTOMER);
  });

  it('goes on where an earlier run was cut off', async () => {
    const kept = new Map<string, unknown>();
    const once = (async (step: string, make: () => Promise<unknown>) => {
      if (!kept.has(step)) kept.set(step, await make());
      return structuredClone(kept.get(step));
    }) as NonNullable<ScanContext['once']>;
    await using server = await workspace();
    const first = await scan(server, { ...contextFor(server), once });
    const asked = server.asked.length;
    const second = await scan(server, { ...contextFor(server), once });

    assert.equal(server.asked.length, asked);
    assert.deepEqual(second.map((one) => JSON.stringify(one)).toSorted(), first.map((one) => JSON.stringify(one)).toSorted());
  });

  it('does not call tokens complete where not all users were listed', async () => {
    await using server = await workspace((asked, response) => {
      if (!asked.url.startsWith(`${USERS}?`) || !asked.url.includes('pageToken')) return false;
      reply(response, 403, { error: { code: 403, message: 'Not Authorized' } });
      return true;
    });
    const observations = await scan(server);

    assert.equal(coverage(observations, 'users')?.outcome, 'partial');
    assert.equal(coverage(observations, 'OAuth tokens')?.outcome, 'partial');
    assert.match(coverage(observations, 'app passwords')?.why ?? '', /^not all that is to be asked for is known: /);
  });

  it('keeps of an answer what rows need, and nothing that comes with it', async () => {
    const hidden = ['abcd', 'efgh', 'ijkl', 'mnop'].join('');
    const kept: unknown[] = [];
    const once = (async (_step: string, make: () => Promise<unknown>) => {
      const made = await make();
      kept.push(made);
      return made;
    }) as NonNullable<ScanContext['once']>;
    await using server = await workspace((asked, response) => {
      if (!asked.url.startsWith(`${USERS}?`)) return false;
      reply(response, 200, {
        kind: 'admin#directory#users',
        users: [{ ...user(MARA), password: hidden, notes: { value: hidden } }],
      });
      return true;
    });
    await scan(server, { ...contextFor(server), once });

    assert.ok(JSON.stringify(kept).includes(MARA));
    assert.ok(!JSON.stringify(kept).includes(hidden));
  });

  it('does not ask without a login, and quotes no key that cannot be read', async () => {
    const bad = testContext({
      env: { GOOGLEWORKSPACE_CREDENTIALS: '{"private_key": "half', GOOGLEWORKSPACE_IMPERSONATED_USER_EMAIL: ROOT },
    });

    await assert.rejects(collect(googleWorkspaceLive.scan(TARGET, testContext({ env: {} }))), /no login for Google Workspace/);
    await assert.rejects(
      collect(googleWorkspaceLive.scan(TARGET, bad)),
      (error: Error) => !JSON.stringify(error, Object.getOwnPropertyNames(error)).includes('half'),
    );
  });

  it('tells of each right whether it is there', async () => {
    await using server = await workspace((asked, response) => {
      if (!asked.url.endsWith('/asps')) return false;
      reply(response, 403, DENIED);
      return true;
    });
    const probed: Probed[] = [];
    for await (const one of googleWorkspaceLive.probe?.(TARGET, contextFor(server)) ?? []) probed.push(one);

    assert.deepEqual(
      probed.map((one) => one.outcome),
      ['ok', 'ok', 'denied', 'ok'],
    );
  });
});
