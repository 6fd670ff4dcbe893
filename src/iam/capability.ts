import type { Confidence } from '../contracts/index.ts';
import type { Cut, Hop } from './escalation/rows.ts';
import { type Deciding, type Decision, decide } from './evaluate.ts';
import { mentionedCalls } from './mentions.ts';
import { FRESH } from './pattern.ts';
import { PROBES, type Probe, type ProbedCapability, probes } from './probes.ts';
import type { Subject } from './subject.ts';
import { ways } from './ways.ts';

/** What a subject's policies together amount to; one row a capability and deciding statement. */
export interface Capability {
  readonly capability:
    | 'admin'
    | 'escalates'
    | 'reaches-data'
    | 'reads-secrets'
    | 'reads-data'
    | 'writes-data'
    | 'manages-identities'
    | 'impersonates';
  readonly permission: string;
  readonly resource: string;
  readonly by: Deciding | undefined;
  readonly confidence: Confidence;
  /** Condition keys, variables or limits that an unsure row hangs on. */
  readonly keys: readonly string[];
  /** Escalation method, by the id of pathfinding.cloud where it has one. */
  readonly method?: string;
  /** All methods that the same right opens. */
  readonly methods?: readonly string[];
  /** What kind of way it is; `through-others`: of several steps. */
  readonly category?: 'self-escalation' | 'principal-access' | 'new-passrole' | 'existing-passrole' | 'through-others';
  /** The way, step by step. */
  readonly hops?: readonly Hop[];
  /** What to take away first. */
  readonly cut?: Cut;
  /** Where it leads: `role/admin`. */
  readonly target?: string;
  /** How many other administrators the same right leads to that no row tells of. */
  readonly targetsNotNamed?: number;
  /** The whole way in words, where it is more than the deciding statement. */
  readonly path?: string;
  /** Further actions of the same statement with the same effect. */
  readonly also?: readonly string[];
  /** On the first row of a capability: how many more there are that no row tells of. */
  readonly leftOut?: number;
}

/** Rows of one capability beyond which more say nothing new. */
const MAX_ROWS = 25;

/** What lets somebody give any right to somebody. */
const GRANTING: readonly Probe[] = [
  ...probes('user', 'iam:AttachUserPolicy', 'iam:PutUserPolicy'),
  ...probes('role', 'iam:AttachRolePolicy', 'iam:PutRolePolicy'),
];

/**
 * Administrator: may use a service that no policy mentions, on any resource, and may give rights to anybody. A Deny of
 * single things does not make it less; a Deny of all of IAM does. `by` is the statement that allows everything.
 */
export function decideAdmin(subject: Subject, now: Date): Decision {
  let known = admins.get(subject);
  if (known?.now !== now) {
    known = { now, decision: judgeAdmin(subject, now) };
    admins.set(subject, known);
  }
  return known.decision;
}

const admins = new WeakMap<Subject, { readonly now: Date; readonly decision: Decision }>();

function judgeAdmin(subject: Subject, now: Date): Decision {
  const { partition, account } = subject;
  const anything = decide(
    subject,
    { action: `${FRESH}:${FRESH}`, resource: `arn:${partition}:${FRESH}:${FRESH}:${account}:${FRESH}/${FRESH}` },
    now,
  );
  if (anything.outcome === 'deny') return anything;
  let granting: Decision | undefined;
  for (const { action, shape } of GRANTING) {
    const decision = decide(subject, { action, resource: `arn:${partition}:iam::${account}:${shape}/${FRESH}` }, now);
    if (decision.outcome === 'allow') {
      granting = decision;
      break;
    }
    if (decision.outcome === 'unknown' || granting === undefined) granting = decision;
  }
  if (granting === undefined || granting.outcome === 'deny') return granting ?? anything;
  const keys = [...new Set([...anything.keys, ...granting.keys])];
  const outcome = anything.outcome === 'allow' && granting.outcome === 'allow' ? 'allow' : 'unknown';
  return { outcome, explicit: false, by: anything.by, keys };
}

/** Everything but escalation, which needs to know the other subjects (`escalation.ts`). */
export function deriveCapabilities(subject: Subject, now: Date): Capability[] {
  const found: Capability[] = [];
  const admin = decideAdmin(subject, now);
  if (admin.outcome !== 'deny') {
    found.push({
      capability: 'admin',
      permission: '*',
      resource: '*',
      by: admin.by,
      confidence: confidenceOf(admin, subject),
      keys: admin.keys,
    });
  }
  for (const [capability, list] of Object.entries(PROBES)) {
    found.push(...reached(subject, capability as ProbedCapability, list, now));
  }
  return found;
}

export function confidenceOf(decision: Decision, subject: Subject): Confidence {
  return decision.outcome === 'allow' && subject.missing.length === 0 && decision.by?.policy.summary !== true ? 'high' : 'medium';
}

/** The resource column of a statement as one text. */
export function resourceText(deciding: Deciding | undefined): string {
  const resources = deciding?.statement.resources;
  if (resources === undefined || resources.includes('*')) return '*';
  return resources.join(', ');
}

function reached(subject: Subject, capability: ProbedCapability, list: readonly Probe[], now: Date): Capability[] {
  const rows = new Map<Deciding['statement'], Capability & { also: string[] }>();
  const mentioned = mentionedCalls(subject);
  for (const probe of list) {
    if (!mentioned.has(probe.action)) continue;
    for (const { decision } of ways(subject, probe, now)) {
      if (decision.by === undefined) continue;
      const row = rows.get(decision.by.statement);
      if (row !== undefined && (row.keys.length === 0 || decision.outcome !== 'allow')) {
        if (row.permission !== probe.action && !row.also.includes(probe.action)) row.also.push(probe.action);
        continue;
      }
      rows.set(decision.by.statement, {
        capability,
        permission: probe.action,
        resource: resourceText(decision.by),
        by: decision.by,
        confidence: confidenceOf(decision, subject),
        keys: decision.keys,
        also: row === undefined ? [] : [row.permission, ...row.also].filter((action) => action !== probe.action),
      });
    }
  }
  const told = [...rows.values()].slice(0, MAX_ROWS);
  const [first] = told;
  return first === undefined || rows.size === told.length
    ? told
    : [{ ...first, leftOut: rows.size - told.length }, ...told.slice(1)];
}
