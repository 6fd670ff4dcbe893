import type { Confidence } from '../../contracts/index.ts';
import type { Capability } from '../capability.ts';
import { giveUp } from '../effort.ts';
import type { Estate, Subject } from '../subject.ts';
import { type Cuts, nearestCuts } from './cut.ts';
import { readsEverything } from './data.ts';
import { buildGraph, type Graph } from './graph.ts';
import type { Node } from './population.ts';
import { findRoundabouts } from './roundabout.ts';
import { dataRow, escalationRows } from './rows.ts';
import { shortestWays, type Ways, withRoundabouts } from './shortest.ts';

/** Who becomes administrator, or reads all data, by which way; worked out once for an estate. */
export interface Escalations {
  readonly graph: Graph;
  readonly toAdmin: Ways;
  /** Only steps and administrators that are sure: a longer way may be surer than a short one. */
  readonly surely: Ways;
  readonly toData: Ways;
  /** By principal the right that all of its ways need. */
  readonly cuts: Cuts;
}

/**
 * Ways by which a principal that is no administrator makes itself one, by one call or through others. A way counts only
 * when it leads somewhere: its scope must reach the principal itself or an existing principal from which it goes on.
 */
export function findEscalations(estate: Estate, now: Date): Escalations {
  const graph = buildGraph(estate, now);
  const { admins } = graph.targets;
  const plainly = shortestWays(graph, admins, true);
  const plainlySure = shortestWays(graph, admins, true, true);
  const sure = findRoundabouts(graph, plainlySure.distance, true);
  const surely = withRoundabouts(graph, plainlySure, sure.found);
  const any = findRoundabouts(graph, plainly.distance, false);
  const toAdmin = withRoundabouts(graph, plainly, any.found, surely);
  if (sure.gaveUp || any.gaveUp) for (const subject of graph.subjects) giveUp(subject);
  const holders = new Map<Node, Confidence>();
  for (const [node, subject] of graph.subjects.entries()) {
    if (admins.has(node)) continue;
    const reads = readsEverything(subject, now);
    if (reads !== undefined) holders.set(node, reads);
  }
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
