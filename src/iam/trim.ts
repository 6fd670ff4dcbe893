import type { IsoTime, Json, JsonObject } from '../contracts/index.ts';
import { isKnownAction } from './actions.ts';
import { type Statement, statementName } from './document.ts';
import { compilePattern, matches, type Pattern } from './pattern.ts';
import type { Policy, Subject } from './subject.ts';

/** What a record of use tells of one service. */
export interface ServiceUse {
  /** Namespace of its actions: `s3`. */
  readonly service: string;
  /** Absent: not used in the window. */
  readonly lastUsedAt?: IsoTime;
  /** Actions whose use is followed. Absent: only the use of the service is. */
  readonly actions?: readonly { readonly action: string; readonly lastUsedAt?: IsoTime }[];
  /** Every action that was used is among them (a trail with data events), not only those that IAM follows. */
  readonly complete?: boolean;
}

export interface Usage {
  readonly from: IsoTime;
  readonly to: IsoTime;
  readonly services: readonly ServiceUse[];
  /** `unused`: a service that is not listed was not used. By default nothing is known of it. */
  readonly others?: 'unused' | 'unknown';
}

export interface Removed {
  readonly permission: string;
  readonly resource: string;
  /** Name or ARN of the policy. */
  readonly via: string;
  readonly statement: string;
  readonly why: string;
}

export interface TrimmedPolicy {
  /** One document that can stand for all policies of the subject; to be reviewed. */
  readonly document: JsonObject;
  readonly removed: readonly Removed[];
  /** Why it must not be applied as it stands; absent: the record tells enough. */
  readonly inconclusive?: string;
  /** What a reviewer has to know. */
  readonly notes: readonly string[];
  readonly window: { readonly from: IsoTime; readonly to: IsoTime; readonly days: number };
}

/** A quarter: month-end jobs have then run three times. */
const ENOUGH_DAYS = 90;
/** Characters of a managed policy, blanks left out. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
const MAX_POLICY = 6144;
const DAY = 86_400_000;
/** The policy variable that stands for the character. */
const ESCAPED_DOLLAR = `\${$}`;

/**
 * Rights that no call uses by itself, so that no record tells of their use.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
 */
const UNRECORDED = ['iam:passrole'];

/** The subject's policies without what it did not use in the window. */
export function trimPolicies(
  subject: Pick<Subject, 'policies' | 'missing'>,
  usage: Usage,
  { enoughDays = ENOUGH_DAYS }: { readonly enoughDays?: number } = {},
): TrimmedPolicy {
  const days = Math.floor((Date.parse(usage.to) - Date.parse(usage.from)) / DAY);
  const trim: Trim = { record: readRecord(usage), removed: [], coarse: new Set(), untold: new Set(), notes: new Set() };
  noteStrangeNames(trim);
  const statements: JsonObject[] = [];
  const written = new Set<string>();
  const sids = new Set<string>();
  for (const policy of subject.policies) {
    for (const statement of policy.document.statements) {
      const actions = trimActions(statement, policy, trim);
      if (actions === undefined) continue;
      const body = bodyOf(statement, policy, actions);
      const text = JSON.stringify(body);
      if (written.has(text)) continue;
      written.add(text);
      const { sid } = statement;
      const isFree = sid !== undefined && /^[A-Za-z0-9]+$/.test(sid) && !sids.has(sid);
      if (isFree) sids.add(sid);
      statements.push(isFree ? { Sid: sid, ...body } : body);
    }
  }
  const document = { Version: '2012-10-17', Statement: statements };
  if (JSON.stringify(document).length > MAX_POLICY) {
    trim.notes.add(`it has more than the ${MAX_POLICY} characters of a managed policy: split it`);
  }
  const inconclusive = doubts(subject, days, enoughDays, trim);
  return {
    document,
    removed: trim.removed,
    ...(inconclusive.length === 0 ? {} : { inconclusive: inconclusive.join('; ') }),
    notes: [...trim.notes],
    window: { from: usage.from, to: usage.to, days },
  };
}

interface Trim {
  readonly record: Record;
  readonly removed: Removed[];
  /** Services used of which single actions are not told. */
  readonly coarse: Set<string>;
  /** Services of which nothing is told. */
  readonly untold: Set<string>;
  readonly notes: Set<string>;
}

interface Record {
  readonly from: IsoTime;
  readonly othersUnused: boolean;
  readonly services: ReadonlyMap<string, Service>;
}

interface Service {
  readonly isUsed: boolean;
  readonly complete: boolean;
  /** Lower-case action: as written, and was it used in the window? */
  readonly actions: ReadonlyMap<string, { readonly written: string; readonly isUsed: boolean }> | undefined;
}

function readRecord({ from, to, services, others }: Usage): Record {
  const isIn = (at: IsoTime | undefined): boolean =>
    at !== undefined && Date.parse(at) >= Date.parse(from) && Date.parse(at) <= Date.parse(to);
  const read = new Map<string, Service>();
  for (const { service, lastUsedAt, actions, complete } of services) {
    const prefix = `${service.toLowerCase()}:`;
    const followed = actions?.map(({ action, lastUsedAt: last }) => {
      const written = action.includes(':') ? action : `${prefix}${action}`;
      return [written.toLowerCase(), { written, isUsed: isIn(last) }] as const;
    });
    read.set(service.toLowerCase(), {
      isUsed: isIn(lastUsedAt) || followed?.some(([, one]) => one.isUsed) === true,
      complete: complete === true,
      actions: followed === undefined ? undefined : new Map(followed),
    });
  }
  return { from, othersUnused: others === 'unused', services: read };
}

/** Trails name events, and some events are called otherwise than the action that allows them. */
function noteStrangeNames({ record, notes }: Trim): void {
  for (const { actions } of record.services.values()) {
    for (const { written, isUsed } of actions?.values() ?? []) {
      if (isUsed && isKnownAction(written) === false) notes.add(`${written} is no action of AWS: look up what allows it`);
    }
  }
}

/** The actions that stay, as element and list; `undefined` where the whole statement goes. */
function trimActions(statement: Statement, policy: Policy, trim: Trim): JsonObject | undefined {
  if (statement.effect === 'deny') {
    return statement.actions === undefined ? { NotAction: statement.notActions ?? [] } : { Action: statement.actions };
  }
  const kept = new Set<string>();
  if (statement.actions === undefined) {
    const excepted = statement.notActions ?? [];
    const rest = trimEverything(excepted, trim);
    if (rest === undefined) return { NotAction: excepted };
    for (const action of rest) kept.add(action);
    trim.removed.push(removedBy(statement, policy, `everything but ${excepted.join(', ')}`, 'only what was used is left of it'));
  }
  for (const action of statement.actions ?? []) {
    const { left, why } = trimAction(action, trim);
    for (const one of left) kept.add(one);
    if (why !== undefined) trim.removed.push(removedBy(statement, policy, action, why));
  }
  return kept.size === 0 ? undefined : { Action: [...kept].sort() };
}

interface Left {
  readonly left: readonly string[];
  /** What was taken away of it, and why; absent: nothing. */
  readonly why?: string;
}

function trimAction(action: string, trim: Trim): Left {
  const [service = '', name] = action.toLowerCase().split(':');
  if (name === undefined || /[*?]/.test(service)) {
    const services = compilePattern(service);
    const left: string[] = [];
    for (const [known, { isUsed }] of trim.record.services) {
      if (isUsed && matches(services, known)) left.push(...trimAction(`${known}:${name ?? '*'}`, trim).left);
    }
    if (!trim.record.othersUnused) trim.notes.add(`of \`${action}\` only the services that the record lists are left`);
    return { left, why: left.length === 0 ? `nothing of it was used since ${day(trim)}` : 'only what was used is left of it' };
  }
  const use = trim.record.services.get(service);
  if (use === undefined && !trim.record.othersUnused) {
    trim.untold.add(service);
    return { left: [action] };
  }
  if (UNRECORDED.includes(action.toLowerCase())) {
    trim.notes.add(`${action} is never recorded: keep it only for what is run under a role`);
    return { left: [action] };
  }
  if (use === undefined || !use.isUsed) return { left: [], why: `${service} was not used since ${day(trim)}` };
  return trimWithin(action, service, use, trim);
}

function trimWithin(action: string, service: string, { actions, complete }: Service, trim: Trim): Left {
  const isPattern = /[*?]/.test(action);
  if (actions === undefined || (isPattern && !complete)) {
    trim.coarse.add(service);
    return { left: [action] };
  }
  if (!isPattern) {
    const known = actions.get(action.toLowerCase());
    if (known?.isUsed === true) return { left: [action] };
    if (known !== undefined || complete) return { left: [], why: `not used since ${day(trim)}` };
    trim.coarse.add(service);
    return { left: [action] };
  }
  const pattern = compilePattern(action.toLowerCase());
  const left = [...actions].filter(([name, { isUsed }]) => isUsed && matches(pattern, name)).map(([, { written }]) => written);
  for (const unrecorded of UNRECORDED) {
    if (matches(pattern, unrecorded))
      trim.notes.add(`${action} held iam:PassRole, whose use is never recorded: add it back if needed`);
  }
  return { left, why: left.length === 0 ? `nothing of it was used since ${day(trim)}` : 'only what was used is left of it' };
}

/** What `NotAction` allows of the services used; `undefined` where an exception cuts through a service told of as a whole. */
function trimEverything(excepted: readonly string[], trim: Trim): string[] | undefined {
  const exceptions = excepted.map((action) => compilePattern(action.toLowerCase()));
  const left: string[] = [];
  for (const [service, use] of trim.record.services) {
    if (!use.isUsed || exceptions.some((pattern) => matches(pattern, `${service}:*`))) continue;
    const isCut = exceptions.some((pattern) => speaksOf(pattern, service));
    if (use.complete) {
      const used = trimWithin(`${service}:*`, service, use, trim).left;
      left.push(...used.filter((action) => !exceptions.some((pattern) => matches(pattern, action.toLowerCase()))));
    } else if (isCut) {
      trim.coarse.add(service);
      return undefined;
    } else left.push(...trimAction(`${service}:*`, trim).left);
  }
  return left;
}

function speaksOf({ source }: Pattern, service: string): boolean {
  const [own = ''] = source.split(':');
  return matches(compilePattern(own), service);
}

function bodyOf(statement: Statement, { document }: Policy, actions: JsonObject): JsonObject {
  const { effect, resources, notResources, condition } = statement;
  const body: { [element: string]: Json } = { Effect: effect === 'allow' ? 'Allow' : 'Deny', ...actions };
  if (resources !== undefined) body.Resource = resources;
  if (notResources !== undefined) body.NotResource = notResources;
  if (condition !== undefined) body.Condition = condition;
  // Documents of the old version have no variables: what looks like one is text.
  return document.variables
    ? body
    : (JSON.parse(JSON.stringify(body).replaceAll(/\$(?=\{)/g, () => ESCAPED_DOLLAR)) as JsonObject);
}

function removedBy(statement: Statement, policy: Policy, permission: string, why: string): Removed {
  const { resources } = statement;
  const resource = resources === undefined ? '*' : resources.join(', ');
  return { permission, resource, via: policy.name, statement: statementName(statement), why };
}

function doubts(
  { policies, missing }: Pick<Subject, 'policies' | 'missing'>,
  days: number,
  enough: number,
  trim: Trim,
): string[] {
  const found: string[] = [];
  if (!(days >= enough)) {
    const length = Number.isFinite(days) ? `covers ${days} days` : 'has no readable window';
    found.push(`the record of use ${length}, less than ${enough}`);
  }
  if (trim.coarse.size > 0) {
    found.push(`of ${[...trim.coarse].sort().join(', ')} it is only known that the service was used, not which of its actions`);
  }
  if (trim.untold.size > 0) found.push(`nothing is known of the use of ${[...trim.untold].sort().join(', ')}`);
  if (missing.length > 0) found.push(`the documents of ${missing.join(', ')} were not in the input`);
  const summaries = policies.filter(({ summary }) => summary === true).map(({ name }) => name);
  if (summaries.length > 0) found.push(`of ${summaries.join(', ')} only a summary is known`);
  return found;
}

function day({ record }: Trim): string {
  return record.from.slice(0, 10);
}
