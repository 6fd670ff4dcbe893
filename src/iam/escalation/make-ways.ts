import { statementsOn } from '../covers.ts';
import { type Decision, decide, exceptedPatterns, resourcePatterns, together } from '../evaluate.ts';
import { mentionedCalls, policiesAround } from '../mentions.ts';
import { commonText, compilePattern } from '../pattern.ts';
import type { Policy, Subject } from '../subject.ts';
import { ABSENT, decideCall, type Search } from './call.ts';
import { MAKE, type MakeEntry } from './catalogue/index.ts';
import { type Edge, edgeFrom } from './edge.ts';
import { limitsAdmitAdmin } from './estate.ts';

/** Ways by which the subject makes a new principal, gives it every right and gets into it. */
export function* makeWays(search: Search): Generator<Edge> {
  const { subject, targets, now } = search;
  const node = targets.nodes.get(subject);
  if (node === undefined) return;
  const calls = mentionedCalls(subject);
  // The organisation limits the new one too.
  const limits = subject.limits.filter(({ kind }) => kind === 'scp');
  for (const entry of MAKE) {
    const [make, arm, enter] = entry.actions;
    if (!calls.has(make) || !calls.has(arm) || (entry.makes === 'user' && !calls.has(enter))) continue;
    const decision = decideMake(search, entry);
    if (decision === undefined || !limitsAdmitAdmin({ ...subject, limits }, now)) continue;
    yield edgeFrom(node, subject, { methods: [entry.id], actions: entry.actions, decision, made: entry.makes });
  }
}

/** All three on one that is not there yet. */
function decideMake(search: Search, entry: MakeEntry): Decision | undefined {
  const { subject, targets, now } = search;
  const [make, arm, enter] = entry.actions;
  const asked = arm === 'iam:AddUserToGroup' ? [make, enter] : [make, arm, enter];
  const { names, isCut } = namesWithin(subject, asked, entry.makes);
  let best: Decision | undefined;
  for (const arn of names) {
    if (targets.arns.has(arn) || !NAME.test(arn)) continue;
    const decision = together([
      decide(subject, { action: make, resource: arn, context: ABSENT }, now),
      arm === 'iam:AddUserToGroup' ? decideJoin(search) : decideCall(search, arm, arn, ABSENT, entry.gives),
      enter === 'sts:AssumeRole' ? decideEnter(search, arn) : decideCall(search, enter, arn),
    ]);
    if (decision.outcome === 'allow') return decision;
    if (decision.outcome === 'unknown') best ??= decision;
  }
  return best ?? (isCut ? untried(subject, make) : undefined);
}

/** One of the names that were not tried may be free. */
function untried(subject: Subject, call: string): Decision | undefined {
  for (const policy of subject.policies) {
    const statement = statementsOn(policy.document, call).find(({ effect }) => effect === 'allow');
    if (statement === undefined) continue;
    const keys = [`names beyond the first ${MAX_NAMES} that its policies tell apart`];
    return { outcome: 'unknown', explicit: false, by: { policy, statement }, keys };
  }
  return undefined;
}

/** What IAM takes for a name; a pattern may match more. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
const NAME = /^arn:[a-z-]+:iam::\d+:(?:user|role)\/[\w+=,.@/-]+$/;

/** Names tried: more than a policy of a person says. */
const MAX_NAMES = 50;

/** One of each pattern that the policies have for the calls, free in every other respect. */
function namesWithin(subject: Subject, calls: readonly string[], type: string): { names: Set<string>; isCut: boolean } {
  const shape = compilePattern(`arn:${subject.partition}:iam::${subject.account}:${type}/*`);
  const names = new Set<string>();
  for (const call of calls) {
    for (const { document } of policiesAround(subject)) {
      for (const statement of statementsOn(document, call)) {
        // What a Deny spares is as good a name as what an Allow means.
        const patterns =
          statement.effect === 'allow'
            ? resourcePatterns(statement, document, subject)
            : exceptedPatterns(statement, document, subject);
        for (const pattern of patterns) {
          const name = commonText(pattern, shape);
          if (name === undefined || names.has(name)) continue;
          if (names.size === MAX_NAMES) return { names, isCut: true };
          names.add(name);
        }
      }
    }
  }
  return { names, isCut: false };
}

const NEVER: Decision = { outcome: 'deny', explicit: false, by: undefined, keys: [] };

export function decideJoin(search: Search): Decision {
  let best = NEVER;
  for (const group of search.targets.adminGroups.get(search.subject.account) ?? []) {
    const decision = decideCall(search, 'iam:AddUserToGroup', group);
    if (decision.outcome === 'allow') return decision;
    if (decision.outcome === 'unknown') best = decision;
  }
  return best;
}

/** Its trust names whom its maker wants. */
function decideEnter({ subject, estate, now }: Search, resource: string): Decision {
  const trust: Policy = {
    name: 'trust',
    kind: 'trust',
    inline: true,
    document: { variables: false, statements: [trusting(subject)] },
  };
  const limits = estate.resourceLimits?.get(subject.account) ?? [];
  const target = { account: subject.account, policy: { title: 'trust', known: true, policies: [trust] }, limits };
  return decide(subject, { action: 'sts:AssumeRole', resource, target, context: ABSENT }, now);
}

function trusting({ arn }: Subject): Policy['document']['statements'][number] {
  return {
    number: 1,
    sid: undefined,
    effect: 'allow',
    actions: ['sts:AssumeRole'],
    notActions: undefined,
    resources: undefined,
    notResources: undefined,
    principals: [{ type: 'AWS', value: arn }],
    notPrincipals: undefined,
    tests: [],
    condition: undefined,
  };
}
