import type { ScanContext } from '../../src/contracts/index.ts';
import { bodyOf, LiveFailure, nextLink } from '../../src/live/index.ts';
import { clip, printable } from '../../src/util/sanitize.ts';
import { Secret } from '../../src/util/secret.ts';
import { signAppRequest } from './app.ts';
import { isThrottling, readError, SERVICE } from './failure.ts';
import { type AppLogin, isApp, type Login } from './login.ts';

export interface Answer {
  readonly data: unknown;
  readonly headers: { readonly [name: string]: string | number | undefined };
  /** Whose answer it is in the end, after redirects. */
  readonly url: string;
}

/** Asks and never changes anything; `path` with the names filled in. */
export interface GithubApi {
  get(path: string, query?: { readonly [name: string]: string | number }): Promise<Answer>;
  /** Page after page, by the Link header. */
  pages(path: string, query?: { readonly [name: string]: string }): AsyncGenerator<Answer>;
}

export interface ApiSettings {
  readonly context: Pick<ScanContext, 'signal' | 'log' | 'contacts' | 'now'>;
  readonly login: Login;
  /** Whose installation an app signs in to: `/orgs/harbour`, `/repos/harbour/shop`. */
  readonly owner: string;
  /** Milliseconds that a second of waiting takes; less in tests. */
  readonly second?: number;
}

const PER_PAGE = 100;
const TIMEOUT_MS = 60_000;
const MOST_REDIRECTS = 3;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
/** Longer than that nobody waits for one call: what is read is kept, and the next run goes on. */
const LONGEST_WAIT_SECONDS = 90;
const TRIES = 3;
/** A list of a million entries has its end somewhere else. */
const MOST_PAGES = 10_000;
/** A token of an app is taken anew when it ends within this time. */
const MARGIN_MS = 5 * 60_000;
const TOKEN_CALL = /^POST \/app\/installations\/[^/]+\/access_tokens$/;

/** Octokit and its plugins are loaded here alone, when a `github:` target is named. */
export async function openApi(settings: ApiSettings): Promise<GithubApi> {
  const [{ Octokit }, { throttling }, { retry }] = await Promise.all([
    import('@octokit/rest'),
    import('@octokit/plugin-throttling'),
    import('@octokit/plugin-retry'),
  ]);
  const { context, login, second = 1000 } = settings;
  const { log, signal } = context;
  const { baseUrl } = login;
  const origin = new URL(baseUrl).origin;
  const prefix = new URL(baseUrl).pathname.replace(/\/$/, '');

  const mayWait = (why: string) => (seconds: number, _options: object, _octokit: object, tried: number) => {
    const goesOn = seconds <= LONGEST_WAIT_SECONDS && tried < TRIES && !signal.aborted;
    log.debug('GitHub asks for a rest', { why, seconds, goesOn });
    return goesOn;
  };
  // Silent: what Octokit would print names addresses, and a coverage row says it in our words.
  const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
  const octokit = new (Octokit.plugin(guard, throttling, retry))({
    baseUrl,
    userAgent: 'nhi-audit',
    log: quiet,
    request: { fetch: limitedFetch(signal, origin) },
    throttle: {
      id: login.host,
      retryAfterBaseValue: second,
      onRateLimit: mayWait('rate limit'),
      onSecondaryRateLimit: mayWait('secondary rate limit'),
    },
    retry: { retryAfterBaseValue: second, retries: TRIES, doNotRetry: [400, 401, 403, 404, 409, 410, 422, 429, 451, 501] },
  });
  const authorization = authorizer(settings, async (method, path, token) => {
    const answer = await octokit.request(`${method} ${path}`, { headers: { authorization: `bearer ${token.reveal()}` } });
    return { data: answer.data, headers: answer.headers, url: answer.url };
  });
  octokit.hook.before('request', async (options) => {
    signal.throwIfAborted();
    const { pathname } = new URL(options.url, origin);
    const call = `${options.method} ${pathname.slice(prefix.length)}`;
    if (options.method !== 'GET' && !TOKEN_CALL.test(call)) throw new Error(`not a call that only reads: ${call}`);
    context.contacts(login.host);
    options.headers['x-github-api-version'] = '2022-11-28';
    options.headers.authorization ??= await authorization();
  });

  async function get(path: string, query: { readonly [name: string]: string | number } = {}): Promise<Answer> {
    for (let tried = 1; ; tried++) {
      const { data, headers, url } = await untilAborted(octokit.request(`GET ${path}`, { ...query }), signal);
      // Octokit hands on as text what it cannot parse, and as no text what broke off: its own paging would take that for an
      // empty list.
      if (typeof data === 'object' && data !== null && !(data instanceof ArrayBuffer)) return { data, headers, url };
      if (tried === 2) {
        throw new LiveFailure('the answer ended in the middle or is no JSON, twice: scan again', { kind: 'truncated' });
      }
    }
  }

  return {
    get,
    async *pages(path, query = {}) {
      const seen = new Set<string>();
      let next: string | undefined = path;
      let parameters: { readonly [name: string]: string | number } = { per_page: PER_PAGE, ...query };
      while (next !== undefined) {
        const answer: Answer = await get(next, parameters);
        yield answer;
        const link = nextLink(undefined, new Headers({ link: String(answer.headers.link ?? '') }));
        if (typeof link !== 'string') return;
        const url = new URL(link, baseUrl);
        if (url.origin !== origin)
          throw new LiveFailure(`the next page lies on another host (${url.host}): it was not asked`, { kind: 'refused' });
        if (seen.has(url.href) || seen.size >= MOST_PAGES)
          throw new LiveFailure('the pages go round in circles: scan again', { kind: 'truncated' });
        seen.add(url.href);
        // Octokit would take `:word` and `{word}` for a name to fill in.
        url.search = url.search.replace(/[:{}]/g, encodeURIComponent);
        next = url.href;
        parameters = {};
      }
    },
  };
}

/** The plugin nearest to the wire: what the others should not try again is marked here. */
function guard(octokit: {
  readonly hook: { error: (name: 'request', hook: (error: Error, options: object) => never) => void };
}): object {
  octokit.hook.error('request', (error, options) => {
    const refused = readError(error);
    if (refused === undefined) {
      // An address that does not answer will not in a second either.
      const request = (options as { request?: { retries?: number } }).request;
      if (request !== undefined && !/terminated|timeout|ECONNRESET|socket/i.test(`${error.message} ${String(error.cause)}`))
        request.retries = 0;
    } else if (
      (refused.status === 403 || refused.status === 429) &&
      isThrottling(refused) &&
      refused.headers['x-ratelimit-remaining'] !== '0'
    ) {
      // The throttling plugin waits only for who says these words.
      if (!/secondary rate/i.test(error.message)) error.message += ' (secondary rate limit)';
    }
    throw error;
  });
  return {};
}

/** Ctrl-C does not wait for what Octokit waits for. */
async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  let stop = () => {};
  const aborted = new Promise<never>((_, fail) => {
    stop = () => fail(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
    work.catch(() => {});
  }
}

/** With an end to waiting and to the size of an answer; credentials go to the host that was named and to no other. */
function limitedFetch(signal: AbortSignal, origin: string): typeof fetch {
  return async (input, init) => {
    const timed = { ...init, redirect: 'manual', signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]) } as const;
    let url = new URL(input instanceof Request ? input.url : input);
    for (let redirects = 0; ; redirects++) {
      const response = await fetch(url, timed);
      const location = response.headers.get('location');
      if (!REDIRECTS.has(response.status) || location === null) return await readWhole(response, url, signal);
      await response.body?.cancel();
      const to = URL.canParse(location, url.href) ? new URL(location, url) : undefined;
      if (to === undefined || redirects === MOST_REDIRECTS || (init?.method ?? 'GET') !== 'GET')
        throw new LiveFailure('the answer sends on in circles, or nowhere: scan again', { kind: 'failed' });
      if (to.origin !== origin) {
        const why = `the answer sends on to ${clip(printable(to.host), 80)}, which the credentials are not for: it was not asked`;
        throw new LiveFailure(why, { kind: 'refused' });
      }
      url = to;
    }
  };
}

/** Octokit would read on for as long as anything comes. What broke off is no text: `get` asks again. */
async function readWhole(response: Response, url: URL, signal: AbortSignal): Promise<Response> {
  const { headers, status, statusText } = response;
  let text: string;
  try {
    text = await bodyOf(response, url.pathname);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof LiveFailure) throw error;
    text = '';
  }
  const whole = new Response(text === '' ? null : text, { status, statusText, headers });
  // One that is made by hand has no address.
  return Object.defineProperty(whole, 'url', { value: url.href });
}

type Ask = (method: 'GET' | 'POST', path: string, token: Secret) => Promise<Answer>;

/** The header of each call: the token as it is, or one of the app's installation, taken anew before it ends. */
function authorizer({ context, login, owner }: ApiSettings, ask: Ask): () => Promise<string> {
  const how = login.with;
  if (how === undefined) {
    const why =
      'no credentials were found: set GITHUB_TOKEN (gh auth token prints one), or GITHUB_APP_ID and GITHUB_APP_PRIVATE_KEY';
    return async () => {
      throw new LiveFailure(why, { kind: 'expired' });
    };
  }
  if (!isApp(how)) return async () => `token ${how.token.reveal()}`;
  let current: { readonly token: Secret; readonly until: number } | undefined;
  let under: Promise<void> | undefined;
  /** How far GitHub's clock is ahead of this machine's. */
  let ahead = 0;

  async function asApp(method: 'GET' | 'POST', path: string, app: AppLogin): Promise<Answer> {
    const sign = () => signAppRequest(app.appId, app.key, context.now().getTime() + ahead);
    try {
      return await ask(method, path, sign());
    } catch (error) {
      // A clock that is wrong makes a signature that is not valid yet, or no more: GitHub's own is in its answer.
      const served = Date.parse(String(readError(error)?.headers.date ?? ''));
      if (readError(error)?.status !== 401 || Number.isNaN(served) || ahead !== 0) throw error;
      ahead = served - context.now().getTime();
      if (Math.abs(ahead) < 30_000) throw error;
      context.log.warn(`The clock of this machine differs from that of ${SERVICE}: ages may be judged wrongly`);
      return await ask(method, path, sign());
    }
  }

  async function renew(app: AppLogin): Promise<void> {
    const installation = app.installation ?? (await installationOf(app));
    const { data } = await asApp('POST', `/app/installations/${encodeURIComponent(installation)}/access_tokens`, app);
    const { token, expires_at: end } = data as { readonly token?: unknown; readonly expires_at?: unknown };
    if (typeof token !== 'string') throw new LiveFailure('GitHub gave the app no token', { kind: 'unreadable', fatal: true });
    const until = Date.parse(String(end)) - ahead;
    current = { token: new Secret(token), until: Number.isNaN(until) ? context.now().getTime() + MARGIN_MS * 2 : until };
  }

  async function installationOf(app: AppLogin): Promise<string> {
    const { data } = await asApp('GET', `${owner}/installation`, app).catch((error: unknown) => {
      if (readError(error)?.status !== 404) throw error;
      throw new LiveFailure(`the app ${app.appId} is not installed there: install it, with the rights that the README lists`, {
        kind: 'denied',
        fatal: true,
      });
    });
    const { id } = data as { readonly id?: unknown };
    if (typeof id !== 'number')
      throw new LiveFailure('GitHub names no installation of the app', { kind: 'unreadable', fatal: true });
    return String(id);
  }

  return async () => {
    if (current === undefined || current.until - context.now().getTime() < MARGIN_MS) {
      under ??= renew(how).finally(() => {
        under = undefined;
      });
      await under;
    }
    return `token ${current?.token.reveal() ?? ''}`;
  };
}
