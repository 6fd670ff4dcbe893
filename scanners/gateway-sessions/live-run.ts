import { gunzipSync, gzipSync } from 'node:zlib';
import type { Location, Observation, ScanContext, ServiceTarget } from '../../src/contracts/index.ts';
import {
  type Failure,
  type Http,
  type HttpSettings,
  LiveFailure,
  openHttp,
  openSession,
  type Part,
  type Session,
} from '../../src/live/index.ts';
import { sha256 } from '../../src/util/digest.ts';
import { clip, printable } from '../../src/util/sanitize.ts';
import { Secret } from '../../src/util/secret.ts';
import { recordsOf } from './export-file.ts';
import { isOlder } from './live-calls.ts';
import { allowsPlain, type Gateway, gatewayOf, keyFrom, type Window, windowOf } from './live-target.ts';
import type { Shape } from './shape.ts';

/** The gateway itself sets no limit. */
export const WIDTH = 4;
export const PAGE = 100;

export interface Run {
  readonly target: ServiceTarget;
  readonly context: ScanContext;
  readonly gateway: Gateway;
  readonly window: Window;
  readonly http: Http;
  readonly session: Session;
  readonly at: Location;
  readonly maxPages: number;
  /** Tells one key from another without telling what it is. */
  readonly keyId: string;
  /** As the gateway says it; `undefined` until it was asked, and where it does not. */
  version: string | undefined;
  /** Are these credentials shown the sessions of all? `undefined` where nothing tells. */
  isAuditor: boolean | undefined;
}

/** What was read of some records. Plain JSON: it is kept for a run that goes on. */
export interface Got {
  readonly observations: readonly Observation[];
  readonly read: number;
  readonly problems: readonly string[];
}

export type LiveOptions = Pick<HttpSettings, 'firstPauseMs' | 'maxWaitMs' | 'maxBytes' | 'maxPages'>;

/** Of one list, or of one day's sessions: what goes on after that has no end. */
const MAX_PAGES = 5000;
/** More does not fit into a header. */
const MAX_LOGIN = 16_384;

export function openRun(target: ServiceTarget, context: ScanContext, options: LiveOptions = {}): Run {
  const gateway = gatewayOf(target);
  const key = keyFrom(context.env);
  const http = openHttp({
    context,
    service: 'the gateway',
    baseUrl: gateway.apiUrl,
    allowsPlain: allowsPlain(context.env),
    width: WIDTH,
    ...openLogin(key),
    ...options,
    renewHint: 'make an API key of the group auditor, and give it in HOOP_API_KEY',
  });
  return {
    target,
    context,
    gateway,
    window: windowOf(gateway, context.now()),
    http,
    session: openSession({ context, target, surface: 'gateway', service: 'the gateway' }),
    at: { pointer: target.name },
    maxPages: options.maxPages ?? MAX_PAGES,
    keyId: sha256(context.fingerprint(key)).slice(0, 16),
    version: undefined,
    isAuditor: undefined,
  };
}

/**
 * The static key of a gateway has a header of its own; all other keys and logins are bearers. A login of a person that is near
 * its end, or just past it, is exchanged in the head of any answer, an error's too: the new one is for the rest of this run
 * alone. https://github.com/hoophq/hoop/blob/main/gateway/api/apiroutes/auth.go
 */
function openLogin(given: Secret): Pick<HttpSettings, 'headers' | 'authorize' | 'heard'> {
  if (isStaticKey(given.reveal())) return { headers: { 'api-key': given.reveal() } };
  // What no gateway exchanges is not exchanged, whatever answers.
  if (!isJwt(given.reveal())) return { headers: { authorization: `Bearer ${given.reveal()}` } };
  let login = given;
  return {
    authorize: async () => ({ authorization: `Bearer ${login.reveal()}` }),
    heard(headers) {
      const next = headers.get('x-new-access-token')?.trim() ?? '';
      if (next.length <= MAX_LOGIN && /^[\x21-\x7e]+$/.test(next)) login = new Secret(next);
    },
  };
}

function isJwt(text: string): boolean {
  return /^[\w-]+\.[\w-]+\.[\w-]*$/.test(text);
}

/** https://hoop.dev/docs/learn/api-keys: `xapi-…`, before that `ORG|…`. */
function isStaticKey(key: string): boolean {
  return key.startsWith('xapi-') || key.includes('|');
}

/** The parsers of the exports, on what was answered. */
export function read(run: Run, shape: Shape, values: readonly unknown[]): Got {
  const observations: Observation[] = [];
  const records = recordsOf(shape, values, run.at, run.context);
  for (;;) {
    const next = records.next();
    if (next.done === true) return { observations, ...next.value };
    observations.push(next.value);
  }
}

export function joined(parts: readonly Got[]): Got {
  return {
    observations: parts.flatMap((part) => part.observations),
    read: parts.reduce((sum, part) => sum + part.read, 0),
    problems: parts.flatMap((part) => part.problems),
  };
}

/**
 * `ScanContext.once`, for what was read whole: what was read before a failure is for this run alone. It is kept packed, for a
 * month may hold a million sessions; so it is searched for credentials here, as a text that others can no longer search.
 */
export async function keepWhole<T extends { readonly failure?: Failure | undefined }>(
  { context }: Pick<Run, 'context'>,
  step: string | undefined,
  make: () => Promise<T>,
): Promise<T> {
  if (context.once === undefined || step === undefined) return await make();
  let made: T | undefined;
  try {
    const kept = await context.once(step, async () => {
      made = await make();
      const text = JSON.stringify(made);
      if (made.failure !== undefined || context.detect(text).length > 0) throw new NotKept();
      return gzipSync(text, { level: 3 }).toString('base64');
    });
    return made ?? JSON.parse(gunzipSync(Buffer.from(kept, 'base64')).toString('utf8'));
  } catch (error) {
    if (error instanceof NotKept && made !== undefined) return made;
    throw error;
  }
}

class NotKept extends Error {}

/** Is nothing there because the gateway is older than the call? */
export function isNotThere(run: Run, failure: Failure | undefined, since: string | undefined): boolean {
  if (!(failure instanceof LiveFailure) || since === undefined) return false;
  const isNewEnough = isOlder(run.version, NEWEST) && !isOlder(run.version, since);
  if (failure.kind === 'missing') return !isNewEnough;
  // Some versions answer an address that they do not know with the page of their application.
  return failure.kind === 'unreadable' && isOlder(run.version, since);
}

/** Any version that is a number is older. */
const NEWEST = '999999.0.0';

export function partial(why: string): Failure {
  return { outcome: 'partial', why, fatal: false };
}

/** Rows of an answer: an array, `{ data: […] }`, `{ items: […] }`; `null` is none. `undefined`: it is no list. */
export function rowsIn(answer: unknown): readonly unknown[] | undefined {
  if (answer === null || answer === undefined) return [];
  if (Array.isArray(answer)) return answer;
  if (!isRecord(answer)) return undefined;
  for (const name of ['data', 'items']) {
    const value = answer[name];
    if (Array.isArray(value)) return value;
    if (value === null && name in answer) return [];
  }
  return undefined;
}

/**
 * A name in an address. Servers decode what stands between slashes before they look for the route: a name with a slash in it
 * could lead to where credentials are given out.
 */
export function segment(name: string): string {
  if (/^[\w@:~-][\w@:~.-]*$/.test(name)) return name;
  throw new LiveFailure(`${JSON.stringify(clip(printable(name), 60))} is no name that is asked for by address`, {
    kind: 'failed',
  });
}

export function noList(path: string): LiveFailure {
  return new LiveFailure(`the answer to GET /api/${path} holds no list: check the address`, { kind: 'unreadable' });
}

export function isRecord(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export type Told = Part;
