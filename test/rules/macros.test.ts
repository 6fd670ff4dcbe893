import assert from 'node:assert/strict';
import { BlockList } from 'node:net';
import fc from 'fast-check';
import type { Store } from '../../src/store/index.ts';
import { passingStore } from '../src/correlate/run-store.ts';

describe('words and steps of the checks', () => {
  let store: Store;
  before(async () => {
    store = await passingStore([]);
  });
  after(() => store.close());

  /** The value of an SQL expression over the macros of the store. */
  async function sqlValue(expression: string, bound: { readonly [name: string]: string } = {}): Promise<unknown> {
    return (await store.rows(`SELECT ${expression} AS value`, bound))[0]?.value;
  }

  for (const [detector, words] of [
    ['slack-webhook', 'Slack webhook'],
    ['telegram-bot-token', 'Telegram bot token'],
    ['stripe-live-key', 'Stripe live key'],
    ['aws-access-key', 'AWS access key'],
    ['github-pat', 'GitHub PAT'],
    ['crates-io-token', 'Crates.io token'],
    ['npm-access-token', 'npm access token'],
    ['generic-password', 'Password'],
    ['ci-plaintext-value', 'Password'],
    ['secretlint/secretlint-rule-x', 'Example password'],
  ] as const) {
    it(`calls what ${detector} finds ${words}`, async () => {
      const value = await sqlValue(`credential_kind('example', 'password', $detector)`, { detector });

      assert.equal(value, words);
    });
  }

  for (const [id, words] of [
    ["'aws:219484930172:user/ci'", ' of aws:219484930172:user/ci'],
    ["'aws:219484930172:access-key/AKIAEXAMPLE'", ' of AWS account 219484930172'],
    ['NULL', ''],
  ] as const) {
    it(`tells whose a credential of ${id} is in one form: "${words}"`, async () => {
      assert.equal(await sqlValue(`of_identity(${id})`), words);
    });
  }

  it('tells whether an address lies in a range, as node does', async () => {
    const octets = fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 4, maxLength: 4 });
    const four = octets.map((parts) => parts.join('.'));
    const six = fc.ipV6();
    const pair = fc.oneof(
      fc.tuple(four, four, fc.integer({ min: 1, max: 32 }), fc.constant('ipv4' as const)),
      fc.tuple(six, six, fc.integer({ min: 1, max: 128 }), fc.constant('ipv6' as const)),
    );
    const cases = fc.sample(fc.tuple(pair, fc.boolean()), 200).map(([[first, other, bits, family], isSame]) => {
      const address = isSame ? first : other;
      const list = new BlockList();
      list.addSubnet(first, bits, family);
      return { address, range: `${first}/${bits}`, isIn: list.check(address, family) };
    });
    const told = cases.map(({ address, range }) => `('${address}', '${range}')`).join(', ');

    const rows = await store.rows(`SELECT is_within(address, range) AS value FROM (VALUES ${told}) AS t(address, range)`);

    for (const [index, { address, range, isIn }] of cases.entries()) {
      assert.equal(rows[index]?.value, isIn, `${address} in ${range}`);
    }
    for (const [address, range, isIn] of [
      ['10.0.0.5', '10.0.0.0/24', true],
      ['10.0.1.5', '10.0.0.0/24', false],
      ['::ffff:10.0.0.5', '10.0.0.0/24', true],
      ['2001:db8::5', '2001:db8::/32', true],
      ['2001:DB9::5', '2001:db8::/32', false],
      ['203.0.113.9', '203.0.113.9', true],
      ['300.1.1.1', '10.0.0.0/8', false],
      ['s3.amazonaws.com', '10.0.0.0/8', false],
    ] as const) {
      assert.equal(await sqlValue('is_within($address, $range)', { address, range }), isIn, `${address} in ${range}`);
    }
  });

  for (const path of [
    'testdata/key.pem',
    'pkg/Fixtures/a.json',
    'src/test/java/A.java',
    'tests/a.py',
    'vendor/x/y.go',
    'web/node_modules/p/index.js',
    'src/__tests__/a.ts',
    'pkg/auth_test.go',
    'src/a.spec.ts',
    'a.zip!test/key',
  ]) {
    it(`takes ${path} for test data or vendored code`, async () => {
      assert.equal(await sqlValue('is_test_path($path)', { path }), true);
    });
  }

  for (const [path, kind] of [
    ['vendor/x/y.go', 'vendored code'],
    ['tests/a.py', 'test data'],
    ['web/package-lock.json', 'a lock file'],
    ['go.sum', 'a lock file'],
    ['static/jquery.min.js', 'built code'],
    ['app.js.map', 'built code'],
    ['docs/setup.html', 'documentation'],
    ['README.md', 'documentation'],
    ['.env.example', 'documentation'],
    ['config/database.yml.dist', 'documentation'],
    ['examples/a.py', 'documentation'],
    ['src/docstore/a.py', null],
    ['deploy/readme.sh', null],
    ['.env', null],
    ['src/lock.py', null],
    ['src/example.py', null],
  ] as const) {
    it(`takes ${path} for ${kind ?? 'none of these'}`, async () => {
      assert.equal(await sqlValue('path_kind($path)', { path }), kind);
    });
  }

  for (const path of ['src/contest/a.ts', 'latest/deploy.sh', 'vendors.sh', 'attest.go', 'prod.env', 'src/testing.py']) {
    it(`does not take ${path} for test data`, async () => {
      assert.equal(await sqlValue('is_test_path($path)', { path }), false);
    });
  }

  for (const [path, expected] of [
    ['.env', true],
    ['deploy/.env.production', true],
    ['app/settings.py', true],
    ['k8s/prod/db.yaml', true],
    ['.env.example', false],
    ['tests/.env', false],
    ['src/login.ts', false],
    ['docs/config.yml', false],
    ['reproduction/a.js', false],
  ] as const) {
    it(`${expected ? 'takes' : 'does not take'} ${path} for settings`, async () => {
      assert.equal(await sqlValue('is_settings_path($path)', { path }), expected);
    });
  }

  for (const [credential, identity, id, command] of [
    [
      'aws:access-key/AKIAML1',
      'aws:123456789012:user/ml-batch',
      'AKIAML1',
      'aws iam update-access-key --user-name ml-batch --access-key-id AKIAML1 --status Inactive',
    ],
    [
      'gcp:service-account-key/0a1b',
      'gcp:p:serviceAccount/etl@p.iam.gserviceaccount.com',
      '0a1b',
      'gcloud iam service-accounts keys disable 0a1b --iam-account=etl@p.iam.gserviceaccount.com',
    ],
    ['hoop:api-key/k1', 'hoop:-:api-key/nightly', 'k1', 'Revoke the API key nightly in the gateway.'],
    ['aws:access-key/AKIAML1', 'aws:123456789012:root', 'AKIAML1', 'Sign in as root and deactivate the key AKIAML1'],
  ] as const) {
    it(`deactivates ${credential} of ${identity} in the words of its provider`, async () => {
      const value = await sqlValue('deactivate_step($credential, $identity, $id)', { credential, identity, id });

      assert.ok(String(value).includes(command), String(value));
    });
  }

  it('knows no command for another provider', async () => {
    const bound = { credential: 'okta:token/t1', identity: 'okta:org:app/x', id: 't1' };

    assert.equal(await sqlValue('deactivate_step($credential, $identity, $id)', bound), null);
  });

  it('never puts a name that a shell would read into a command', async () => {
    const hostile = fc.string({ minLength: 1, maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(hostile, hostile, async (name, id) => {
        const rows = await store.rows(
          `SELECT unnest([deactivate_step('aws:access-key/x', $identity, $id), delete_step('aws:access-key/x', $identity, $id),
             create_key_step('aws:access-key/x', $identity), owner_step($identity), delete_identity_step($identity)]) AS step`,
          { identity: `aws:1:user/${name}`, id },
        );

        for (const { step } of rows) {
          const command = /`([^`]*)`\.$/.exec(String(step))?.[1];
          if (command === undefined) assert.match(String(step), /temporary/);
          else assert.match(command, /^[A-Za-z0-9@._+=,/ -]+$/);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('numbers the steps that there are', async () => {
    assert.equal(await sqlValue("numbered(['Look.', NULL, 'Act.'])"), '1. Look.\n2. Act.');
  });

  it('ends a deploy key and a token of GitHub with the commands of GitHub', async () => {
    const steps = await sqlValue(
      `[deactivate_step('ssh:key/SHA256:x', 'github:harbour/shop:deploy-key/7', 'SHA256:x'),
        create_key_step('ssh:key/SHA256:x', 'github:harbour/shop:deploy-key/7'),
        deactivate_step('github:token/5', 'github:harbour:token/joonas/abcd1234', '5'),
        delete_identity_step('github:harbour:app-installation/renovate'),
        deactivate_step('ssh:key/SHA256:x', 'github:harbour/shop:deploy-key/DEPLOY_KEY', 'SHA256:x')]`,
    );

    assert.deepEqual(steps, [
      'Remove the key, which GitHub cannot switch off: `gh repo deploy-key delete 7 --repo harbour/shop`.',
      'Make a new pair where it is used, and add its public half: `gh repo deploy-key add KEY.pub --repo harbour/shop --title TITLE`.',
      'Revoke the token; whoever holds it can: `curl -X POST https://api.github.com/credentials/revoke -d \'{"credentials":["TOKEN"]}\'`.',
      'Uninstall the app: https://github.com/organizations/harbour/settings/installations.',
      null,
    ]);
  });
});
