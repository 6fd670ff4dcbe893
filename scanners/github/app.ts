import { createPrivateKey, createSign } from 'node:crypto';
import { ConfigError } from '../../src/util/errors.ts';
import { Secret } from '../../src/util/secret.ts';

/** Longest life that GitHub lets a signed request have is ten minutes; a minute of it for clocks that differ. */
const LIFE_SECONDS = 9 * 60;
const EARLIER_SECONDS = 60;

/**
 * The request of an app, signed with its key. `now` in milliseconds, by GitHub's clock where that is known.
 * https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-json-web-token-jwt-for-a-github-app
 */
export function signAppRequest(appId: string, key: Secret, now: number): Secret {
  const seconds = Math.floor(now / 1000);
  const claims = { iat: seconds - EARLIER_SECONDS, exp: seconds + LIFE_SECONDS, iss: appId };
  const encoded = [{ alg: 'RS256', typ: 'JWT' }, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'));
  const signed = encoded.join('.');
  return new Secret(`${signed}.${createSign('RSA-SHA256').update(signed).sign(key.reveal()).toString('base64url')}`);
}

/** Some secret stores keep the PEM text on one line. Throws where it is no key of an app, without quoting it. */
export function readAppKey(text: string): Secret {
  const pem = text.includes('\n') ? text : text.replaceAll('\\n', '\n');
  let type: string | undefined;
  try {
    type = createPrivateKey(pem).asymmetricKeyType;
  } catch {
    // The reason would quote the key.
  }
  if (type === 'rsa') return new Secret(pem);
  throw new ConfigError('GITHUB_APP_PRIVATE_KEY holds no private key that can be read', {
    code: 'GITHUB_APP_KEY',
    hint: 'Give the PEM text that GitHub let you download: GITHUB_APP_PRIVATE_KEY="$(cat app.private-key.pem)".',
  });
}
