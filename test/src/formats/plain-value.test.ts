import assert from 'node:assert/strict';
import { isKnownPassword, looksSecret, secretKind } from '../../../src/formats/plain-value.ts';

describe('plain values: names', () => {
  const names: readonly (readonly [string, string | undefined])[] = [
    ['DB_PASSWORD', 'password'],
    ['MYSQL_PASS', 'password'],
    ['spring.datasource.password', 'password'],
    ['dbPassword', 'password'],
    ['DBPassword', 'password'],
    ['npmToken', 'token'],
    ['GH_PAT', 'token'],
    ['STRIPE_APIKEY', 'api-key'],
    ['myAPIKey', 'api-key'],
    ['oauth2Secret', 'secret'],
    ['SECRET_KEY_BASE', 'secret'],
    ['REGISTRY_TOKEN_2', 'token'],
    ['AWS_SECRET_ACCESS_KEY', 'secret'],
    // Near misses: what is said about a secret, what browsers load, parts of words, what names no secret.
    ['ALLOW_EMPTY_PASSWORD', undefined],
    ['randomRootPassword', undefined],
    ['VITE_API_KEY', undefined],
    ['COMPASS', undefined],
    ['regexpat', undefined],
    ['PASSWORD_FILE', undefined],
    ['PUBLIC_KEY', undefined],
    ['TOKENIZER', undefined],
  ];
  for (const [name, kind] of names) {
    it(`takes ${name} for ${kind ?? 'no secret'}`, () => {
      assert.equal(secretKind(name), kind);
    });
  }
});

describe('plain values: values', () => {
  const secrets = ['harbour-Crane-7', 'kT9-vb2Qx', 'aB$cD9xx!', 'q7!passage', 'left#right9', 'postgres://app:k7vQ2x@db/shop'];
  for (const value of secrets) {
    it(`takes ${value} for a secret`, () => {
      assert.ok(looksSecret(value));
    });
  }

  const others = [
    'short7!',
    'changeme-now-1',
    'xxxxxxxxxxxx',
    'password123',
    'my-password1',
    '/run/secrets/db1',
    'C:\\keys\\db1.pem',
    'https://vault.example/v1/db',
    'arn:aws:secretsmanager:eu-west-1:1:secret:db',
    'projects/p/secrets/db/versions/1',
    'op://vault/db/password1',
    'kv/data/shop#password1',
    // Filled in later.
    '$DB_PASSWORD1',
    'prefix-$DB_PASSWORD',
    'prefix1-$(cat pw)',
    'p1-\u0024{DB_PASSWORD}',
    '<<parameters.token1>>',
    '{{vault_db_password1}}',
    '!GetAtt',
    "lookup('env','DB1')",
    // Versions, switches, names.
    '1.22.333.4444',
    'disabled',
    'aaaaaaaaaaaa1',
  ];
  for (const value of others) {
    it(`leaves ${value} alone`, () => {
      assert.equal(looksSecret(value), false);
    });
  }

  it('knows passwords that everybody tries first, under names of secrets', () => {
    assert.equal(isKnownPassword('POSTGRES_PASSWORD', 'postgres'), true);
    assert.equal(isKnownPassword('POSTGRES_USER', 'postgres'), false);
    assert.equal(isKnownPassword('POSTGRES_PASSWORD', 'kT9-vb2Qx'), false);
  });
});
