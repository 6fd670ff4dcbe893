import type { ScanContext } from '../contracts/index.ts';
import { isTooDeep } from '../files/json-values.ts';
import { TargetError } from '../util/errors.ts';
import { clip, printable } from '../util/sanitize.ts';
import { bodyOf } from './body.ts';
import { isPassing, isTimeout, isUnreachable, LiveFailure, unreachable } from './failure.ts';
import { createGate } from './parallel.ts';
import { askedWait, backOff, pause } from './wait.ts';

export interface HttpSettings {
  readonly context: Pick<ScanContext, 'signal' | 'log' | 'contacts'>;
  /** How messages name it: `Okta`, `Microsoft Graph`. */
  readonly service: string;
  /** Scheme, host and the part that all paths begin with. Credentials go to this host and no other. */
  readonly baseUrl: string;
  /** Plain http to another machine, where its user says so. */
  readonly allowsPlain?: boolean;
  readonly headers?: { readonly [name: string]: string };
  /** Asked before each request; `renew` after a 401, once: a token that ran out in mid-run is taken anew. */
  readonly authorize?: (request: {
    readonly renew: boolean;
    /** For logins that sign each request. */
    readonly method: string;
    readonly url: URL;
  }) => Promise<{ readonly [name: string]: string }>;
  /** Told the headers of each answer of the host, refusals too: some services hand out the next token there. */
  readonly heard?: (headers: Headers) => void;
  /** Requests at a time. */
  readonly width?: number;
  readonly tries?: number;
  /** For one request and its whole answer. */
  readonly timeoutMs?: number;
  /** Of one answer. */
  readonly maxBytes?: number;
  /** Of one list. */
  readonly maxPages?: number;
  /** All waiting for one call, back-off and what the service asks for. */
  readonly maxWaitMs?: number;
  readonly firstPauseMs?: number;
  /** What an answer of this service means where its status alone does not tell. */
  readonly judge?: (answer: ErrorAnswer) => Judged | undefined;
  /** What to do when the credentials are not accepted: `make a new token`. */
  readonly renewHint?: string;
  readonly clock?: () => number;
}

export interface ErrorAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** Parsed where it is JSON. */
  readonly body: unknown;
}

export interface Judged {
  readonly is: 'throttled' | 'denied' | 'expired' | 'missing' | 'failed';
  /** Instead of the usual words. */
  readonly why?: string;
}

export interface CallOptions {
  readonly query?: { readonly [name: string]: string | number | boolean | readonly string[] | undefined };
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Sent as a form. */
  readonly form?: { readonly [name: string]: string };
  readonly headers?: { readonly [name: string]: string };
  /** The right or scope that the call needs, as its provider names it: a refusal names it. */
  readonly right: string;
  /** What stays unknown without it: `age and use of keys`. */
  readonly tells?: string;
}

export interface Answer {
  readonly value: unknown;
  readonly headers: Headers;
  readonly status: number;
}

/** Where the next page is: an address on the same host, or what to change of the call. `undefined`: that was the last one. */
export type Next = string | Pick<CallOptions, 'query' | 'body'> | undefined;

export interface Http {
  readonly host: string;
  /** The first failure that no other call can survive; later calls fail with it at once. */
  readonly fatal: LiveFailure | undefined;
  json(method: string, path: string, options: CallOptions): Promise<Answer>;
  text(method: string, path: string, options: CallOptions): Promise<Answer>;
  /** Page after page. A page that points to itself or to one before it ends as `truncated`, and so does a list without end. */
  pages(
    method: string,
    path: string,
    options: CallOptions,
    next: (answer: unknown, headers: Headers) => Next,
  ): AsyncGenerator<unknown, void>;
}

const WIDTH = 4;
const TRIES = 6;
const TIMEOUT_MS = 60_000;
/** Of 100 entries and more each: what goes on after that has no end, however new each page is. */
const MAX_PAGES = 5_000;
const MAX_WAIT_MS = 120_000;
const FIRST_PAUSE_MS = 500;
const MOST_REDIRECTS = 3;
const SKEW_MS = 5 * 60_000;
/** Signatures, tokens and their ends are judged by the service's clock. */
const TRANSIENT = new Set([408, 500, 502, 503, 504]);

/**
 * A client for one host. Reading only is asked of it, so every call may be tried again. What fails is thrown as `LiveFailure`;
 * an abort of the run as it is.
 */
export function openHttp(settings: HttpSettings): Http {
  const { context, service, tries = TRIES, maxWaitMs = MAX_WAIT_MS, firstPauseMs = FIRST_PAUSE_MS } = settings;
  const { signal } = context;
  const base = baseOf(settings.baseUrl, service, settings.allowsPlain === true);
  const clock = settings.clock ?? Date.now;
  const gate = createGate(settings.width ?? WIDTH);
  let fatal: LiveFailure | undefined;
  /** Until then the service wants to be left alone by all calls. */
  let restUntil = 0;
  let skew = 0;

  async function call(method: string, url: URL, options: CallOptions, as: 'json' | 'text'): Promise<Answer> {
    const { right } = options;
    const name = `${method} ${url.pathname}`;
    let waited = 0;
    let renewed = false;
    let target = url;
    let redirects = 0;
    async function waitFor(milliseconds: number, failure: () => LiveFailure): Promise<void> {
      if (waited + milliseconds > maxWaitMs) throw failure();
      waited += milliseconds;
      await pause(milliseconds, signal);
    }
    for (let attempt = 0; ; attempt++) {
      const isLast = attempt + 1 >= tries;
      signal.throwIfAborted();
      if (fatal !== undefined) throw fatal;
      const rest = restUntil - clock();
      if (rest > 0) await waitFor(rest, () => throttled(right, rest));
      let raw: Raw;
      try {
        raw = await gate(() => request(method, target, options, as, renewed));
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof LiveFailure) throw remembered(error);
        if (!isLast && isPassing(error)) {
          await waitFor(backOff(attempt, firstPauseMs), () => noAnswer(error, name));
          continue;
        }
        throw remembered(noAnswer(error, name));
      }
      noteClock(raw.headers);
      settings.heard?.(raw.headers);
      if (raw.status >= 200 && raw.status < 300) {
        const read = readBody(raw, as, service, name);
        if (!(read instanceof LiveFailure)) return { value: read.value, headers: raw.headers, status: raw.status };
        // An answer that ends early was cut off on the way more often than it was made so.
        if (read.kind !== 'truncated' || isLast) throw read;
        await waitFor(backOff(attempt, firstPauseMs), () => read);
        continue;
      }
      if (raw.status >= 300 && raw.status < 400) {
        target = redirected(raw, target, name);
        if (++redirects > MOST_REDIRECTS) throw new LiveFailure(`${name} is sent in circles: scan again`, { kind: 'refused' });
        attempt--;
        continue;
      }
      const judged = judge(raw);
      if (judged.is === 'throttled') {
        const asked = askedWait(raw.headers, clock());
        const wait = asked === undefined ? backOff(attempt, firstPauseMs) : asked + firstPauseMs * Math.random();
        if (asked !== undefined) restUntil = Math.max(restUntil, clock() + asked);
        if (isLast) throw throttled(right, undefined);
        context.log.debug('a service asks to be left alone for a while', { service, milliseconds: Math.round(wait) });
        await waitFor(wait, () => throttled(right, wait));
        continue;
      }
      if (judged.is === 'failed' && TRANSIENT.has(raw.status) && !isLast) {
        await waitFor(askedWait(raw.headers, clock()) ?? backOff(attempt, firstPauseMs), () => failed(raw, judged, name));
        continue;
      }
      if (judged.is === 'expired' && !renewed && settings.authorize !== undefined && !isLast) {
        renewed = true;
        continue;
      }
      throw remembered(failureOfAnswer(raw, judged, options, name));
    }
  }

  async function request(method: string, url: URL, options: CallOptions, as: 'json' | 'text', renew: boolean): Promise<Raw> {
    const timeout = AbortSignal.timeout(settings.timeoutMs ?? TIMEOUT_MS);
    const login = settings.authorize === undefined ? {} : await settings.authorize({ renew, method, url });
    context.contacts(base.host);
    const { body, form } = options;
    const response = await fetch(url, {
      method,
      redirect: 'manual',
      signal: AbortSignal.any([signal, timeout]),
      headers: {
        'user-agent': 'nhi-audit',
        accept: as === 'json' ? 'application/json' : '*/*',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...settings.headers,
        ...options.headers,
        ...login,
      },
      ...(form === undefined ? {} : { body: new URLSearchParams(form) }),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await bodyOf(response, `${method} ${url.pathname}`, settings.maxBytes);
    return { status: response.status, headers: response.headers, text };
  }

  function noteClock(headers: Headers): void {
    const served = Date.parse(headers.get('date') ?? '');
    if (Number.isNaN(served)) return;
    const apart = clock() - served;
    if (Math.abs(apart) > SKEW_MS && Math.abs(skew) <= SKEW_MS) {
      context.log.warn(`The clock of this machine is ${apartText(apart)} ${service}: logins and ages may be judged wrongly`);
    }
    skew = apart;
  }

  function judge(raw: Raw): Judged {
    const { status, headers } = raw;
    const own = settings.judge?.({ status, headers, body: parsed(raw.text) });
    if (own !== undefined) return own;
    if (status === 401) return { is: 'expired' };
    if (status === 429 || (status === 503 && headers.has('retry-after'))) return { is: 'throttled' };
    // GitHub says 403 to who asks too often: https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api
    if (status === 403 && (headers.has('retry-after') || headers.get('x-ratelimit-remaining') === '0'))
      return { is: 'throttled' };
    if (status === 403) return { is: 'denied' };
    if (status === 404 || status === 410) return { is: 'missing' };
    return { is: 'failed' };
  }

  function failureOfAnswer(raw: Raw, judged: Judged, { right, tells }: CallOptions, name: string): LiveFailure {
    const { status } = raw;
    const said = saying(raw.text);
    switch (judged.is) {
      case 'expired': {
        const clockSaid = Math.abs(skew) > SKEW_MS ? `; the clock of this machine is ${apartText(skew)} the service` : '';
        const hint = settings.renewHint ?? 'renew them and scan again';
        const why =
          judged.why ?? `${service} does not accept the credentials, or no more (HTTP ${status}${said}${clockSaid}): ${hint}`;
        return new LiveFailure(why, { kind: 'expired', status });
      }
      case 'denied': {
        const lost = tells === undefined ? '' : `; without it ${tells} stays unknown`;
        const why = judged.why ?? `${right} is not allowed to these credentials (HTTP ${status}${said}): grant it${lost}`;
        return new LiveFailure(why, { kind: 'denied', status });
      }
      case 'missing': {
        const why = judged.why ?? `there is nothing at ${name}, or ${right} is missing (HTTP ${status}${said})`;
        return new LiveFailure(why, { kind: 'missing', status });
      }
      default:
        return failed(raw, judged, name);
    }
  }

  function failed(raw: Raw, judged: Judged, name: string): LiveFailure {
    const why = judged.why ?? `${service} failed at ${name} (HTTP ${raw.status}${saying(raw.text)}): scan again later`;
    return new LiveFailure(why, { kind: 'failed', status: raw.status });
  }

  function throttled(right: string, wait: number | undefined): LiveFailure {
    const long = wait === undefined ? 'after several tries' : `for ${spanText(wait)} more`;
    return new LiveFailure(`${service} asks not to be asked ${long} (${right}): scan again later`, { kind: 'throttled' });
  }

  function noAnswer(error: unknown, name: string): LiveFailure {
    if (isTimeout(error)) return new LiveFailure(`${service} gave no answer to ${name} in time: scan again`, { kind: 'failed' });
    if (isUnreachable(error)) return unreachable(service, error);
    if (isPassing(error)) {
      return new LiveFailure(`the answer to ${name} was cut off: scan again`, { kind: 'truncated', cause: error });
    }
    return unreachable(service, error);
  }

  /** Credentials are sent to the host that was named and to no other, whatever an answer says. */
  function redirected(raw: Raw, from: URL, name: string): URL {
    const location = raw.headers.get('location') ?? '';
    const to = URL.canParse(location, from.href) ? new URL(location, from) : undefined;
    if (to === undefined) throw new LiveFailure(`${name} leads nowhere (HTTP ${raw.status}): scan again`, { kind: 'failed' });
    if (to.origin !== base.origin) throw elsewhere(to, name);
    return to;
  }

  function elsewhere(to: URL, name: string): LiveFailure {
    const why = `${name} leads to ${clip(printable(to.host), 80)}, which the credentials are not for: check the address of the target`;
    return new LiveFailure(why, { kind: 'refused' });
  }

  function remembered(failure: LiveFailure): LiveFailure {
    if (failure.fatal) fatal ??= failure;
    return failure;
  }

  function urlOf(path: string, query: CallOptions['query']): URL {
    const isAbsolute = /^[a-z][a-z0-9+.-]*:/i.test(path) || path.startsWith('//');
    const url = isAbsolute
      ? new URL(path, base)
      : new URL(`${base.pathname.replace(/\/$/, '')}/${path.replace(/^\//, '')}`, base);
    if (url.origin !== base.origin) throw elsewhere(url, 'the next page');
    for (const [name, value] of Object.entries(query ?? {})) {
      if (value === undefined) continue;
      url.searchParams.delete(name);
      for (const one of typeof value === 'object' ? value : [value]) url.searchParams.append(name, String(one));
    }
    return url;
  }

  async function* pages(
    method: string,
    path: string,
    options: CallOptions,
    next: (answer: unknown, headers: Headers) => Next,
  ): AsyncGenerator<unknown, void> {
    const seen = new Set<string>();
    let url = urlOf(path, options.query);
    let asked = options;
    for (;;) {
      const place = `${url.href} ${JSON.stringify(asked.body ?? null)}`;
      if (seen.has(place)) {
        throw new LiveFailure(`the pages of ${method} ${url.pathname} go round in circles after ${seen.size}: scan again`, {
          kind: 'truncated',
        });
      }
      if (seen.size >= (settings.maxPages ?? MAX_PAGES)) {
        throw new LiveFailure(`the pages of ${method} ${url.pathname} have no end: ${seen.size} were read`, {
          kind: 'truncated',
        });
      }
      seen.add(place);
      const { value, headers } = await call(method, url, asked, 'json');
      const following = next(value, headers);
      yield value;
      if (following === undefined || following === '') return;
      if (typeof following === 'string') url = nextUrl(following, url);
      else {
        if (following.query !== undefined) url = urlOf(url.href, following.query);
        if (following.body !== undefined) asked = { ...asked, body: following.body };
      }
    }
  }

  function nextUrl(text: string, from: URL): URL {
    if (!URL.canParse(text, from.href))
      throw new LiveFailure('the address of the next page cannot be read: scan again', { kind: 'truncated' });
    const url = new URL(text, from);
    if (url.origin !== base.origin) throw elsewhere(url, 'the next page');
    return url;
  }

  return {
    host: base.host,
    get fatal() {
      return fatal;
    },
    json: (method, path, options) => call(method, urlOf(path, options.query), options, 'json'),
    text: (method, path, options) => call(method, urlOf(path, options.query), options, 'text'),
    pages,
  };
}

interface Raw {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** Credentials in the clear go to this machine at most. */
function baseOf(text: string, service: string, allowsPlain: boolean): URL {
  const hint = 'Write https://HOST, as the provider names it.';
  if (!URL.canParse(text)) throw new TargetError(`The address of ${service} cannot be read`, { code: 'TARGET_ADDRESS', hint });
  const url = new URL(text);
  const isHere = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(url.hostname);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && (isHere || allowsPlain))) {
    throw new TargetError(`${service} at ${url.host} would be asked without encryption`, { code: 'TARGET_ADDRESS', hint });
  }
  if (url.username !== '' || url.password !== '') {
    throw new TargetError(`The address of ${service} holds a login`, {
      code: 'TARGET_ADDRESS',
      hint: 'Put it into the environment variable that the README of the scanner names.',
    });
  }
  return url;
}

function readBody(raw: Raw, as: 'json' | 'text', service: string, name: string): { readonly value: unknown } | LiveFailure {
  if (as === 'text') return { value: raw.text };
  if (raw.status === 204 || raw.text.trim() === '') return { value: undefined };
  if (isTooDeep(raw.text)) return new LiveFailure(`the answer to ${name} nests too deep to be read`, { kind: 'unreadable' });
  try {
    return { value: JSON.parse(raw.text) };
  } catch (cause) {
    const type = raw.headers.get('content-type')?.split(';', 1)[0]?.trim() ?? '';
    if (type !== '' && !/[/+]json$/i.test(type)) {
      const why = `${service} answers ${name} with ${clip(printable(type), 60)} instead of JSON: check the address, a proxy or sign-in page may lie between`;
      return new LiveFailure(why, { kind: 'unreadable', cause });
    }
    return new LiveFailure(`the answer to ${name} ends early or is no JSON: scan again`, { kind: 'truncated', cause });
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What the service says itself, short and on one line: `error.message` of Google and Graph, `errorSummary` of Okta, `message` of GitHub. */
function saying(text: string): string {
  const body = parsed(text);
  const error = fieldOf(body, 'error');
  const candidates = [
    fieldOf(error, 'message'),
    fieldOf(body, 'errorSummary'),
    fieldOf(body, 'message'),
    fieldOf(body, 'error_description'),
    error,
    fieldOf(body, 'detail'),
  ];
  const said = candidates.find((one) => typeof one === 'string' && one.trim() !== '');
  return typeof said === 'string' ? `, "${clip(printable(said), 160)}"` : '';
}

function fieldOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as { readonly [field: string]: unknown })[name];
}

function apartText(apart: number): string {
  return `${spanText(Math.abs(apart))} ${apart > 0 ? 'ahead of' : 'behind'}`;
}

function spanText(milliseconds: number): string {
  const seconds = Math.ceil(milliseconds / 1000);
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? `${minutes} minutes` : `${Math.round(minutes / 60)} hours`;
}
