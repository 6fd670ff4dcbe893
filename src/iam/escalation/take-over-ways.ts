import { type Decision, together } from '../evaluate.ts';
import { mentionedCalls } from '../mentions.ts';
import type { Subject } from '../subject.ts';
import { decideAssume } from './assume.ts';
import { decideCall, type Search } from './call.ts';
import { TAKE_OVER } from './catalogue/index.ts';
import { cellsOf } from './cells.ts';
import { type Edge, edgeFrom } from './edge.ts';
import type { Hub, Node, Population } from './population.ts';
import { allTags, type Context, mayTag } from './target-tags.ts';

const ASSUME = 'sts:AssumeRole';

/** Ways into other principals as they are. */
export function* takeOverWays(search: Search): Generator<Edge> {
  const { subject, targets } = search;
  const node = targets.nodes.get(subject);
  if (node === undefined) return;
  const calls = mentionedCalls(subject);
  for (const { id, actions, target } of TAKE_OVER) {
    const population = targets.principals.get(`${target} ${subject.account}`);
    if (actions[0] === ASSUME || population === undefined || !actions.every((action) => calls.has(action))) continue;
    const asked = LOGINS.includes(actions[0]) ? LOGINS : actions;
    for (const { hub, decision } of cellsOf(search, asked, population, (one, context) =>
      decideAll(search, actions, one, context),
    )) {
      yield edgeFrom(node, subject, { methods: [id], actions, decision, to: hub });
    }
  }
  yield* assumeWays(search, node);
}

/** The surest decision on all of the calls. */
function decideAll(search: Search, actions: readonly string[], target: Subject, context: Context): Decision {
  const decision = together(actions.map((action) => decideCall(search, action, target.arn, context)));
  const hanging = decision.outcome === 'deny' ? undefined : hindrance(search, actions, target, context);
  if (hanging === undefined) return decision;
  if (hanging === 'always') return { outcome: 'deny', explicit: false, by: undefined, keys: [] };
  return { ...decision, outcome: 'unknown', keys: [...decision.keys, hanging] };
}

/**
 * A first password is given to who has none, a new one to who has one; a user has two keys at most. What the input does
 * not tell of is taken to hang on it, but for the second key, which few have.
 * https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateLoginProfile.html
 */
function hindrance(search: Search, [action, ...more]: readonly string[], target: Subject, context: Context): string | undefined {
  const { hasPassword, accessKeys = 0 } = target;
  if (action === 'iam:CreateAccessKey') return accessKeys > 1 && !more.includes('iam:DeleteAccessKey') ? 'always' : undefined;
  if (action !== CREATE_LOGIN && action !== UPDATE_LOGIN) return undefined;
  const needed = action === UPDATE_LOGIN;
  if (hasPassword !== undefined) return hasPassword === needed ? undefined : 'always';
  const other = decideCall(search, needed ? CREATE_LOGIN : UPDATE_LOGIN, target.arn, context);
  if (other.outcome === 'allow') return undefined;
  return needed ? 'whether the user has a password' : 'whether the user has no password yet';
}

const CREATE_LOGIN = 'iam:CreateLoginProfile';
const UPDATE_LOGIN = 'iam:UpdateLoginProfile';
/** What one of them is worth hangs on the other. */
const LOGINS: readonly string[] = [CREATE_LOGIN, UPDATE_LOGIN];

function* assumeWays(search: Search, node: Node): Generator<Edge> {
  const { subject, targets } = search;
  const [method] = TAKE_OVER.filter(({ actions }) => actions[0] === ASSUME);
  if (method === undefined) return;
  const shared = { methods: [method.id], actions: [ASSUME] as const };
  for (const population of assumable(search)) {
    for (const { hub, decision } of cellsOf(search, [ASSUME], population, (role, context) =>
      decideAssume(subject, role, context, search),
    )) {
      yield edgeFrom(node, subject, { ...shared, decision, to: hub });
    }
  }
  for (const { role, decision } of assumedAlone(search)) {
    yield edgeFrom(node, subject, { ...shared, decision, to: hubOfOne(targets, role) });
  }
}

/** Populations of roles whose trust leaves it to the subject's policies, or admits everybody. */
function assumable({ subject, targets }: Search): readonly Population[] {
  const { byAccount, open } = targets.doors;
  if (!mentionedCalls(subject).has(ASSUME)) return open;
  return [...(byAccount.get(subject.account) ?? []), ...open];
}

interface Assumed {
  readonly role: Node;
  readonly decision: Decision;
}

/** Roles that the subject can assume and that had to be asked about one by one. */
function assumedAlone(search: Search): readonly Assumed[] {
  const { subject, targets } = search;
  const node = targets.nodes.get(subject);
  const roles = new Set(node === undefined ? [] : targets.doors.byCaller.get(targets.bound.get(node) ?? node));
  for (const role of personalDoors(search)) roles.add(role);
  return [...roles].flatMap((role) => {
    const target = targets.subjects[role];
    if (target === undefined) return [];
    const tagged = decideAssume(subject, target, allTags(target), search);
    const decision = tagged ?? (mayTag(subject, target, search.now) ? decideAssume(subject, target, {}, search) : undefined);
    return decision === undefined ? [] : [{ role, decision }];
  });
}

/** Only where its own policies let it: the account is let in, not the caller. */
function personalDoors(search: Search): readonly Node[] {
  const { subject, targets } = search;
  const population = targets.doors.personal.get(subject.account);
  if (population === undefined || !mentionedCalls(subject).has(ASSUME)) return [];
  const ask = (role: Subject, context: Context): Decision => decideCall(search, ASSUME, role.arn, context);
  return cellsOf(search, [ASSUME], population, ask).flatMap(({ hub }) => [...hub.members]);
}

export function hubOfOne({ single }: Search['targets'], node: Node): Hub {
  const hub = single.get(node) ?? { members: [node] };
  single.set(node, hub);
  return hub;
}
