import assert from 'node:assert/strict';
import { generateKeyPairSync, verify } from 'node:crypto';
import { fillIn, parseAddress } from '../../../scanners/github/address.ts';
import { readAppKey, signAppRequest } from '../../../scanners/github/app.ts';
import { listCalls } from '../../../scanners/github/calls.ts';
import { ENDPOINTS, endpointOf } from '../../../scanners/github/endpoints.ts';
import { isApp, readLogin } from '../../../scanners/github/login.ts';
import type { ServiceTarget } from '../../../src/contracts/index.ts';

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const PEM = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

describe('github targets and logins', () => {
  it('reads what a person may write as an address', () => {
    assert.deepEqual(
      ['harbour', 'harbour/', 'harbour/shop', 'https://github.com/harbour/shop.git', 'harbour/my.repo'].map(parseAddress),
      [
        { org: 'harbour' },
        { org: 'harbour' },
        { org: 'harbour', repository: 'harbour/shop' },
        { org: 'harbour', repository: 'harbour/shop' },
        { org: 'harbour', repository: 'harbour/my.repo' },
      ],
    );
    for (const text of ['', '-x', 'a/b/c', 'a b', '../x']) assert.throws(() => parseAddress(text), /names no organisation/, text);
  });

  it('fills names into a path, and lets none of them lead elsewhere', () => {
    const path = fillIn(endpointOf('environment-secrets'), { org: 'o', repository: 'o/r', environment: '../../orgs/x?a=b' });

    assert.equal(path, '/repos/o/r/environments/..%2F..%2Forgs%2Fx%3Fa%3Db/secrets');
  });

  it('takes the token and the host as the tools of GitHub do', () => {
    const told = (env: { [name: string]: string }) => {
      const login = readLogin(env);
      const token = login.with !== undefined && !isApp(login.with) ? login.with.token.reveal() : undefined;
      return [login.baseUrl, login.host, token];
    };

    assert.deepEqual(
      [
        told({ GITHUB_TOKEN: 'a', GH_TOKEN: 'b' }),
        told({ GH_TOKEN: ' b\n' }),
        told({ GH_HOST: 'github.com', GH_TOKEN: 'b' }),
        told({ GH_HOST: 'git.acme.example', GH_ENTERPRISE_TOKEN: 'c', GITHUB_TOKEN: 'a' }),
        told({ GH_HOST: 'acme.ghe.com', GITHUB_TOKEN: 'a' }),
        told({ GITHUB_API_URL: 'https://git.acme.example/api/v3/' }),
        told({ GH_ENTERPRISE_TOKEN: 'c' }),
      ],
      [
        ['https://api.github.com', 'api.github.com', 'a'],
        ['https://api.github.com', 'api.github.com', 'b'],
        ['https://api.github.com', 'api.github.com', 'b'],
        ['https://git.acme.example/api/v3', 'git.acme.example', 'c'],
        ['https://api.acme.ghe.com', 'api.acme.ghe.com', 'a'],
        ['https://git.acme.example/api/v3', 'git.acme.example', undefined],
        ['https://api.github.com', 'api.github.com', undefined],
      ],
    );
  });

  it('takes half of an app for a mistake', () => {
    assert.throws(() => readLogin({ GITHUB_APP_ID: '7', GITHUB_TOKEN: 'a' }), /both GITHUB_APP_ID and GITHUB_APP_PRIVATE_KEY/);
  });

  it('refuses an address that holds a login', () => {
    assert.throws(() => readLogin({ GITHUB_API_URL: 'https://me:pw@git.acme.example/api/v3' }), /holds a login/);
  });

  it('signs the request of an app, with a key on one line too', () => {
    const key = readAppKey(PEM.replaceAll('\n', '\\n'));

    const jwt = signAppRequest('77', key, Date.parse('2026-06-01T00:00:00Z')).reveal();

    const [head = '', claims = '', signature = ''] = jwt.split('.');
    assert.deepEqual(JSON.parse(Buffer.from(head, 'base64url').toString()), { alg: 'RS256', typ: 'JWT' });
    assert.deepEqual(JSON.parse(Buffer.from(claims, 'base64url').toString()), { iat: 1780271940, exp: 1780272540, iss: '77' });
    assert.ok(verify('RSA-SHA256', Buffer.from(`${head}.${claims}`), publicKey, Buffer.from(signature, 'base64url')));
  });

  it('lists every call of a target, and one that writes only for an app', () => {
    const token = listCalls(target('harbour'), { GITHUB_TOKEN: 'a' }).map(({ operation }) => operation);
    const app = listCalls(target('harbour/shop'), { GITHUB_APP_ID: '7', GITHUB_APP_PRIVATE_KEY: PEM });

    assert.ok(token.every((operation) => operation.startsWith('GET /')));
    assert.equal(new Set(token).size, token.length);
    assert.equal(token.length, ENDPOINTS.length - 2);
    assert.deepEqual(
      app.slice(0, 3).map(({ operation }) => operation),
      [
        'GET /repos/{owner}/{repo}/installation',
        'POST /app/installations/{installation_id}/access_tokens',
        'GET /repos/{owner}/{repo}',
      ],
    );
    assert.ok(app.every(({ operation }) => !operation.includes('/orgs/')));
  });
});

function target(address: string): ServiceTarget {
  return { kind: 'service', name: `github:${address}`, scheme: 'github', address };
}
