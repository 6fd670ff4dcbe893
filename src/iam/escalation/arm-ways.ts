import { together } from '../evaluate.ts';
import { mentionedCalls } from '../mentions.ts';
import { decideCall, type Search } from './call.ts';
import { ARM, type ArmEntry, FREE } from './catalogue/index.ts';
import { type Cell, cellsOf } from './cells.ts';
import { type Arm, type Edge, edgeFrom } from './edge.ts';
import { decideJoin } from './make-ways.ts';
import { allBetween, firstBetween } from './meet.ts';
import type { Hub, Node } from './population.ts';

/** Whom the subject may give every right, or free of a boundary, whether or not it gets into them. */
export function* armsOf(search: Search): Generator<Arm> {
  const { subject, targets } = search;
  const node = targets.nodes.get(subject);
  if (node === undefined) return;
  const calls = mentionedCalls(subject);
  for (const entry of [...ARM, ...FREE]) {
    const { id, actions } = entry;
    if (!calls.has(actions[0])) continue;
    const changes = entry.on === 'boundary' || entry.on === 'boundary-policy' ? 'boundary' : 'rights';
    for (const { hub, decision } of reachedBy(search, entry)) {
      yield { over: hub, edge: edgeFrom(node, subject, { methods: [id], actions, decision, changes }), with: entry.with ?? {} };
    }
  }
}

function reachedBy(search: Search, { on, target, actions: [call], gives }: ArmEntry): Iterable<Cell> {
  const { subject, targets } = search;
  const key = `${target} ${subject.account}`;
  switch (on) {
    case 'principal':
    case 'boundary': {
      const population = (on === 'principal' ? targets.armable : targets.freeable).get(key);
      if (population === undefined) return [];
      return cellsOf(search, [call], population, (one, context) => decideCall(search, call, one.arn, context, gives), 'all');
    }
    case 'admin-group': {
      const users = targets.armable.get(key)?.whole;
      const decision = decideJoin(search);
      return users === undefined || decision.outcome === 'deny' ? [] : [{ hub: users, decision }];
    }
    case 'policy-of-principal':
      return named(search, call, targets.policyHolders.get(key), gives);
    case 'older-version-of-principal':
      return named(search, call, targets.olderHolders.get(key), gives);
    case 'group-of-principal':
      return named(search, call, targets.groupMembers.get(key), gives);
    case 'boundary-policy':
      return named(search, call, targets.boundaries.get(key), gives);
  }
}

/** Policies and groups are few where principals are many. */
function* named(
  search: Search,
  call: string,
  hubs: ReadonlyMap<string, Hub> | undefined,
  gives: ArmEntry['gives'],
): Generator<Cell> {
  for (const [arn, hub] of hubs ?? []) {
    const decision = decideCall(search, call, arn, {}, gives);
    if (decision.outcome !== 'deny') yield { hub, decision };
  }
}

/**
 * Ways by which the subject changes somebody and gets into that one, each by one step. The surest for each call that
 * arms: one is enough. Those freed of their boundary are as many as there are, for each may lead elsewhere.
 */
export function* armWays(search: Search, arms: readonly Arm[], enters: readonly Edge[]): Generator<Edge> {
  const { subject, targets } = search;
  const node = targets.nodes.get(subject);
  if (node === undefined || arms.length === 0) return;
  const frees = freeingWays(search, node, arms, enters);
  yield* frees;
  const into = [...enters, ...frees];
  const best = new Map<string, Edge>();
  const sure = new Set<string>();
  for (const { over, edge, with: ids } of arms) {
    if (edge.changes === 'boundary') continue;
    const [call] = edge.actions;
    for (const enter of into) {
      const [second = ''] = enter.actions;
      const id = ids[second];
      // What has a name is told by it; of the others one is as good as all.
      const key = id === undefined ? call : `${call} ${second}`;
      const known = best.get(key);
      if (id === undefined && sure.has(call)) continue;
      if (known !== undefined && (known.confidence === 'high' || edge.confidence !== 'high' || enter.confidence !== 'high'))
        continue;
      const armed = enter.to === undefined ? undefined : firstBetween(over, enter.to, node);
      if (armed === undefined) continue;
      const found = joined(search, node, edge, enter, { armed, methods: [id ?? edge.methods[0] ?? ''] });
      best.set(key, found);
      if (found.confidence === 'high') sure.add(call);
    }
  }
  yield* best.values();
}

/** One for each call and hub of those freed. */
function freeingWays(search: Search, node: Node, arms: readonly Arm[], enters: readonly Edge[]): Edge[] {
  const byCall = new Map<string, Map<Hub, Edge>>();
  for (const { over, edge } of arms) {
    if (edge.changes !== 'boundary') continue;
    const [call] = edge.actions;
    const found = byCall.get(call) ?? new Map<Hub, Edge>();
    byCall.set(call, found);
    for (const enter of enters) {
      const to = freedBetween(search, over, enter.to);
      if (to === undefined || found.get(to)?.confidence === 'high') continue;
      const way = joined(search, node, edge, enter, { to, methods: edge.methods });
      if (!found.has(to) || way.confidence === 'high') found.set(to, way);
    }
  }
  return [...byCall.values()].flatMap((found) => [...found.values()]);
}

const freed = new WeakMap<Hub, WeakMap<Hub, Hub>>();

/** Those of both hubs, freed. */
function freedBetween({ targets }: Search, over: Hub, to: Hub | undefined): Hub | undefined {
  if (to === undefined) return undefined;
  const known = freed.get(over) ?? new WeakMap<Hub, Hub>();
  freed.set(over, known);
  const found = known.get(to) ?? { members: allBetween(over, to).flatMap((node) => targets.freedOf.get(node) ?? []) };
  known.set(to, found);
  return found.members.length === 0 ? undefined : found;
}

function joined(
  { subject }: Search,
  node: Node,
  arm: Edge,
  enter: Edge,
  more: { readonly to?: Hub; readonly armed?: Node; readonly methods: readonly string[] },
): Edge {
  const decision = together([arm.decision, enter.decision]);
  const isProbable = enter.confidence !== 'high' || arm.confidence !== 'high';
  return edgeFrom(node, subject, { ...more, actions: [...arm.actions, ...enter.actions], decision, isProbable });
}
