import type { Observation, ScanContext, SourceFile } from '../../src/contracts/index.ts';
import { type Description, describeStack, rowsOf, stackCoverage } from '../../src/iac/describe.ts';
import { searching, sightingsOf } from '../../src/iac/secrets.ts';
import { preparedByCalls } from './calls.ts';
import { declarationRows } from './declarations.ts';
import { directoryOf, loadModule, MAX_CHARACTERS, type Module, readModuleFile, TERRAFORM_FILE, VALUES_FILE } from './module.ts';
import { Recent } from './recent.ts';
import { type ModuleStack, moduleStack, type Prepared, prepare } from './stack.ts';
import { type Read, readState } from './state.ts';
import { valueRows } from './values.ts';

/** What a file of Terraform holds: keys, identities with their rights, who may become them, and what uses them. */
export async function* scanTerraform(file: SourceFile, context: ScanContext): AsyncGenerator<Observation> {
  const isCode = TERRAFORM_FILE.test(file.path) && file.text().length <= MAX_CHARACTERS;
  const loaded = isCode ? await moduleOf(file, context) : undefined;
  const own = loaded?.module.files.find((one) => one.file.path === file.path) ?? readModuleFile(file, context);
  yield* sightingsOf(file, own.matches, context);
  if (file.text().length > MAX_CHARACTERS) {
    yield stackCoverage(file, [`longer than ${MAX_CHARACTERS >> 20} Mi characters: only searched for keys`]);
    return;
  }
  const search = searching(file.path, own.matches, context);
  if (VALUES_FILE.test(file.path)) {
    yield* valueRows(own, search);
    yield stackCoverage(file, own.hcl.problems);
  } else if (loaded !== undefined) {
    const { module, own: itself, descriptions } = loaded;
    yield* rowsOf(descriptions, search);
    yield* declarationRows(file.path, itself, search);
    const problems = [...own.hcl.problems];
    for (const { path, why } of loaded.problems) if (path === undefined || path === file.path) problems.push(why);
    // What cannot be read of a policy is said once for the module.
    if (module.files[0]?.file.path === file.path) problems.push(...descriptions.flatMap(({ tally }) => [...tally.malformed]));
    yield stackCoverage(file, problems);
  } else {
    const read = readState(file, own.covered);
    const description = describeStack(read.stack, context.now());
    yield* read.withCredentials(description.rows(search), search);
    yield* read.rows(search);
    yield stackCoverage(file, problemsOf(read, description));
  }
}

function problemsOf({ problems }: Read, { tally }: Description): string[] {
  return [...problems, ...tally.malformed];
}

interface Loaded {
  readonly module: Module;
  /** By itself, whoever calls it. */
  readonly own: Prepared;
  /** For each call of it. */
  readonly descriptions: readonly Description[];
  readonly problems: ModuleStack['problems'];
}

const modules = new Recent<Promise<Loaded>>(8);

function moduleOf(file: SourceFile, context: ScanContext): Promise<Loaded> {
  return modules.of(file.around, directoryOf(file.path), () => load(file, context));
}

async function load(file: SourceFile, context: ScanContext): Promise<Loaded> {
  const module = await loadModule(file, context);
  const prepared = await preparedByCalls(module, file, context);
  const own = prepared.find(({ isCalled }) => !isCalled) ?? (await prepare(module));
  const stacks = prepared.map(moduleStack);
  return {
    module,
    own,
    descriptions: stacks.map((stack) => describeStack(stack, context.now())),
    problems: stacks.flatMap((stack) => stack.problems),
  };
}
