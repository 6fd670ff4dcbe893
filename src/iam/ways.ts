import { statementsOn } from './covers.ts';
import { effortOf, isSpent, spend, unsettled } from './effort.ts';
import { type Deciding, type Decision, decide, type Request, resourcePatterns } from './evaluate.ts';
import { commonText, compilePattern, matches, type Pattern } from './pattern.ts';
import type { Probe } from './probes.ts';
import { reachable, STEPS_TO_MEET } from './reach.ts';
import { leavesEnding, RESOURCE_POLICY, type Speaking, speakingOf, targetOf } from './resources.ts';
import type { Policy, Subject } from './subject.ts';

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

/** One positive decision for every statement that leads to a resource of the probe's shape. */
export function* ways(subject: Subject, probe: Probe, now: Date, context?: Request['context']): Generator<Way> {
  if (!limitsAdmit(subject, probe.action)) return;
  const shape = shapePattern(probe.shape, subject);
  const effort = effortOf(subject);
  const bounds = isSpent(effort) ? [] : boundsOf(subject, probe.action, shape);
  spend(effort, bounds.length * STEPS_TO_MEET);
  const question = { subject, action: probe.action, shape, bounds, now, ...(context === undefined ? {} : { context }) };
  for (const policy of subject.policies) {
    for (const statement of statementsOn(policy.document, probe.action)) {
      if (statement.effect !== 'allow') continue;
      const way = isSpent(effort)
        ? { decision: unsettled({ policy, statement }), resource: '' }
        : surestWay(question, { policy, statement });
      if (way !== undefined) yield way;
    }
  }
}

/** What the policy of a resource lets the subject do with it by this statement, all others heard; `undefined`: nothing. */
export function grantedBy(
  subject: Subject,
  { resource, policy, statement }: Speaking,
  action: string,
  now: Date,
): Decision | undefined {
  const effort = effortOf(subject);
  if (isSpent(effort)) return unsettled({ policy, statement });
  const shape = compilePattern(/^arn:[^:]*:s3:::/.test(resource.arn) ? `${resource.arn}/*` : resource.arn);
  const bounds = [...boundsOf(subject, action, shape), ...allowedBy(subject.policies, subject, action, shape)];
  spend(effort, bounds.length * STEPS_TO_MEET);
  return surestWay({ subject, action, shape, bounds, now }, { policy, statement })?.decision;
}

interface Question extends Pick<Request, 'action' | 'context'> {
  readonly subject: Subject;
  readonly shape: Pattern;
  readonly bounds: readonly Bound[];
  readonly now: Date;
}

/** The surest decision on any resource that the statement leads to. */
function surestWay({ subject, shape, bounds, now, ...asked }: Question, { policy, statement }: Deciding): Way | undefined {
  const patterns = resourcePatterns(statement, policy.document, subject);
  spend(effortOf(subject), patterns.length * (bounds.length + 1) * STEPS_TO_MEET);
  const isByName = subject.resources !== undefined && patterns.some(leavesEnding);
  let isShut = false;
  const ask = (text: string): Way | undefined => {
    const resource = isByName ? (subject.resources?.named(text) ?? text) : text;
    const request = { ...asked, resource };
    const target = targetOf(subject, request, now);
    const decision = decide(subject, target === undefined ? request : { ...request, target }, now);
    // What an account or a resource refuses, another may not.
    const isOwn = decision.by?.policy.kind !== RESOURCE_POLICY && decision.by?.policy.kind !== 'rcp';
    isShut ||= isOwn && decision.explicit && decision.by?.statement.resources?.includes('*') === true;
    if (decision.outcome === 'deny') return undefined;
    // Where another statement decides, its own turn tells.
    return policy.kind !== RESOURCE_POLICY && decision.by?.statement !== statement ? undefined : { decision, resource };
  };
  let best: Way | undefined;
  for (const resource of candidates(patterns, shape, bounds)) {
    best = better(best, ask(resource));
    if (best?.decision.outcome === 'allow') return best;
  }
  if (isShut) return best;
  for (const resource of reachable(subject, { policy, statement }, { ...asked, shape }, now)) {
    const gaveUp = { decision: unsettled({ policy, statement }), resource: '' };
    best = better(best, resource === undefined ? gaveUp : ask(resource));
    if (best?.decision.outcome === 'allow') break;
  }
  return best;
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

/** What limits leave, and what the policies of resources let the subject do. */
function boundsOf(subject: Subject, action: string, shape: Pattern): Bound[] {
  const bounds = subject.limits.flatMap(({ policies }) => allowedBy(policies, subject, action, shape));
  for (const { policy, statement } of speakingOf(subject, action, 'allow')) {
    bounds.push(...boundsIn(resourcePatterns(statement, policy.document, subject), shape));
  }
  return bounds;
}

function allowedBy(policies: readonly Policy[], subject: Subject, action: string, shape: Pattern): Bound[] {
  const bounds: Bound[] = [];
  for (const policy of policies) {
    for (const statement of statementsOn(policy.document, action)) {
      if (statement.effect !== 'allow') continue;
      bounds.push(...boundsIn(resourcePatterns(statement, policy.document, subject), shape));
    }
  }
  return bounds;
}

function boundsIn(patterns: readonly Pattern[], shape: Pattern): Bound[] {
  return patterns.flatMap((bound) => {
    const shaped = commonText(bound, shape);
    return shaped === undefined ? [] : [{ bound, shaped }];
  });
}

function shapePattern(shape: string, subject: Subject): Pattern {
  return compilePattern(shape.replace('{partition}', subject.partition).replace('{account}', subject.account));
}
