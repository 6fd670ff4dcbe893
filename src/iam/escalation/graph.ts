import type { Estate, Subject } from '../subject.ts';
import { armsOf, armWays } from './arm-ways.ts';
import type { Search } from './call.ts';
import type { Arm, Edge } from './edge.ts';
import { sortTargets, type Targets } from './estate.ts';
import { makeWays } from './make-ways.ts';
import { passRoleWays } from './pass-role-ways.ts';
import type { Hub, Node } from './population.ts';
import { freeWays, selfWays } from './self-ways.ts';
import { takeOverWays } from './take-over-ways.ts';

/** Who can get into whom, in one or several accounts. Administrators of high confidence have nothing to gain and no edges. */
export interface Graph {
  readonly subjects: readonly Subject[];
  readonly targets: Targets;
  readonly estate: Estate;
  readonly now: Date;
  /** By principal, in the order of the catalogue. */
  readonly out: readonly (readonly Edge[])[];
  /** By principal: whom it may change, whether or not it gets into them. */
  readonly arms: readonly (readonly Arm[])[];
  readonly into: ReadonlyMap<Hub, readonly Edge[]>;
  /** By principal: the hubs it is a member of. */
  readonly hubsOf: readonly (readonly Hub[])[];
}

export function buildGraph(estate: Estate, now: Date): Graph {
  const targets = sortTargets(estate, now);
  const { subjects } = targets;
  const out: Edge[][] = [];
  const arms: Arm[][] = [];
  const into = new Map<Hub, Edge[]>();
  const hubsOf: Hub[][] = subjects.map(() => []);
  for (const [node, subject] of subjects.entries()) {
    const own: Arm[] = [];
    const owner = targets.bound.get(node);
    const edges: Edge[] = [];
    if (targets.admins.get(node) !== 'high') {
      const search = { subject, estate, targets, now };
      own.push(...armsOf(search));
      for (const edge of waysOf(search, own)) edges.push(owner === undefined ? edge : { ...edge, owner });
    }
    out.push(edges);
    arms.push(owner === undefined ? own : own.map((arm) => ({ ...arm, edge: { ...arm.edge, owner } })));
    for (const edge of edges) {
      if (edge.to === undefined) continue;
      const known = into.get(edge.to);
      if (known === undefined) {
        into.set(edge.to, [edge]);
        for (const member of edge.to.members) hubsOf[member]?.push(edge.to);
      } else known.push(edge);
    }
  }
  return { subjects, targets, estate, now, out, arms, into, hubsOf };
}

function* waysOf(search: Search, arms: readonly Arm[]): Generator<Edge> {
  yield* selfWays(search);
  yield* freeWays(search);
  const takesOver = [...takeOverWays(search)];
  const passes = [...passRoleWays(search)];
  yield* takesOver;
  yield* armWays(search, arms, [...takesOver, ...passes]);
  yield* makeWays(search);
  yield* passes;
}

/** The right of the edge: it and all others of its owner that begin with the same call go when that call is taken away. */
export function rightOf({ from, owner = from, actions }: Edge): string {
  return `${owner} ${actions[0]}`;
}

export interface Step {
  readonly edge: Edge;
  /** Whom the step gets into; absent: the goal itself. */
  readonly next: Node | undefined;
}
