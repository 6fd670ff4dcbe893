import { dominators } from './dominators.ts';
import type { Edge } from './edge.ts';
import { type Graph, rightOf } from './graph.ts';
import type { Hub, Node } from './population.ts';
import type { Ways } from './shortest.ts';

/**
 * For every principal the right nearest to it that all of its ways to an administrator need: take it away, and none is
 * left. Principals without such a right have none in the answer.
 */
export function nearestCuts(graph: Graph, { distance }: Ways): ReadonlyMap<Node, Edge> {
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
      const key = rightOf(edge);
      let right = rights.get(key);
      if (right === undefined) {
        right = place(edge);
        rights.set(key, right);
        next[at]?.push(right);
      }
      next[right]?.push(to);
    }
  }
  const above = dominators(next, goal);
  const cuts = new Map<Node, Edge>();
  for (const [node, at] of principals) {
    if (distance.get(node) === 0) continue;
    for (let up = above[at] ?? goal; up !== goal; up = above[up] ?? goal) {
      const edge = places[up];
      if (edge === undefined) continue;
      cuts.set(node, edge);
      break;
    }
  }
  return cuts;

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
