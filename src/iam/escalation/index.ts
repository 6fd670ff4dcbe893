import type { Confidence } from '../../contracts/index.ts';
import type { Capability } from '../capability.ts';
import type { Estate, Subject } from '../subject.ts';
import { nearestCuts } from './cut.ts';
import { readsEverything } from './data.ts';
import type { Edge } from './edge.ts';
import { buildGraph, type Graph } from './graph.ts';
import type { Node } from './population.ts';
import { dataRow, escalationRows } from './rows.ts';
import { shortestWays, type Ways } from './shortest.ts';

/** Who becomes administrator, or reads all data, by which way; worked out once for an estate. */
export interface Escalations {
  readonly graph: Graph;
  readonly toAdmin: Ways;
  /** Only steps and administrators that are sure: a longer way may be surer than a short one. */
  readonly surely: Ways;
  readonly toData: Ways;
  /** By principal: the right that all of its ways need. */
  readonly cuts: ReadonlyMap<Node, Edge>;
}

/**
 * Ways by which a principal that is no administrator makes itself one, by one call or through others. A way counts only
 * when it leads somewhere: its scope must reach the principal itself or an existing principal from which it goes on.
 */
export function findEscalations(estate: Estate, now: Date): Escalations {
  const graph = buildGraph(estate, now);
  const toAdmin = shortestWays(graph, graph.targets.admins, true);
  const holders = new Map<Node, Confidence>();
  for (const [node, subject] of estate.subjects.entries()) {
    if (graph.targets.admins.has(node)) continue;
    const sure = readsEverything(subject, now);
    if (sure !== undefined) holders.set(node, sure);
  }
  const surely = shortestWays(graph, graph.targets.admins, true, true);
  return { graph, toAdmin, surely, toData: shortestWays(graph, holders, false), cuts: nearestCuts(graph, toAdmin) };
}

export function escalationsOf(subject: Subject, { graph, toAdmin, surely, toData, cuts }: Escalations): Capability[] {
  const node = graph.targets.nodes.get(subject);
  if (node === undefined) return [];
  const rows = escalationRows(graph, toAdmin, surely, cuts, node);
  if (toAdmin.distance.has(node)) return rows;
  const data = dataRow(graph, toData, node);
  return data === undefined ? rows : [...rows, data];
}

/** A way by which the subject changes its own rights: what makes it as good as an administrator now. */
export function isDirect(capability: Capability): boolean {
  return capability.capability === 'escalates' && capability.category === 'self-escalation';
}
