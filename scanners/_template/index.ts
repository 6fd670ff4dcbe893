import {
  defineFileScanner,
  type FileHead,
  identityId,
  type Location,
  type Observation,
  type ScanContext,
  type SourceFile,
} from '../../src/contracts/index.ts';
import { counted, fileCoverage } from '../../src/files/coverage.ts';
import { KeyRing } from './schema.ts';

/**
 * Copy this folder to `scanners/<id>/`, then:
 *
 * 1. Say here what the file is, with a link to the vendor's page on its format.
 * 2. Describe in `schema.ts` what strangers send: only the fields we use.
 * 3. Yield what is there, never what is wrong: judging is the checks' work.
 * 4. Test a hit, near misses, broken input and arbitrary bytes in `test/scanners/<id>/`.
 * 5. Add one line to `src/registry.ts`.
 *
 * This one reads a made-up `harbour-keys.json`: `{"keys": [{"name": "till-7", "owner": "ada@harbour.example"}]}`.
 */
export const template = defineFileScanner({
  // The folder's name.
  id: '_template',
  title: 'Template',
  emits: ['identity', 'coverage'],
  // One of SURFACES in src/contracts/observation.ts.
  surfaces: ['work-tree'],
  // Raise it when the same file would give other observations: stores then read it again.
  version: 1,
  // `shared`: the file is also searched for credentials as any other. `own`: this scanner calls `context.detect` itself.
  content: 'shared',
  recognises,
  scan,
});

/** Called for every file of a crawl: the path decides first, the head (4 KiB) only when it must. */
function recognises(file: FileHead): boolean {
  return /(?:^|\/)harbour-keys\.json$/.test(file.path) && file.head().includes('"keys"');
}

/** Never throws for what a stranger wrote: what cannot be read becomes a coverage row with a sentence a person can act on. */
function* scan(file: SourceFile, context: ScanContext): Generator<Observation> {
  const at: Location = { ...file.at, path: file.path };
  const { keys, failed, problem } = KeyRing.read(file.text());
  for (const { name, owner } of keys) {
    // Long loops ask whether the run was stopped.
    context.signal.throwIfAborted();
    yield {
      kind: 'identity',
      // Ids are made in src/contracts/identity-id.ts and nowhere else.
      id: identityId('harbour', file.at.repository, `key/${name}`),
      provider: 'harbour',
      type: 'key',
      name,
      // exactOptionalPropertyTypes: an unknown field is left out, not set to undefined.
      ...(owner === undefined ? {} : { owner, ownerBasis: 'tag:owner' }),
      at,
    };
  }
  // What it covers, a check may call "assessed" when this row is there.
  const reasons = problem === undefined ? [] : [problem];
  yield fileCoverage(file, 'work-tree', ['identity'], reasons, counted(keys.length, failed));
}
