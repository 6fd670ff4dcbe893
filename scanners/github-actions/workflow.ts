import { get, itemsOf, type Tree, textOf, textsOf } from '../../src/formats/tree.ts';
import { environmentOf } from '../../src/util/environment.ts';
import { type ActionReference, readActionReference } from './action-reference.ts';
import { type Condition, readCondition } from './condition.ts';
import { inputIn, type Matrix, possibleTexts, readMatrix } from './matrix.ts';
import { effectivePermissions, type Permissions } from './permissions.ts';
import { readTriggers, type Triggers } from './triggers.ts';

// https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax
// https://docs.github.com/en/actions/reference/workflows-and-actions/metadata-syntax (composite actions)

/** A workflow, or a composite action seen as a workflow of one job. */
export interface Workflow {
  readonly name: string | undefined;
  readonly composite: boolean;
  readonly on: Triggers;
  readonly env: Tree | undefined;
  /** The workflow's own `permissions` key. */
  readonly permissions: Tree | undefined;
  readonly jobs: readonly Job[];
  /** Entries of `jobs` that are no mapping. */
  readonly unreadable: number;
  /** Entries beyond `MAX_JOBS`. */
  readonly beyond: number;
}

export interface Job {
  readonly id: string;
  readonly tree: Tree;
  readonly env: Tree | undefined;
  readonly permissions: Permissions;
  readonly condition: Condition;
  /** Events that its condition lets through. */
  readonly triggers: readonly string[];
  /** `push` of any branch, which its condition does not narrow. */
  readonly pushAnyBranch: boolean;
  readonly matrix: Matrix;
  /** Name of the GitHub environment; absent when none is set or it is worked out at run time. */
  readonly declaredEnvironment: string | undefined;
  readonly dynamicEnvironment: boolean;
  /** Names it can have: the declared one, or those of its matrix or of the choices at the start. */
  readonly environments: readonly string[];
  /** The input that names the environment. */
  readonly environmentInput: string | undefined;
  /** `prod` … by the declared name, else by words in the names of job and workflow. */
  readonly environment: string | undefined;
  readonly runsOn: readonly string[];
  readonly steps: readonly Step[];
  /** A call of a reusable workflow. */
  readonly calls: ActionReference | undefined;
  /** Where the called workflow lies. */
  readonly callee: Callee | undefined;
  readonly inheritsSecrets: boolean;
}

export interface Callee {
  /** `owner/repo`; absent for the same repository. */
  readonly repository?: string;
  readonly path: string;
}

export interface Step {
  /** 0-based, as in the pointer. */
  readonly index: number;
  readonly name: string;
  readonly tree: Tree;
  readonly uses: ActionReference | undefined;
  readonly run: string | undefined;
  readonly with: Tree | undefined;
  readonly env: Tree | undefined;
  readonly condition: Condition;
}

/** More than GitHub runs of one workflow; bounds what a hostile file can cost. */
export const MAX_JOBS = 256;

/** Reads what is there; a field of an odd shape counts as absent. */
export function readWorkflow(root: Tree | undefined, fileName: string, repository: string | undefined): Workflow | undefined {
  const runs = get(root, 'runs');
  const jobs = get(root, 'jobs');
  if (jobs?.type !== 'mapping') return get(runs, 'steps')?.type === 'list' ? compositeAction(root, runs, repository) : undefined;
  const name = textOf(get(root, 'name'));
  const on = readTriggers(get(root, 'on') ?? get(root, 'true'));
  const permissions = get(root, 'permissions');
  const context: JobContext = { on, permissions, names: [name, fileName], repository };
  const read: Job[] = [];
  const looked = jobs.entries.slice(0, MAX_JOBS);
  for (const { key, value } of looked) {
    if (value.type === 'mapping') read.push(readJob(key, value, context));
  }
  return {
    name,
    composite: false,
    on,
    env: get(root, 'env'),
    permissions,
    jobs: read,
    unreadable: looked.length - read.length,
    beyond: jobs.entries.length - looked.length,
  };
}

function compositeAction(root: Tree | undefined, runs: Tree | undefined, repository: string | undefined): Workflow {
  const name = textOf(get(root, 'name'));
  const on = readTriggers(undefined);
  const tree = runs ?? { type: 'mapping', entries: [], start: 0, end: 0, pointer: 'runs' };
  const job = readJob('runs', tree, { on, permissions: undefined, names: [name], repository });
  return { name, composite: true, on, env: undefined, permissions: undefined, jobs: [job], unreadable: 0, beyond: 0 };
}

interface JobContext {
  readonly on: Triggers;
  readonly permissions: Tree | undefined;
  /** Names of the workflow, which may tell its environment. */
  readonly names: readonly (string | undefined)[];
  readonly repository: string | undefined;
}

function readJob(id: string, tree: Tree, { on, permissions, names, repository }: JobContext): Job {
  const environment = get(tree, 'environment');
  const declared = textOf(environment) ?? textOf(get(environment, 'name'));
  const dynamic = declared?.includes('${{') ?? false;
  const declaredEnvironment = dynamic || declared === '' ? undefined : declared;
  const matrix = readMatrix(tree);
  const uses = textOf(get(tree, 'uses'));
  const condition = readCondition(textOf(get(tree, 'if')), on.events);
  const calls = uses === undefined || uses === '' ? undefined : readActionReference(uses, repository);
  return {
    id,
    tree,
    env: get(tree, 'env'),
    permissions: effectivePermissions(get(tree, 'permissions'), permissions),
    condition,
    triggers: condition.events,
    pushAnyBranch: on.pushAnyBranch && !condition.ref && condition.push,
    matrix,
    declaredEnvironment,
    dynamicEnvironment: dynamic,
    environments: declared === undefined || declared === '' ? [] : possibleTexts(declared, matrix, on.choices),
    environmentInput: dynamic ? inputIn(declared ?? '') : undefined,
    environment: nameEnvironment(declaredEnvironment, [id, textOf(get(tree, 'name')), ...names]),
    runsOn: readRunners(get(tree, 'runs-on'), matrix),
    steps: itemsOf(get(tree, 'steps')).map((step, index) => readStep(step, index, repository, on.events)),
    calls,
    callee: calls === undefined ? undefined : readCallee(calls),
    inheritsSecrets: textOf(get(tree, 'secrets')) === 'inherit',
  };
}

/** Labels and group; those of a matrix as far as its values stand in the file. */
function readRunners(tree: Tree | undefined, matrix: Matrix): string[] {
  const labels = tree?.type === 'mapping' ? [...textsOf(get(tree, 'group')), ...textsOf(get(tree, 'labels'))] : textsOf(tree);
  return labels.flatMap((label) => {
    const texts = label.includes('${{') ? possibleTexts(label, matrix, new Map()) : [];
    return texts.length === 0 ? [label] : texts;
  });
}

/** https://docs.github.com/en/actions/how-tos/reuse-automations/reuse-workflows#calling-a-reusable-workflow */
function readCallee({ uses }: ActionReference): Callee | undefined {
  if (/^[.$]\//.test(uses)) return { path: uses.slice(2) };
  const [place = ''] = uses.split('@', 1);
  const [owner, name, ...path] = place.split('/');
  return owner === undefined || name === undefined || path.length === 0
    ? undefined
    : { repository: `${owner}/${name}`, path: path.join('/') };
}

function nameEnvironment(declared: string | undefined, names: readonly (string | undefined)[]): string | undefined {
  if (declared === undefined) return environmentOf(...names);
  return environmentOf(declared) ?? declared.toLowerCase();
}

function readStep(tree: Tree, index: number, repository: string | undefined, events: readonly string[]): Step {
  const uses = textOf(get(tree, 'uses'));
  const run = textOf(get(tree, 'run'));
  const reference = uses === undefined || uses === '' ? undefined : readActionReference(uses, repository);
  // Never the text of `run`: it may hold a secret.
  const name = textOf(get(tree, 'name')) || textOf(get(tree, 'id')) || uses || 'run';
  return {
    index,
    name,
    tree,
    uses: reference,
    run,
    with: get(tree, 'with'),
    env: get(tree, 'env'),
    condition: readCondition(textOf(get(tree, 'if')), events),
  };
}
