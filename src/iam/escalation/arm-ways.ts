import { type Decision, together } from '../evaluate.ts';
import { mentionedCalls } from '../mentions.ts';
import type { Subject } from '../subject.ts';
import { decideAssume } from './assume.ts';
import { boundaryContext, decideCall, type Search } from './call.ts';
import { ARM, type ArmEntry } from './catalogue/index.ts';
import { cellsOf } from './cells.ts';
import { type Edge, edgeFrom } from './edge.ts';
import { decideJoin } from './make-ways.ts';
import type { Node, Population } from './population.ts';
import { assumable, assumedAlone, callsAround, decideAll } from './take-over-ways.ts';
import { allTags, type Context } from './target-tags.ts';

const ASSUME = 'sts:AssumeRole';

/** Ways by which the subject gives an ordinary principal every right and then acts as it. */
export function* armWays(search: Search): Generator<Edge> {
  const { subject, targets } = search;
  const node = targets.nodes.get(subject);
  if (node === undefined) return;
  const calls = mentionedCalls(subject);
  for (const entry of ARM) {
    const [first, second] = entry.actions;
    if (!calls.has(first) || (second !== ASSUME && !calls.has(second))) continue;
    const found = entry.arms === 'principal' ? armPrincipal(search, entry, node) : armByPolicy(search, entry, node);
    if (found === undefined) continue;
    yield edgeFrom(node, subject, { methods: [entry.id], actions: entry.actions, decision: found.decision, armed: found.node });
  }
}

interface Armed {
  readonly node: Node;
  readonly decision: Decision;
}

/** The surest: one is enough. */
function armPrincipal(search: Search, entry: ArmEntry, self: Node): Armed | undefined {
  const { subject, targets } = search;
  const [first, second] = entry.actions;
  const arm = (target: Subject, tags: Context): Decision | undefined => {
    if (!targets.canBeArmed.has(target) || target.account !== subject.account) return undefined;
    const decision = decideCall(search, first, target.arn, tags, entry.gives);
    return decision.outcome === 'deny' ? undefined : decision;
  };
  const both = (target: Subject, tags: Context, enter: Decision | undefined): Decision | undefined => {
    const armed = enter === undefined ? undefined : arm(target, tags);
    return armed === undefined || enter === undefined ? undefined : together([armed, enter]);
  };
  let best: Armed | undefined;
  const look = (population: Population, enter: (target: Subject, tags: Context) => Decision | undefined): void => {
    const cells = cellsOf(search, [first, ...callsAround(second)], population, (target, tags) =>
      both(target, tags, enter(target, tags)),
    );
    for (const { hub, decision } of cells) {
      const node = hub.members.find((member) => member !== self);
      if (node !== undefined) best = surer(best, { node, decision });
    }
  };
  if (second !== ASSUME) {
    const population = targets.armable.get(`${entry.target} ${subject.account}`);
    if (population !== undefined) {
      look(population, (target, context) => decideAll(search, [second], target, context));
    }
    return best;
  }
  for (const population of assumable(search)) look(population, (target, tags) => decideAssume(subject, target, tags, search));
  for (const { role, decision: enter } of assumedAlone(search)) {
    const target = targets.subjects[role];
    const decision = target === undefined ? undefined : both(target, { ...allTags(target), ...boundaryContext(target) }, enter);
    if (decision !== undefined) best = surer(best, { node: role, decision });
  }
  return best;
}

/** Policies are few where principals are many: those that it may rewrite first, then who has them and can be entered. */
function armByPolicy(search: Search, entry: ArmEntry, self: Node): Armed | undefined {
  const [, second] = entry.actions;
  const edits = editsOf(search, entry);
  let best: Armed | undefined;
  if (edits.size === 0) return best;
  for (const { node, enter } of entered(search, second, entry.target, self)) {
    const edit = edits.get(node);
    if (edit !== undefined) best = surer(best, { node, decision: together([edit, enter]) });
    if (best?.decision.outcome === 'allow') return best;
  }
  return best;
}

/** Whom the first call gives every right, through what they have. */
function editsOf(search: Search, { actions: [call], arms, target, gives }: ArmEntry): ReadonlyMap<Node, Decision> {
  const { subject, targets } = search;
  const edits = new Map<Node, Decision>();
  if (arms === 'admin-group') {
    const join = decideJoin(search);
    const users = targets.armable.get(`${target} ${subject.account}`)?.whole.members ?? [];
    if (join.outcome !== 'deny') for (const node of users) edits.set(node, join);
    return edits;
  }
  const holders = arms === 'group-of-principal' ? targets.groupMembers : targets.policyHolders;
  for (const [arn, members] of holders.get(subject.account) ?? []) {
    const edit = decideCall(search, call, arn, {}, gives);
    if (edit.outcome === 'deny') continue;
    for (const node of members) if (edits.get(node)?.outcome !== 'allow') edits.set(node, edit);
  }
  return edits;
}

/** Principals that the subject gets into by the second call. */
function* entered(
  search: Search,
  call: string,
  type: ArmEntry['target'],
  self: Node,
): Generator<{ readonly node: Node; readonly enter: Decision }> {
  const { subject, targets } = search;
  const rewritten = targets.armable.get(`${type} ${subject.account}`);
  const populations = call === ASSUME ? assumable(search) : rewritten === undefined ? [] : [rewritten];
  const ask = (role: Subject, context: Context): Decision | undefined =>
    call === ASSUME ? decideAssume(subject, role, context, search) : decideAll(search, [call], role, context);
  for (const population of populations) {
    for (const { hub, decision } of cellsOf(search, callsAround(call), population, ask)) {
      for (const node of hub.members) if (node !== self) yield { node, enter: decision };
    }
  }
  if (call !== ASSUME) return;
  for (const { role, decision } of assumedAlone(search)) yield { node: role, enter: decision };
}

function surer(best: Armed | undefined, other: Armed): Armed {
  return best === undefined || (best.decision.outcome === 'unknown' && other.decision.outcome === 'allow') ? other : best;
}
