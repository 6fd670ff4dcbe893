import type { ScanContext, ServiceTarget } from '../../src/contracts/index.ts';
import { readRegularFile } from '../../src/files/source-file.ts';
import { codeOf, messageOf, TargetError } from '../../src/util/errors.ts';
import { nearest } from '../../src/util/nearest.ts';
import { Secret } from '../../src/util/secret.ts';

/** What is asked of sessions beside their list: `reviews` of those that have one, `scripts` that ran, `streams` of all that was recorded. */
export const CONTENTS = ['reviews', 'scripts', 'streams'] as const;
export type Content = (typeof CONTENTS)[number];

/** A gateway, and how much of it: `hoop:https://HOST/prefix?since=90d&content=scripts`. */
export interface Gateway {
  readonly host: string;
  /** With the path that all calls begin with. */
  readonly apiUrl: string;
  /** Days back from now, or the first day (`2026-03-01`). */
  readonly since: number | string;
  /** The last day. Absent: today. */
  readonly until?: string;
  readonly content: Content;
  /** Ask for the settings of each connection: live secrets are among them. */
  readonly settings: boolean;
}

/** Days, from `from` (included) to `until`, in milliseconds. */
export interface Window {
  readonly from: number;
  readonly until: number;
}

export const DAY_MS = 86_400_000;
const SINCE_DAYS = 30;
const MOST_DAYS = 3660;
const PARAMETERS = ['since', 'until', 'content', 'connections'];
const MAX_KEY_BYTES = 64 * 1024;

export function gatewayOf(target: ServiceTarget): Gateway {
  const address = target.address.trim();
  if (!/^https?:\/\//i.test(address) || !URL.canParse(address)) {
    throw refused(target, 'does not name a gateway', 'Write hoop:https://HOST, the address that people sign in at.');
  }
  const url = new URL(address);
  if (url.username !== '' || url.password !== '' || url.hash !== '') {
    throw refused(target, 'is no plain address', 'The key goes into HOOP_API_KEY or HOOP_API_KEY_FILE, never into the address.');
  }
  for (const name of url.searchParams.keys()) {
    if (PARAMETERS.includes(name)) continue;
    const meant = nearest(name, PARAMETERS);
    const hint = meant === undefined ? `Known: ${PARAMETERS.join(', ')}.` : `Did you mean "${meant}"?`;
    throw refused(target, `says "${name}", which means nothing here`, hint);
  }
  const until = dayOf(target, url.searchParams.get('until'));
  const prefix = url.pathname.replace(/\/+$/, '').replace(/\/api$/, '');
  return {
    host: url.host,
    apiUrl: `${url.origin}${prefix}/api`,
    since: sinceOf(target, url.searchParams.get('since')),
    ...(until === undefined ? {} : { until }),
    content: oneOf(target, 'content', url.searchParams.get('content') ?? 'reviews', CONTENTS),
    settings: oneOf(target, 'connections', url.searchParams.get('connections') ?? 'list', ['list', 'settings']) === 'settings',
  };
}

/** Whole days of UTC; today ends now. */
export function windowOf({ since, until }: Pick<Gateway, 'since' | 'until'>, now: Date): Window {
  const end = Math.min(now.getTime(), until === undefined ? Number.POSITIVE_INFINITY : Date.parse(until) + DAY_MS);
  const from = typeof since === 'string' ? Date.parse(since) : startOfDay(now.getTime() - since * DAY_MS);
  return { from: Math.max(from, end - MOST_DAYS * DAY_MS), until: Math.max(from, end) };
}

/** The newest first. */
export function daysOf({ from, until }: Window): readonly Window[] {
  const days: Window[] = [];
  for (let day = startOfDay(from); day < until; day += DAY_MS) days.push({ from: day, until: Math.min(day + DAY_MS, until) });
  return days.reverse();
}

export function startOfDay(time: number): number {
  return Math.floor(time / DAY_MS) * DAY_MS;
}

/** `2026-03-12`. */
export function dayText(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}

/** Plain http, which sends the key in the clear, to another machine: only for who says so. */
export function allowsPlain(env: ScanContext['env']): boolean {
  return env.HOOP_ALLOW_HTTP === '1' || env.HOOP_ALLOW_HTTP === 'true';
}

export function keyFrom(env: ScanContext['env']): Secret {
  const hint = 'Set HOOP_API_KEY to a key of the group auditor, or HOOP_API_KEY_FILE to a file that holds it.';
  const given = env.HOOP_API_KEY?.trim() ?? '';
  if (given !== '') return checked(given, 'HOOP_API_KEY');
  const file = env.HOOP_API_KEY_FILE ?? '';
  if (file === '') throw new TargetError('There is no login for the gateway', { code: 'TARGET_LOGIN', hint });
  let text: string;
  try {
    text = readRegularFile(file, MAX_KEY_BYTES).toString('utf8').trim();
  } catch (error) {
    if (!(error instanceof TargetError) && codeOf(error) === undefined) throw error;
    throw new TargetError(`HOOP_API_KEY_FILE cannot be read: ${messageOf(error)}`, { code: 'TARGET_LOGIN', hint });
  }
  if (text === '') throw new TargetError('HOOP_API_KEY_FILE is empty', { code: 'TARGET_LOGIN', hint });
  return checked(text, 'HOOP_API_KEY_FILE');
}

/** What no header can carry would be quoted by the error that says so. */
function checked(key: string, name: string): Secret {
  if (!/^[\x21-\x7e]+$/.test(key)) {
    throw new TargetError(`${name} holds what is no key`, { code: 'TARGET_LOGIN', hint: 'One line, without spaces.' });
  }
  return new Secret(key);
}

function sinceOf(target: ServiceTarget, text: string | null): number | string {
  if (text === null) return SINCE_DAYS;
  const days = /^(\d{1,4})d?$/.exec(text)?.[1];
  if (days !== undefined && Number(days) > 0) return Number(days);
  const day = dayOf(target, text);
  if (day === undefined) throw refused(target, 'says nothing behind "since"', 'Write since=90d or since=2026-03-01.');
  return day;
}

function dayOf(target: ServiceTarget, text: string | null): string | undefined {
  if (text === null) return undefined;
  const time = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(time) || dayText(time) !== text) {
    throw refused(target, `names no day by "${text}"`, 'Write a day of UTC as 2026-03-01.');
  }
  return text;
}

function oneOf<T extends string>(target: ServiceTarget, name: string, value: string, known: readonly T[]): T {
  const found = known.find((one) => one === value);
  if (found !== undefined) return found;
  throw refused(target, `says ${name}=${value}`, `Known: ${known.join(', ')}.`);
}

function refused({ name }: ServiceTarget, what: string, hint: string): TargetError {
  return new TargetError(`"${withoutKey(name)}" ${what}`, { code: 'TARGET_ADDRESS', hint });
}

/** Whoever writes a key into the address finds it in no error, and so in no log. */
function withoutKey(name: string): string {
  return name
    .replace(/\/\/[^/?#]*@/, '//***@')
    .replace(/#.*$/s, '#***')
    .replace(/([?&][^=&#]*)=([^&#]*)/g, (whole, key: string) => (PARAMETERS.includes(key.slice(1)) ? whole : `${key}=***`));
}
