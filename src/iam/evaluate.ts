import { knownContext, knownShape, mentionsService, takesTags } from './caller.ts';
import { judgeCondition, type RequestContext } from './condition.ts';
import { statementsOn } from './covers.ts';
import type { PolicyDocument, Statement } from './document.ts';
import { type Effort, effortOf, isSpent, shareEffortWith, spend, unsettled } from './effort.ts';
import { and, FALSE, type Judgement, not, or, TRUE, unknown } from './judgement.ts';
import { compilePattern, matches, type Pattern, type Variables } from './pattern.ts';
import { judgePrincipal, type Naming } from './principal.ts';
import type { Limit, Policy, Subject } from './subject.ts';

/** One call: a concrete action on a concrete resource. "Any resource" is asked with a name that no policy mentions. */
export interface Request {
  readonly action: string;
  readonly resource: string;
  /** What else is known of the call, by lower-case condition key; `null`: certainly absent, as is `aws:resourcetag/*` of others. */
  readonly context?: { readonly [key: string]: readonly string[] | null };
  /** The resource's side. Absent: it is not in the input, and identity-based policies alone are judged. */
  readonly target?: Target;
}

export interface Target {
  /** Who owns the resource; absent: the account in its ARN, else the caller's; `null`: nobody knows. */
  readonly account?: string | null;
  /** Its own policy. Absent: it has none. */
  readonly policy?: Limit;
  /** Resource control policies, a level each. */
  readonly limits?: readonly Limit[];
}

export interface Deciding {
  readonly policy: Policy;
  readonly statement: Statement;
}

export interface Decision {
  /** `unknown`: it hangs on condition keys of the call, on policy variables or on a limit whose document is missing. */
  readonly outcome: 'allow' | 'deny' | 'unknown';
  /** Denied by a statement, not for want of one. */
  readonly explicit: boolean;
  /** The statement that allows it, or that denies it explicitly. */
  readonly by: Deciding | undefined;
  /** What an unknown outcome hangs on. */
  readonly keys: readonly string[];
}

/**
 * Evaluation order of AWS: an explicit Deny anywhere ends it; then every limit must allow; then some policy of the
 * subject, of the resource, or both must.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
 */
export function decide(subject: Subject, request: Request, now: Date): Decision {
  const decision = decideTagged(subject, request, now);
  const other = decision.outcome === 'deny' ? retaggable(subject) : undefined;
  return other === undefined ? decision : decideTagged(other, request, now);
}

const retagged = new WeakMap<Subject, Subject | 'as it is'>();

/**
 * A role whose sessions may be tagged, with tags that nobody knows: those of a session go before the role's own. Nothing
 * where no right hangs on them.
 */
function retaggable(subject: Subject): Subject | undefined {
  if (Object.keys(subject.tags).length === 0) return undefined;
  let known = retagged.get(subject);
  if (known === undefined) {
    const policies = [...subject.policies, ...subject.limits.flatMap((limit) => limit.policies)];
    const hangs = takesTags(subject) && policies.some(({ document }) => document.statements.some(asksForOwnTags));
    known = hangs ? shareEffortWith(subject, { ...subject, tags: {} }) : 'as it is';
    retagged.set(subject, known);
  }
  return known === 'as it is' ? undefined : known;
}

export function asksForOwnTags({ tests, resources = [], notResources = [] }: Statement): boolean {
  const texts = [...tests.flatMap(({ key, values }) => [key, ...values]), ...resources, ...notResources];
  return texts.some((text) => /aws:principaltag\//i.test(text));
}

function decideTagged(subject: Subject, request: Request, now: Date): Decision {
  const scope = scopeOf(subject, request, now);
  if (isSpent(scope.effort)) return unreached(subject, request);
  const own = judgePolicies(subject.policies, request, scope);
  if (own.deny.truth === 'true') return refusal(own.deniedBy);
  const guards: Judgement[] = [not(own.deny)];
  const bounds: Judgement[] = [];
  for (const limit of subject.limits) {
    // Service-linked roles are outside of what an organisation limits.
    if (limit.kind === 'scp' && subject.serviceLinked === true) continue;
    const bound = judgeLimit(limit, request, scope);
    if (bound.deny.truth === 'true') return refusal(bound.deniedBy);
    guards.push(not(bound.deny));
    (limit.kind === 'scp' ? guards : bounds).push(bound.allow);
  }
  const identity = and(own.allow, ...bounds);
  if (request.target === undefined) return verdict(and(identity, ...guards), own.allowedBy);

  const resource = judgeTarget(policyOf(request, request.target), request, scope, subject);
  if (resource.deny.truth === 'true') return refusal(resource.deniedBy);
  guards.push(not(resource.deny));
  for (const limit of request.target.limits ?? []) {
    // The services that heed them become more; a policy names those it is meant for, so it is taken at its word.
    if (subject.serviceLinked === true) continue;
    const bound = judgeLimit(limit, request, scope);
    if (bound.deny.truth === 'true') return refusal(bound.deniedBy);
    guards.push(not(bound.deny), bound.allow);
  }
  const granted = and(judgeGrant(subject, request, identity, bounds, resource.allow), ...guards);
  const isByResource = identity.truth === 'false' || (identity.truth === 'unknown' && granted.truth === 'true');
  return verdict(granted, isByResource ? resource.allowedBy : own.allowedBy);
}

/** Of one whose policies took too long: a right that nothing allows it has not, the rest is not known. */
function unreached({ policies }: Subject, { action, target }: Request): Decision {
  for (const policy of policies) {
    const statement = statementsOn(policy.document, action).find(({ effect }) => effect === 'allow');
    if (statement !== undefined) return unsettled({ policy, statement });
  }
  return target === undefined ? verdict(FALSE, undefined) : unsettled(undefined);
}

/**
 * Who must allow. Within an account the subject's policies or the resource's own are enough, but a role's trust and a
 * key's policy must admit in any case. A policy that names the caller itself is not limited by what is missing from
 * the caller's boundary or session; one that names its role is. Across accounts both sides must allow.
 */
function judgeGrant(
  subject: Subject,
  { action, resource, target }: Request,
  identity: Judgement,
  bounds: readonly Judgement[],
  granted: Granted,
): Judgement {
  const owner = target?.account === undefined ? (accountIn(resource) ?? subject.account) : target.account;
  const across = and(identity, or(granted.itself, granted.role, granted.account));
  if (owner !== null && owner !== subject.account) return across;
  const alone = or(granted.itself, and(granted.role, ...bounds));
  const within = or(alone, mustAdmit(action) ? and(identity, granted.account) : identity);
  return owner === null ? or(across, and(within, unknown(`the account of ${resource}`))) : within;
}

/** The account that an ARN names; those of buckets name none. */
function accountIn(resource: string): string | undefined {
  const account = resource.split(':', 5)[4];
  return account !== undefined && /^\d{12}$/.test(account) ? account : undefined;
}

/** Of a role's trust and a key's policy. */
function mustAdmit(action: string): boolean {
  return /^(?:sts|kms):/i.test(action);
}

/** A role and a key are never without: where the policy is not given, it is not known. */
function policyOf({ action, resource }: Request, { policy }: Target): Limit | undefined {
  return policy ?? (mustAdmit(action) ? { title: `policy of ${resource}`, known: false, policies: [] } : undefined);
}

function refusal(by: Deciding | undefined): Decision {
  return { outcome: 'deny', explicit: true, by, keys: [] };
}

function verdict({ truth, keys }: Judgement, by: Deciding | undefined): Decision {
  if (truth === 'false') return { outcome: 'deny', explicit: false, by: undefined, keys: [] };
  return { outcome: truth === 'true' ? 'allow' : 'unknown', explicit: false, by, keys };
}

/** Several decisions that must all be positive. */
export function together(decisions: readonly Decision[]): Decision {
  const refused = decisions.find((decision) => decision.outcome === 'deny');
  if (refused !== undefined) return refused;
  const keys = [...new Set(decisions.flatMap((decision) => decision.keys))];
  const outcome = decisions.some((decision) => decision.outcome === 'unknown') ? 'unknown' : 'allow';
  return { outcome, explicit: false, by: decisions[0]?.by, keys };
}

/** Resource patterns of a statement for this subject: `*` for NotResource, whose exceptions `decide` judges. */
export function resourcePatterns(statement: Statement, document: PolicyDocument, subject: Subject): readonly Pattern[] {
  if (statement.resources === undefined) return EVERYTHING;
  const variables = document.variables ? variablesOf(subject) : undefined;
  return patternsOf(statement, statement.resources, variables);
}

/** Patterns of NotResource. */
export function exceptedPatterns(statement: Statement, document: PolicyDocument, subject: Subject): readonly Pattern[] {
  if (statement.notResources === undefined) return [];
  return patternsOf(statement, statement.notResources, document.variables ? variablesOf(subject) : undefined);
}

/** Does the condition of a statement hold for such a call, whatever the resource? */
export function judgeStanding(
  statement: Statement,
  document: PolicyDocument,
  subject: Subject,
  request: Omit<Request, 'resource'>,
  now: Date,
): Judgement {
  const scope = scopeOf(subject, request, now);
  return judgeCondition(statement.tests, { ...scope, variables: document.variables ? scope.variables : undefined });
}

const EVERYTHING = [compilePattern('*')];

interface PoliciesJudged {
  readonly allow: Judgement;
  readonly deny: Judgement;
  readonly allowedBy: Deciding | undefined;
  readonly deniedBy: Deciding | undefined;
}

interface Scope {
  readonly context: RequestContext;
  readonly shapes: (key: string) => string | undefined;
  readonly mayUse: (service: string) => boolean;
  readonly variables: Variables;
  readonly now: Date;
  readonly effort: Effort;
}

function judgeLimit(limit: Limit, request: Request, scope: Scope): PoliciesJudged {
  if (limit.known) {
    const judged = judgePolicies(limit.policies, request, scope);
    if (limit.mayNotBind !== true) return judged;
    const open = unknown(limit.title);
    return { ...judged, allow: or(judged.allow, open), deny: and(judged.deny, open) };
  }
  return { allow: unknown(limit.title), deny: FALSE, allowedBy: undefined, deniedBy: undefined };
}

type Granted = { readonly [how in Naming]: Judgement };

interface TargetJudged {
  readonly allow: Granted;
  readonly deny: Judgement;
  readonly allowedBy: Deciding | undefined;
  readonly deniedBy: Deciding | undefined;
}

/** What a resource's policy says of the caller, by how it names it. */
function judgeTarget(policy: Limit | undefined, request: Request, scope: Scope, subject: Subject): TargetJudged {
  const allow = { itself: FALSE, role: FALSE, account: FALSE };
  if (policy?.known === false) {
    const open = unknown(policy.title);
    return { allow: { itself: open, role: open, account: open }, deny: open, allowedBy: undefined, deniedBy: undefined };
  }
  let deny = FALSE;
  let isSure = false;
  let allowedBy: Deciding | undefined;
  let deniedBy: Deciding | undefined;
  for (const one of policy?.policies ?? []) {
    for (const statement of statementsOn(one.document, request.action)) {
      const named = judgePrincipal(statement, subject);
      if (named.judgement.truth === 'false') continue;
      const judged = and(named.judgement, judgeStatement(statement, one.document, request, scope, TRUE));
      if (judged.truth === 'false') continue;
      if (statement.effect === 'deny') {
        deny = or(deny, judged);
        if (judged.truth === 'true') deniedBy ??= { policy: one, statement };
      } else {
        allow[named.how] = or(allow[named.how], judged);
        if (allowedBy === undefined || (judged.truth === 'true' && !isSure)) allowedBy = { policy: one, statement };
        isSure ||= judged.truth === 'true';
      }
    }
  }
  return { allow, deny, allowedBy, deniedBy };
}

function judgePolicies(policies: readonly Policy[], request: Request, scope: Scope): PoliciesJudged {
  let allow = FALSE;
  let deny = FALSE;
  let allowedBy: Deciding | undefined;
  let deniedBy: Deciding | undefined;
  for (const policy of policies) {
    const speaking = statementsOn(policy.document, request.action);
    spend(scope.effort, speaking.length);
    for (const statement of speaking) {
      const judged = judgeStatement(statement, policy.document, request, scope);
      if (judged.truth === 'false') continue;
      if (statement.effect === 'deny') {
        deny = or(deny, judged);
        if (judged.truth === 'true') deniedBy ??= { policy, statement };
      } else {
        if (allowedBy === undefined || (judged.truth === 'true' && allow.truth !== 'true')) allowedBy = { policy, statement };
        allow = or(allow, judged);
      }
    }
  }
  return { allow, deny, allowedBy, deniedBy };
}

/** `unbound`: what a statement without resource is worth; a trust policy needs none. */
function judgeStatement(
  statement: Statement,
  document: PolicyDocument,
  request: Request,
  scope: Scope,
  unbound = FALSE,
): Judgement {
  const variables = document.variables ? scope.variables : undefined;
  const resource = judgeResource(statement, request.resource, variables, unbound);
  if (resource.truth === 'false') return FALSE;
  const { context, shapes, mayUse, now } = scope;
  return and(resource, judgeCondition(statement.tests, { context, shapes, mayUse, variables, now }));
}

function judgeResource(statement: Statement, resource: string, variables: Variables | undefined, unbound: Judgement): Judgement {
  if (statement.resources !== undefined) return matchAny(statement, statement.resources, resource, variables);
  if (statement.notResources !== undefined) return not(matchAny(statement, statement.notResources, resource, variables));
  return unbound;
}

function matchAny(
  statement: Statement,
  sources: readonly string[],
  resource: string,
  variables: Variables | undefined,
): Judgement {
  const patterns = patternsOf(statement, sources, variables);
  let found = FALSE;
  for (const pattern of patterns) {
    if (!matches(pattern, resource)) continue;
    if (pattern.open.length === 0) return TRUE;
    found = or(found, unknown(...pattern.open));
  }
  return found;
}

const plainResources = new WeakMap<Statement, readonly Pattern[]>();

function plainPatterns(statement: Statement, sources: readonly string[]): readonly Pattern[] {
  let compiled = plainResources.get(statement);
  if (compiled === undefined) {
    compiled = sources.map((source) => compilePattern(source, undefined, 'resource'));
    plainResources.set(statement, compiled);
  }
  return compiled;
}

/** Patterns without variables are the same for everybody. */
function patternsOf(statement: Statement, sources: readonly string[], variables: Variables | undefined): readonly Pattern[] {
  if (variables === undefined || !sources.some((source) => source.includes('${'))) return plainPatterns(statement, sources);
  return sources.map((source) => compilePattern(source, variables, 'resource'));
}

function scopeOf(subject: Subject, request: Omit<Request, 'action' | 'resource'> & { resource?: string }, now: Date): Scope {
  const known = knownContext(subject);
  const given = request.context ?? {};
  const context: RequestContext = (key) => {
    if (Object.hasOwn(given, key)) return given[key];
    if (Object.hasOwn(given, OTHER_TAGS) && /^(?:aws|iam):resourcetag\//.test(key)) return given[OTHER_TAGS];
    if (key !== 'aws:resourceaccount') return known(key);
    const owner = request.target?.account ?? accountIn(request.resource ?? '');
    return owner === undefined ? undefined : [owner];
  };
  return {
    context,
    shapes: knownShape(subject),
    mayUse: (service) => mentionsService(subject, service),
    variables: variablesFrom(context),
    now,
    effort: effortOf(subject),
  };
}

/** In what is known of a call: tags of the resource that are not there one by one. */
export const OTHER_TAGS = 'aws:resourcetag/*';

function variablesOf(subject: Subject): Variables {
  return variablesFrom(knownContext(subject));
}

function variablesFrom(context: RequestContext): Variables {
  return (name) => {
    const values = context(name.toLowerCase());
    return values === null || values === undefined ? values : (values[0] ?? null);
  };
}
