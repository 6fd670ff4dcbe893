import type { Confidence } from '../../contracts/index.ts';
import { type Capability, resourceText } from '../capability.ts';
import { statementName } from '../document.ts';
import { policyPath, type Subject } from '../subject.ts';
import { CATALOGUE, type Entry } from './catalogue/index.ts';
import type { Cuts } from './cut.ts';
import type { Edge } from './edge.ts';
import { type Graph, rightOf, type Step } from './graph.ts';
import { nameFrom } from './names.ts';
import type { Hub, Node } from './population.ts';
import { stepsFrom, type Ways } from './shortest.ts';
import { type Source, sourceOf, sourceText } from './take-away.ts';

/** Targets told of one right; who can take over three administrators need not be told of the fourth. */
const MAX_TARGETS = 3;

const ITSELF = 'itself';

/** One step of a way, for reports. */
export interface Hop {
  readonly from: string;
  readonly to: string;
  readonly permission: string;
  readonly resource: string;
  readonly policy?: string;
  readonly statement?: string;
  readonly method: string;
  readonly confidence: Confidence;
}

/** The right to take away. */
export interface Cut {
  readonly from: string;
  readonly permission: string;
  /** Where one statement alone grants it. */
  readonly policy?: string;
  readonly statement?: string;
  /** All ways to an administrator need it; else it is the first step of the shortest one, and others stay. */
  readonly onEveryPath: boolean;
  readonly text: string;
}

/** The ways of one call, one row for each right and target; a row of the whole way where no single call is enough. */
export function escalationRows(graph: Graph, ways: Ways, surely: Ways, cuts: Cuts, node: Node): Capability[] {
  const subject = graph.subjects[node];
  const distance = ways.distance.get(node);
  if (subject === undefined || distance === undefined) return [];
  const found = oneCallWays(graph, node);
  if (found.length === 0 && distance > 1) {
    found.push({ steps: stepsFrom(graph, node, ways), confidence: ways.confidence.get(node) ?? 'medium', methods: undefined });
  }
  // A short way that may or may not be there does not hide a longer one that is.
  if (found.length > 0 && found.every(({ confidence }) => confidence !== 'high') && (surely.distance.get(node) ?? 0) > 0) {
    found.push({ steps: stepsFrom(graph, node, surely), confidence: 'high', methods: undefined });
  }
  return found.flatMap(({ steps, confidence, methods, more }) => {
    const row = pathRow(graph, steps, subject, confidence);
    if (row === undefined) return [];
    const shared = distance === 0 ? undefined : cuts.rights.get(node);
    const edge = shared ?? (distance === 0 ? undefined : steps[0]?.edge);
    const cut = edge === undefined ? undefined : cutOf(graph, cuts.leads, edge, shared !== undefined, subject);
    return [
      {
        ...row,
        ...(methods === undefined ? {} : { methods }),
        ...(cut === undefined ? {} : { cut }),
        ...(more === undefined ? {} : { targetsNotNamed: more }),
      },
    ];
  });
}

/** How somebody who reaches no administrator gets to all data of an account. */
export function dataRow(graph: Graph, ways: Ways, node: Node): Capability | undefined {
  const subject = graph.subjects[node];
  if (subject === undefined || (ways.distance.get(node) ?? 0) === 0) return undefined;
  const row = pathRow(graph, stepsFrom(graph, node, ways), subject, ways.confidence.get(node) ?? 'medium');
  return row === undefined ? undefined : { ...row, capability: 'reaches-data' };
}

interface Way {
  readonly steps: readonly Step[];
  readonly confidence: Confidence;
  /** Absent: those of the first step. */
  readonly methods: readonly string[] | undefined;
  /** Administrators that the same right leads to and no row tells of. */
  readonly more?: number;
}

function oneCallWays(graph: Graph, node: Node): Way[] {
  const found = new Map<string, Way>();
  const told = new Map<string, number>();
  const hubs = new Map<string, Set<Hub>>();
  for (const edge of graph.out[node] ?? []) {
    if (edge.to !== undefined) hubs.set(rightOf(edge), (hubs.get(rightOf(edge)) ?? new Set<Hub>()).add(edge.to));
    for (const target of edge.to === undefined ? [edge.armed] : adminsIn(graph, edge.to, node)) {
      const right = rightOf(edge);
      const key = `${right} ${target}`;
      const known = found.get(key);
      const confidence = weakest(edge.confidence, edge.to === undefined ? 'high' : graph.targets.admins.get(target ?? -1));
      if (known !== undefined && (known.confidence === 'high' || confidence !== 'high')) {
        found.set(key, { ...known, methods: [...new Set([...(known.methods ?? []), ...edge.methods])] });
        continue;
      }
      const count = told.get(right) ?? 0;
      if (known === undefined && edge.to !== undefined && count === MAX_TARGETS) continue;
      if (known === undefined && edge.to !== undefined) told.set(right, count + 1);
      const methods = [...new Set([...edge.methods, ...(known?.methods ?? [])])];
      found.set(key, { steps: [{ edge, next: target }], confidence, methods });
    }
  }
  return [...found.values()].map((way) => {
    const [step] = way.steps;
    const right = step === undefined ? '' : rightOf(step.edge);
    const count = told.get(right) ?? 0;
    if (count < MAX_TARGETS || step?.edge.to === undefined) return way;
    const more = countAdmins(graph, hubs.get(right) ?? [], node) - count;
    return more > 0 ? { ...way, more } : way;
  });
}

/** Counted up to here: of more nobody needs the number. */
const MAX_COUNTED = 1000;

function countAdmins({ targets }: Graph, hubs: Iterable<Hub>, except: Node): number {
  const counted = new Set<Node>();
  for (const hub of hubs) {
    for (const member of adminsOf(targets, hub)) {
      const who = targets.bound.get(member) ?? member;
      if (who !== except) counted.add(who);
      if (counted.size === MAX_COUNTED) return MAX_COUNTED;
    }
  }
  return counted.size;
}

const admins = new WeakMap<Hub, readonly Node[]>();

/** Administrators of the hub, the sure ones first. */
function adminsOf(targets: Graph['targets'], hub: Hub): readonly Node[] {
  let found = admins.get(hub);
  if (found === undefined) {
    const all = hub.members.filter((member) => targets.admins.has(member));
    const sure = all.filter((member) => targets.admins.get(member) === 'high');
    const unsure = all.filter((member) => targets.admins.get(member) !== 'high');
    found = [...sure, ...unsure].slice(0, MAX_COUNTED + 1);
    admins.set(hub, found);
  }
  return found;
}

/** Those that rows tell of. */
function adminsIn({ targets }: Graph, hub: Hub, except: Node): readonly Node[] {
  const found: Node[] = [];
  for (const member of adminsOf(targets, hub)) {
    if (member !== except && targets.bound.get(member) !== except) found.push(member);
    if (found.length === MAX_TARGETS) break;
  }
  return found;
}

function pathRow(graph: Graph, steps: readonly Step[], subject: Subject, confidence: Confidence): Capability | undefined {
  return steps.length === 0 ? undefined : rowOf(graph, steps, subject, confidence);
}

function rowOf(graph: Graph, steps: readonly Step[], subject: Subject, confidence: Confidence): Capability {
  const [first] = steps;
  const last = steps.at(-1);
  if (first === undefined || last === undefined) throw new Error('a way has at least one step');
  const { methods, actions, decision } = first.edge;
  return {
    capability: 'escalates',
    permission: actions.join(' + '),
    resource: decision.by === undefined ? '*' : resourceText(decision.by),
    by: decision.by,
    confidence,
    keys: [...new Set(steps.flatMap(({ edge }) => edge.decision.keys))],
    method: methods[0] ?? '',
    methods,
    category: steps.length > 1 ? 'through-others' : categoryOf(methods[0]),
    target: targetName(graph, last, subject),
    path: steps.map((step) => stepText(graph, step, subject)).join('; '),
    hops: steps.map((step) => hopOf(graph, step, subject)),
  };
}

const CATEGORIES: ReadonlyMap<string, Entry['category']> = new Map(CATALOGUE.map(({ id, category }) => [id, category]));

function categoryOf(method: string | undefined): Entry['category'] {
  return CATEGORIES.get(method ?? '') ?? 'principal-access';
}

function stepText(graph: Graph, step: Step, reader: Subject): string {
  const { actions, decision } = step.edge;
  const target = targetName(graph, step, reader);
  const from = decision.by === undefined ? `trust of ${target}` : policyPath(decision.by.policy);
  const end = endText(graph, step, target);
  return `${from} → ${actions.join(' + ')} on ${decision.by === undefined ? '*' : resourceText(decision.by)} → ${end}`;
}

function endText({ targets }: Graph, { edge, next }: Step, target: string): string {
  if (edge.changes === 'boundary') return `takes the boundary off ${target}`;
  if (edge.changes === 'rights') return `gives ${target} any right`;
  if (next === undefined && edge.made === undefined) return 'gives itself any right';
  return targets.bound.has(next ?? -1) ? `becomes ${target} without its boundary` : `becomes ${target}`;
}

/** Who gives itself any right at the end of a longer way is named. */
function targetName({ subjects }: Graph, { edge, next }: Step, reader: Subject): string {
  if (edge.made !== undefined) return `a new ${edge.made}`;
  const target = subjects[next ?? edge.from];
  return target === undefined || target.arn === reader.arn ? ITSELF : nameFrom(target, reader);
}

function hopOf(graph: Graph, step: Step, reader: Subject): Hop {
  const { from, methods, actions, decision, confidence } = step.edge;
  const who = graph.subjects[from];
  return {
    from: who === undefined ? '' : nameFrom(who, reader),
    to: targetName(graph, step, reader),
    permission: actions.join(' + '),
    resource: decision.by === undefined ? '*' : resourceText(decision.by),
    ...grantedBy(step.edge),
    method: methods[0] ?? '',
    confidence,
  };
}

function grantedBy({ decision: { by } }: Edge): { policy?: string; statement?: string } {
  return by === undefined ? {} : { policy: by.policy.name, statement: statementName(by.statement) };
}

const sources = new WeakMap<Graph, Map<string, Source>>();

function cutOf(graph: Graph, leads: ReadonlySet<Node>, edge: Edge, onEveryPath: boolean, reader: Subject): Cut | undefined {
  const who = graph.subjects[edge.from];
  if (who === undefined) return undefined;
  const known = sources.get(graph) ?? new Map<string, Source>();
  sources.set(graph, known);
  const source = known.get(rightOf(edge)) ?? sourceOf(graph, leads, edge);
  known.set(rightOf(edge), source);
  const [permission] = edge.actions;
  const [only, ...others] = source.statements;
  const from = nameFrom(who, reader);
  return {
    from,
    permission,
    ...(only === undefined || others.length + source.trusts.length > 0 ? {} : { policy: only.policy.name, statement: only.name }),
    onEveryPath,
    text: `${permission} of ${from} (${sourceText(source, reader)})${onEveryPath ? '' : ', which leaves other ways'}`,
  };
}

function weakest(a: Confidence, b: Confidence | undefined): Confidence {
  return a === 'high' && (b ?? 'high') === 'high' ? 'high' : 'medium';
}
