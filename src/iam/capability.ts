import type { Confidence } from '../contracts/index.ts';
import { statementsOn } from './covers.ts';
import { effortOf, isSpent, spend, unsettled } from './effort.ts';
import type { Cut, Hop } from './escalation/rows.ts';
import { type Deciding, type Decision, decide, resourcePatterns } from './evaluate.ts';
import { mentionedCalls } from './mentions.ts';
import { commonText, compilePattern, FRESH, matches, type Pattern } from './pattern.ts';
import { PROBES, type Probe, type ProbedCapability, probes } from './probes.ts';
import { reachable, STEPS_TO_MEET } from './reach.ts';
import type { Subject } from './subject.ts';

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

/** May the subject do this on at least one resource of the shape? The most certain way is returned. */
export function somewhere(
  subject: Subject,
  action: string,
  shape: string,
  now: Date,
  context?: { readonly [key: string]: readonly string[] | null },
): Decision | undefined {
  let best: Decision | undefined;
  for (const { decision } of ways(subject, { action, shape }, now, context)) {
    if (decision.outcome === 'allow') return decision;
    best ??= decision;
  }
  return best;
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

/** One positive decision for every statement that leads to a resource of the probe's shape. */
function* ways(
  subject: Subject,
  probe: Probe,
  now: Date,
  context?: { readonly [key: string]: readonly string[] | null },
): Generator<Way> {
  if (!limitsAdmit(subject, probe.action)) return;
  const shape = shapePattern(probe.shape, subject);
  const effort = effortOf(subject);
  const bounds = isSpent(effort) ? [] : limitPatterns(subject, probe.action, shape);
  spend(effort, bounds.length * STEPS_TO_MEET);
  const asked = { action: probe.action, ...(context === undefined ? {} : { context }) };
  for (const policy of subject.policies) {
    for (const statement of statementsOn(policy.document, probe.action)) {
      if (statement.effect !== 'allow') continue;
      if (isSpent(effort)) {
        yield { decision: unsettled({ policy, statement }), resource: '' };
        continue;
      }
      const patterns = resourcePatterns(statement, policy.document, subject);
      spend(effort, patterns.length * (bounds.length + 1) * STEPS_TO_MEET);
      let isShut = false;
      const ask = (resource: string): Way | undefined => {
        const decision = decide(subject, { ...asked, resource }, now);
        isShut ||= decision.explicit && decision.by?.statement.resources?.includes('*') === true;
        // Where another statement decides, its own turn tells.
        return decision.outcome === 'deny' || decision.by?.statement !== statement ? undefined : { decision, resource };
      };
      let best: Way | undefined;
      for (const resource of candidates(patterns, shape, bounds)) {
        best = better(best, ask(resource));
        if (best?.decision.outcome === 'allow') break;
      }
      if (best?.decision.outcome !== 'allow' && !isShut) {
        for (const resource of reachable(subject, { policy, statement }, { ...asked, shape }, now)) {
          const gaveUp = { decision: unsettled({ policy, statement }), resource: '' };
          best = better(best, resource === undefined ? gaveUp : ask(resource));
          if (best?.decision.outcome === 'allow') break;
        }
      }
      if (best !== undefined) yield best;
    }
  }
}

/** Has every limit an Allow for the action at all? */
function limitsAdmit(subject: Subject, action: string): boolean {
  return subject.limits.every(({ known, kind, policies, mayNotBind }) => {
    if (!known || mayNotBind === true || (kind === 'scp' && subject.serviceLinked === true)) return true;
    return policies.some(({ document }) => statementsOn(document, action).some(({ effect }) => effect === 'allow'));
  });
}

interface Way {
  readonly decision: Decision;
  readonly resource: string;
}

function better(best: Way | undefined, other: Way | undefined): Way | undefined {
  return best === undefined || other?.decision.outcome === 'allow' ? (other ?? best) : best;
}

/** Concrete resources worth asking about: of the allowed patterns, free in every other respect, and within each bound. */
function candidates(patterns: readonly Pattern[], shape: Pattern, bounds: readonly Bound[]): Set<string> {
  const texts = new Set<string>();
  for (const pattern of patterns) {
    const free = commonText(pattern, shape);
    if (free === undefined) continue;
    texts.add(free);
    for (const { bound, shaped } of bounds) {
      const within = commonText(pattern, bound);
      if (within !== undefined && matches(shape, within)) texts.add(within);
      texts.add(shaped);
    }
  }
  return texts;
}

interface Bound {
  readonly bound: Pattern;
  /** A text of the shape that is within. */
  readonly shaped: string;
}

function limitPatterns(subject: Subject, action: string, shape: Pattern): Bound[] {
  const bounds: Bound[] = [];
  for (const limit of subject.limits) {
    for (const policy of limit.policies) {
      for (const statement of statementsOn(policy.document, action)) {
        if (statement.effect !== 'allow') continue;
        for (const pattern of resourcePatterns(statement, policy.document, subject)) {
          const shaped = commonText(pattern, shape);
          if (shaped !== undefined) bounds.push({ bound: pattern, shaped });
        }
      }
    }
  }
  return bounds;
}

function shapePattern(shape: string, subject: Subject): Pattern {
  return compilePattern(shape.replace('{partition}', subject.partition).replace('{account}', subject.account));
}
