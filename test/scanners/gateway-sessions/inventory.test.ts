import assert from 'node:assert/strict';
import { kinds } from '../../helpers/scan-context.ts';
import { base64, connection, ORG, one, recognises, scan } from './helpers.ts';

const KEY = {
  id: '88d26d8d-01a1-4aeb-9daf-1fe1da534235',
  org_id: ORG,
  name: 'nightly',
  masked_key: 'hpk_abcd',
  status: 'active',
  groups: ['loaders'],
  created_by: 'Ada@Harbour.example',
  created_at: '2025-03-18T09:20:00Z',
  last_used_at: '2026-02-16T04:41:12Z',
  deactivated_by: null,
  deactivated_at: null,
};

/** An access key id that is none: right shape, assembled here. */
const ACCESS_KEY = `${'AKIA'}TESTBEANSROAST22`;

describe('gateway-sessions scanner: inventory', () => {
  it('reads an API key as identity and credential, joined to its sessions by userId', async () => {
    const observations = await scan([KEY], 'hoop/api-keys.json');

    const [identity] = kinds(observations, 'identity');
    const [credential] = kinds(observations, 'credential');
    assert.equal(recognises([KEY], 'x.json'), true);
    assert.equal(identity?.id, `hoop:${ORG}:api-key/nightly`);
    assert.deepEqual([identity?.owner, identity?.ownerBasis, identity?.enabled], ['ada@harbour.example', 'creator', true]);
    assert.equal(identity?.detail?.userId, KEY.id);
    assert.deepEqual(
      [credential?.id, credential?.identity, credential?.status, credential?.neverExpires, credential?.lastUsedAt],
      [`hoop:api-key/${KEY.id}`, identity?.id, 'active', true, '2026-02-16T04:41:12.000Z'],
    );
  });

  it('never keeps more of a key than the gateway shows', async () => {
    const careless = { ...KEY, masked_key: `hpk_abcd${'efgh'.repeat(9)}` };

    const text = JSON.stringify(await scan([careless], 'hoop/api-keys.json'));

    assert.ok(text.includes('hpk_abcd'));
    assert.ok(!text.includes('efgh'));
  });

  it('marks a revoked key, and gives no admin right for ordinary groups', async () => {
    const revoked = { ...KEY, status: 'revoked', deactivated_at: '2026-01-01T00:00:00Z' };

    const observations = await scan([revoked], 'hoop/api-keys.json');

    assert.equal(kinds(observations, 'credential')[0]?.status, 'revoked');
    assert.equal(kinds(observations, 'identity')[0]?.enabled, false);
    assert.deepEqual(
      kinds(observations, 'grant').map((grant) => [grant.permission, grant.capability]),
      [['group/loaders', undefined]],
    );
  });

  it('sees the admin group', async () => {
    const observations = await scan([{ ...KEY, groups: ['admin'] }], 'hoop/api-keys.json');

    assert.deepEqual(
      kinds(observations, 'grant').map((grant) => grant.capability),
      [undefined, 'admin'],
    );
  });

  it('tells AI agents from API keys by the file, for the records are alike', async () => {
    assert.equal((await one('identity', [KEY], 'hoop/ai-agents.json')).id, `hoop:${ORG}:agent/nightly`);
    assert.equal((await one('identity', [KEY], 'hoop/keys.json')).id, `hoop:${ORG}:api-key/nightly`);
  });

  it('reads service accounts by their subject', async () => {
    const row = { id: 'u1', org_id: ORG, subject: 'idp|loader', name: 'Loader', status: 'inactive', groups: null };

    const identity = await one('identity', [row], 'hoop/serviceaccounts.json');

    assert.deepEqual([identity.id, identity.name, identity.enabled], [`hoop:${ORG}:service-account/idp|loader`, 'Loader', false]);
  });

  it('reads machine identities under the id that their sessions have', async () => {
    const row = {
      id: 'm-1',
      name: 'pos',
      description: '',
      connection_names: ['pg'],
      attributes: null,
      created_at: '2026-01-01T00:00:00Z',
    };

    const identity = await one('identity', [row], 'hoop/machineidentities.json');

    assert.deepEqual(
      [identity.id, identity.createdAt, identity.detail?.connections],
      ['hoop:-:machine/m-1', '2026-01-01T00:00:00.000Z', ['pg']],
    );
  });

  it('reads users as people, and names one without an e-mail address as unread', async () => {
    const row = {
      id: 'okta|1',
      name: 'Ada',
      email: 'Ada@Harbour.example',
      status: 'active',
      role: 'admin',
      groups: ['admin'],
      slack_id: '',
    };

    const observations = await scan([row, { ...row, id: 'okta|2', email: 'none' }], 'hoop/users.json');

    assert.equal(kinds(observations, 'person')[0]?.email, 'ada@harbour.example');
    assert.equal(kinds(observations, 'coverage')[0]?.outcome, 'partial');
  });
});

describe('gateway-sessions scanner: connections', () => {
  const settings = (values: { readonly [name: string]: string }) =>
    Object.fromEntries(Object.entries(values).map(([name, value]) => [`envvar:${name}`, base64(value)]));

  it('links a connection to the access key it holds, and drops the secret', async () => {
    const secret = settings({ AWS_ACCESS_KEY_ID: ACCESS_KEY, AWS_SECRET_ACCESS_KEY: 'a-secret-of-the-beans' });

    const observations = await scan(connection({ name: 'aws-prod', type: 'custom', subtype: 'aws-cli', secret }), 'hoop/c.json');

    const [consumer] = kinds(observations, 'consumer');
    const [credential] = kinds(observations, 'credential');
    assert.deepEqual(
      [consumer?.consumer, consumer?.how, consumer?.credential, consumer?.environment],
      ['hoop:-:connection/aws-prod', 'static-key', `aws:access-key/${ACCESS_KEY}`, 'prod'],
    );
    assert.equal(credential?.publicId, ACCESS_KEY);
    assert.match(credential?.fingerprint ?? '', /^[0-9a-f]{64}$/);
    const text = JSON.stringify(observations);
    assert.ok(!text.includes('a-secret-of-the-beans') && !text.includes(base64('a-secret-of-the-beans')));
  });

  it('does not take a placeholder for an access key', async () => {
    const observations = await scan(
      connection({ type: 'custom', subtype: 'aws-cli', secret: settings({ AWS_ACCESS_KEY_ID: '_envjson:KEYS:ID' }) }),
      'c.json',
    );

    assert.equal(kinds(observations, 'credential').length, 0);
    assert.deepEqual(
      [kinds(observations, 'consumer')[0]?.how, kinds(observations, 'consumer')[0]?.secretName],
      ['secret', 'AWS_ACCESS_KEY_ID'],
    );
  });

  it('names the database role behind a connection, with a fingerprint of its password', async () => {
    const secret = settings({ HOST: 'db.harbour.example', PORT: '5432', DB: 'beans', USER: 'loader', PASS: 'beans-password' });

    const observations = await scan(
      [connection({ secret }), connection({ id: 'c2', name: 'pg-beans-staging', connection_tags: { env: 'staging' }, secret })],
      'c.json',
    );

    const identities = kinds(observations, 'identity');
    const credentials = kinds(observations, 'credential');
    assert.deepEqual(
      identities.map((identity) => [identity.id, identity.environment]),
      [
        ['postgres:db.harbour.example/beans:role/loader', 'prod'],
        ['postgres:db.harbour.example/beans:role/loader', 'staging'],
      ],
    );
    assert.equal(credentials[0]?.id, credentials[1]?.id);
    assert.equal(credentials[0]?.identity, identities[0]?.id);
    assert.ok(!JSON.stringify(observations).includes('beans-password'));
  });

  it('reads a connection string', async () => {
    const secret = settings({ CONNECTION_STRING: 'mongodb://loader:beans%2Fpassword@db.harbour.example/beans' });

    const observations = await scan(connection({ subtype: 'mongodb', secret }), 'c.json');

    assert.equal(kinds(observations, 'identity')[0]?.id, 'mongodb:db.harbour.example/beans:user/loader');
    assert.equal(kinds(observations, 'consumer')[0]?.how, 'static-key');
    assert.ok(!/beans(?:%2F|\/)password/.test(JSON.stringify(observations)));
  });

  it('reads a GCP key file', async () => {
    const file = {
      type: 'service_account',
      project_id: 'p',
      private_key_id: 'k1',
      private_key: 'the key',
      client_email: 'a@p.iam.gserviceaccount.com',
    };

    const observations = await scan(
      connection({ type: 'custom', subtype: 'bigquery', secret: settings({ GCP_SERVICE_ACCOUNT_JSON: JSON.stringify(file) }) }),
      'c.json',
    );

    const [consumer] = kinds(observations, 'consumer');
    assert.deepEqual(
      [consumer?.credential, consumer?.identity],
      ['gcp:service-account-key/k1', 'gcp:p:serviceAccount/a@p.iam.gserviceaccount.com'],
    );
    assert.ok(!JSON.stringify(observations).includes('the key'));
  });

  it('knows a reference to a secret store from a secret', async () => {
    const secret = settings({ HOST: 'db.harbour.example', USER: 'loader', PASS: '_vaultkv2:database/beans:password' });

    const observations = await scan(connection({ secret }), 'c.json');

    const [consumer] = kinds(observations, 'consumer');
    assert.equal(kinds(observations, 'credential').length, 0);
    assert.deepEqual([consumer?.how, consumer?.secretName, consumer?.detail?.references], ['secret', 'PASS', ['PASS']]);
    assert.equal(consumer?.identity, 'postgres:db.harbour.example:role/loader');
  });

  it('says nothing of the account of a list row, whose settings are always empty', async () => {
    const consumer = await one('consumer', [connection()], 'c.json');

    assert.deepEqual([consumer.how, consumer.credential, consumer.identity], ['unknown', undefined, undefined]);
    assert.equal(consumer.detail?.depth, 'list');
  });

  it('survives settings that are no base64, no text or no object', async () => {
    for (const secret of [
      { 'envvar:PASS': '%%%' },
      { 'envvar:PASS': 7 },
      'x',
      null,
      [],
      { GCP_SERVICE_ACCOUNT_JSON: base64('{"type":') },
    ]) {
      const observations = await scan(connection({ secret }), 'c.json');

      assert.equal(kinds(observations, 'consumer').length, 1);
    }
  });
});
