import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { oktaFiles } from '../../../scanners/okta/index.ts';
import type { Observation } from '../../../src/contracts/index.ts';
import { publicHalfOfDer } from '../../../src/detect/checksums/ssh.ts';
import { Secret } from '../../../src/util/secret.ts';
import { cpuTime } from '../../helpers/cpu-time.ts';
import { kinds, testContext } from '../../helpers/scan-context.ts';
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
  headOf,
  MARA,
  permissionsOf,
  role,
  SERVICE,
  scanBeside,
  scanJson,
  scanText,
  scopeGrant,
  TOKEN,
  USER_PATH,
  user,
} from './exports.ts';

const APP_ID = `okta:${HOST}:app/${APP}`;
const TOKEN_ID = `okta:${HOST}:api-token/${TOKEN}`;
const USER_ID = `okta:${HOST}:user/${MARA}`;
const coverageOf = (observations: Observation[]) => kinds(observations, 'coverage').at(-1);
const capabilities = (observations: Observation[], identity: string) =>
  kinds(observations, 'grant')
    .filter((one) => one.identity === identity && one.capability !== undefined)
    .map((one) => `${one.capability}/${one.confidence}`)
    .sort();

describe('okta scanner: API tokens', () => {
  it('tells the token, when it was last used by when it ends, and the user that it acts as', async () => {
    const observations = await scanJson([apiToken()]);

    const [identity] = kinds(observations, 'identity');
    const [credential] = kinds(observations, 'credential');
    const [trust] = kinds(observations, 'trust');
    assert.equal(identity?.id, TOKEN_ID);
    assert.equal(identity?.owner, MARA);
    assert.equal(identity?.detail?.network, 'ANYWHERE');
    assert.equal(credential?.id, `okta:api-token/${TOKEN}`);
    assert.equal(credential?.lastUsedAt, '2026-05-21T08:00:00.000Z');
    assert.equal(credential?.status, 'active');
    assert.equal(trust?.identity, USER_ID);
    assert.equal(trust?.principal, TOKEN_ID);
    assert.deepEqual(coverageOf(observations)?.covers, ['identity', 'credential']);
    assert.equal(coverageOf(observations)?.outcome, 'complete');
  });

  it('does not call a token used that ends one window after it was made', async () => {
    const observations = await scanJson([
      apiToken({ created: '2026-05-21T08:00:00.000Z', expiresAt: '2026-06-20T08:00:00.000Z' }),
    ]);

    assert.equal(kinds(observations, 'credential')[0]?.lastUsedAt, undefined);
  });

  it('calls a token expired whose end has passed', async () => {
    const observations = await scanJson([apiToken({ expiresAt: '2026-05-31T00:00:00.000Z' })]);

    assert.equal(kinds(observations, 'credential')[0]?.status, 'expired');
  });

  it('takes owner and roles of its user from the exports beside it', async () => {
    const observations = await scanBeside({
      'okta/tokens.json': [apiToken()],
      'okta/users.json': [user()],
      'okta/log.json': [event({ transaction: { detail: { requestApiTokenId: TOKEN } }, published: '2026-05-29T00:00:00.000Z' })],
    });

    const [identity] = kinds(observations, 'identity');
    assert.equal(identity?.owner, 'mara@acme.example');
    assert.equal(identity?.lastUsedAt, '2026-05-29T00:00:00.000Z');
    assert.equal(kinds(observations, 'credential')[0]?.lastUsedFor, '192.0.2.7');
  });

  for (const [status, wanted, enabled] of [
    ['ACTIVE', 'active', undefined],
    ['DEPROVISIONED', 'revoked', false],
    ['SUSPENDED', 'inactive', false],
  ] as const) {
    it(`calls the token of a user who is ${status} ${wanted}`, async () => {
      const observations = await scanBeside({
        'okta/tokens.json': [apiToken()],
        'okta/users.json': [user(MARA, 'mara@acme.example', { status })],
      });

      assert.equal(kinds(observations, 'credential')[0]?.status, wanted);
      assert.equal(kinds(observations, 'identity')[0]?.enabled, enabled);
    });
  }

  it('says that not all neighbours were read for what they add', async () => {
    const others = Object.fromEntries(Array.from({ length: 305 }, (_, index) => [`okta/user-${index}.json`, [user()]]));
    const observations = await scanBeside({ 'okta/acme.okta.com-tokens.json': [apiToken()], ...others });

    assert.equal(kinds(observations, 'identity')[0]?.owner, 'mara@acme.example');
    assert.equal(coverageOf(observations)?.outcome, 'partial');
    assert.match(coverageOf(observations)?.why ?? '', /^6 of the 306 files beside it were not read/);
  });

  it('tells what the user may do', async () => {
    const observations = await scanJson([user(), role('SUPER_ADMIN', USER_PATH), role('READ_ONLY_ADMIN', USER_PATH)]);

    assert.equal(kinds(observations, 'identity')[0]?.human, true);
    assert.deepEqual(capabilities(observations, USER_ID), [
      'admin/high',
      'impersonates/medium',
      'manages-identities/high',
      'reads-data/high',
    ]);
  });

  it('takes whose a role is from the name of the file where it comes through a group', async () => {
    const throughGroup = role('ORG_ADMIN', '/api/v1/groups/00g1', { assignmentType: 'GROUP' });
    const observations = await scanJson([throughGroup], `okta/roles-${MARA}.json`);

    const [grant] = kinds(observations, 'grant');
    assert.equal(grant?.identity, USER_ID);
    assert.equal(grant?.viaKind, 'group');
  });

  it('knows a service account by its login and by its registration', async () => {
    const observations = await scanJson([user(BOT, 'svc-scim@acme.example'), user(MARA), { ...ACCOUNT, oktaUserId: MARA }]);

    const humans = kinds(observations, 'identity').map((one) => [one.name, one.human]);
    assert.deepEqual(humans, [
      ['svc-scim@acme.example', false],
      ['mara@acme.example', false],
      ['scim-prod', false],
    ]);
  });
});

describe('okta scanner: apps', () => {
  it('tells a service app, how it signs in, and its secrets', async () => {
    const secret = 'Zq'.repeat(20);
    const observations = await scanJson([
      app(),
      clientSecret('ocs1', { client_secret: secret }),
      clientSecret('ocs2', { status: 'INACTIVE', client_secret: 'DRUFXGF9XbLn......a3x3POBiIxDreBCdZuFs5B' }),
    ]);

    const [identity] = kinds(observations, 'identity');
    const [one, other] = kinds(observations, 'credential');
    assert.equal(identity?.id, APP_ID);
    assert.equal(identity?.environment, 'prod');
    assert.equal(identity?.detail?.service, true);
    assert.equal(identity?.detail?.authMethod, 'client_secret_basic');
    assert.equal(one?.identity, APP_ID);
    assert.equal(one?.fingerprint, testContext().fingerprint(new Secret(secret)));
    assert.equal(other?.status, 'inactive');
    assert.equal(other?.fingerprint, undefined);
    assert.ok(!JSON.stringify(observations).includes(secret));
    assert.ok(!JSON.stringify(observations).includes('yk4SVx4sUWVJVbHt6M-UPA'));
  });

  it('finds the client of a secret whose app has an id of its own', async () => {
    const observations = await scanJson([app({}, { client_id: 'etl-client' }), clientSecret('ocs1')]);

    assert.equal(kinds(observations, 'credential')[0]?.identity, `okta:${HOST}:app/etl-client`);
  });

  it('says that nothing tells whose a secret is', async () => {
    const observations = await scanJson([clientSecret('ocs1', { _links: {} })], `${HOST}-secrets.json`);

    assert.equal(kinds(observations, 'credential').length, 0);
    assert.match(coverageOf(observations)?.why ?? '', /nothing says whose 1 of its entries are/);
  });

  it('tells public keys by the fingerprint that the private key has too', async () => {
    const pairs = [generateKeyPairSync('ec', { namedCurve: 'P-256' }), generateKeyPairSync('rsa', { modulusLength: 2048 })];
    const keys = pairs.map(({ publicKey }, index) => ({
      ...publicKey.export({ format: 'jwk' }),
      kid: `k${index}`,
      status: 'ACTIVE',
    }));
    const observations = await scanJson(
      { jwks: { keys: [...keys, { ...keys[0], kid: 'k2', x: '???' }] } },
      `okta/${HOST}/jwks-${APP}.json`,
    );

    const [curve, rsa, bad] = kinds(observations, 'credential');
    const [first, second] = pairs.map(({ privateKey }) =>
      publicHalfOfDer(privateKey.export({ type: 'pkcs8', format: 'der' }), ''),
    );
    assert.equal(curve?.detail?.keyFingerprint, first?.fingerprint);
    assert.equal(rsa?.detail?.keyFingerprint, second?.fingerprint);
    assert.match(first?.fingerprint ?? '', /^SHA256:/);
    assert.equal(curve?.identity, APP_ID);
    assert.equal(bad?.detail?.keyFingerprint, undefined);
  });

  const amounts: [string, object[], string[]][] = [
    ['scopes, where nobody asked for roles', [scopeGrant('okta.users.manage')], ['manages-identities/medium']],
    [
      'scopes and a role that allows them',
      [scopeGrant('okta.users.manage'), role('USER_ADMIN', CLIENT_PATH)],
      ['manages-identities/high'],
    ],
    ['scopes that the role does not allow', [scopeGrant('okta.apps.manage'), role('READ_ONLY_ADMIN', CLIENT_PATH)], []],
    ['a role of its own', [scopeGrant('okta.users.manage'), role('CUSTOM', CLIENT_PATH)], ['manages-identities/medium']],
    [
      'super administrator',
      [scopeGrant('okta.roles.manage'), role('SUPER_ADMIN', CLIENT_PATH)],
      ['admin/high', 'escalates/high', 'manages-identities/high'],
    ],
    ['reading', [scopeGrant('okta.logs.read'), role('READ_ONLY_ADMIN', CLIENT_PATH)], ['reads-data/high']],
    ['a grant that was taken back', [scopeGrant('okta.users.manage', { status: 'REVOKED' })], []],
    ['a role that is inactive', [scopeGrant('okta.users.manage'), role('USER_ADMIN', CLIENT_PATH, { status: 'INACTIVE' })], []],
  ];
  for (const [what, rows, expected] of amounts) {
    it(`counts both scopes and roles: ${what}`, async () => {
      assert.deepEqual(capabilities(await scanJson([app(), ...rows]), APP_ID), expected);
    });
  }

  const customs: [string, string[], string[]][] = [
    ['that allows it', ['okta.users.manage', 'okta.groups.read'], ['manages-identities/medium']],
    ['that allows something else', ['okta.apps.assignment.manage', 'okta.support.cases.manage'], []],
  ];
  for (const [what, labels, expected] of customs) {
    it(`weighs a role of one's own ${what}`, async () => {
      const custom = role('CUSTOM', CLIENT_PATH, { role: 'cr0Ops00000000000001', 'resource-set': 'iam1' });

      const observations = await scanBeside({
        'okta/grants.json': [app(), scopeGrant('okta.users.manage'), custom],
        'okta/permissions.json': [permissionsOf('cr0Ops00000000000001', labels)],
      });

      assert.deepEqual(capabilities(observations, APP_ID), expected);
    });
  }

  it("says that nobody read what a role of one's own allows", async () => {
    const observations = await scanJson([
      user(),
      role('CUSTOM', USER_PATH, { label: 'Help desk', role: 'cr0Desk0000000000001' }),
    ]);

    assert.equal(coverageOf(observations)?.outcome, 'partial');
    assert.match(coverageOf(observations)?.why ?? '', /not known of the roles "?Help desk"?: save/);
  });

  it("tells what a user may do by a role of one's own", async () => {
    const custom = role('CUSTOM', USER_PATH, { label: 'Help desk', role: 'cr0Desk0000000000001' });
    const { _links, ...bare } = permissionsOf('cr0Desk0000000000001', [
      'okta.users.credentials.resetPassword',
      'okta.users.read',
    ]);

    const observations = await scanBeside({
      'okta/users.json': [user(), custom],
      'okta/permissions-cr0Desk0000000000001.json': [bare],
    });

    const grants = kinds(observations, 'grant').filter(({ capability }) => capability !== undefined);
    assert.deepEqual(grants.map(({ capability, permission, confidence }) => [capability, permission, confidence]).toSorted(), [
      ['impersonates', 'Help desk (okta.users.credentials.resetPassword)', 'medium'],
      ['manages-identities', 'Help desk (okta.users.credentials.resetPassword)', 'medium'],
      ['reads-data', 'Help desk (okta.users.read)', 'medium'],
    ]);
  });

  it('takes roles from the file beside the grants', async () => {
    const observations = await scanBeside({
      'okta/grants.json': [scopeGrant('okta.apps.manage')],
      'okta/roles.json': [role('SUPER_ADMIN', CLIENT_PATH)],
    });

    assert.deepEqual(capabilities(observations, APP_ID), ['admin/high', 'manages-identities/high']);
  });

  it('counts apps that are no OAuth clients, and leaves them', async () => {
    const observations = await scanJson([app(), { ...app(), id: '0oa2', signOnMode: 'SAML_2_0', credentials: {} }]);

    assert.equal(kinds(observations, 'identity').length, 1);
    assert.equal(coverageOf(observations)?.skipped, 1);
  });
});

describe('okta scanner: integrations, accounts, agents, log', () => {
  it('tells an integration and its scopes', async () => {
    const observations = await scanJson([SERVICE]);

    const id = `okta:${HOST}:api-service/${SERVICE.id}`;
    assert.equal(kinds(observations, 'identity')[0]?.id, id);
    assert.deepEqual(
      kinds(observations, 'grant').flatMap((one) => (one.capability === undefined ? one.permission : [])),
      SERVICE.grantedScopes,
    );
    assert.ok(capabilities(observations, id).includes('manages-identities/medium'));
  });

  it('tells a service account, its owner, and the user that it is', async () => {
    const observations = await scanJson([ACCOUNT, user()], `${HOST}.json`);

    const account = kinds(observations, 'identity').find((one) => one.type === 'service-account');
    assert.equal(account?.owner, 'mara@acme.example');
    assert.equal(account?.environment, 'prod');
    assert.equal(kinds(observations, 'trust')[0]?.identity, `okta:${HOST}:user/${BOT}`);
  });

  it('tells who has left', async () => {
    const observations = await scanJson([user(MARA, 'mara@acme.example', { status: 'DEPROVISIONED' })]);

    assert.equal(kinds(observations, 'person')[0]?.detail?.left, true);
    assert.equal(kinds(observations, 'identity')[0]?.enabled, false);
  });

  it('tells AI agents', async () => {
    const observations = await scanJson({ data: [AGENT] }, `${HOST}-agents.json`);

    const [agent] = kinds(observations, 'identity');
    assert.equal(agent?.id, `okta:${HOST}:agent/${AGENT.id}`);
    assert.equal(agent?.detail?.app, APP);
  });

  it('tells use: one row an identity, kind and day, successes alone', async () => {
    const observations = await scanJson(
      [
        event(),
        event({ uuid: 'b', published: '2026-05-20T11:00:00.000Z' }),
        event({ uuid: 'c', published: '2026-05-21T11:00:00.000Z' }),
        event({ uuid: 'd', outcome: { result: 'FAILURE' }, published: '2026-05-22T11:00:00.000Z' }),
        event({ uuid: 'e', actor: { id: MARA, type: 'User', alternateId: 'mara@acme.example' } }),
        event({ uuid: 'f', transaction: { detail: { requestApiTokenId: TOKEN } }, eventType: 'user.lifecycle.create' }),
      ],
      `${HOST}-log.json`,
    );

    const usages = kinds(observations, 'usage').map((one) => [one.identity, one.usedAt, one.detail?.count, one.action]);
    assert.deepEqual(usages, [
      [APP_ID, '2026-05-20T11:00:00.000Z', 2, 'connect'],
      [APP_ID, '2026-05-21T11:00:00.000Z', 1, 'connect'],
      [TOKEN_ID, '2026-05-20T10:00:00.000Z', 1, 'write'],
    ]);
  });

  it('takes who made an app from the log', async () => {
    const made = event({
      eventType: 'application.lifecycle.create',
      actor: { id: MARA, type: 'User', alternateId: 'mara@acme.example' },
      target: [{ id: APP, type: 'AppInstance', displayName: 'ETL prod' }],
    });
    const [identity] = kinds(await scanJson([app(), made]), 'identity');

    assert.equal(identity?.owner, 'mara@acme.example');
    assert.equal(identity?.ownerBasis, 'creator');
  });
});

describe('okta scanner: what is missing', () => {
  it('says that curl saved an error', async () => {
    const coverage = coverageOf(
      await scanJson({ errorCode: 'E0000006', errorSummary: 'You do not have permission' }, `${HOST}-tokens.json`),
    );

    assert.equal(coverage?.outcome, 'partial');
    assert.match(coverage?.why ?? '', /Okta's error E0000006/);
    assert.deepEqual(coverage?.covers, []);
  });

  it('says that nothing tells the organisation', async () => {
    const observations = await scanJson([apiToken({ _links: {} })]);

    assert.equal(kinds(observations, 'identity')[0]?.id, `okta:-:api-token/${TOKEN}`);
    assert.match(coverageOf(observations)?.why ?? '', /of which organisation/);
  });

  it('knows the organisation behind its console, and by the name of the file', async () => {
    const observations = await scanJson([apiToken({ _links: {} })], 'exports/acme-admin.okta.com/tokens.json');

    assert.equal(kinds(observations, 'identity')[0]?.id, TOKEN_ID);
  });

  it('looks at an empty list where the name of the file says of what', async () => {
    const coverage = coverageOf(await scanText('[]', `${HOST}-api-tokens.json`));

    assert.equal(coverage?.outcome, 'complete');
    assert.deepEqual(coverage?.covers, ['identity', 'credential']);
  });

  it('names the field that it cannot read, and reads the rest', async () => {
    const observations = await scanJson([apiToken(), apiToken({ id: 7 })]);

    assert.equal(kinds(observations, 'credential').length, 1);
    assert.match(coverageOf(observations)?.why ?? '', /answer\[1\]\.id: /);
  });

  it('reads pages in one file, each thing once, and keeps what stood whole', async () => {
    const text = `${JSON.stringify([apiToken()])}\n${JSON.stringify([apiToken(), apiToken({ id: '00T2' })]).slice(0, -30)}`;
    const observations = await scanText(text);

    assert.equal(kinds(observations, 'credential').length, 1);
    assert.match(coverageOf(observations)?.why ?? '', /ends in the middle/);
  });
});

describe('okta scanner recognises', () => {
  const json = (value: unknown) => JSON.stringify(value, null, 2);
  const hits: [string, string, string?][] = [
    ['API tokens', json([apiToken()])],
    ['apps', json([app()])],
    ['secrets', json([clientSecret('ocs1nkheCuDn82XVI0g4')])],
    ['keys', json({ jwks: { keys: [{ id: 'pks2f4zrZbs8nUa7p0g4', kid: 'a', kty: 'RSA' }] } })],
    ['grants', json([scopeGrant('okta.users.read')])],
    ['roles', json([role('HELP_DESK_ADMIN', CLIENT_PATH)])],
    ['integrations', json([SERVICE])],
    ['service accounts', json([ACCOUNT])],
    ['agents', json({ data: [AGENT] })],
    ['the log', json([event()])],
    ['users', json([user()])],
    ['a page a line', `${JSON.stringify([apiToken()])}\n${JSON.stringify([apiToken()])}`, 'tokens.jsonl'],
    ['an error', json({ errorCode: 'E0000006', errorSummary: 'x' })],
    ['an empty list by its name', '[]', 'acme.okta.com-api-tokens.json'],
  ];
  for (const [what, text, path] of hits) it(what, () => assert.equal(oktaFiles.recognises(headOf(text, path)), true));

  const misses: [string, string, string?][] = [
    ['an empty list', '[]'],
    ['code', json([apiToken()]), 'tokens.ts'],
    ['keys of another issuer', json({ keys: [{ kid: 'a', kty: 'RSA', n: 'b', e: 'AQAB' }] }), 'jwks.json'],
    ['users of something else', json([{ id: '1', profile: { login: 'x' } }])],
    ['a list of apps of something else', json([{ id: 'a', name: 'b', label: 'c' }])],
    ['events of something else', json([{ eventType: 'push', payload: {} }])],
    ['package.json', json({ name: 'x', version: '1.0.0' }), 'package.json'],
  ];
  for (const [what, text, path] of misses)
    it(`but not ${what}`, () => assert.equal(oktaFiles.recognises(headOf(text, path)), false));
});

describe('okta scanner on what strangers send', () => {
  it('decides quickly about whatever repeats its marks', () => {
    for (const mark of ['"kty":', '"_links":', '"eventType":"a.a', '"actor":{', '"orn":"orn:', '"scopeId":""', '"id":"00u']) {
      const text = `{"a":1,${mark.repeat(4096 / mark.length)}`;
      const start = cpuTime();
      for (let i = 0; i < 20; i++) oktaFiles.recognises(headOf(text));

      assert.ok(cpuTime() - start < 1000, mark);
    }
  });

  const all = [
    apiToken(),
    app(),
    clientSecret('ocs1'),
    scopeGrant('okta.users.manage'),
    role('SUPER_ADMIN', CLIENT_PATH),
    user(),
    SERVICE,
    ACCOUNT,
    AGENT,
    event(),
    { keys: [{ kty: 'EC', kid: 'x', crv: 'P-256', x: 'a', y: 'b' }] },
  ];

  it('never throws on a good export with a hole in it', async () => {
    const good = all.map((one) => JSON.stringify(one)).join('\n');
    await fc.assert(
      fc.asyncProperty(fc.nat(good.length), fc.nat(40), fc.string({ maxLength: 5 }), async (start, length, patch) => {
        const observations = await scanText(good.slice(0, start) + patch + good.slice(start + length));

        assert.equal(kinds(observations, 'coverage').length, 1);
      }),
      { numRuns: 400 },
    );
  });

  it('never throws on fields of another kind', async () => {
    const places = all.flatMap((one, index) => Object.keys(one).map((name) => [index, name] as const));
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...places), fc.jsonValue({ maxDepth: 3 }), async ([index, name], odd) => {
        const observations = await scanJson(all.map((one, i) => (i === index ? { ...one, [name]: odd } : one)));

        assert.equal(kinds(observations, 'coverage').length, 1);
      }),
      { numRuns: 600 },
    );
  });
});
