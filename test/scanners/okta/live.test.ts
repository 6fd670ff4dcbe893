import assert from 'node:assert/strict';
import { createHash, createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { oktaLive } from '../../../scanners/okta/index.ts';
import type { Observation, Probed, ScanContext, ServiceTarget } from '../../../src/contracts/index.ts';
import { type Asked, type Loopback, loopback, reply } from '../../helpers/loopback.ts';
import { collect, kinds, testContext } from '../../helpers/scan-context.ts';
import {
  ACCOUNT,
  AGENT,
  APP,
  apiToken,
  app,
  BOT,
  CLIENT_PATH,
  clientSecret,
  event,
  HOST,
  MARA,
  permissionsOf,
  role,
  SERVICE,
  scopeGrant,
  TOKEN,
  USER_PATH,
  user,
} from './exports.ts';

const TARGET: ServiceTarget = { kind: 'service', name: `okta:${HOST}`, scheme: 'okta', address: HOST };
const API_TOKEN = ['00', 'loopbackTokenOfTheseTests'].join('');
const DENIED = { errorCode: 'E0000006', errorSummary: 'You do not have permission to perform the requested action' };

type Answers = { readonly [path: string]: unknown };
type Override = (asked: Asked, response: ServerResponse, before: readonly Asked[]) => boolean | Promise<boolean>;

const ORGANISATION: Answers = {
  '/api/v1/api-tokens': [apiToken()],
  '/api/v1/apps': [app()],
  [`/api/v1/apps/${APP}/credentials/secrets`]: [clientSecret('ocs1'), clientSecret('ocs2')],
  [`/api/v1/apps/${APP}/grants`]: [scopeGrant('okta.users.manage')],
  [`${CLIENT_PATH}/roles`]: [role('SUPER_ADMIN', CLIENT_PATH)],
  [`/api/v1/users/${MARA}`]: user(),
  [`/api/v1/users/${BOT}`]: user(BOT, 'scim@acme.example'),
  [`/api/v1/users/${MARA}/roles`]: [role('SUPER_ADMIN', USER_PATH)],
  '/integrations/api/v1/api-services': [SERVICE],
  [`/integrations/api/v1/api-services/${SERVICE.id}/credentials/secrets`]: [],
  '/privileged-access/api/v1/service-accounts': [],
  '/privileged-access/api/v1/okta-service-accounts': [ACCOUNT],
  '/workload-principals/api/v1/ai-agents': { data: [AGENT] },
  [`/workload-principals/api/v1/ai-agents/${AGENT.id}/credentials/jwks`]: [
    { id: 'wpc1', kid: 'k1', kty: 'EC', status: 'ACTIVE' },
  ],
  '/api/v1/logs': [],
};

/** The far end: an organisation of Okta, with one quirk at a time. */
async function organisation(override: Override = () => false): Promise<Loopback> {
  return await loopback(async (asked, response, before) => {
    if (await override(asked, response, before)) return;
    const url = new URL(asked.url, 'http://x');
    const answer = ORGANISATION[url.pathname];
    if (url.pathname === '/api/v1/logs' && (url.searchParams.get('filter') ?? '').includes(TOKEN)) {
      reply(
        response,
        200,
        [event({ transaction: { detail: { requestApiTokenId: TOKEN } }, published: '2026-05-31T09:00:00.000Z' })],
        {
          link: `<${url.origin}/api/v1/logs?after=1>; rel="next"`,
        },
      );
      return;
    }
    if (answer === undefined) reply(response, 404, { errorCode: 'E0000007', errorSummary: 'Not found' });
    else reply(response, 200, answer);
  });
}

async function scan(server: Loopback, more: Partial<ScanContext> = {}): Promise<Observation[]> {
  const context = { ...testContext({ env: { OKTA_CLIENT_ORGURL: server.url, OKTA_API_TOKEN: API_TOKEN } }), ...more };
  return await collect(oktaLive.scan(TARGET, context));
}

const coverage = (observations: Observation[], what: string) =>
  kinds(observations, 'coverage').find((one) => one.subject === `okta:${HOST} ${what}`);

describe('okta scanner, live', () => {
  it('reads an organisation through the parsers of the exports', async () => {
    await using server = await organisation();
    const observations = await scan(server);

    const token = kinds(observations, 'identity').find((one) => one.type === 'api-token');
    const admin = kinds(observations, 'grant').filter((one) => one.capability === 'admin');
    assert.equal(token?.id, `okta:${HOST}:api-token/${TOKEN}`);
    assert.equal(token?.owner, 'mara@acme.example');
    assert.equal(token?.lastUsedAt, '2026-05-31T09:00:00.000Z');
    assert.deepEqual(admin.map((one) => one.identity).toSorted(), [`okta:${HOST}:app/${APP}`, `okta:${HOST}:user/${MARA}`]);
    assert.deepEqual(
      kinds(observations, 'coverage').filter((one) => one.outcome !== 'complete'),
      [],
    );
    assert.ok(server.asked.every((one) => one.headers.authorization === `SSWS ${API_TOKEN}` && one.method === 'GET'));
    assert.ok(!JSON.stringify(observations).includes(API_TOKEN));
  });

  it("asks what the roles of one's own allow that somebody has", async () => {
    const custom = role('CUSTOM', USER_PATH, { label: 'Desk', role: 'cr0Desk0000000000001' });
    await using server = await organisation((asked, response) => {
      if (asked.url === `/api/v1/users/${MARA}/roles`) reply(response, 200, [custom]);
      else if (asked.url === '/api/v1/iam/roles/cr0Desk0000000000001/permissions')
        reply(response, 200, permissionsOf('cr0Desk0000000000001', ['okta.users.manage']));
      else return false;
      return true;
    });

    const observations = await scan(server);

    const grants = kinds(observations, 'grant').filter(({ permission }) => permission === 'Desk (okta.users.manage)');
    assert.deepEqual(grants.map(({ capability }) => capability).toSorted(), ['impersonates', 'manages-identities', 'reads-data']);
    assert.equal(coverage(observations, "roles of one's own")?.outcome, 'complete');
  });

  it('says that an answer nests too deep, and reads the others', async () => {
    await using server = await organisation((asked, response) => {
      if (asked.url !== '/api/v1/api-tokens') return false;
      response.setHeader('content-type', 'application/json');
      response.end('['.repeat(200_000) + ']'.repeat(200_000));
      return true;
    });

    const observations = await scan(server);

    assert.equal(coverage(observations, 'API tokens')?.outcome, 'partial');
    assert.match(coverage(observations, 'API tokens')?.why ?? '', /nests too deep/);
    assert.equal(
      kinds(observations, 'identity').some(({ type }) => type === 'app'),
      true,
    );
  });

  it('asks only what it announced', async () => {
    await using server = await organisation();
    await scan(server);

    const announced = (oktaLive.calls?.(TARGET, {}) ?? []).map(
      ({ operation }) =>
        new RegExp(
          `^${operation
            .replace('GET ', '')
            .replace(/\?.*/, '')
            .replace(/\{\w+\}/g, '[^/]+')}$`,
        ),
    );
    const strange = server.asked.filter(({ url }) => !announced.some((one) => one.test(url.split('?')[0] ?? '')));
    assert.deepEqual(strange, []);
  });

  it('follows pages by their links, and no link to another host', async () => {
    await using server = await organisation((asked, response) => {
      if (!asked.url.startsWith('/api/v1/apps?')) return false;
      const isSecond = asked.url.includes('after=');
      const other = app(
        { id: '0oa2web000000000001X', settings: { oauthClient: { grant_types: ['authorization_code'] } } },
        { client_id: 'web' },
      );
      reply(response, 200, [isSecond ? other : app()], {
        link: isSecond
          ? '<https://evil.example/api/v1/apps?after=2>; rel="next"'
          : `<http://${asked.headers.host}/api/v1/apps?limit=200>; rel="self", <http://${asked.headers.host}/api/v1/apps?after=1>; rel="next"`,
      });
      return true;
    });
    const observations = await scan(server);

    const apps = kinds(observations, 'identity').filter((one) => one.type === 'app');
    assert.equal(apps.length, 2);
    assert.equal(coverage(observations, 'apps')?.outcome, 'partial');
    assert.match(coverage(observations, 'apps')?.why ?? '', /evil\.example/);
  });

  it('waits as long as Okta asks it to', async () => {
    await using server = await organisation((asked, response, before) => {
      if (asked.url !== '/api/v1/api-tokens' || before.some((one) => one.url === asked.url)) return false;
      const date = new Date();
      reply(
        response,
        429,
        { errorCode: 'E0000047', errorSummary: 'API call exceeded rate limit due to too many requests.' },
        {
          date: date.toUTCString(),
          'x-rate-limit-reset': String(Math.floor(date.getTime() / 1000) + 1),
        },
      );
      return true;
    });
    const observations = await scan(server);

    const times = server.asked.filter((one) => one.url === '/api/v1/api-tokens').map((one) => one.at);
    assert.equal(coverage(observations, 'API tokens')?.outcome, 'complete');
    assert.equal(times.length, 2);
    // Dates have whole seconds: between none and one is waited.
    assert.ok((times[1] ?? 0) - (times[0] ?? 0) > 1);
  }).timeout(10_000);

  it('names the missing scope of a refused call, and goes on', async () => {
    await using server = await organisation((asked, response) => {
      if (!/\/roles$/.test(asked.url)) return false;
      reply(response, 403, DENIED);
      return true;
    });
    const observations = await scan(server);

    const roles = coverage(observations, 'roles of clients');
    const manages = kinds(observations, 'grant').find(
      (one) => one.capability === 'manages-identities' && one.identity === `okta:${HOST}:app/${APP}`,
    );
    assert.equal(roles?.outcome, 'denied');
    assert.match(roles?.why ?? '', /okta\.roles\.read/);
    assert.equal(coverage(observations, 'scope grants')?.outcome, 'complete');
    // Roles are not known: no more than likely.
    assert.equal(manages?.confidence, 'medium');
  });

  it('says once that the token is not accepted, and asks no more', async () => {
    await using server = await organisation((asked, response) => {
      if (asked.url === '/api/v1/api-tokens') return false;
      reply(response, 401, { errorCode: 'E0000011', errorSummary: 'Invalid token provided' });
      return true;
    });
    const observations = await scan(server);

    assert.equal(coverage(observations, 'API tokens')?.outcome, 'complete');
    assert.equal(coverage(observations, 'apps')?.outcome, 'denied');
    assert.match(coverage(observations, 'API service integrations')?.why ?? '', /not asked/);
    assert.ok(server.asked.filter((one) => one.url !== '/api/v1/api-tokens').length <= 2);
  });

  it('does not miss what the organisation has not bought', async () => {
    await using server = await organisation((asked, response) => {
      if (!asked.url.startsWith('/workload-principals') && !asked.url.startsWith('/privileged-access')) return false;
      if (asked.url.startsWith('/workload'))
        reply(response, 403, { errorCode: 'E0000015', errorSummary: 'You do not have permission to access the feature' });
      else reply(response, 404, { errorCode: 'E0000007', errorSummary: 'Not found' });
      return true;
    });
    const observations = await scan(server);

    for (const what of ['AI agents', 'service accounts']) {
      assert.equal(coverage(observations, what)?.outcome, 'complete');
      assert.ok(coverage(observations, what)?.detail?.absent !== undefined);
    }
  });

  it('does not take a call that is not there for a client without roles', async () => {
    await using server = await organisation((asked, response) => {
      if (!asked.url.startsWith('/oauth2/v1/clients/')) return false;
      reply(response, 404, { errorCode: 'E0000007', errorSummary: 'Not found' });
      return true;
    });
    const observations = await scan(server);

    assert.equal(coverage(observations, 'roles of clients')?.outcome, 'partial');
    assert.match(coverage(observations, 'roles of clients')?.why ?? '', /HTTP 404/);
  });

  it('asks again where an answer ends early', async () => {
    await using server = await organisation((asked, response, before) => {
      if (asked.url !== '/integrations/api/v1/api-services' || before.some((one) => one.url === asked.url)) return false;
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify([SERVICE]).slice(0, -20));
      return true;
    });
    const observations = await scan(server);

    assert.equal(coverage(observations, 'API service integrations')?.outcome, 'complete');
    assert.equal(kinds(observations, 'identity').filter((one) => one.type === 'api-service').length, 1);
  });

  it('asks again only for secrets where an earlier run was cut off', async () => {
    const kept = new Map<string, unknown>();
    const once = (async (step: string, make: () => Promise<unknown>) => {
      if (!kept.has(step)) kept.set(step, await make());
      return structuredClone(kept.get(step));
    }) as NonNullable<ScanContext['once']>;
    await using server = await organisation();
    const first = await scan(server, { once });
    const asked = server.asked.length;
    const second = await scan(server, { once });

    const again = server.asked.slice(asked).map((one) => one.url);
    assert.ok(again.length > 0 && again.every((url) => url.endsWith('/credentials/secrets')), again.join(' '));
    assert.deepEqual(second.map((one) => JSON.stringify(one)).toSorted(), first.map((one) => JSON.stringify(one)).toSorted());
  });

  it('keeps what it reads of an answer, and no secret that comes with it', async () => {
    const hidden = ['Zx9qLm4Rt7Vb2Np6', 'Ks8Wd1Hf5Gj3Yc0A'].join('');
    const kept: unknown[] = [];
    const once = (async (_step: string, make: () => Promise<unknown>) => {
      const made = await make();
      kept.push(made);
      return made;
    }) as NonNullable<ScanContext['once']>;
    await using server = await organisation((asked, response) => {
      if (!asked.url.startsWith('/api/v1/apps?')) return false;
      const strange = { id: 'ocs9', status: 'ACTIVE', secret_hash: hidden, client_secret: hidden };
      const settings = {
        oauthClient: { grant_types: ['client_credentials'], client_secret: hidden },
        signOn: { password: hidden },
      };
      reply(response, 200, [app({ settings, features: [hidden] }, { client_secret: hidden }), strange]);
      return true;
    });
    const observations = await scan(server, { once });

    assert.ok(kinds(observations, 'identity').some((one) => one.type === 'app'));
    assert.ok(JSON.stringify(kept).includes(APP));
    assert.ok(!JSON.stringify(kept).includes(hidden));
    assert.ok(!JSON.stringify(kept).includes('client_secret"'));
  });

  it('does not take an attempt that was refused for no use at all', async () => {
    const refused = event({
      actor: { id: APP, type: 'PublicClientApp' },
      outcome: { result: 'FAILURE', reason: 'no_matching_scope' },
    });
    const answers = (list: (filter: string) => unknown[]) =>
      organisation((asked, response) => {
        if (!asked.url.startsWith('/api/v1/logs')) return false;
        reply(response, 200, list(new URL(asked.url, 'http://x').searchParams.get('filter') ?? ''));
        return true;
      });
    await using keeping = await answers((filter) => (filter.includes('outcome.result eq "SUCCESS"') ? [event()] : [refused]));
    await using ignoring = await answers((filter) => (filter.includes(APP) ? [refused] : []));
    const clientOf = (observations: Observation[]) => kinds(observations, 'identity').find((one) => one.type === 'app');
    const used = clientOf(await scan(keeping));
    const unknown = clientOf(await scan(ignoring));

    assert.equal(used?.lastUsedAt, '2026-05-20T10:00:00.000Z');
    assert.equal(used?.detail?.noUseSince, undefined);
    assert.equal(unknown?.detail?.noUseSince, undefined);
  });

  it('says that a client was not used where the log has nothing of it', async () => {
    await using server = await organisation();
    const observations = await scan(server);

    const client = kinds(observations, 'identity').find((one) => one.type === 'app');
    assert.equal(typeof client?.detail?.noUseSince, 'string');
  });

  it('does not ask without a login', async () => {
    await using server = await organisation();
    const context = testContext({ env: { OKTA_CLIENT_ORGURL: server.url } });

    await assert.rejects(collect(oktaLive.scan(TARGET, context)), /no login for Okta/);
    assert.equal(server.asked.length, 0);
  });
});

describe('okta scanner, signed in as a service app', () => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

  function contextFor(server: Loopback): ScanContext {
    return testContext({
      env: { OKTA_CLIENT_ORGURL: server.url, OKTA_CLIENT_ID: 'auditor', OKTA_PRIVATE_KEY: pem.replaceAll('\n', '\\n') },
    });
  }

  function tokenService(granted: (scope: string) => boolean): Override {
    let made = 0;
    return (asked, response) => {
      if (asked.url !== '/oauth2/v1/token') return false;
      const form = new URLSearchParams(asked.body);
      const [head = '', claims = '', signature = ''] = (form.get('client_assertion') ?? '').split('.');
      const isGood = verify(
        'sha256',
        Buffer.from(`${head}.${claims}`),
        { key: publicKey, dsaEncoding: 'ieee-p1363' },
        Buffer.from(signature, 'base64url'),
      );
      const told = JSON.parse(Buffer.from(claims, 'base64url').toString());
      if (!isGood || told.iss !== 'auditor' || told.aud !== `http://${asked.headers.host}/oauth2/v1/token`) {
        reply(response, 401, { error: 'invalid_client' });
      } else if ((form.get('scope') ?? '').split(' ').every(granted))
        reply(response, 200, { access_token: `access-${++made}`, token_type: 'Bearer' });
      else reply(response, 400, { error: 'invalid_scope' });
      return true;
    };
  }

  it('signs for a token with all scopes, and uses it', async () => {
    await using server = await organisation(tokenService(() => true));
    const observations = await collect(oktaLive.scan(TARGET, contextFor(server)));

    const others = server.asked.filter((one) => one.url !== '/oauth2/v1/token');
    assert.equal(server.asked.length - others.length, 1);
    assert.ok(others.every((one) => one.headers.authorization === 'Bearer access-1'));
    assert.deepEqual(
      kinds(observations, 'coverage').filter((one) => one.outcome !== 'complete'),
      [],
    );
  });

  it('does not read on where the token service sends without end', async () => {
    let sent = 0;
    await using server = await organisation((asked, response) => {
      if (asked.url !== '/oauth2/v1/token') return false;
      response.writeHead(200, { 'content-type': 'application/json' });
      const more = setInterval(() => {
        sent += 256 * 1024;
        response.write(' '.repeat(256 * 1024));
        if (sent >= 64 * 1024 * 1024) response.end('{}');
      }, 1);
      response.on('close', () => clearInterval(more));
      return true;
    });
    const observations = await collect(oktaLive.scan(TARGET, contextFor(server)));

    assert.ok(kinds(observations, 'coverage').every((one) => one.outcome !== 'complete'));
    assert.match(coverage(observations, 'API tokens')?.why ?? '', /token service gave no answer that can be read/);
    assert.ok(sent < 32 * 1024 * 1024, String(sent));
  });

  it('goes on with the scopes that were granted, and names the others', async () => {
    await using server = await organisation(tokenService((scope) => !/^okta\.(?:logs|aiAgents)\.read$/.test(scope)));
    const observations = await collect(oktaLive.scan(TARGET, contextFor(server)));

    assert.equal(coverage(observations, 'API tokens')?.outcome, 'complete');
    assert.equal(coverage(observations, 'AI agents')?.outcome, 'denied');
    assert.match(coverage(observations, 'last use')?.why ?? '', /okta\.logs\.read was not granted/);
    assert.ok(!server.asked.some((one) => one.url.startsWith('/api/v1/logs')));
  });

  it('takes a new token when the old one ends in mid-run', async () => {
    const tokens = tokenService(() => true);
    await using server = await organisation((asked, response, before) => {
      if (asked.headers.authorization === 'Bearer access-1' && before.length > 4) {
        reply(response, 401, { errorCode: 'E0000011', errorSummary: 'Invalid token provided' });
        return true;
      }
      return tokens(asked, response, before);
    });
    const observations = await collect(oktaLive.scan(TARGET, contextFor(server)));

    assert.deepEqual(
      kinds(observations, 'coverage').filter((one) => one.outcome !== 'complete'),
      [],
    );
    assert.ok(server.asked.some((one) => one.headers.authorization === 'Bearer access-2'));
  });

  it('proves possession where the app asks for it: with the word of the server, and for each request', async () => {
    const proofs: { readonly [claim: string]: unknown }[] = [];
    const tokens = tokenService(() => true);
    await using server = await organisation((asked, response, before) => {
      const [head = '', claims = '', signature = ''] = String(asked.headers.dpop ?? '').split('.');
      if (head !== '') {
        const { jwk, typ } = JSON.parse(Buffer.from(head, 'base64url').toString());
        const key = createPublicKey({ key: jwk, format: 'jwk' });
        const isGood = verify(
          'sha256',
          Buffer.from(`${head}.${claims}`),
          { key, dsaEncoding: 'ieee-p1363' },
          Buffer.from(signature, 'base64url'),
        );
        assert.ok(isGood && typ === 'dpop+jwt');
        proofs.push(JSON.parse(Buffer.from(claims, 'base64url').toString()));
      }
      const proof = head === '' ? undefined : proofs.at(-1);
      if (asked.url === '/oauth2/v1/token') {
        if (proof === undefined) reply(response, 400, { error: 'invalid_dpop_proof' });
        else if (proof.nonce !== 'word') reply(response, 400, { error: 'use_dpop_nonce' }, { 'dpop-nonce': 'word' });
        else return tokens(asked, response, before);
        return true;
      }
      const url = new URL(asked.url, `http://${asked.headers.host}`);
      const ath = createHash('sha256').update('access-1').digest('base64url');
      const isProven = proof?.htm === 'GET' && proof.htu === `${url.origin}${url.pathname}` && proof.ath === ath;
      if (isProven && asked.headers.authorization === 'DPoP access-1') return false;
      reply(response, 401, { errorCode: 'E0000011', errorSummary: 'Invalid token provided' });
      return true;
    });
    const observations = await collect(oktaLive.scan(TARGET, contextFor(server)));

    assert.deepEqual(
      kinds(observations, 'coverage').filter((one) => one.outcome !== 'complete'),
      [],
    );
    assert.equal(new Set(proofs.map((one) => one.jti)).size, proofs.length);
  });

  it('says why the app is not let in', async () => {
    await using server = await organisation((asked, response) => {
      if (asked.url !== '/oauth2/v1/token') return false;
      reply(response, 401, { error: 'invalid_client', error_description: 'The client_assertion signature is invalid.' });
      return true;
    });
    const observations = await collect(oktaLive.scan(TARGET, contextFor(server)));

    assert.equal(coverage(observations, 'API tokens')?.outcome, 'denied');
    assert.match(coverage(observations, 'API tokens')?.why ?? '', /invalid_client.*public key is registered/);
  });

  it('does not quote a key that cannot be read', async () => {
    const context = testContext({ env: { OKTA_CLIENT_ID: 'auditor', OKTA_PRIVATE_KEY: 'not a key' } });

    await assert.rejects(
      collect(oktaLive.scan(TARGET, context)),
      (error: Error) => !JSON.stringify(error, Object.getOwnPropertyNames(error)).includes('not a key'),
    );
  });
});

describe('okta scanner, probed', () => {
  it('tells of each right whether it is there', async () => {
    await using server = await organisation((asked, response) => {
      if (asked.url.startsWith('/api/v1/users?')) {
        reply(response, 200, [user()]);
        return true;
      }
      if (!asked.url.startsWith('/api/v1/logs')) return false;
      reply(response, 403, DENIED);
      return true;
    });
    const context = testContext({ env: { OKTA_CLIENT_ORGURL: server.url, OKTA_API_TOKEN: API_TOKEN } });
    const probed: Probed[] = [];
    for await (const one of oktaLive.probe?.(TARGET, context) ?? []) probed.push(one);

    assert.equal(probed.length, oktaLive.calls?.(TARGET, {}).length);
    assert.deepEqual(
      probed.filter((one) => one.outcome !== 'ok').map((one) => [one.call.right, one.outcome]),
      [['okta.logs.read', 'denied']],
    );
  });
});
