import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent, request } from 'node:https';
import type { ScanContext } from '../../src/contracts/index.ts';
import { codeOf, messageOf } from '../../src/util/errors.ts';
import type { Login } from './login.ts';
import { Status } from './schema.ts';

/** Objects a page: what kubectl asks for. */
const PAGE = 500;
const TIMEOUT_MS = 60_000;
const TRIES = 4;
/** A page of 500 objects of 1 MiB is no page that any cluster gives. */
const MAX_BYTES = 256 * 1024 * 1024;
const LONGEST_WAIT_MS = 10_000;

/** Why a list gave nothing, or not all. */
export interface Refusal {
  readonly kind: 'denied' | 'missing' | 'expired' | 'failed';
  /** A clause that says what to do. */
  readonly why: string;
  /** No other list will fare better. */
  readonly fatal: boolean;
  /** Of an expired page: where the list may go on, though not as of the same moment. */
  readonly goOn?: string;
}

export type Page = { readonly text: string } | { readonly refusal: Refusal };

export interface KubeClient {
  /** One page of a list; `path` as in `/api/v1/pods`. Only ever asks, never changes anything. */
  list(path: string, query: { readonly continue?: string; readonly fieldSelector?: string }): Promise<Page>;
  close(): void;
}

export function openClient(login: Login, context: Pick<ScanContext, 'signal'>, timeout = TIMEOUT_MS): KubeClient {
  const secure = login.server.protocol === 'https:';
  const agent = secure
    ? new Agent({
        keepAlive: true,
        maxSockets: 2,
        ...(login.ca === undefined ? {} : { ca: login.ca }),
        ...(login.certificate === undefined ? {} : { cert: login.certificate }),
        ...(login.key === undefined ? {} : { key: login.key.reveal() }),
        ...(login.serverName === undefined ? {} : { servername: login.serverName }),
        rejectUnauthorized: !login.insecure,
      })
    : new HttpAgent({ keepAlive: true, maxSockets: 2 });
  const headers = {
    accept: 'application/json',
    'user-agent': 'nhi-audit',
    ...(login.authorization === undefined ? {} : { authorization: login.authorization.reveal() }),
  };
  const base = login.server.href.replace(/\/$/, '');

  function ask(url: URL): Promise<{ readonly status: number; readonly text: string; readonly wait: number | undefined }> {
    return new Promise((done, fail) => {
      const sent = (secure ? request : httpRequest)(url, { agent, headers, signal: context.signal, timeout }, (answer) => {
        const chunks: Buffer[] = [];
        let bytes = 0;
        answer.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes > MAX_BYTES) sent.destroy(new Error('the answer is too long'));
          else chunks.push(chunk);
        });
        answer.on('error', fail);
        answer.on('end', () => {
          const after = Number(answer.headers['retry-after']);
          done({
            status: answer.statusCode ?? 0,
            text: Buffer.concat(chunks).toString('utf8'),
            wait: Number.isFinite(after) ? after * 1000 : undefined,
          });
        });
      });
      sent.on('timeout', () => sent.destroy(Object.assign(new Error('no answer in time'), { code: 'ETIMEDOUT' })));
      sent.on('error', fail);
      sent.end();
    });
  }

  return {
    async list(path, query) {
      const url = new URL(`${base}${path}`);
      url.searchParams.set('limit', String(PAGE));
      if (query.continue !== undefined) url.searchParams.set('continue', query.continue);
      if (query.fieldSelector !== undefined) url.searchParams.set('fieldSelector', query.fieldSelector);
      let refusal: Refusal = { kind: 'failed', why: 'it was not asked', fatal: false };
      for (let tried = 1; tried <= TRIES; tried++) {
        let wait: number | undefined;
        try {
          const answer = await ask(url);
          if (answer.status === 200) return { text: answer.text };
          refusal = refusalOf(answer.status, answer.text);
          wait = answer.wait;
          if (answer.status !== 429 && answer.status < 500) return { refusal };
        } catch (error) {
          context.signal.throwIfAborted();
          refusal = failureOf(error);
          // A certificate will not be another one in a second.
          if (refusal.fatal) return { refusal };
          // One more chance: a second silence is as good as an answer.
          if (codeOf(error) === 'ETIMEDOUT' && tried > 1) return { refusal };
        }
        if (tried < TRIES) await pause(Math.min(wait ?? 250 * 2 ** tried, LONGEST_WAIT_MS), context.signal);
      }
      return { refusal };
    },
    close: () => agent.destroy(),
  };
}

/** The cluster's own words name the verb and the resource; they hold no secret. */
function refusalOf(status: number, text: string): Refusal {
  const told = statusOf(text);
  const words = (told?.message ?? '').replace(/\s+/g, ' ').slice(0, 200);
  const said = words === '' ? '' : ` (${words})`;
  if (status === 401) {
    return { kind: 'denied', why: `the cluster does not accept the login${said}: renew it and scan again`, fatal: true };
  }
  if (status === 403) return { kind: 'denied', why: `not allowed to this login${said}: grant the verb list`, fatal: false };
  if (status === 404) return { kind: 'missing', why: 'the cluster does not know this resource', fatal: false };
  if (status === 410) {
    const goOn = told?.metadata?.continue;
    return {
      kind: 'expired',
      why: 'the list grew too old while it was read, and what changed meanwhile may be missing',
      fatal: false,
      ...(goOn == null || goOn === '' ? {} : { goOn }),
    };
  }
  return { kind: 'failed', why: `the cluster answered ${status}${said}`, fatal: false };
}

function statusOf(text: string): Status | undefined {
  try {
    const told = Status.safeParse(JSON.parse(text));
    return told.success ? told.data : undefined;
  } catch {
    return undefined;
  }
}

function failureOf(error: unknown): Refusal {
  const code = codeOf(error) ?? '';
  if (/CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ALTNAME|^ERR_TLS/.test(code))
    return {
      kind: 'failed',
      why: `the certificate of the cluster is not trusted (${code}): check certificate-authority-data`,
      fatal: true,
    };
  if (code === 'ETIMEDOUT') return { kind: 'failed', why: 'the cluster gave no answer in time', fatal: false };
  const isAway = /^(?:ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH)$/.test(code);
  return { kind: 'failed', why: `the cluster cannot be reached (${code === '' ? messageOf(error) : code})`, fatal: isAway };
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((done, fail) => {
    const timer = setTimeout(finish, milliseconds);
    function finish(): void {
      signal.removeEventListener('abort', stop);
      done();
    }
    function stop(): void {
      clearTimeout(timer);
      fail(signal.reason);
    }
    signal.addEventListener('abort', stop, { once: true });
  });
}
