import { execFile } from 'node:child_process';
import { createHash, createPrivateKey, type KeyObject, randomUUID, sign, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { ScanContext } from '../../src/contracts/index.ts';
import { type Http, LiveFailure, openHttp } from '../../src/live/index.ts';
import { messageOf, TargetError } from '../../src/util/errors.ts';
import { clip, printable } from '../../src/util/sanitize.ts';
import { Secret } from '../../src/util/secret.ts';
import type { Cloud } from './clouds.ts';

/** How the run signs in, by the variables that Azure's SDKs read (`EnvironmentCredential`, `WorkloadIdentityCredential`). */
export type Login =
  | { readonly kind: 'secret'; readonly clientId: string; readonly secret: Secret }
  | { readonly kind: 'certificate'; readonly clientId: string; readonly key: KeyObject; readonly certificate: X509Certificate }
  | { readonly kind: 'federated'; readonly clientId: string; readonly file: string }
  | { readonly kind: 'az' };

type Env = ScanContext['env'];
type Context = Pick<ScanContext, 'signal' | 'log' | 'contacts' | 'env' | 'now'>;

export function loginFrom(env: Env): Login {
  const set = (name: string) => (env[name] === undefined || env[name] === '' ? undefined : env[name]);
  const clientId = set('AZURE_CLIENT_ID');
  if (clientId === undefined) return { kind: 'az' };
  const secret = set('AZURE_CLIENT_SECRET');
  if (secret !== undefined) return { kind: 'secret', clientId, secret: new Secret(secret) };
  const path = set('AZURE_CLIENT_CERTIFICATE_PATH');
  if (path !== undefined)
    return { kind: 'certificate', clientId, ...certificateIn(path, set('AZURE_CLIENT_CERTIFICATE_PASSWORD')) };
  const file = set('AZURE_FEDERATED_TOKEN_FILE');
  if (file !== undefined) return { kind: 'federated', clientId, file };
  throw new TargetError('AZURE_CLIENT_ID is set, and nothing to sign in with', {
    code: 'TARGET_LOGIN',
    hint: 'Set AZURE_CLIENT_SECRET, AZURE_CLIENT_CERTIFICATE_PATH or AZURE_FEDERATED_TOKEN_FILE too, or unset it and run az login.',
  });
}

function certificateIn(
  path: string,
  passphrase: string | undefined,
): { readonly key: KeyObject; readonly certificate: X509Certificate } {
  try {
    const pem = readFileSync(path, 'utf8');
    const certificate = new X509Certificate(pem.slice(Math.max(0, pem.indexOf('-----BEGIN CERTIFICATE-----'))));
    const block = /-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----[\s\S]+?-----END (?:[A-Z]+ )*PRIVATE KEY-----/.exec(pem)?.[0] ?? '';
    return { certificate, key: createPrivateKey({ key: block, ...(passphrase === undefined ? {} : { passphrase }) }) };
  } catch {
    // The cause would quote what was read.
    throw new TargetError('The certificate in AZURE_CLIENT_CERTIFICATE_PATH cannot be read', {
      code: 'TARGET_LOGIN',
      hint: 'It takes a PEM file with the certificate and its private key; AZURE_CLIENT_CERTIFICATE_PASSWORD opens an encrypted key.',
    });
  }
}

/** A token for one audience, kept until it is near its end or refused. */
export function tokensFor(
  audience: string,
  settings: { readonly login: Login; readonly cloud: Cloud; readonly tenant: string; readonly context: Context },
): (how: { readonly renew: boolean }) => Promise<{ readonly [name: string]: string }> {
  const { login, cloud, tenant, context } = settings;
  let http: Http | undefined;
  let current: Promise<Token> | undefined;
  async function take(): Promise<Token> {
    if (login.kind === 'az') {
      context.contacts(new URL(cloud.authority).host);
      return await tokenOfCli(audience, tenant, context);
    }
    http ??= openHttp({ context, service: 'Entra ID', baseUrl: cloud.authority, judge, tries: 4 });
    return await requestToken(http, audience, login, { cloud, tenant, context });
  }
  return async ({ renew }) => {
    const held = renew ? undefined : await current?.catch(() => undefined);
    if (held === undefined || held.until < context.now().getTime() + EARLY_MS) current = take();
    try {
      return { authorization: `Bearer ${(await (current as Promise<Token>)).token.reveal()}` };
    } catch (error) {
      current = undefined;
      throw error;
    }
  };
}

interface Token {
  readonly token: Secret;
  /** By the clock of the run. */
  readonly until: number;
}

const EARLY_MS = 5 * 60_000;
const ASSERTION = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-client-creds-grant-flow */
async function requestToken(
  http: Http,
  audience: string,
  login: Exclude<Login, { kind: 'az' }>,
  { cloud, tenant, context }: { readonly cloud: Cloud; readonly tenant: string; readonly context: Context },
): Promise<Token> {
  const path = `/${encodeURIComponent(tenant)}/oauth2/v2.0/token`;
  const form = {
    client_id: login.clientId,
    grant_type: 'client_credentials',
    scope: `${audience}/.default`,
    ...(login.kind === 'secret'
      ? { client_secret: login.secret.reveal() }
      : {
          client_assertion_type: ASSERTION,
          client_assertion:
            login.kind === 'federated'
              ? federatedToken(login.file)
              : assertion(login, `${cloud.authority}${path}`, context.now()),
        }),
  };
  const { value } = await http.json('POST', path, { form, right: 'sign-in of the application' });
  const body = isRecord(value) ? value : {};
  if (typeof body.access_token !== 'string') throw unreadable();
  const seconds = Number(body.expires_in);
  return {
    token: new Secret(body.access_token),
    until: context.now().getTime() + (Number.isFinite(seconds) ? seconds * 1000 : EARLY_MS),
  };
}

function unreadable(): LiveFailure {
  return new LiveFailure('Entra ID gave no token in its answer: scan again', { kind: 'unreadable', fatal: true });
}

/** The file is written anew before the token in it ends. */
function federatedToken(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (cause) {
    throw new LiveFailure(`the token in AZURE_FEDERATED_TOKEN_FILE cannot be read (${messageOf(cause)})`, {
      kind: 'expired',
      cause,
    });
  }
}

/** https://learn.microsoft.com/en-us/entra/identity-platform/certificate-credentials */
function assertion(login: Extract<Login, { kind: 'certificate' }>, audience: string, now: Date): string {
  const seconds = Math.floor(now.getTime() / 1000);
  const thumbprint = createHash('sha1').update(login.certificate.raw).digest('base64url');
  const head = { alg: 'RS256', typ: 'JWT', x5t: thumbprint };
  const claims = {
    aud: audience,
    iss: login.clientId,
    sub: login.clientId,
    jti: randomUUID(),
    nbf: seconds - 60,
    exp: seconds + 600,
  };
  const text = [head, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  return `${text}.${sign('sha256', Buffer.from(text), login.key).toString('base64url')}`;
}

/** What is wrong with the login, as Entra says it: `AADSTS7000222: The provided client secret keys … are expired`. */
function judge({ status, body }: { readonly status: number; readonly body: unknown }) {
  if (!isRecord(body) || typeof body.error !== 'string') return undefined;
  if (body.error === 'temporarily_unavailable' || status >= 500 || status === 429) return undefined;
  const said = String(body.error_description ?? body.error)
    .split(/\r?\n| Trace ID:/, 1)[0]
    ?.trim();
  return {
    is: 'expired',
    why: `Entra ID does not let the application sign in: ${clip(printable(said ?? body.error), 200)}`,
  } as const;
}

/** Somebody's own login with `az login`; no token is kept by us. */
async function tokenOfCli(audience: string, tenant: string, { signal, env }: Context): Promise<Token> {
  const args = ['account', 'get-access-token', '--resource', audience, '--tenant', tenant, '--output', 'json'];
  const text = await new Promise<string>((resolve, reject) => {
    const options = { signal, timeout: 60_000, maxBuffer: 1024 * 1024, env: { ...env }, shell: process.platform === 'win32' };
    execFile('az', args, options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(cliFailure(error, stderr));
    });
  });
  const body: unknown = parsed(text);
  if (!isRecord(body) || typeof body.accessToken !== 'string') throw unreadable();
  const until = Number(body.expires_on) * 1000;
  return { token: new Secret(body.accessToken), until: Number.isFinite(until) ? until : Date.parse(String(body.expiresOn)) };
}

function cliFailure(error: Error, stderr: string): Error {
  if (error.name === 'AbortError') return error;
  if ('code' in error && error.code === 'ENOENT') {
    return new LiveFailure(
      'there is no login: set AZURE_CLIENT_ID with a secret, certificate or federated token, or install the Azure CLI and run az login',
      { kind: 'expired', cause: error },
    );
  }
  const said = stderr
    .split('\n')
    .map((line) => line.trim())
    .find((line) => line !== '' && !/^WARNING/i.test(line));
  const why = said === undefined ? '' : ` (${clip(printable(said.replace(/^ERROR:\s*/i, '')), 160)})`;
  return new LiveFailure(`az account get-access-token gave no token${why}: run az login --tenant TENANT`, {
    kind: 'expired',
    cause: error,
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
