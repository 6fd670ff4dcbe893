import type { Confidence } from '../../contracts/index.ts';
import type { Graph, Step } from './graph.ts';
import type { Hub, Node } from './population.ts';

/** From each principal the shortest way to a goal, of those the surest. */
export interface Ways {
  /** Steps to the goal; 0: it is one; absent: there is no way. */
  readonly distance: ReadonlyMap<Node, number>;
  readonly confidence: ReadonlyMap<Node, Confidence>;
  readonly first: ReadonlyMap<Node, Step>;
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
  return { distance, confidence, first };
}

/** The steps from a principal to the goal. */
export function stepsFrom(node: Node, { first }: Ways): Step[] {
  const steps: Step[] = [];
  let at: Node | undefined = node;
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
