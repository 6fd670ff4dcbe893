import assert from 'node:assert/strict';
import { createEngine, type Engine } from '../../../src/detect/engine.ts';
import { expandExample } from '../../../src/detect/examples.ts';
import { loadPack } from '../../../src/detect/load.ts';
import { fingerprint } from '../../../src/util/fingerprint.ts';

const KEY = 'multi-part';

/** A vendor's credential of two parts: its detector, the form of its public part, of its secret, and how it is written. */
const PARTS: readonly (readonly [detector: string, id: string, secret: string, write: (id: string, secret: string) => string])[] =
  [
    ['aws-access-key', '{{awskey:AKIA}}', '{{base64:38}}a1', (id, s) => `aws_access_key_id=${id}\naws_secret_access_key=${s}\n`],
    ['gcp-hmac-key', '{{join:GO:OG1E}}{{base32:55}}2', '{{base64:38}}a1', (id, s) => `access_key = ${id}\nsecret = ${s}\n`],
    [
      'google-oauth-client-secret',
      '{{digits:12}}-{{lowernum:32}}.apps.googleusercontent.com',
      '{{join:GOC:SPX-}}{{base64url:28}}',
      (id, s) => JSON.stringify({ web: { client_id: id, project_id: 'harbour', client_secret: s } }),
    ],
    [
      'google-oauth-client-secret-legacy',
      '{{digits:12}}-{{lowernum:32}}.apps.googleusercontent.com',
      '{{alnum:22}}A1',
      (id, s) => `GOOGLE_CLIENT_ID=${id}\nGOOGLE_CLIENT_SECRET=${s}\n`,
    ],
    ['auth0-client-secret', '{{alnum:32}}', '{{alnum:64}}', (id, s) => `AUTH0_CLIENT_ID=${id}\nAUTH0_CLIENT_SECRET=${s}\n`],
    [
      'okta-client-secret',
      '{{join:0:oa}}{{alnum:17}}',
      '{{alnum:40}}',
      (id, s) => `okta:\n  client_id: ${id}\n  okta_secret: ${s}\n`,
    ],
    [
      'twilio-auth-token',
      '{{join:A:C}}{{hex:32}}',
      '{{hex:32}}',
      (id, s) => `TWILIO_ACCOUNT_SID=${id}\nTWILIO_AUTH_TOKEN=${s}\n`,
    ],
    ['twilio-api-key', '{{join:S:K}}{{hex:32}}', '{{alnum:30}}a1', (id, s) => `TWILIO_API_KEY=${id}\nTWILIO_API_SECRET=${s}\n`],
    ['mailjet-secret-key', '{{hex:32}}', '{{hex:31}}f', (id, s) => `MAILJET_PUBLIC_KEY=${id}\nMAILJET_PRIVATE_KEY=${s}\n`],
    ['twitter-api-secret', '{{alnum:25}}', '{{alnum:50}}', (id, s) => `TWITTER_API_KEY=${id}\nTWITTER_API_SECRET=${s}\n`],
    [
      'langfuse-secret-key',
      'pk-lf-{{uuid}}',
      '{{join:sk:-lf-}}{{uuid}}',
      (id, s) => `LANGFUSE_PUBLIC_KEY=${id}\nLANGFUSE_SECRET_KEY=${s}\n`,
    ],
    [
      'modal-token',
      '{{join:a:k-}}{{alnum:22}}',
      '{{join:a:s-}}{{alnum:22}}',
      (id, s) => `token_id = "${id}"\ntoken_secret = "${s}"\n`,
    ],
    [
      'alibaba-access-key-id',
      '{{join:LT:AI}}{{alnum:20}}',
      '{{alnum:28}}a1',
      (id, s) => `accessKeyId: ${id}\naccessKeySecret: ${s}\n`,
    ],
    ['tencent-secret-id', '{{join:AK:ID}}{{alnum:32}}', '{{alnum:30}}a1', (id, s) => `secretId: ${id}\nsecretKey: ${s}\n`],
    ['scaleway-access-key', '{{join:SC:W}}{{uppernum:17}}', '{{uuid}}', (id, s) => `SCW_ACCESS_KEY=${id}\nSCW_SECRET_KEY=${s}\n`],
    [
      'digitalocean-spaces-key',
      '{{join:DO:00}}{{uppernum:16}}',
      '{{base64:43}}',
      (id, s) => `access_id=${id}\nsecret_key=${s}\n`,
    ],
    [
      'github-app-client-secret',
      'Iv1.{{hex:16}}',
      '{{hex:40}}',
      (id, s) => `GITHUB_CLIENT_ID=${id}\nGITHUB_CLIENT_SECRET=${s}\n`,
    ],
    ['bitwarden-client-secret', 'user.{{uuid}}', '{{alnum:30}}', (id, s) => `BW_CLIENTID=${id}\nBW_CLIENTSECRET=${s}\n`],
    [
      'amazon-lwa-client-secret',
      'amzn1.application-oa2-client.{{hex:32}}',
      '{{join:am:zn1.oa2-cs.v1.}}{{hex:64}}',
      (id, s) => `client_id=${id}\nclient_secret=${s}\n`,
    ],
  ];

describe('credentials of two parts', () => {
  let engine: Engine;
  before(async () => {
    engine = createEngine({ pack: await loadPack(), fingerprintKey: KEY, secretlint: false });
  });

  for (const [detector, id, secret, write] of PARTS) {
    it(`of ${detector} are one finding, named by the public part`, () => {
      for (const seed of ['a', 'b', 'c', 'd']) {
        const publicId = expandExample(id, `${detector}/${seed}/id`).text;
        const value = expandExample(secret, `${detector}/${seed}/secret`).text;

        const matches = engine.detect(write(publicId, value), { specificOnly: true });

        assert.deepEqual(
          matches.map((match) => [match.detector, match.publicId, match.fingerprint]),
          [[detector, publicId, fingerprint(value, KEY)]],
          seed,
        );
      }
    });

    it(`of ${detector} keep to their own part where several stand below each other`, () => {
      const parts = ['x', 'y', 'z'].map((seed) => ({
        publicId: expandExample(id, `${detector}/${seed}/id`).text,
        value: expandExample(secret, `${detector}/${seed}/secret`).text,
      }));
      const text = parts.map(({ publicId, value }) => `${write(publicId, value)}\n\n`).join('');

      const matches = engine.detect(text, { specificOnly: true });

      assert.deepEqual(
        matches.map((match) => [match.publicId, match.fingerprint]),
        parts.map(({ publicId, value }) => [publicId, fingerprint(value, KEY)]),
      );
    });
  }

  it('of Azure name the application and its tenant', () => {
    const text = expandExample(
      'AZURE_TENANT_ID=0f1e2d3c-4b5a-4978-8695-a4b3c2d1e0f9\nAZURE_CLIENT_ID=1f1e2d3c-4b5a-4978-8695-a4b3c2d1e0f9\nAZURE_CLIENT_SECRET={{alnum:3}}8Q~{{!base64url:34}}\n',
      'azure',
    ).text;

    const matches = engine.detect(text, { specificOnly: true });

    assert.deepEqual(
      matches.map((match) => [match.detector, match.identity]),
      [['azure-client-secret', 'entra:0f1e2d3c-4b5a-4978-8695-a4b3c2d1e0f9:app/1f1e2d3c-4b5a-4978-8695-a4b3c2d1e0f9']],
    );
  });

  it('of Kaggle name the user', () => {
    const text = expandExample('{"username":"harbourdata","key":"{{hex:32}}"}', 'kaggle').text;

    const matches = engine.detect(text, { specificOnly: true });

    assert.deepEqual(
      matches.map((match) => [match.detector, match.identity]),
      [['kaggle-api-key', 'kaggle:-:user/harbourdata']],
    );
  });

  it('of Stripe tell the account', () => {
    const text = expandExample('STRIPE_KEY={{join:sk_:live_}}51HarbourCoffe123{{alnum:82}}', 'stripe').text;

    const matches = engine.detect(text, { specificOnly: true });

    assert.deepEqual(
      matches.map((match) => match.identity),
      ['stripe:-:account/acct_1HarbourCoffe123'],
    );
  });
});
