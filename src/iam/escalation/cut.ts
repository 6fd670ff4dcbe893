import { dominators } from './dominators.ts';
import type { Edge } from './edge.ts';
import { type Graph, rightOf } from './graph.ts';
import type { Hub, Node } from './population.ts';
import { liveArms } from './roundabout.ts';
import type { Ways } from './shortest.ts';

export interface Cuts {
  readonly rights: ReadonlyMap<Node, Edge>;
  /** Everybody on the way to a goal, or to who changes somebody. */
  readonly leads: ReadonlySet<Node>;
}

/**
 * For every principal the right nearest to it that all of its ways to an administrator need: take it away, and none is
 * left. Principals without such a right have none in the answer.
 */
export function nearestCuts(graph: Graph, { distance }: Ways): Cuts {
  const places: (Edge | undefined)[] = [undefined];
  const next: number[][] = [[]];
  const place = (edge?: Edge): number => {
    places.push(edge);
    next.push([]);
    return places.length - 1;
  };
  const goal = 0;
  const principals = new Map<Node, number>();
  for (const node of distance.keys()) principals.set(node, place());
  const live = liveArms(graph, distance);
  // Too much to look at: what no way is left of is not known of anything.
  if (live === undefined) return { rights: new Map(), leads: new Set(distance.keys()) };
  for (const node of live.upstream) if (!principals.has(node)) principals.set(node, place());
  const hubs = new Map<Hub, number>();
  const rights = new Map<string, number>();
  for (const [node, at] of principals) {
    if (distance.get(node) === 0) {
      next[at]?.push(goal);
      continue;
    }
    for (const edge of graph.out[node] ?? []) {
      const to = edge.to === undefined ? goal : hubPlace(edge.to);
      if (to === undefined) continue;
      next[rightPlace(edge, at)]?.push(to);
    }
  }
  // Of a way by two halves the one that leads to who arms is drawn, as if the other were always there: what all ways of the
  // drawing need, all ways need.
  for (const { edge, over } of live.arms) {
    const at = principals.get(edge.from);
    if (at === undefined) continue;
    const right = next[rightPlace(edge, at)];
    if (edge.changes === 'rights') right?.push(goal);
    else for (const node of over.members) right?.push(principals.get(graph.targets.freedOf.get(node) ?? -1) ?? goal);
  }
  const above = dominators(next, goal);
  const cuts = new Map<Node, Edge>();
  for (const [node, at] of principals) {
    if ((distance.get(node) ?? 0) === 0) continue;
    for (let up = above[at] ?? goal; up !== goal; up = above[up] ?? goal) {
      const edge = places[up];
      if (edge === undefined) continue;
      cuts.set(node, edge);
      break;
    }
  }
  return { rights: cuts, leads: new Set(principals.keys()) };

  /** Somebody freed has the rights of who is bound. */
  function rightPlace(edge: Edge, at: number): number {
    const key = rightOf(edge);
    const known = rights.get(key);
    const right = known ?? place(edge);
    rights.set(key, right);
    if (!(next[at]?.includes(right) ?? false)) next[at]?.push(right);
    return right;
  }

  function hubPlace(hub: Hub): number | undefined {
    const known = hubs.get(hub);
    if (known !== undefined) return known;
    const members = hub.members.flatMap((member) => principals.get(member) ?? []);
    if (members.length === 0) return undefined;
    const at = place();
    next[at] = members;
    hubs.set(hub, at);
    return at;
  }
}
