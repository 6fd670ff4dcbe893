import assert from 'node:assert/strict';
import { encodeAwsKeyId } from '../../../src/detect/aws-account.ts';
import { Secret } from '../../../src/util/secret.ts';
import { kinds, testContext } from '../../helpers/scan-context.ts';
import { read } from './read.ts';

const ACCOUNT = '111122223333';
const KEY = encodeAwsKeyId(['AK', 'IA'].join(''), ACCOUNT);
const APP = '0F0F0F0F-1111-4222-8333-444455556666';
const OBJECT = 'aaaaaaaa-1111-4222-8333-444455556666';
const PASSWORD = ['Zk39dk', 'Xlq', 'Pw02Mdke'].join('');

function resource(type: string, attributes: object, more: object = {}): object {
  return { mode: 'managed', type, name: 'it', instances: [{ attributes, ...more }] };
}

function stateOf(...resources: object[]): { readonly [path: string]: string } {
  return { 'infra/terraform.tfstate': JSON.stringify({ version: 4, terraform_version: '1.9.0', resources }, null, 1) };
}

const fingerprintOf = (text: string) => testContext().fingerprint(new Secret(text));

async function credentials(...resources: object[]) {
  return kinds(await read(stateOf(...resources)), 'credential');
}

describe('terraform scanner on a state', () => {
  it('knows an AWS key by its secret too, and whose it is in which account', async () => {
    const rows = await credentials(
      resource('aws_iam_user', { name: 'ci', arn: `arn:aws:iam::${ACCOUNT}:user/path/ci` }),
      resource('aws_iam_access_key', { id: KEY, user: 'ci', secret: PASSWORD, create_date: '2024-01-01T00:00:00Z' }),
    );

    assert.equal(rows.length, 1);
    const [row] = rows;
    assert.deepEqual(
      [row?.id, row?.identity, row?.fingerprint, row?.createdAt],
      [`aws:access-key/${KEY}`, `aws:${ACCOUNT}:user/ci`, fingerprintOf(PASSWORD), '2024-01-01T00:00:00.000Z'],
    );
    assert.doesNotMatch(JSON.stringify(rows), new RegExp(PASSWORD));
  });

  it('reads a state as terraform shows it, and nothing of what a plan is about to make', async () => {
    const resources = [
      {
        address: 'aws_iam_access_key.it',
        mode: 'managed',
        type: 'aws_iam_access_key',
        name: 'it',
        values: { id: KEY, user: 'ci', secret: PASSWORD },
      },
    ];
    const shown = await read({
      'infra/state.json': JSON.stringify({
        format_version: '1.0',
        terraform_version: '1.9.0',
        values: { root_module: { resources } },
      }),
    });
    const planned = await read({
      'infra/plan.json': JSON.stringify({
        format_version: '1.2',
        terraform_version: '1.9.0',
        planned_values: { root_module: { resources } },
      }),
    });

    assert.equal(kinds(shown, 'credential')[0]?.fingerprint, fingerprintOf(PASSWORD));
    assert.equal(kinds(planned, 'credential')[0]?.fingerprint, undefined);
  });

  it('takes the account from the key where the user stands elsewhere', async () => {
    const rows = await credentials(resource('aws_iam_access_key', { id: KEY, user: 'ci', secret: PASSWORD }));

    assert.ok(rows.some((one) => one.identity === `aws:${ACCOUNT}:user/ci`));
  });

  it('does not guess between users of one name in two accounts', async () => {
    const user = (account: string) => resource('aws_iam_user', { name: 'ci', arn: `arn:aws:iam::${account}:user/ci` });
    const old = ['AK', 'IAI', 'OSFODNN7EXAMPL2'].join('');
    const rows = await credentials(
      user(ACCOUNT),
      user('999988887777'),
      resource('aws_iam_access_key', { id: old, user: 'ci', secret: PASSWORD }),
    );

    assert.ok(rows.every((one) => one.identity === 'aws:-:user/ci'));
  });

  it('reads keys for single services with their end', async () => {
    const [row] = await credentials(
      resource('aws_iam_service_specific_credential', {
        user_name: 'bot',
        service_name: 'bedrock.amazonaws.com',
        service_specific_credential_id: 'ACCAEXAMPLE123',
        service_password: PASSWORD,
        expiration_date: '2026-12-31T00:00:00Z',
        status: 'Active',
      }),
    );

    assert.deepEqual(
      [row?.id, row?.expiresAt, row?.detail?.service],
      ['aws:service-specific-credential/ACCAEXAMPLE123', '2026-12-31T00:00:00.000Z', 'bedrock.amazonaws.com'],
    );
  });

  it('leads a client secret to the client id of its application, in lower case', async () => {
    const secret = resource('azuread_application_password', {
      application_id: `/applications/${OBJECT}`,
      key_id: 'bbbbbbbb-1111-4222-8333-444455556666',
      start_date: '2025-01-01T00:00:00Z',
      end_date: '2027-01-01T00:00:00Z',
      value: PASSWORD,
    });
    const observations = await read(
      stateOf(resource('azuread_application', { client_id: APP, object_id: OBJECT, display_name: 'billing' }), secret),
    );

    const id = `entra:-:app/${APP.toLowerCase()}`;
    const [row] = kinds(observations, 'credential');
    assert.deepEqual(
      [row?.id, row?.identity, row?.expiresAt],
      ['entra:client-secret/bbbbbbbb-1111-4222-8333-444455556666', id, '2027-01-01T00:00:00.000Z'],
    );
    assert.ok(kinds(observations, 'identity').some((one) => one.id === id));
    const [alone] = await credentials(secret);
    assert.equal(alone?.identity, `entra:-:object/${OBJECT}`);
  });

  it('tells an Okta client with its secret, and a password of a database role', async () => {
    const observations = await read(
      stateOf(
        resource('okta_app_oauth', { client_id: '0oa1b2c3d4e5', label: 'loader', type: 'service', client_secret: PASSWORD }),
        resource('postgresql_role', { name: 'etl', login: true, password: `${PASSWORD}2`, valid_until: 'infinity' }),
        resource('postgresql_role', { name: 'reader', login: true, password: '' }),
      ),
    );

    assert.deepEqual(
      kinds(observations, 'credential').map((one) => [one.identity, one.fingerprint, one.neverExpires]),
      [
        ['okta:-:app/0oa1b2c3d4e5', fingerprintOf(PASSWORD), true],
        ['postgres:-:role/etl', fingerprintOf(`${PASSWORD}2`), true],
      ],
    );
    assert.ok(kinds(observations, 'identity').some((one) => one.id === 'okta:-:app/0oa1b2c3d4e5'));
  });

  it('tells of both roles that have one password', async () => {
    const roles = ['etl', 'reader'].map((name) => resource('postgresql_role', { name, login: true, password: PASSWORD }));

    const rows = await credentials(...roles);

    assert.deepEqual(rows.map((one) => [one.identity, one.fingerprint]).sort(), [
      ['postgres:-:role/etl', fingerprintOf(PASSWORD)],
      ['postgres:-:role/reader', fingerprintOf(PASSWORD)],
    ]);
  });

  it('joins a deploy key to the repository that the same state has, and knows it by its public half', async () => {
    const key = resource('github_repository_deploy_key', {
      id: 'shop:12345',
      repository: 'shop',
      title: 'ci',
      key: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIE ci',
    });
    const [joined] = await credentials(resource('github_repository', { name: 'shop', full_name: 'Harbour/shop' }), key);
    const [alone] = await credentials(key);

    assert.equal(joined?.identity, 'github:harbour/shop:deploy-key/12345');
    assert.match(String(joined?.id), /^ssh:key\/SHA256:[A-Za-z0-9+/]{43}$/);
    assert.match(String(alone?.identity), /^github:-:deploy-key\/.*#github_repository_deploy_key\.it$/);
  });

  it('tells nothing of secrets that a state does not hold', async () => {
    const rows = await credentials(
      resource('aws_iam_access_key', { user: 'ci', pgp_key: 'keybase:x', encrypted_secret: 'x' }),
      resource('azuread_application_password', {}),
      resource('okta_app_oauth', { label: 'x' }),
      resource('github_repository_deploy_key', { key: 'not a key' }),
      resource('postgresql_role', {}),
    );

    assert.deepEqual(rows, []);
  });
});
