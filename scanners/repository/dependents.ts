import type { CrawlContext, Observation, Surface, Surroundings } from '../../src/contracts/index.ts';
import { readBlobs } from '../../src/files/blobs.ts';
import type { Change } from '../../src/files/changes.ts';
import { headOfBytes } from '../../src/files/source-file.ts';
import type { Checkout } from './checkout.ts';
import { databaseBeside, ownBelow } from './own.ts';
import { readChange } from './read-changes.ts';

/** Files of these make one whole with those beside them: a role in one, who may take it in another. */
const JOINT: ReadonlySet<Surface> = new Set(['iac', 'k8s']);
/** What their scanners may claim; nothing else is opened to ask. */
const MAY_BE_JOINT = /\.(?:tf|tofu|tfvars|json|ya?ml|template|cfn)(?:\.[\w-]+)?$|(?:^|\/)Kustomization$/i;
const MAX_FILES = 100;
const MAX_BYTES = 2 * 1024 * 1024;
/** A dump beside them must not take the room of all. */
const MAX_FILE_BYTES = 512 * 1024;

/** A path that a change touched, with its content at both ends; an id is empty where there was no file. */
export type Touched = Pick<Change, 'path' | 'id' | 'oldId'>;

/**
 * What the unchanged files beside the changed ones hold: a change may open what stands in them. Nothing in them is new by
 * itself, so all is marked as unchanged, and neither secrets nor coverage are told. Both sides of a change must come to the
 * same files: which directories count is asked of both contents of each touched file.
 */
export async function* readDependents(
  checkout: Checkout,
  touched: readonly Touched[],
  around: Surroundings,
  /** The side before has files under two names when they moved: it must not stop sooner than the other. */
  side: 'now' | 'before',
  context: CrawlContext,
): AsyncGenerator<Observation> {
  const { repository, name } = checkout;
  const directories = await jointDirectories(checkout, touched, context);
  if (directories.size === 0) return;
  const own = repository.workTree === undefined ? new Set<string>() : ownBelow(repository.workTree, context.options.own);
  const known = new Set(touched.map(({ path }) => path));
  let files = side === 'now' ? MAX_FILES : 2 * MAX_FILES;
  let room = side === 'now' ? MAX_BYTES : 2 * MAX_BYTES;
  for (const directory of [...directories.keys()].sort()) {
    for (const path of [...(await around.list(directory))].sort()) {
      if (known.has(path) || !MAY_BE_JOINT.test(path) || own.has(path) || own.has(databaseBeside(path) ?? '')) continue;
      context.signal.throwIfAborted();
      if (files <= 0) return;
      files -= 1;
      const bytes = (await around.read(path))?.bytes;
      if (bytes === undefined || bytes.length > MAX_FILE_BYTES) continue;
      const scanner = jointScanner(path, bytes, context);
      if (scanner === undefined || directories.get(directory)?.has(scanner) !== true) continue;
      room -= bytes.length;
      if (room < 0) return;
      const change: Change = { path, id: '', oldId: '', mode: '100644', added: [] };
      const at = { repository: name, path, atHead: true };
      const asked = { ...context, options: { ...context.options, search: false } };
      for await (const observation of readChange(change, bytes, at, asked, new Set(), undefined, around)) {
        if (observation.kind === 'sighting') continue;
        if (observation.kind === 'coverage') {
          // Checks are judged where their surface was looked at; of the side before no report knows.
          if (side === 'before') yield observation;
          continue;
        }
        yield { ...observation, detail: { ...observation.detail, unchanged: true } };
      }
    }
  }
}

/** The scanners whose files were touched, by directory. */
async function jointDirectories(
  checkout: Checkout,
  touched: readonly Touched[],
  context: CrawlContext,
): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const paths = new Map<string, Set<string>>();
  for (const { path, id, oldId } of touched) {
    if (!MAY_BE_JOINT.test(path) || checkout.isExcluded(path)) continue;
    for (const each of [id, oldId]) {
      if (/^0*$/.test(each)) continue;
      const those = paths.get(each) ?? new Set();
      paths.set(each, those.add(path));
    }
  }
  const directories = new Map<string, Set<string>>();
  if (paths.size === 0) return directories;
  for await (const { id, bytes } of readBlobs(
    checkout.repository,
    [...paths.keys()],
    context.options.maxFileBytes,
    context.signal,
  )) {
    if (bytes === undefined) continue;
    for (const path of paths.get(id) ?? []) {
      const scanner = jointScanner(path, bytes, context);
      if (scanner === undefined) continue;
      const directory = path.slice(0, Math.max(0, path.lastIndexOf('/')));
      directories.set(directory, (directories.get(directory) ?? new Set()).add(scanner));
    }
  }
  return directories;
}

function jointScanner(path: string, bytes: Uint8Array, context: CrawlContext): string | undefined {
  const by = context.claims(headOfBytes(path, bytes))?.by;
  return by?.surfaces.some((surface) => JOINT.has(surface)) === true ? by.id : undefined;
}
