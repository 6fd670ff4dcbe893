import type { CoverageObservation, Observation, ScanContext, SourceFile, Surroundings } from '../../src/contracts/index.ts';
import { type Description, describeStack } from '../../src/iac/describe.ts';
import { searching, sightingsOf } from '../../src/iac/secrets.ts';
import { declarationRows } from './declarations.ts';
import { directoryOf, loadModule, MAX_CHARACTERS, type Module, readModuleFile, TERRAFORM_FILE, VALUES_FILE } from './module.ts';
import { type ModuleStack, moduleStack } from './stack.ts';
import { type Read, readState } from './state.ts';
import { valueRows } from './values.ts';

const COVERS: CoverageObservation['covers'] = ['identity', 'credential', 'grant', 'trust', 'consumer', 'sighting'];

/** What a file of Terraform holds: keys, identities with their rights, who may become them, and what uses them. */
export async function* scanTerraform(file: SourceFile, context: ScanContext): AsyncGenerator<Observation> {
  const isCode = TERRAFORM_FILE.test(file.path) && file.text().length <= MAX_CHARACTERS;
  const loaded = isCode ? await moduleOf(file, context) : undefined;
  const own = loaded?.module.files.find((one) => one.file.path === file.path) ?? readModuleFile(file, context);
  yield* sightingsOf(file, own.matches, context);
  if (file.text().length > MAX_CHARACTERS) {
    yield coverage(file, [`longer than ${MAX_CHARACTERS >> 20} Mi characters: only searched for keys`]);
    return;
  }
  const search = searching(file.path, own.matches, context);
  if (VALUES_FILE.test(file.path)) {
    yield* valueRows(own, search);
    yield coverage(file, own.hcl.problems);
  } else if (loaded !== undefined) {
    const { module, stack, description } = loaded;
    yield* description.rows(search);
    yield* declarationRows(file.path, stack, search);
    const problems = [...own.hcl.problems, ...stack.problems];
    // What cannot be read of a policy is said once for the module.
    if (module.files[0]?.file.path === file.path) problems.push(...description.tally.malformed);
    yield coverage(file, problems);
  } else {
    const read = readState(file, own.covered);
    const description = describeStack(read.stack, context.now());
    yield* description.rows(search);
    yield* read.rows(search);
    yield coverage(file, problemsOf(read, description));
  }
}

function problemsOf({ problems }: Read, { tally }: Description): string[] {
  return [...problems, ...tally.malformed];
}

interface Loaded {
  readonly module: Module;
  readonly stack: ModuleStack;
  readonly description: Description;
}

/** Modules that are being read: the files of one come one after another, with those of directories below between. */
const KEPT = 8;
const modules = new WeakMap<Surroundings, Map<string, Promise<Loaded>>>();

function moduleOf(file: SourceFile, context: ScanContext): Promise<Loaded> {
  if (file.around === undefined) return load(file, context);
  const kept = modules.get(file.around) ?? new Map<string, Promise<Loaded>>();
  modules.set(file.around, kept);
  const directory = directoryOf(file.path);
  const loaded = kept.get(directory) ?? load(file, context);
  kept.delete(directory);
  kept.set(directory, loaded);
  for (const oldest of kept.keys()) {
    if (kept.size <= KEPT) break;
    kept.delete(oldest);
  }
  return loaded;
}

async function load(file: SourceFile, context: ScanContext): Promise<Loaded> {
  const module = await loadModule(file, context);
  const stack = await moduleStack(module);
  return { module, stack, description: describeStack(stack, context.now()) };
}

function coverage(file: SourceFile, problems: readonly string[]): CoverageObservation {
  const reasons = [...new Set(problems)].slice(0, 10);
  return {
    kind: 'coverage',
    surface: 'iac',
    subject: file.path,
    ...(reasons.length === 0 ? { outcome: 'complete' } : { outcome: 'partial', why: reasons.join('; ') }),
    covers: COVERS,
    bytes: file.bytes.length,
    at: { ...file.at, path: file.path },
  };
}
