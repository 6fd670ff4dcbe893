import type { Arm } from './edge.ts';
import type { Graph, Step } from './graph.ts';
import type { Hub, Node } from './population.ts';

/** Steps of a search, by who takes them; nothing at its end. */
type Trail = ReadonlyMap<Node, Step | undefined>;

/**
 * A way of two halves: into somebody who may change another, and into that other. Neither half alone leads anywhere, so
 * no single edge tells of it.
 */
export interface Roundabout {
  readonly changes: 'rights' | 'boundary';
  readonly arms: ReadonlyMap<Node, Arm>;
  readonly toArmer: Trail;
  readonly toArmed: Trail;
}

/** Who changes whom, all that may change the same ones together. */
interface Group {
  readonly over: Hub;
  readonly changes: 'rights' | 'boundary';
  /** The surest of each. */
  readonly arms: Map<Node, Arm>;
  /** By every right: where one of them is taken away, another may be left. */
  readonly all: Arm[];
}

/** Steps of searches for one estate, some seconds; a large account of ten thousand needs a hundredth. */
const MAX_STEPS = 50_000_000;

export interface Roundabouts {
  readonly found: ReadonlyMap<Node, Roundabout>;
  /** Some were not looked for. */
  readonly gaveUp: boolean;
}

/**
 * Who gets about: into an armer of a group and into one that the group arms. Whoever reaches both is found by two searches
 * backwards for each group, not by one for each principal; groups are as many as the patterns that name whom they change.
 * Only among those that reach nothing by plain ways: whoever reaches one of those reaches the goal too.
 */
export function findRoundabouts(graph: Graph, reached: ReadonlyMap<Node, unknown>, onlySure: boolean): Roundabouts {
  const found = new Map<Node, Roundabout>();
  const effort = { left: MAX_STEPS };
  const isLeft = (node: Node): boolean => !reached.has(node);
  for (const group of groupsOf(graph, isLeft, onlySure)) {
    const armed = worthChanging(graph, group, reached).filter(isLeft);
    if (armed.length === 0) continue;
    const toArmer = backwards(graph, group.arms.keys(), isLeft, onlySure, effort);
    const toArmed = backwards(graph, armed, isLeft, onlySure, effort);
    if (effort.left < 0) return { found, gaveUp: true };
    const way = { changes: group.changes, arms: group.arms, toArmer, toArmed };
    for (const node of toArmer.keys()) if (toArmed.has(node) && !found.has(node)) found.set(node, way);
  }
  return { found, gaveUp: false };
}

/** Arms that serve somebody who may have other ways too: what is left of it when those are cut. */
export interface Live {
  readonly arms: readonly Arm[];
  /** Those on the way to them. */
  readonly upstream: ReadonlySet<Node>;
}

/** Nothing where there is too much to look at. */
export function liveArms(graph: Graph, reached: ReadonlyMap<Node, unknown>): Live | undefined {
  const arms: Arm[] = [];
  const upstream = new Set<Node>();
  const effort = { left: MAX_STEPS };
  const isAny = (): boolean => true;
  for (const group of groupsOf(graph, isAny, false)) {
    const armed = worthChanging(graph, group, reached);
    if (armed.length === 0) continue;
    const toArmer = backwards(graph, group.arms.keys(), isAny, false, effort);
    const toArmed = backwards(graph, armed, isAny, false, effort);
    if (effort.left < 0) return undefined;
    if (!toArmer.keys().some((node) => toArmed.has(node))) continue;
    arms.push(...group.all);
    for (const node of toArmer.keys()) upstream.add(node);
  }
  return { arms, upstream };
}

/** The steps: into the armer, the change, into the one changed; somebody freed goes on by plain ways. */
export function stepsAround(
  node: Node,
  { arms, toArmer, toArmed, changes }: Roundabout,
): { readonly steps: Step[]; readonly armed: Node } {
  const first = trail(node, toArmer);
  const last = trail(node, toArmed);
  const arm = arms.get(first.end);
  if (arm === undefined) throw new Error('a roundabout ends at one who arms');
  const change = { edge: { ...arm.edge, changes, armed: last.end }, next: last.end };
  return { steps: [...first.steps, change, ...last.steps], armed: last.end };
}

function trail(node: Node, steps: Trail): { readonly steps: readonly Step[]; readonly end: Node } {
  const taken: Step[] = [];
  let at = node;
  for (let step = steps.get(at); step !== undefined; step = steps.get(at)) {
    taken.push(step);
    at = step.next ?? at;
  }
  return { steps: taken, end: at };
}

function groupsOf(graph: Graph, isMeant: (node: Node) => boolean, onlySure: boolean): Iterable<Group> {
  const groups = new Map<Hub, Map<Group['changes'], Group>>();
  for (const [node, arms] of graph.arms.entries()) {
    if (arms.length === 0 || !isMeant(node)) continue;
    for (const arm of arms) {
      const { over, edge } = arm;
      const { changes } = edge;
      if (changes === undefined || (onlySure && edge.confidence !== 'high')) continue;
      // Who arms and gets in by one step has an edge of its own.
      if (
        !onlySure &&
        changes === 'rights' &&
        graph.out[node]?.some((one) => one.to === undefined && one.actions[0] === edge.actions[0])
      ) {
        continue;
      }
      const same = groups.get(over) ?? new Map<Group['changes'], Group>();
      groups.set(over, same);
      const group: Group = same.get(changes) ?? { over, changes, arms: new Map(), all: [] };
      same.set(changes, group);
      group.all.push(arm);
      const known = group.arms.get(node);
      if (known === undefined || (known.edge.confidence !== 'high' && edge.confidence === 'high')) group.arms.set(node, arm);
    }
  }
  return [...groups.values()].flatMap((same) => [...same.values()]);
}

/** Every right makes an administrator of anybody; to be free only of those that reach the goal then. */
function worthChanging({ targets }: Graph, { over, changes }: Group, reached: ReadonlyMap<Node, unknown>): readonly Node[] {
  if (changes === 'rights') return over.members;
  return over.members.filter((node) => reached.has(targets.freedOf.get(node) ?? -1));
}

function backwards(
  graph: Graph,
  ends: Iterable<Node>,
  isMeant: (node: Node) => boolean,
  onlySure: boolean,
  effort: { left: number },
): Trail {
  const trail = new Map<Node, Step | undefined>();
  for (const node of ends) trail.set(node, undefined);
  const crossed = new Set<Hub>();
  // What is added while it is walked through is walked through too.
  for (const node of trail.keys()) {
    for (const hub of graph.hubsOf[node] ?? []) {
      effort.left--;
      if (crossed.has(hub)) continue;
      crossed.add(hub);
      for (const edge of graph.into.get(hub) ?? []) {
        effort.left--;
        if (trail.has(edge.from) || !isMeant(edge.from) || (onlySure && edge.confidence !== 'high')) continue;
        trail.set(edge.from, { edge, next: node });
      }
    }
    if (effort.left < 0) break;
  }
  return trail;
}
