import { and, FALSE, type Judgement, judgeCondition, not, or, type RequestContext, TRUE, unknown } from './condition.ts';
import type { PolicyDocument, Statement } from './document.ts';
import { compilePattern, matches, type Pattern, type Variables } from './pattern.ts';
import type { Limit, Policy, Subject } from './subject.ts';

/** One call: a concrete action on a concrete resource. "Any resource" is asked with a name that no policy mentions. */
export interface Request {
  readonly action: string;
  readonly resource: string;
  /** What else is known of the call, by lower-case condition key; `null`: certainly absent. */
  readonly context?: { readonly [key: string]: readonly string[] | null };
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
 * subject must. Identity-based policies only: what a resource's own policy grants is not in this input.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */
export function decide(subject: Subject, request: Request, now: Date): Decision {
  const scope = scopeOf(subject, request, now);
  const own = judgePolicies(subject.policies, request, scope);
  if (own.deny.truth === 'true') return { outcome: 'deny', explicit: true, by: own.deniedBy, keys: [] };
  const parts = [own.allow, not(own.deny)];
  for (const limit of subject.limits) {
    const bound = judgeLimit(limit, request, scope);
    if (bound.deny.truth === 'true') return { outcome: 'deny', explicit: true, by: bound.deniedBy, keys: [] };
    parts.push(bound.allow, not(bound.deny));
  }
  const all = and(...parts);
  if (all.truth === 'false') return { outcome: 'deny', explicit: false, by: undefined, keys: [] };
  return { outcome: all.truth === 'true' ? 'allow' : 'unknown', explicit: false, by: own.allowedBy, keys: all.keys };
}

/** Several decisions that must all be positive. */
export function together(decisions: readonly Decision[]): Decision {
  const refused = decisions.find((decision) => decision.outcome === 'deny');
  if (refused !== undefined) return refused;
  const keys = [...new Set(decisions.flatMap((decision) => decision.keys))];
  const outcome = decisions.some((decision) => decision.outcome === 'unknown') ? 'unknown' : 'allow';
  return { outcome, explicit: false, by: decisions[0]?.by, keys };
}

/** Does the statement speak of this action? Actions are compared without case. */
export function coversAction(statement: Statement, action: string): boolean {
  const known = actionMemo(statement);
  const lower = action.toLowerCase();
  let covers = known.get(lower);
  if (covers === undefined) {
    const compiled = compiledActions(statement);
    const hit = compiled.some((pattern) => matches(pattern, lower));
    covers = statement.actions === undefined ? statement.notActions !== undefined && !hit : hit;
    known.set(lower, covers);
  }
  return covers;
}

/** Resource patterns of a statement for this subject: `*` for NotResource, whose exceptions `decide` judges. */
export function resourcePatterns(statement: Statement, document: PolicyDocument, subject: Subject): readonly Pattern[] {
  if (statement.resources === undefined) return [compilePattern('*')];
  const variables = document.variables ? variablesOf(subject) : undefined;
  return statement.resources.map((source) => compilePattern(source, variables));
}

interface PoliciesJudged {
  readonly allow: Judgement;
  readonly deny: Judgement;
  readonly allowedBy: Deciding | undefined;
  readonly deniedBy: Deciding | undefined;
}

interface Scope {
  readonly context: RequestContext;
  readonly variables: Variables;
  readonly now: Date;
}

function judgeLimit(limit: Limit, request: Request, scope: Scope): PoliciesJudged {
  if (limit.known) return judgePolicies(limit.policies, request, scope);
  return { allow: unknown(limit.title), deny: FALSE, allowedBy: undefined, deniedBy: undefined };
}

function judgePolicies(policies: readonly Policy[], request: Request, scope: Scope): PoliciesJudged {
  let allow = FALSE;
  let deny = FALSE;
  let allowedBy: Deciding | undefined;
  let deniedBy: Deciding | undefined;
  for (const policy of policies) {
    for (const statement of policy.document.statements) {
      if (!coversAction(statement, request.action)) continue;
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

function judgeStatement(statement: Statement, document: PolicyDocument, request: Request, scope: Scope): Judgement {
  const variables = document.variables ? scope.variables : undefined;
  const resource = judgeResource(statement, request.resource, variables);
  if (resource.truth === 'false') return FALSE;
  return and(resource, judgeCondition(statement.tests, { context: scope.context, variables, now: scope.now }));
}

function judgeResource(statement: Statement, resource: string, variables: Variables | undefined): Judgement {
  if (statement.resources !== undefined) return matchAny(statement, statement.resources, resource, variables);
  if (statement.notResources !== undefined) return not(matchAny(statement, statement.notResources, resource, variables));
  return FALSE;
}

function matchAny(
  statement: Statement,
  sources: readonly string[],
  resource: string,
  variables: Variables | undefined,
): Judgement {
  const patterns = variables === undefined ? plainPatterns(statement, sources) : variedPatterns(statement, sources, variables);
  let found = FALSE;
  for (const pattern of patterns) {
    if (!matches(pattern, resource)) continue;
    if (pattern.open.length === 0) return TRUE;
    found = or(found, unknown(...pattern.open));
  }
  return found;
}

const memos = new WeakMap<Statement, Map<string, boolean>>();
const actionPatterns = new WeakMap<Statement, readonly Pattern[]>();
const plainResources = new WeakMap<Statement, readonly Pattern[]>();

function actionMemo(statement: Statement): Map<string, boolean> {
  let memo = memos.get(statement);
  if (memo === undefined) {
    memo = new Map();
    memos.set(statement, memo);
  }
  return memo;
}

function compiledActions(statement: Statement): readonly Pattern[] {
  let compiled = actionPatterns.get(statement);
  if (compiled === undefined) {
    compiled = (statement.actions ?? statement.notActions ?? []).map((action) => compilePattern(action.toLowerCase()));
    actionPatterns.set(statement, compiled);
  }
  return compiled;
}

function plainPatterns(statement: Statement, sources: readonly string[]): readonly Pattern[] {
  let compiled = plainResources.get(statement);
  if (compiled === undefined) {
    compiled = sources.map((source) => compilePattern(source));
    plainResources.set(statement, compiled);
  }
  return compiled;
}

/** Patterns without variables are the same for everybody. */
function variedPatterns(statement: Statement, sources: readonly string[], variables: Variables): readonly Pattern[] {
  if (!sources.some((source) => source.includes('${'))) return plainPatterns(statement, sources);
  return sources.map((source) => compilePattern(source, variables));
}

function scopeOf(subject: Subject, request: Request, now: Date): Scope {
  const known = knownContext(subject);
  const given = request.context ?? {};
  const context: RequestContext = (key) => (Object.hasOwn(given, key) ? given[key] : known(key));
  return { context, variables: variablesFrom(context), now };
}

function variablesOf(subject: Subject): Variables {
  return variablesFrom(knownContext(subject));
}

function variablesFrom(context: RequestContext): Variables {
  return (name) => {
    const values = context(name.toLowerCase());
    return values === null || values === undefined ? values : (values[0] ?? null);
  };
}

/**
 * Keys that follow from who calls, and those that the caller chooses (it can always speak TLS, and calls by itself).
 * A role's session may carry tags and names of its own, so only a user's missing tag is certainly missing.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
 */
function knownContext(subject: Subject): RequestContext {
  return (key) => {
    if (key.startsWith('aws:principaltag/')) return tagOf(subject, key.slice('aws:principaltag/'.length));
    switch (key) {
      case 'aws:principalarn':
        return [subject.arn];
      case 'aws:principalaccount':
        return [subject.account];
      case 'aws:principaltype':
        return [subject.type === 'user' ? 'User' : 'AssumedRole'];
      case 'aws:username':
        return subject.type === 'user' ? [subject.name] : null;
      case 'aws:principalisawsservice':
      case 'aws:viaawsservice':
        return ['false'];
      case 'aws:securetransport':
        return ['true'];
      default:
        return undefined;
    }
  };
}

/** Tag keys are compared without case in conditions. */
function tagOf(subject: Subject, wanted: string): readonly string[] | null | undefined {
  for (const [key, value] of Object.entries(subject.tags)) if (key.toLowerCase() === wanted) return [value];
  return subject.type === 'user' ? null : undefined;
}
