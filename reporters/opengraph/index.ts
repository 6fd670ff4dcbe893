import { z } from 'zod';
import type { LineageEdge, LineageNode } from '../../src/contracts/report-parts.ts';
import type { Report } from '../../src/contracts/reporter.ts';
import { defineReporter } from '../../src/contracts/reporter.ts';
import { listMember } from '../../src/util/json-pieces.ts';
import { compare } from '../../src/util/report-text.ts';
import { clip, printable } from '../../src/util/sanitize.ts';
import { uuidOf } from '../../src/util/uuid.ts';
import { extensionText } from './extension.ts';
import { EDGE_KINDS, NAMESPACE, NODE_KINDS, RUN_KIND } from './kinds.ts';

const TEXT_MAX = 500;
const LIST_MAX = 100;

const Options = z.strictObject({
  /** `true`: the extension's definition instead of the graph; uploaded once, in front of the first graph. */
  schema: z.stringbool().or(z.boolean()).default(false),
});
type Options = z.infer<typeof Options>;

/** For BloodHound: who owns, holds, runs as, may become and reaches what, as OpenGraph data. */
export const opengraph = defineReporter<Options>({
  id: 'opengraph',
  title: 'BloodHound OpenGraph',
  extension: 'json',
  mediaType: 'application/json',
  options: Options as z.ZodType<Options>,
  partsOf: ({ schema }) => (schema ? [] : ['lineage']),
  *render(report, options) {
    if (options.schema) yield extensionText();
    else yield* graph(report);
  },
});

function* graph(report: Report): Generator<string> {
  const nodes = (report.parts?.lineage?.nodes ?? []).toSorted((a, b) => compare(a.id, b.id));
  const ids = new Map(nodes.map(({ id }) => [id, objectId(id)]));
  yield `{\n  "metadata": { "source_kind": "${NAMESPACE}" },\n  "graph": {`;
  yield* listMember('nodes', nodeObjects(report, nodes, ids), '    ', { isFirst: true });
  yield* listMember('edges', edgeObjects(report.parts?.lineage?.edges ?? [], ids), '    ', { keepEmpty: true });
  yield '\n  }\n}\n';
}

/** BloodHound does not bear colons in ids, of which ours are full: it gets a UUID of the id, and the id as a property. */
function objectId(id: string): string {
  return uuidOf('opengraph', id);
}

function* nodeObjects(report: Report, nodes: readonly LineageNode[], ids: ReadonlyMap<string, string>): Generator<object> {
  yield runNode(report);
  const accepted = acceptedAbout(report);
  for (const { about, findings, id, kind, label, worst } of nodes) {
    yield {
      id: ids.get(id),
      kinds: [NODE_KINDS[kind].name],
      properties: {
        name: text(label),
        displayname: text(label),
        nhi_id: text(id),
        ...(about === undefined ? {} : { about: text(about) }),
        open_findings: findings,
        accepted_findings: accepted.get(id) ?? 0,
        ...(worst === undefined ? {} : { worst_finding: worst }),
      },
    };
  }
}

/** By node: findings that somebody accepted, which are no open ones. */
function acceptedAbout({ accepted }: Report): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { credential, identity } of accepted) {
    const about = [
      ...(identity === undefined ? [] : [`identity:${identity}`]),
      ...(credential === undefined ? [] : [`credential:${credential}`]),
    ];
    for (const id of about) counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return counts;
}

/** Its own account of how whole the graph is: gaps of coverage, and what was left out because it was too large. */
function runNode({ coverage, hidden, parts, persona, run }: Report): object {
  const gaps = coverage.filter(({ outcome }) => outcome !== 'complete');
  const told = gaps
    .slice(0, LIST_MAX)
    .map((gap) => text(`${gap.surface}: ${gap.outcome}: ${gap.subject}: ${gap.why ?? 'no reason given'}`));
  const targets = run.targets.slice(0, LIST_MAX).map(text);
  return {
    id: objectId(`run:${run.id}`),
    kinds: [RUN_KIND.name],
    properties: {
      name: text(`nhi-audit ${run.id}`),
      displayname: text(`nhi-audit ${run.id}`),
      finished: run.finishedAt,
      toolversion: text(run.toolVersion),
      rulesdigest: text(run.rulesDigest),
      ...(targets.length === 0 ? {} : { targets }),
      coverage_gaps: gaps.length,
      ...(told.length === 0 ? {} : { not_read: told }),
      persona,
      hidden_for_persona: hidden.persona,
      hidden_by_baseline: hidden.baseline,
      accepted_findings: hidden.excepted,
      omitted_nodes: parts?.lineage?.omitted.nodes ?? 0,
      omitted_edges: parts?.lineage?.omitted.edges ?? 0,
    },
  };
}

/**
 * BloodHound knows one edge of a kind between two nodes, and the last to come would win: several ways to one end are one edge that
 * tells all of them. Edges to what is not in the graph are left out, for it would make empty nodes of their ends.
 */
function* edgeObjects(edges: readonly LineageEdge[], ids: ReadonlyMap<string, string>): Generator<object> {
  const sorted = edges.toSorted((a, b) => compare(a.from, b.from) || compare(a.to, b.to) || compare(a.kind, b.kind));
  let ways: LineageEdge[] = [];
  for (const edge of sorted) {
    const [last] = ways;
    if (last !== undefined && (last.from !== edge.from || last.to !== edge.to || last.kind !== edge.kind)) {
      yield* edgeObject(last, ways, ids);
      ways = [];
    }
    ways.push(edge);
  }
  const [last] = ways;
  if (last !== undefined) yield* edgeObject(last, ways, ids);
}

function* edgeObject(
  { from, kind, to }: LineageEdge,
  ways: readonly LineageEdge[],
  ids: ReadonlyMap<string, string>,
): Generator<object> {
  const { isReversed, name } = EDGE_KINDS[kind];
  const [start, end] = isReversed ? [ids.get(to), ids.get(from)] : [ids.get(from), ids.get(to)];
  if (start === undefined || end === undefined) return;
  const how = texts(ways.flatMap(({ label }) => label ?? []));
  const evidence = texts(ways.flatMap((way) => way.evidence));
  yield {
    start: { match_by: 'id', value: start },
    end: { match_by: 'id', value: end },
    kind: name,
    properties: { ...(how.length === 0 ? {} : { how }), ...(evidence.length === 0 ? {} : { evidence }) },
  };
}

/** Each once, in an order that does not depend on where they came from. */
function texts(values: readonly string[]): string[] {
  return [...new Set(values)].sort(compare).slice(0, LIST_MAX).map(text);
}

function text(value: string): string {
  return clip(printable(value), TEXT_MAX) || '-';
}
