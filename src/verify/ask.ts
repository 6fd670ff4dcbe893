import type { Verification } from '../contracts/detector.ts';

/** What a provider's answer says of a credential. `unknown` is never `inactive`. */
export interface Verdict {
  readonly state: 'active' | 'inactive' | 'unknown';
  /** Why it is unknown: `HTTP 503`, `no answer within 10 s`. Never holds what was sent. */
  readonly why?: string;
  /** Whose it is, in the provider's own words. */
  readonly identity?: string;
  /** What it may do, where the answer tells: OAuth scopes. */
  readonly scopes?: readonly string[];
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

export interface Asking {
  readonly method: string;
  readonly url: string;
  readonly headers: { readonly [name: string]: string };
  readonly body?: string;
}

/** What fills the `{…}` of a request. */
export interface Values {
  readonly secret: string;
  readonly publicId?: string;
}

export type HttpVerification = Exclude<Verification, string>;

const ANSWER_MAX = 256 * 1024;
const WAIT_MS = 10_000;

/** Fills a rule's request. In the URL values are percent-encoded; a line break would make a header of its own and is refused. */
export function requestOf(rule: HttpVerification, values: Values): Asking {
  const raw = (text: string): string => fill(text, values, (value) => value);
  const headers: { [name: string]: string } = {};
  for (const [name, text] of Object.entries(rule.headers)) {
    const value = name.toLowerCase() === 'authorization' ? basic(text, values) : raw(text);
    if (/[\r\n\0]/.test(value)) throw new RangeError('a value holds a line break');
    headers[name] = value;
  }
  return {
    method: rule.method,
    url: fill(rule.url, values, encodeURIComponent),
    headers,
    ...(rule.body === undefined ? {} : { body: raw(rule.body) }),
  };
}

/** `Basic {publicId}:{secret}` is sent in base64. */
function basic(text: string, values: Values): string {
  const filled = fill(text, values, (value) => value);
  const match = /^Basic (?<pair>[^\r\n]*:[^\r\n]*)$/.exec(filled);
  return match === null ? filled : `Basic ${Buffer.from(match.groups?.pair ?? '').toString('base64')}`;
}

function fill(text: string, values: Values, encode: (value: string) => string): string {
  return text.replace(/\{(secret|publicId)\}/g, (_, name: 'secret' | 'publicId') => {
    const value = values[name];
    if (value === undefined) throw new RangeError(`the ${name} is not known`);
    return encode(value);
  });
}

/**
 * Sends one request: no redirect is followed (it would carry the credential to another host), no more than 256 KiB of the
 * answer are read, nothing is waited for longer than ten seconds.
 */
export async function send(asking: Asking, signal: AbortSignal): Promise<Answer> {
  const response = await fetch(asking.url, {
    method: asking.method,
    headers: { 'user-agent': 'nhi-audit', accept: 'application/json', ...asking.headers },
    ...(asking.body === undefined ? {} : { body: asking.body }),
    redirect: 'manual',
    signal: AbortSignal.any([signal, AbortSignal.timeout(WAIT_MS)]),
  });
  return { status: response.status, headers: response.headers, text: await readSome(response) };
}

async function readSome(response: Response): Promise<string> {
  if (response.body === null) return '';
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > ANSWER_MAX) break;
  }
  return Buffer.concat(chunks).toString('utf8', 0, ANSWER_MAX);
}

/** What an answer means by the rule; whatever the rule does not name is unknown. */
export function judge(rule: HttpVerification, answer: Answer): Verdict {
  const json = parse(answer.text);
  if (agrees(rule.active, answer, json)) {
    const identity = rule.identity === undefined ? undefined : textAt(json, rule.identity);
    const scopes = rule.scopes === undefined ? undefined : scopesOf(rule.scopes, answer, json);
    return {
      state: 'active',
      ...(identity === undefined ? {} : { identity }),
      ...(scopes === undefined || scopes.length === 0 ? {} : { scopes }),
    };
  }
  if (rule.inactive !== undefined && agrees(rule.inactive, answer, json)) return { state: 'inactive' };
  return { state: 'unknown', why: `HTTP ${answer.status}` };
}

function agrees(expected: HttpVerification['active'], answer: Answer, json: unknown): boolean {
  if (!expected.status.includes(answer.status)) return false;
  return Object.entries(expected.json ?? {}).every(([path, value]) => valueAt(json, path) === value);
}

function scopesOf(source: string, answer: Answer, json: unknown): string[] {
  const text = source.startsWith('header:') ? answer.headers.get(source.slice(7)) : valueAt(json, source);
  const list = Array.isArray(text) ? text.map(String) : String(text ?? '').split(/[\s,]+/);
  return list.filter((scope) => /^[\w:./-]{1,100}$/.test(scope)).slice(0, 100);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** `user.login` in an answer; a provider's word, so only a short plain text is taken. */
function textAt(json: unknown, path: string): string | undefined {
  const value = valueAt(json, path);
  return (typeof value === 'string' || typeof value === 'number') && String(value).length <= 256 ? String(value) : undefined;
}

function valueAt(json: unknown, path: string): unknown {
  let value = json;
  for (const step of path.split('.')) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = Object.hasOwn(value, step) ? (value as { readonly [name: string]: unknown })[step] : undefined;
  }
  return value;
}
