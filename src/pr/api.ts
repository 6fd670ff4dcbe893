import type { Octokit } from '@octokit/rest';
import { ConfigError } from '../util/errors.ts';
import { Secret } from '../util/secret.ts';
import { toolVersion } from '../util/version.ts';

export interface ApiSettings {
  readonly env: { readonly [name: string]: string | undefined };
  readonly signal: AbortSignal;
  /** Milliseconds that a second of waiting takes; less in tests. */
  readonly second?: number;
}

export interface Api {
  readonly octokit: Octokit;
  /** What is contacted. */
  readonly host: string;
  /** A token of an app's installation, as each job of GitHub Actions gets one: it is nobody's that could be asked for. */
  readonly isInstallation: boolean;
}

const TIMEOUT_MS = 60_000;
/** Longer than that a job does not wait: what was to be said goes to its summary. */
const LONGEST_WAIT_SECONDS = 90;
const TRIES = 3;

export function tokenOf(env: ApiSettings['env']): Secret | undefined {
  const token = (env.GITHUB_TOKEN ?? '').trim();
  return token === '' ? undefined : new Secret(token);
}

/** `https://api.github.com`, or that of an Enterprise Server; plain http only to this machine. */
export function apiUrl(env: ApiSettings['env']): URL {
  const text = (env.GITHUB_API_URL ?? '').trim() || 'https://api.github.com';
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isHere = url !== undefined && /^(?:127\.0\.0\.1|localhost|\[::1\])$/.test(url.hostname);
  const hasLogin = url !== undefined && (url.username !== '' || url.password !== '');
  if (url === undefined || (url.protocol !== 'https:' && !(url.protocol === 'http:' && isHere)) || hasLogin) {
    throw new ConfigError('GITHUB_API_URL is no https address', {
      code: 'USAGE',
      hint: 'For example: GITHUB_API_URL=https://github.harbour.example/api/v3',
    });
  }
  return url;
}

/** Octokit loads here alone. It waits where GitHub asks for it, and tries again what failed on GitHub's side. */
export async function openApi(settings: ApiSettings & { readonly token: Secret }): Promise<Api> {
  const [{ Octokit: Client }, { throttling }, { retry }] = await Promise.all([
    import('@octokit/rest'),
    import('@octokit/plugin-throttling'),
    import('@octokit/plugin-retry'),
  ]);
  const { env, signal, token, second = 1000 } = settings;
  const url = apiUrl(env);
  const mayWait = (seconds: number, _options: object, _octokit: object, tried: number): boolean =>
    seconds <= LONGEST_WAIT_SECONDS && tried < TRIES && !signal.aborted;
  const nothing = (): void => undefined;
  const octokit = new (Client.plugin(restful, throttling, retry))({
    auth: token.reveal(),
    baseUrl: url.href.replace(/\/+$/, ''),
    userAgent: `nhi-audit/${toolVersion()}`,
    // Its warnings name addresses and headers; what went wrong is said in our words.
    log: { debug: nothing, info: nothing, warn: nothing, error: nothing },
    request: {
      fetch: (input: string | URL | Request, init?: RequestInit) =>
        fetch(input, { ...init, signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]) }),
    },
    throttle: {
      id: url.host,
      retryAfterBaseValue: second,
      onRateLimit: mayWait,
      onSecondaryRateLimit: mayWait,
      ...(second === 1000 ? {} : { write: UNPACED, notifications: UNPACED }),
    },
    retry: { retryAfterBaseValue: second, retries: TRIES, doNotRetry: [400, 401, 403, 404, 410, 413, 422, 429, 451] },
  });
  return { octokit, host: url.host, isInstallation: token.reveal().startsWith('ghs_') };
}

/** The throttling plugin waits only for who says these words; a bare 429, or a 403 that says when to come back, means the same. */
function restful(octokit: { readonly hook: { error: (name: 'request', hook: (error: Error) => never) => void } }): object {
  octokit.hook.error('request', (error) => {
    const { status, response } = error as { readonly status?: number; readonly response?: { readonly headers: object } };
    const isAsked = status === 429 || (status === 403 && response !== undefined && 'retry-after' in response.headers);
    if (isAsked && !/secondary rate/i.test(error.message)) error.message += ' (secondary rate limit)';
    throw error;
  });
  return {};
}

/** Instead of the plugin's second between two writes. */
const UNPACED = { key: () => ({ schedule: async (_: object, work: () => Promise<void>) => await work() }) };
