import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { RawStatement } from './build.ts';

/** The evaluator's table, `cases/*.yml`: every group cites the page whose rules it writes down. */
export interface Group {
  readonly group: string;
  readonly page: string;
  readonly rows: readonly Row[];
}

export interface Row {
  readonly it: string;
  readonly who: 'user' | 'role';
  readonly session: string | undefined;
  readonly isServiceLinked: boolean;
  readonly tags: { readonly [key: string]: string };
  readonly isOld: boolean;
  readonly identity: readonly RawStatement[];
  readonly boundary: readonly RawStatement[] | undefined;
  readonly sessionPolicy: readonly RawStatement[] | undefined;
  readonly scp: readonly Level[];
  readonly rcp: readonly Level[] | undefined;
  readonly resource: Level | undefined;
  readonly owner: string | undefined;
  readonly action: string;
  readonly on: string;
  /** What is known of the call beside who makes it; `null`: absent. */
  readonly context: { readonly [key: string]: readonly string[] | null };
  readonly is: 'allowed' | 'denied' | 'denied explicitly' | 'unknown';
  /** What an unknown outcome hangs on, where the row says. */
  readonly keys: readonly string[] | undefined;
}

/** `missing`: there are policies, but not in the input. */
type Level = readonly RawStatement[] | 'missing';

const OBJECT = 'arn:aws:s3:::reports/2026/q1.csv';
const OUTCOMES = { allow: 'allowed', deny: 'denied', unknown: 'unknown' } as const;

type Outcome = keyof typeof OUTCOMES;
type OneOrMore = string | number | boolean | readonly (string | number | boolean)[];

interface RawGroup {
  readonly group: string;
  readonly page: string;
  readonly element?: string;
  readonly tags?: Row['tags'];
  readonly version?: string;
  readonly owner?: string;
  readonly call?: string;
  readonly conditions?: readonly [Outcome, string, OneOrMore, OneOrMore | null][];
  readonly actions?: readonly [Outcome, OneOrMore, string][];
  readonly resources?: readonly [Outcome, OneOrMore, string][];
  readonly cases?: readonly RawCase[];
}

interface RawCase {
  readonly it: string;
  readonly is: Row['is'];
  readonly keys?: readonly string[];
  readonly who?: Row['who'];
  readonly session?: string;
  readonly 'service-linked'?: boolean;
  readonly tags?: Row['tags'];
  readonly identity?: readonly string[];
  readonly boundary?: readonly string[];
  readonly 'session-policy'?: readonly string[];
  readonly scp?: readonly (readonly string[] | 'missing')[];
  readonly rcp?: readonly (readonly string[] | 'missing')[];
  readonly resource?: readonly string[] | 'missing';
  readonly owner?: string;
  readonly call?: string;
  readonly with?: { readonly [key: string]: OneOrMore | null };
}

export function readCases(): Group[] {
  return ['elements.yml', 'conditions.yml', 'calls.yml'].flatMap((file) => {
    const groups = parse(readFileSync(join(import.meta.dirname, 'cases', file), 'utf8')) as RawGroup[];
    return groups.map((raw) => ({ group: raw.group, page: raw.page, rows: rowsOf(raw) }));
  });
}

function rowsOf(raw: RawGroup): Row[] {
  const plain: Row = { ...rowOf({ it: '', is: 'denied' }, raw), isOld: raw.version === '2008-10-17' };
  return [
    ...(raw.conditions ?? []).map(([outcome, operator, wanted, actual]) => ({
      ...plain,
      it: `${operator} ${shown(wanted)} of ${actual === null ? 'nothing' : shown(actual)}`,
      is: OUTCOMES[outcome],
      identity: [{ Effect: 'Allow', Action: '*', Resource: '*', Condition: { [operator]: { 'k:key': wanted } } }],
      context: actual === '??' ? {} : contextOf({ 'k:key': actual }),
    })),
    ...(raw.actions ?? []).map(([outcome, pattern, action]) => ({
      ...plain,
      it: `${raw.element ?? 'Action'} ${shown(pattern)}: ${action}`,
      is: OUTCOMES[outcome],
      identity: [{ Effect: 'Allow', [raw.element ?? 'Action']: pattern, Resource: '*' }],
      action,
    })),
    ...(raw.resources ?? []).map(([outcome, pattern, on]) => ({
      ...plain,
      it: `${raw.element ?? 'Resource'} ${shown(pattern)}: ${on}`,
      is: OUTCOMES[outcome],
      identity: [{ Effect: 'Allow', Action: '*', [raw.element ?? 'Resource']: pattern }],
      on,
    })),
    ...(raw.cases ?? []).map((one) => rowOf(one, raw)),
  ];
}

function rowOf(one: RawCase, group: RawGroup): Row {
  const [action = '', on = ''] = (one.call ?? group.call ?? `s3:GetObject on ${OBJECT}`).split(' on ');
  return {
    it: one.it,
    who: one.who ?? 'user',
    session: one.session,
    isServiceLinked: one['service-linked'] ?? false,
    tags: one.tags ?? group.tags ?? {},
    isOld: false,
    identity: (one.identity ?? []).map(readStatement),
    boundary: one.boundary?.map(readStatement),
    sessionPolicy: one['session-policy']?.map(readStatement),
    scp: (one.scp ?? []).map(levelOf),
    rcp: one.rcp?.map(levelOf),
    resource: one.resource === undefined ? undefined : levelOf(one.resource),
    owner: one.owner ?? group.owner,
    action,
    on,
    context: contextOf(one.with ?? {}),
    is: one.is,
    keys: one.keys,
  };
}

function levelOf(raw: readonly string[] | 'missing'): Level {
  return raw === 'missing' ? raw : raw.map(readStatement);
}

function contextOf(raw: { readonly [key: string]: OneOrMore | null }): Row['context'] {
  return Object.fromEntries(
    Object.entries(raw).map(([key, value]) => [key.toLowerCase(), value === null ? null : [value].flat().map(String)]),
  );
}

function shown(value: OneOrMore): string {
  const all = [value].flat().map((one) => (typeof one === 'string' ? one : `${one} (${typeof one})`));
  return all.join(' | ') || '(nothing)';
}

const STATEMENT =
  /^(?<effect>Allow|Deny) (?<actions>.+?)(?: on (?<resources>.+?))?(?: for (?<principals>.+?))?(?: if (?<tests>.+))?$/;

/** `Deny all but s3:*, iam:* on arn:aws:s3:::x/* for * if StringEquals k:a = 1, 2 and Null k:b = true` */
function readStatement(text: string): RawStatement {
  const parts = STATEMENT.exec(text)?.groups;
  if (parts === undefined) throw new Error(`no statement: ${text}`);
  const { actions = '', resources, principals, tests } = parts;
  return {
    Effect: parts.effect,
    ...element('Action', actions),
    ...(resources === undefined ? {} : element('Resource', resources)),
    ...(principals === undefined ? {} : element('Principal', principals, namedPrincipals)),
    ...(tests === undefined ? {} : { Condition: readTests(tests) }),
  };
}

function element(name: string, text: string, read: (list: string[]) => unknown = (list) => list): RawStatement {
  const isExcept = text.startsWith('all but ');
  const list = text.replace('all but ', '').split(', ');
  return { [isExcept ? `Not${name}` : name]: read(list) };
}

function namedPrincipals(list: readonly string[]): unknown {
  if (list.includes('*')) return '*';
  const [services, others] = [list.filter((one) => one.endsWith('.com')), list.filter((one) => !one.endsWith('.com'))];
  return { ...(others.length === 0 ? {} : { AWS: others }), ...(services.length === 0 ? {} : { Service: services }) };
}

function readTests(text: string): { [operator: string]: { [key: string]: string[] } } {
  const condition: { [operator: string]: { [key: string]: string[] } } = {};
  for (const test of text.split(' and ')) {
    const { operator = '', key = '', values = '' } = /^(?<operator>\S+) (?<key>\S+) = (?<values>.+)$/.exec(test)?.groups ?? {};
    if (operator === '' || condition[operator]?.[key] !== undefined) throw new Error(`no test: ${test}`);
    condition[operator] = { ...condition[operator], [key]: values.split(', ') };
  }
  return condition;
}
