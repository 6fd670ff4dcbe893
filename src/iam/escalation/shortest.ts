import type { Confidence } from '../../contracts/index.ts';
import type { Graph, Step } from './graph.ts';
import type { Hub, Node } from './population.ts';
import { type Roundabout, stepsAround } from './roundabout.ts';

/** From each principal the shortest way to a goal, of those the surest. */
export interface Ways {
  /** Steps to the goal; 0: it is one; absent: there is no way. */
  readonly distance: ReadonlyMap<Node, number>;
  readonly confidence: ReadonlyMap<Node, Confidence>;
  readonly first: ReadonlyMap<Node, Step>;
  /** Of those that reach the goal only by way of somebody whom another of theirs changes. */
  readonly around: ReadonlyMap<Node, Roundabout>;
}

/** One search backwards from all goals together. Each hub is crossed once, by the first of its members that is reached. */
export function shortestWays(graph: Graph, goals: ReadonlyMap<Node, Confidence>, toAdmin: boolean, onlySure = false): Ways {
  const distance = new Map<Node, number>();
  const confidence = new Map<Node, Confidence>();
  const first = new Map<Node, Step>();
  for (const [node, sure] of goals) {
    if (onlySure && sure !== 'high') continue;
    distance.set(node, 0);
    confidence.set(node, sure);
  }
  const crossed = new Set<Hub>();
  let frontier = [...distance.keys()];
  for (let hops = 1; frontier.length > 0 || (toAdmin && hops === 1); hops++) {
    const reached: Node[] = [];
    const settle = (step: Step, sure: Confidence): void => {
      const { from } = step.edge;
      if (distance.has(from)) return;
      distance.set(from, hops);
      confidence.set(from, sure);
      first.set(from, step);
      reached.push(from);
    };
    // The sure ways of this length first, so that none of them is hidden by one that is not.
    for (const sure of onlySure ? SURE : SURE_FIRST) {
      const passes = (one: Confidence | undefined): boolean => sure === 'medium' || one === 'high';
      if (toAdmin && hops === 1) {
        for (const edges of graph.out) {
          for (const edge of edges) {
            if (edge.to === undefined && passes(edge.confidence)) settle({ edge, next: edge.armed }, sure);
          }
        }
      }
      for (const node of frontier) {
        if (!passes(confidence.get(node))) continue;
        for (const hub of graph.hubsOf[node] ?? []) {
          if (crossed.has(hub)) continue;
          if (sure === 'medium' || onlySure) crossed.add(hub);
          for (const edge of graph.into.get(hub) ?? []) if (passes(edge.confidence)) settle({ edge, next: node }, sure);
        }
      }
    }
    frontier = reached;
  }
  return { distance, confidence, first, around: new Map() };
}

/** Those that no plain way leads to the goal, but one through somebody whom another of theirs changes. */
export function withRoundabouts(graph: Graph, ways: Ways, found: ReadonlyMap<Node, Roundabout>, surely?: Ways): Ways {
  if (found.size === 0) return ways;
  const distance = new Map(ways.distance);
  const confidence = new Map(ways.confidence);
  const around = new Map<Node, Roundabout>();
  for (const [node, way] of found) {
    const sure = surely?.around.get(node);
    around.set(node, sure ?? way);
    confidence.set(node, surely === undefined || sure !== undefined ? 'high' : 'medium');
  }
  const all = { ...ways, confidence, around };
  for (const node of found.keys()) distance.set(node, stepsFrom(graph, node, all).length);
  return { ...all, distance };
}

/** The steps from a principal to the goal. */
export function stepsFrom({ targets }: Graph, node: Node, { first, around }: Pick<Ways, 'first' | 'around'>): Step[] {
  const steps: Step[] = [];
  let at: Node | undefined = node;
  const way = around.get(node);
  if (way !== undefined) {
    const half = stepsAround(node, way);
    steps.push(...half.steps);
    at = way.changes === 'boundary' ? targets.freedOf.get(half.armed) : undefined;
  }
  while (at !== undefined) {
    const step = first.get(at);
    if (step === undefined) break;
    steps.push(step);
    at = step.edge.to === undefined ? undefined : step.next;
  }
  return steps;
}

const SURE: readonly Confidence[] = ['high'];
const SURE_FIRST: readonly Confidence[] = ['high', 'medium'];
