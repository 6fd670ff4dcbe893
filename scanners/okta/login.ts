import { createPrivateKey, type KeyObject } from 'node:crypto';
import type { ScanContext } from '../../src/contracts/index.ts';
import { bodyOf, type HttpSettings, LiveFailure } from '../../src/live/index.ts';
import { TargetError } from '../../src/util/errors.ts';
import { Secret } from '../../src/util/secret.ts';
import { createProver, type Prover } from './dpop.ts';
import { signedToken } from './jwt.ts';

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

type Authorize = NonNullable<HttpSettings['authorize']>;

/** `refused`: scopes that the app was not granted; calls that need them are refused without being asked. */
export type Authorizer = Authorize & { readonly refused: ReadonlySet<string> };

export interface Asking {
  readonly baseUrl: string;
  readonly scopes: readonly string[];
  readonly context: Pick<ScanContext, 'signal' | 'contacts'>;
}

type ServiceApp = Extract<Login, { kind: 'service-app' }>;

/** https://developer.okta.com/docs/guides/implement-oauth-for-okta-serviceapp/main/ */
export function authorizer(login: Login, asking: Asking): Authorizer {
  const refused = new Set<string>();
  if (login.kind === 'token') {
    const authorize = async () => ({ authorization: `SSWS ${login.token.reveal()}` });
    return Object.assign(authorize, { refused });
  }
  const app: Session = { login, asking, refused, prover: undefined };
  let current: Promise<Secret> | undefined;
  const authorize: Authorize = async ({ renew, method, url }) => {
    if (renew) current = undefined;
    const asked = current ?? accessToken(app);
    current = asked;
    try {
      const token = await asked;
      if (app.prover === undefined) return { authorization: `Bearer ${token.reveal()}` };
      return { authorization: `DPoP ${token.reveal()}`, dpop: app.prover.proof({ method, url, token }) };
    } catch (error) {
      if (current === asked) current = undefined;
      throw error;
    }
  };
  return Object.assign(authorize, { refused });
}

interface Session {
  readonly login: ServiceApp;
  readonly asking: Asking;
  readonly refused: Set<string>;
  /** Once the app was seen to want proofs. */
  prover: Prover | undefined;
}

/** One scope that was not granted and Okta refuses all: then each is tried, and the rest asked for together. */
async function accessToken(session: Session): Promise<Secret> {
  const { asking, refused } = session;
  const wanted = asking.scopes.filter((scope) => !refused.has(scope));
  const all = await requestToken(session, wanted);
  if (typeof all !== 'string') return all;
  const granted: string[] = [];
  for (const scope of wanted) {
    if (typeof (await requestToken(session, [scope])) === 'string') refused.add(scope);
    else granted.push(scope);
  }
  if (granted.length === 0) {
    const why = `the service app was granted none of the scopes that reading needs: grant it ${asking.scopes.join(', ')}`;
    throw new LiveFailure(why, { kind: 'denied', fatal: true });
  }
  const token = await requestToken(session, granted);
  if (typeof token !== 'string') return token;
  throw new LiveFailure('Okta grants scopes one by one and not together: scan again', { kind: 'failed', fatal: true });
}

/** Of a token and what is said beside it. */
const MOST_BYTES = 1024 * 1024;

/** A first answer may ask for a proof, a second for a word in it. */
const MOST_ASKS = 4;

/** A token, or `invalid_scope`. */
async function requestToken(session: Session, scopes: readonly string[]): Promise<Secret | 'invalid_scope'> {
  for (let ask = 1; ; ask++) {
    const { status, body, nonce } = await askForToken(session, scopes);
    if (status === 200 && typeof body.access_token === 'string') return new Secret(body.access_token);
    if (body.error === 'invalid_scope') return 'invalid_scope';
    if (ask < MOST_ASKS && body.error === 'invalid_dpop_proof' && session.prover === undefined) session.prover = createProver();
    else if (ask < MOST_ASKS && body.error === 'use_dpop_nonce' && nonce !== undefined) {
      session.prover ??= createProver();
      session.prover.nonce = nonce;
    } else {
      const said = typeof body.error === 'string' && /^[a-z_]{1,40}$/.test(body.error) ? body.error : `HTTP ${status}`;
      throw new LiveFailure(`Okta does not accept the service app (${said}): ${adviceFor(said)}`, { kind: 'expired', status });
    }
  }
}

interface TokenAnswer {
  readonly status: number;
  readonly body: { readonly [name: string]: unknown };
  readonly nonce: string | undefined;
}

async function askForToken({ login, asking, prover }: Session, scopes: readonly string[]): Promise<TokenAnswer> {
  const { baseUrl, context } = asking;
  const url = new URL('/oauth2/v1/token', baseUrl);
  context.contacts(url.host);
  const { clientId, key, keyId } = login;
  try {
    const response = await fetch(url, {
      method: 'POST',
      redirect: 'error',
      signal: AbortSignal.any([context.signal, AbortSignal.timeout(30_000)]),
      headers: {
        accept: 'application/json',
        'user-agent': 'nhi-audit',
        ...(prover === undefined ? {} : { dpop: prover.proof({ method: 'POST', url }) }),
      },
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        scope: scopes.join(' '),
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        // RFC 7523.
        client_assertion: signedToken(
          key,
          { typ: 'JWT', ...(keyId === undefined ? {} : { kid: keyId }) },
          { iss: clientId, sub: clientId, aud: url.href },
        ),
      }),
    });
    const parsed: unknown = JSON.parse(await bodyOf(response, 'POST /oauth2/v1/token', MOST_BYTES));
    const body = typeof parsed === 'object' && parsed !== null ? { ...parsed } : {};
    return { status: response.status, body, nonce: response.headers.get('dpop-nonce') ?? undefined };
  } catch (error) {
    context.signal.throwIfAborted();
    const why = "Okta's token service gave no answer that can be read: check the host and the network";
    throw new LiveFailure(why, { kind: 'unreachable', cause: error });
  }
}

function adviceFor(error: string): string {
  if (error === 'invalid_client') return 'check OKTA_CLIENT_ID, that the public key is registered, and the clock of this machine';
  if (error.includes('dpop')) return 'check the clock of this machine, or switch proof of possession off for the app';
  return 'check that it is active and may use client credentials';
}
