import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync, X509Certificate } from 'node:crypto';
import type { Match } from '../../../src/contracts/index.ts';
import { createEngine, type Engine } from '../../../src/detect/engine.ts';
import { expandExample } from '../../../src/detect/examples.ts';
import { loadPack } from '../../../src/detect/load.ts';
import { fingerprint } from '../../../src/util/fingerprint.ts';
import { certificatePair } from '../../helpers/certificate.ts';

const KEY = 'test key';

function make(text: string): string {
  return expandExample(text, 'derive').text;
}

function jwt(payload: object): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return [part({ alg: 'RS256', typ: 'JWT' }), part(payload), 'c2lnbmF0dXJlLW9mLXRoaXMtdG9rZW4tYW5kLW1vcmUtb2YtaXQ'].join('.');
}

describe('what a credential tells of itself', () => {
  let engine: Engine;
  before(async () => {
    engine = createEngine({ pack: await loadPack(), fingerprintKey: KEY });
  });
  const first = (text: string): Match | undefined => engine.detect(text)[0];

  it('is the end of a GitHub token and the hash that the audit log has, in our key', () => {
    const token = make('{{ghcrc:ghp_}}');
    const hash = createHash('sha256').update(token).digest('base64');

    assert.deepEqual(first(`token: ${token}`)?.detail, { lastEight: token.slice(-8), hashedToken: fingerprint(hash, KEY) });
  });

  it('is the beginning of an Entra secret, as the portal shows it', () => {
    const secret = make('{{join:aB1:8Q~}}{{alnum:34}}');

    assert.deepEqual(first(`AZURE_CLIENT_SECRET=${secret}`)?.detail, { hint: 'aB1' });
  });

  it('is the beginning of a key of the gateway, as its inventory shows it', () => {
    const key = make('{{join:hp:k_}}{{base64url:43}}');

    assert.deepEqual(first(`HOOP_TOKEN=${key}`)?.detail, { hint: key.slice(0, 8) });
  });

  it('is the number of the workspace of a Slack token', () => {
    const token = make('{{join:xo:xb-}}{{digits:12}}-{{digits:13}}-{{alnum:24}}');

    assert.deepEqual(first(`SLACK_BOT_TOKEN=${token}`)?.detail, { team: token.split('-')[1] });
  });

  it('is issuer, audience and end of a JWT', () => {
    const token = jwt({ iss: 'https://acme.okta.com', sub: 'x', cid: '0oa1', aud: ['api://default'], exp: 1_780_000_000 });

    const match = first(`TOKEN=${token}`);

    assert.equal(match?.identity, 'okta:acme.okta.com:app/0oa1');
    assert.deepEqual(match?.detail, {
      issuer: 'https://acme.okta.com',
      audience: 'api://default',
      expiresAt: '2026-05-28T20:26:40.000Z',
    });
  });

  it('is no time where the claim is none', () => {
    const token = jwt({ iss: 'https://acme.okta.com', sub: 'x', exp: 1e300 });

    assert.deepEqual(first(`TOKEN=${token}`)?.detail, { issuer: 'https://acme.okta.com' });
  });

  it('is nothing for what has a form without parts', () => {
    assert.equal(first(`NPM_TOKEN=${make('{{ghcrc:npm_}}')}`)?.detail, undefined);
  });

  describe('of a private key with its certificate', () => {
    const pair = certificatePair('spiffe://acme.org/ns/shop/sa/api');

    it('is its thumbprints, its end and the workload that it names', () => {
      const match = first(`${pair.certificate}${pair.key}`);

      const certificate = new X509Certificate(pair.certificate);
      assert.equal(match?.detail?.thumbprint, certificate.fingerprint.replaceAll(':', '').toLowerCase());
      assert.equal(match?.detail?.thumbprint256, certificate.fingerprint256.replaceAll(':', '').toLowerCase());
      assert.equal(match?.detail?.spiffe, 'spiffe://acme.org/ns/shop/sa/api');
      assert.equal(match?.detail?.expiresAt, new Date(certificate.validTo).toISOString());
      assert.equal(match?.identity, 'spiffe:acme.org:ns/shop/sa/api');
    });

    it('is the same where both stand in one line with escapes', () => {
      const text = JSON.stringify({ key: pair.key, certificate: pair.certificate });

      assert.equal(first(text)?.detail?.spiffe, 'spiffe://acme.org/ns/shop/sa/api');
    });

    it('is nothing where the certificate beside it is of another key', () => {
      const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
      const other = privateKey.export({ type: 'pkcs8', format: 'pem' });

      const match = first(`${pair.certificate}${other}`);

      assert.ok(match?.publicId?.startsWith('SHA256:'));
      assert.equal(match?.detail, undefined);
    });

    it('leaves the key the credential it was', () => {
      const alone = first(pair.key);
      const together = first(`${pair.certificate}${pair.key}`);

      assert.deepEqual([together?.credential, together?.fingerprint], [alone?.credential, alone?.fingerprint]);
    });
  });
});
