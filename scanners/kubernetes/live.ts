import type { CoverageObservation, Location, Observation, ScanContext, ServiceTarget } from '../../src/contracts/index.ts';
import { readJson } from '../../src/formats/json.ts';
import { messageOf } from '../../src/util/errors.ts';
import { type KubeClient, openClient, type Refusal } from './client.ts';
import { describe, mattersHere } from './describe.ts';
import { slicesOf } from './documents.ts';
import { openLogin } from './login.ts';
import { kubeObject, type World } from './object.ts';
import { RESOURCES, type Resource } from './resources.ts';
import { ListEnd } from './schema.ts';
import type { WorkloadContext } from './workload.ts';
import { makeWorld } from './world.ts';

const COVERS = ['identity', 'credential', 'grant', 'trust', 'consumer', 'sighting'] as const;
/** Pages of one list: 5 million objects. A server that never ends a list is not believed. */
const MAX_PAGES = 10_000;

/** A cluster, by lists alone: nothing is changed, no object is asked for by name, no program runs unless allowed. */
export async function* scanCluster(target: ServiceTarget, context: ScanContext, timeout?: number): AsyncGenerator<Observation> {
  const login = await openLogin(target.address, context);
  context.contacts(login.server.host);
  const client = openClient(login, context, timeout);
  const problems = new Set<string>();
  const world = makeWorld({
    cluster: login.cluster,
    source: 'live',
    defaultNamespace: 'default',
    note: (problem) => void problems.add(problem),
    context,
    consumerId: (kind, namespace, name) =>
      `k8s:${login.cluster}:workload/${kind}/${namespace === '-' ? '' : `${namespace}/`}${name}`,
  });
  const details: WorkloadContext = { context, place: 'file', given: new Set() };
  const read: { [kind: string]: number } = {};
  let whole = true;
  let fatal: Refusal | undefined;
  context.progress.phase(`Kubernetes: ${login.context}`, RESOURCES.length);
  try {
    for (const resource of RESOURCES) {
      if (fatal !== undefined) {
        if (resource.optional !== true) yield refused(target, resource, fatal, 0);
        continue;
      }
      const tally: Tally = { objects: 0, failed: 0 };
      const listing: Listing = { client, resource, world, details, target, tally };
      let refusal = yield* list(listing, `${resource.group}/${resource.name}`);
      let outcome: CoverageObservation | undefined;
      if (
        refusal?.kind === 'denied' &&
        !refusal.fatal &&
        tally.objects === 0 &&
        resource.global !== true &&
        login.namespace !== undefined
      ) {
        // Not all namespaces: then the one that the context names.
        const own = yield* list(listing, `${resource.group}/namespaces/${encodeURIComponent(login.namespace)}/${resource.name}`);
        if (own === undefined) {
          outcome = row(target, resource, tally, 'partial', `only the namespace ${login.namespace} was read: ${refusal.why}`);
        } else refusal = own;
      }
      context.progress.advance(1);
      if (refusal?.fatal === true) fatal = refusal;
      if (refusal !== undefined && (resource.optional !== true || refusal.kind !== 'missing'))
        whole = resource.optional === true && whole;
      if (outcome !== undefined) yield outcome;
      else if (refusal === undefined) {
        read[resource.kind] = tally.objects;
        yield tally.failed === 0
          ? row(target, resource, tally, 'complete')
          : row(target, resource, tally, 'partial', `${tally.failed} objects could not be read`);
      } else if (refusal.kind !== 'missing' || resource.optional !== true)
        yield refused(target, resource, refusal, tally.objects);
    }
  } finally {
    client.close();
    context.progress.end();
  }
  const why = [...(whole ? [] : ['not all lists were allowed or came to their end']), ...problems].slice(0, 4);
  yield {
    kind: 'coverage',
    surface: 'k8s',
    subject: target.name,
    ...(why.length === 0
      ? { outcome: 'complete' }
      : { outcome: fatal?.kind === 'denied' && Object.keys(read).length === 0 ? 'denied' : 'partial', why: why.join('; ') }),
    covers: [...COVERS],
    at: { pointer: target.name },
    detail: { list: true, kinds: read, wholeCluster: Object.keys(read).length > 0, cluster: login.cluster },
  };
}

interface Tally {
  objects: number;
  failed: number;
}

interface Listing {
  readonly client: KubeClient;
  readonly resource: Resource;
  readonly world: World;
  readonly details: WorkloadContext;
  readonly target: ServiceTarget;
  readonly tally: Tally;
}

/** All pages of a list. What was read before it broke off stands; the refusal says why it did. */
async function* list(listing: Listing, path: string): AsyncGenerator<Observation, Refusal | undefined> {
  const { client, resource } = listing;
  const { fieldSelector } = resource;
  let next: string | undefined;
  let old: Refusal | undefined;
  const seen = new Set<string>();
  for (let page = 0; page < MAX_PAGES; page++) {
    const answer = await client.list(path, {
      ...(next === undefined ? {} : { continue: next }),
      ...(fieldSelector === undefined ? {} : { fieldSelector }),
    });
    if ('refusal' in answer) {
      const { refusal } = answer;
      if (refusal.kind !== 'expired' || refusal.goOn === undefined || seen.has(refusal.goOn)) return refusal;
      // https://kubernetes.io/docs/reference/using-api/api-concepts/#retrieving-large-results-sets-in-chunks
      old = refusal;
      next = refusal.goOn;
      seen.add(next);
      continue;
    }
    yield* objectsOf(answer.text, listing);
    next = nextOf(answer.text);
    if (next === undefined) return old;
    if (seen.has(next)) return { kind: 'failed', why: 'the cluster gave the same page again', fatal: false };
    seen.add(next);
  }
  return { kind: 'failed', why: `the list has more than ${MAX_PAGES} pages`, fatal: false };
}

function* objectsOf(text: string, { resource, world, details, target, tally }: Listing): Generator<Observation> {
  const locate = (_: number, pointer: string): Location => ({ pointer: `${target.name} ${pointer}` });
  for (const slice of slicesOf(text, (problem) => world.note(`${resource.name}: ${problem}`))) {
    if (!slice.inList) continue;
    tally.objects += 1;
    if (!mattersHere(resource.kind, versionOf(resource), slice.text)) continue;
    try {
      const { root } = readJson(slice.text);
      const object = root === undefined ? undefined : kubeObject(resource.kind, versionOf(resource), root, locate, world.cover);
      if (object === undefined) tally.failed += 1;
      else yield* describe(object, world, details);
    } catch (error) {
      tally.failed += 1;
      world.note(`an object of ${resource.name} could not be read (${messageOf(error)})`);
    }
  }
}

function versionOf({ group }: Resource): string {
  return group.replace(/^\/apis?\//, '');
}

/** The list's own metadata stand at either end of the text; its items are not parsed for them. */
function nextOf(text: string): string | undefined {
  const start = text.slice(0, 2000);
  const found = /"metadata"\s*:\s*(\{[^{}]*\})/.exec(
    start.slice(0, start.indexOf('"items"') < 0 ? start.length : start.indexOf('"items"')),
  );
  const end = found === null ? /"metadata"\s*:\s*(\{[^{}]*\})\s*\}\s*$/.exec(text.slice(-4000)) : undefined;
  const written = found?.[1] ?? end?.[1];
  if (written === undefined) return undefined;
  try {
    const metadata = ListEnd.safeParse({ metadata: JSON.parse(written) });
    const next = metadata.success ? metadata.data.metadata?.continue : undefined;
    return next == null || next === '' ? undefined : next;
  } catch {
    return undefined;
  }
}

function refused(target: ServiceTarget, resource: Resource, refusal: Refusal, objects: number): CoverageObservation {
  const outcome =
    objects > 0 || refusal.kind === 'failed' || refusal.kind === 'expired'
      ? 'partial'
      : refusal.kind === 'missing'
        ? 'unsupported'
        : 'denied';
  return row(target, resource, { objects, failed: 0 }, outcome, refusal.why);
}

function row(
  target: ServiceTarget,
  resource: Resource,
  tally: Tally,
  outcome: CoverageObservation['outcome'],
  why?: string,
): CoverageObservation {
  return {
    kind: 'coverage',
    surface: 'k8s',
    subject: `${target.name} ${resource.name}`,
    outcome,
    ...(why === undefined ? {} : { why }),
    covers: [...COVERS],
    seen: tally.objects,
    read: tally.objects - tally.failed,
    failed: tally.failed,
    at: { pointer: `${target.name} ${resource.name}` },
  };
}
