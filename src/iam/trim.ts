import type { IsoTime, Json, JsonObject } from '../contracts/index.ts';
import { actionsMatching, isKnownAction } from './actions.ts';
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
const UNRECORDED = ['iam:PassRole'];

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
    left.push(...unrecordedIn(action, left, trim));
    if (!trim.record.othersUnused) trim.notes.add(`of \`${action}\` only the services that the record lists are left`);
    return { left, why: left.length === 0 ? `nothing of it was used since ${day(trim)}` : 'only what was used is left of it' };
  }
  const use = trim.record.services.get(service);
  if (use === undefined && !trim.record.othersUnused) {
    trim.untold.add(service);
    return { left: [action] };
  }
  if (UNRECORDED.some((one) => one.toLowerCase() === action.toLowerCase())) {
    trim.notes.add(`${action} is never recorded: keep it only for what is run under a role`);
    return { left: [action] };
  }
  if (use === undefined || !use.isUsed) {
    return { left: unrecordedIn(action, [], trim), why: `${service} was not used since ${day(trim)}` };
  }
  return trimWithin(action, service, use, trim);
}

function trimWithin(action: string, service: string, { actions, complete }: Service, trim: Trim): Left {
  const isPattern = /[*?]/.test(action);
  if (actions === undefined || (isPattern && !complete)) {
    const narrowed = actions === undefined ? undefined : narrow(action, actions);
    if (narrowed !== undefined) {
      const { left, unused } = narrowed;
      trim.notes.add(`of ${action} the use of ${left.length} actions is not followed or was seen: they stay`);
      return { left, why: `${unused.join(', ')} of it were not used since ${day(trim)}` };
    }
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
  left.push(...unrecordedIn(action, left, trim));
  return { left, why: left.length === 0 ? `nothing of it was used since ${day(trim)}` : 'only what was used is left of it' };
}

/** More actions than this in the place of a pattern nobody reviews. */
const MAX_INSTEAD = 120;

/**
 * A pattern without the actions whose use is followed and that were not used: those that are followed are told, used or not;
 * of the others (of data, mostly) nothing is known, and they stay.
 */
function narrow(
  pattern: string,
  actions: NonNullable<Service['actions']>,
): { readonly left: string[]; readonly unused: string[] } | undefined {
  const all = actionsMatching(pattern).map(({ name }) => name);
  const isUnused = (name: string) => actions.get(name.toLowerCase())?.isUsed === false;
  const unused = all.filter(isUnused);
  const left = all.filter((name) => !isUnused(name));
  return unused.length === 0 || left.length > MAX_INSTEAD ? undefined : { left, unused };
}

/** Rights that the pattern gave, of whose use nothing can be known, unless they are left anyway: they stay. */
function unrecordedIn(action: string, left: readonly string[], trim: Trim): string[] {
  const covers = (pattern: string, one: string) => matches(compilePattern(pattern.toLowerCase()), one.toLowerCase());
  return UNRECORDED.filter((one) => covers(action, one) && !left.some((pattern) => covers(pattern, one))).map((one) => {
    trim.notes.add(`${action} held ${one}, whose use is never recorded: keep it only for what is run under a role`);
    return one;
  });
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
  const isExcepted = (one: string) => exceptions.some((pattern) => matches(pattern, one.toLowerCase()));
  if (!UNRECORDED.every(isExcepted)) left.push(...unrecordedIn('*', left, trim));
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
    for (const service of [...trim.coarse].sort()) found.push(coarseText(service, trim.record.services.get(service)));
  }
  if (trim.untold.size > 0) found.push(`nothing is known of the use of ${[...trim.untold].sort().join(', ')}`);
  if (missing.length > 0) found.push(`the documents of ${missing.join(', ')} were not in the input`);
  const summaries = policies.filter(({ summary }) => summary === true).map(({ name }) => name);
  if (summaries.length > 0) found.push(`of ${summaries.join(', ')} only a summary is known`);
  return found;
}

/** What is told of single actions is said, though the pattern that gives them is too wide to be written without them. */
function coarseText(service: string, use: Service | undefined): string {
  const unused = [...(use?.actions?.values() ?? [])].filter(({ isUsed }) => !isUsed).map(({ written }) => written);
  if (unused.length === 0) return `of ${service} it is only known that the service was used, not which of its actions`;
  const more = unused.length > 5 ? ` and ${unused.length - 5} more` : '';
  return `of ${service} the use of some actions is followed (not used: ${unused.slice(0, 5).join(', ')}${more}), that of the others is not: they stay, and may be denied by name`;
}

function day({ record }: Trim): string {
  return record.from.slice(0, 10);
}
