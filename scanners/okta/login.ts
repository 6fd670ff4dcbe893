import { createPrivateKey, type KeyObject, randomUUID, sign } from 'node:crypto';
import type { ScanContext } from '../../src/contracts/index.ts';
import { LiveFailure } from '../../src/live/index.ts';
import { TargetError } from '../../src/util/errors.ts';
import { Secret } from '../../src/util/secret.ts';

/** How the run signs in: a token of a user, or a service app with a key of its own. */
export type Login =
  | { readonly kind: 'token'; readonly token: Secret }
  | { readonly kind: 'service-app'; readonly clientId: string; readonly key: KeyObject; readonly keyId: string | undefined };

type Env = ScanContext['env'];

/** The names of Okta's SDKs (`OKTA_CLIENT_…`) and of its Terraform provider (`OKTA_API_…`) are known too. */
export function loginFrom(env: Env): Login {
  const set = (...names: readonly string[]) =>
    names.map((name) => env[name]).find((value) => value !== undefined && value !== '');
  const clientId = set('OKTA_CLIENT_ID', 'OKTA_CLIENT_CLIENTID', 'OKTA_API_CLIENT_ID');
  const key = set('OKTA_PRIVATE_KEY', 'OKTA_CLIENT_PRIVATEKEY', 'OKTA_API_PRIVATE_KEY');
  if (clientId !== undefined && key !== undefined) {
    const keyId = set('OKTA_PRIVATE_KEY_ID', 'OKTA_CLIENT_KEYID', 'OKTA_API_PRIVATE_KEY_ID');
    const read = privateKey(key);
    return { kind: 'service-app', clientId, key: read.key, keyId: keyId ?? read.kid };
  }
  const token = set('OKTA_API_TOKEN', 'OKTA_CLIENT_TOKEN');
  if (token !== undefined) return { kind: 'token', token: new Secret(token) };
  throw new TargetError('There is no login for Okta', {
    code: 'TARGET_LOGIN',
    hint: 'Set OKTA_CLIENT_ID and OKTA_PRIVATE_KEY of a service app with read scopes, or OKTA_API_TOKEN.',
  });
}

/** PEM, with line ends as they are or as `\n`, or a JSON Web Key. */
function privateKey(text: string): { readonly key: KeyObject; readonly kid: string | undefined } {
  try {
    if (text.trimStart().startsWith('{')) {
      const jwk = JSON.parse(text);
      return { key: createPrivateKey({ key: jwk, format: 'jwk' }), kid: typeof jwk.kid === 'string' ? jwk.kid : undefined };
    }
    return { key: createPrivateKey(text.replaceAll('\\n', '\n')), kid: undefined };
  } catch {
    // The cause would quote what was given.
    throw new TargetError('The private key for Okta cannot be read', {
      code: 'TARGET_LOGIN',
      hint: 'OKTA_PRIVATE_KEY takes the key itself: PEM (PKCS#8 or PKCS#1), or a JWK with its private part.',
    });
  }
}

export interface Authorizer {
  (how: { readonly renew: boolean }): Promise<{ readonly [name: string]: string }>;
  /** Scopes that the app was not granted: calls that need them are refused without being asked. */
  readonly refused: ReadonlySet<string>;
}

export interface Asking {
  readonly baseUrl: string;
  readonly scopes: readonly string[];
  readonly context: Pick<ScanContext, 'signal' | 'contacts' | 'now'>;
}

/** https://developer.okta.com/docs/guides/implement-oauth-for-okta-serviceapp/main/ */
export function authorizer(login: Login, asking: Asking): Authorizer {
  if (login.kind === 'token') {
    const authorize = async () => ({ authorization: `SSWS ${login.token.reveal()}` });
    return Object.assign(authorize, { refused: new Set<string>() });
  }
  const refused = new Set<string>();
  let current: Promise<Secret> | undefined;
  async function authorize({ renew }: { readonly renew: boolean }): Promise<{ readonly [name: string]: string }> {
    if (renew) current = undefined;
    current ??= accessToken(login as Extract<Login, { kind: 'service-app' }>, asking, refused);
    try {
      return { authorization: `Bearer ${(await current).reveal()}` };
    } catch (error) {
      current = undefined;
      throw error;
    }
  }
  return Object.assign(authorize, { refused });
}

/** One scope that was not granted and Okta refuses all: then each is tried, and the rest asked for together. */
async function accessToken(
  login: Extract<Login, { kind: 'service-app' }>,
  asking: Asking,
  refused: Set<string>,
): Promise<Secret> {
  const wanted = asking.scopes.filter((scope) => !refused.has(scope));
  const all = await requestToken(login, asking, wanted);
  if (typeof all !== 'string') return all;
  const granted: string[] = [];
  for (const scope of wanted) {
    if (typeof (await requestToken(login, asking, [scope])) === 'string') refused.add(scope);
    else granted.push(scope);
  }
  if (granted.length === 0) {
    throw new LiveFailure(
      `the service app was granted none of the scopes that reading needs: grant it ${asking.scopes.join(', ')}`,
      {
        kind: 'denied',
        fatal: true,
      },
    );
  }
  const token = await requestToken(login, asking, granted);
  if (typeof token !== 'string') return token;
  throw new LiveFailure('Okta grants scopes one by one and not together: scan again', { kind: 'failed', fatal: true });
}

/** A token, or `invalid_scope`. */
async function requestToken(
  login: Extract<Login, { kind: 'service-app' }>,
  { baseUrl, context }: Asking,
  scopes: readonly string[],
): Promise<Secret | 'invalid_scope'> {
  const url = new URL('/oauth2/v1/token', baseUrl);
  context.contacts(url.host);
  let response: Response;
  let body: { readonly [name: string]: unknown };
  try {
    response = await fetch(url, {
      method: 'POST',
      redirect: 'error',
      signal: AbortSignal.any([context.signal, AbortSignal.timeout(30_000)]),
      headers: { accept: 'application/json', 'user-agent': 'nhi-audit' },
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        scope: scopes.join(' '),
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: assertion(login, url.href),
      }),
    });
    const parsed: unknown = JSON.parse(await response.text());
    body = typeof parsed === 'object' && parsed !== null ? { ...parsed } : {};
  } catch (error) {
    context.signal.throwIfAborted();
    throw new LiveFailure(`Okta's token service gave no answer that can be read: check the host and the network`, {
      kind: 'unreachable',
      cause: error,
    });
  }
  if (response.ok && typeof body.access_token === 'string') return new Secret(body.access_token);
  if (body.error === 'invalid_scope') return 'invalid_scope';
  const said = typeof body.error === 'string' && /^[a-z_]{1,40}$/.test(body.error) ? body.error : `HTTP ${response.status}`;
  throw new LiveFailure(`Okta does not accept the service app (${said}): ${adviceFor(said)}`, {
    kind: 'expired',
    status: response.status,
  });
}

function adviceFor(error: string): string {
  if (error === 'invalid_dpop_proof' || error === 'use_dpop_nonce')
    return 'switch "Require Demonstrating Proof of Possession" off for it, which is not spoken here';
  if (error === 'invalid_client') return 'check OKTA_CLIENT_ID, that the public key is registered, and the clock of this machine';
  return 'check that it is active and may use client credentials';
}

/** RFC 7523. Ten minutes, from the clock of the moment: a run may be longer than one. */
function assertion(login: Extract<Login, { kind: 'service-app' }>, audience: string): string {
  const { key, clientId, keyId } = login;
  const isCurve = key.asymmetricKeyType === 'ec';
  const alg = isCurve ? (key.asymmetricKeyDetails?.namedCurve === 'secp384r1' ? 'ES384' : 'ES256') : 'RS256';
  const now = Math.floor(Date.now() / 1000);
  const header = { alg, typ: 'JWT', ...(keyId === undefined ? {} : { kid: keyId }) };
  const claims = { iss: clientId, sub: clientId, aud: audience, iat: now, exp: now + 600, jti: randomUUID() };
  const unsigned = `${encode(header)}.${encode(claims)}`;
  const signature = sign(alg === 'ES384' ? 'sha384' : 'sha256', Buffer.from(unsigned), {
    key,
    ...(isCurve ? { dsaEncoding: 'ieee-p1363' } : {}),
  });
  return `${unsigned}.${signature.toString('base64url')}`;
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
