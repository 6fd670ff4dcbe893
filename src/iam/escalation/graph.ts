import type { Estate, Subject } from '../subject.ts';
import { armWays } from './arm-ways.ts';
import type { Search } from './call.ts';
import type { Edge } from './edge.ts';
import { sortTargets, type Targets } from './estate.ts';
import { makeWays } from './make-ways.ts';
import { passRoleWays } from './pass-role-ways.ts';
import type { Hub, Node } from './population.ts';
import { selfWays } from './self-ways.ts';
import { takeOverWays } from './take-over-ways.ts';

/** Who can get into whom, in one or several accounts. Administrators of high confidence have nothing to gain and no edges. */
export interface Graph {
  readonly subjects: readonly Subject[];
  readonly targets: Targets;
  readonly estate: Estate;
  readonly now: Date;
  /** By principal, in the order of the catalogue. */
  readonly out: readonly (readonly Edge[])[];
  readonly into: ReadonlyMap<Hub, readonly Edge[]>;
  /** By principal: the hubs it is a member of. */
  readonly hubsOf: readonly (readonly Hub[])[];
}

export function buildGraph(estate: Estate, now: Date): Graph {
  const targets = sortTargets(estate, now);
  const { subjects } = estate;
  const out: Edge[][] = [];
  const into = new Map<Hub, Edge[]>();
  const hubsOf: Hub[][] = subjects.map(() => []);
  for (const [node, subject] of subjects.entries()) {
    const edges = targets.admins.get(node) === 'high' ? [] : [...waysOf({ subject, estate, targets, now })];
    out.push(edges);
    for (const edge of edges) {
      if (edge.to === undefined) continue;
      const known = into.get(edge.to);
      if (known === undefined) {
        into.set(edge.to, [edge]);
        for (const member of edge.to.members) hubsOf[member]?.push(edge.to);
      } else known.push(edge);
    }
  }
  return { subjects, targets, estate, now, out, into, hubsOf };
}

function* waysOf(search: Search): Generator<Edge> {
  yield* selfWays(search);
  yield* takeOverWays(search);
  yield* armWays(search);
  yield* makeWays(search);
  yield* passRoleWays(search);
}

/** The right of the edge: it and all others of its owner that begin with the same call go when that call is taken away. */
export function rightOf({ from, actions }: Edge): string {
  return `${from} ${actions[0]}`;
}

export interface Step {
  readonly edge: Edge;
  /** Whom the step gets into; absent: the goal itself. */
  readonly next: Node | undefined;
}
