import { join } from 'node:path';
import type { CrawlContext, Location, Observation, Surroundings } from '../../src/contracts/index.ts';
import { readBlobs } from '../../src/files/blobs.ts';
import type { Change } from '../../src/files/changes.ts';
import { readRegularFile, sourceFile } from '../../src/files/source-file.ts';
import { surroundings } from '../../src/files/surroundings.ts';
import { codeOf, messageOf } from '../../src/util/errors.ts';
import type { Checkout } from './checkout.ts';
import { type ListedFile, listWorkTree } from './listing.ts';
import { databaseBeside, databaseIn, ownBelow } from './own.ts';
import { placeOf } from './place.ts';
import { type Reading, readChange, readFromStore } from './read-changes.ts';
import { Tally } from './tally.ts';
import { leaveOut } from './work-tree.ts';

/** The tracked files of a work tree, as `git diff COMMIT` looks at them. */
export interface Edited {
  readonly root: string;
  /** Those that may differ from the index. */
  readonly files: readonly (ListedFile & { readonly staged: string })[];
  /** Every path that is there as a file. */
  readonly present: ReadonlySet<string>;
}

/** By the times that git noted: asking git would run the filters of the repository. */
export async function listEdited(checkout: Checkout, context: CrawlContext): Promise<Edited | undefined> {
  const { workTree } = checkout.repository;
  if (workTree === undefined) return undefined;
  // What is left out there is counted where it has changed.
  const { root, files } = await listWorkTree(checkout, workTree, context, new Tally());
  return {
    root,
    files: files.flatMap(({ staged, ...file }) => (staged === undefined ? [] : [{ ...file, staged }])),
    present: new Set(files.map((file) => file.path)),
  };
}

/**
 * What differs between a commit and the work tree: staged changes by their lines; of a file that was edited since, what
 * the commit's version does not hold anywhere. git would compare lines too, but through the filters of the repository.
 */
export async function* readEdited(
  checkout: Checkout,
  reading: Reading,
  edited: Edited,
  context: CrawlContext,
): AsyncGenerator<Observation> {
  const { name } = checkout;
  const { changes, tally } = reading;
  yield* readFromStore(checkout, { ...reading, changes: unedited(checkout, changes, edited) }, context);
  const byPath = new Map(changes.map((change) => [change.path, change]));
  const before = await fingerprintsBefore(checkout, edited, byPath, context);
  for (const { path } of edited.files) {
    context.signal.throwIfAborted();
    const known = before.get(path);
    for await (const observation of readFile(checkout, join(edited.root, path), path, reading, context)) {
      if (observation.kind !== 'sighting' || known?.has(observation.fingerprint) !== true) yield observation;
    }
  }
  yield* tally.rows(`${name} ${reading.subject}`, { repository: name });
}

/** The files of the work tree as they are. */
export function filesInWorkTree({ name, ...checkout }: Checkout, { root, present }: Edited, context: CrawlContext): Surroundings {
  return surroundings(
    () => [...present].filter((path) => !checkout.isExcluded(path)),
    (path, around) => {
      try {
        const bytes = readRegularFile(join(root, path), context.options.maxFileBytes);
        return sourceFile(path, bytes, { repository: name, path, atHead: true }, placeOf(path), around);
      } catch {
        return undefined;
      }
    },
  );
}

/** Staged changes that the work tree has as they are. */
export function unedited(checkout: Checkout, changes: readonly Change[], edited: Edited): readonly Change[] {
  const paths = new Set(edited.files.map((file) => file.path));
  return changes.filter(({ path }) => !paths.has(path) && (edited.present.has(path) || checkout.isExcluded(path)));
}

async function* readFile(
  checkout: Checkout,
  file: string,
  path: string,
  { tally, seen, around }: Reading,
  context: CrawlContext,
): AsyncGenerator<Observation> {
  const { repository, name } = checkout;
  const own = ownBelow(repository.workTree ?? '', context.options.own);
  if (own.has(path) || own.has(databaseBeside(path) ?? '')) return leaveOut('run', path, tally);
  let bytes: Buffer;
  try {
    bytes = readRegularFile(file, context.options.maxFileBytes);
  } catch (error) {
    return tally.fail(`could not be read: ${codeOf(error) ?? messageOf(error)}`, path);
  }
  const kind = databaseIn([bytes]);
  if (kind !== undefined) return leaveOut(kind, path, tally);
  tally.read(bytes.length, path);
  const at: Location & { readonly path: string } = { repository: name, path, atHead: true };
  yield* readChange({ path, id: '', oldId: '', mode: '100644', added: 'all' }, bytes, at, context, seen, tally, around);
}

/** What each file held at the commit, by its path now. */
async function fingerprintsBefore(
  { repository, name }: Checkout,
  edited: Edited,
  changes: ReadonlyMap<string, Change>,
  context: CrawlContext,
): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const paths = new Map<string, string[]>();
  for (const { path, staged } of edited.files) {
    // Not among the changes: the index has what the commit has.
    const id = changes.has(path) ? changes.get(path)?.oldId : staged;
    if (id !== undefined && id !== '') paths.set(id, [...(paths.get(id) ?? []), path]);
  }
  const found = new Map<string, ReadonlySet<string>>();
  for await (const { id, bytes } of readBlobs(repository, [...paths.keys()], context.options.maxFileBytes, context.signal)) {
    for (const path of bytes === undefined ? [] : (paths.get(id) ?? [])) {
      const seen = new Set<string>();
      const old: Change = { path, id, oldId: '', mode: '100644', added: 'all' };
      const reading = readChange(old, bytes ?? new Uint8Array(), { repository: name, path }, context, seen);
      for await (const observation of reading) void observation;
      found.set(path, seen);
    }
  }
  return found;
}
