import { entriesOf, get, itemsOf, type Tree, textOf, textsOf } from '../../src/formats/tree.ts';
import { environmentOf } from '../../src/util/environment.ts';
import { type ActionReference, readActionReference } from './action-reference.ts';
import { effectivePermissions, type Permissions } from './permissions.ts';

// https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax
// https://docs.github.com/en/actions/reference/workflows-and-actions/metadata-syntax (composite actions)

/** A workflow, or a composite action seen as a workflow of one job. */
export interface Workflow {
  readonly name: string | undefined;
  readonly composite: boolean;
  /** Events of `on`, as written. */
  readonly triggers: readonly string[];
  /** `push` without a filter: anybody who may push a branch starts it. */
  readonly pushAnyBranch: boolean;
  readonly env: Tree | undefined;
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
  /** Name of the GitHub environment; absent when none is set or it is worked out at run time. */
  readonly declaredEnvironment: string | undefined;
  readonly dynamicEnvironment: boolean;
  /** `prod` … by the declared name, else by words in the names of job and workflow. */
  readonly environment: string | undefined;
  readonly runsOn: readonly string[];
  readonly steps: readonly Step[];
  /** A call of a reusable workflow. */
  readonly calls: ActionReference | undefined;
  readonly inheritsSecrets: boolean;
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
}

/** More than GitHub runs of one workflow; bounds what a hostile file can cost. */
export const MAX_JOBS = 256;

/** Reads what is there; a field of an odd shape counts as absent. */
export function readWorkflow(root: Tree | undefined, fileName: string, repository: string | undefined): Workflow | undefined {
  const runs = get(root, 'runs');
  const jobs = get(root, 'jobs');
  if (jobs?.type !== 'mapping') return get(runs, 'steps')?.type === 'list' ? compositeAction(root, runs, repository) : undefined;
  const name = textOf(get(root, 'name'));
  const on = get(root, 'on') ?? get(root, 'true');
  const permissions = get(root, 'permissions');
  const read: Job[] = [];
  const looked = jobs.entries.slice(0, MAX_JOBS);
  for (const { key, value } of looked) {
    if (value.type === 'mapping') read.push(readJob(key, value, permissions, [name, fileName], repository));
  }
  return {
    name,
    composite: false,
    triggers: on?.type === 'mapping' ? on.entries.map((entry) => entry.key) : textsOf(on),
    pushAnyBranch: pushesAnyBranch(on),
    env: get(root, 'env'),
    jobs: read,
    unreadable: looked.length - read.length,
    beyond: jobs.entries.length - looked.length,
  };
}

function compositeAction(root: Tree | undefined, runs: Tree | undefined, repository: string | undefined): Workflow {
  const name = textOf(get(root, 'name'));
  const tree = runs ?? { type: 'mapping', entries: [], start: 0, end: 0, pointer: 'runs' };
  const job = readJob('runs', tree, undefined, [name], repository);
  return { name, composite: true, triggers: [], pushAnyBranch: false, env: undefined, jobs: [job], unreadable: 0, beyond: 0 };
}

function readJob(
  id: string,
  tree: Tree,
  workflowPermissions: Tree | undefined,
  workflowNames: readonly (string | undefined)[],
  repository: string | undefined,
): Job {
  const environment = get(tree, 'environment');
  const declared = textOf(environment) ?? textOf(get(environment, 'name'));
  const dynamic = declared?.includes('${{') ?? false;
  const declaredEnvironment = dynamic || declared === '' ? undefined : declared;
  const uses = textOf(get(tree, 'uses'));
  const runsOn = get(tree, 'runs-on');
  return {
    id,
    tree,
    env: get(tree, 'env'),
    permissions: effectivePermissions(get(tree, 'permissions'), workflowPermissions),
    declaredEnvironment,
    dynamicEnvironment: dynamic,
    environment: nameEnvironment(declaredEnvironment, [id, textOf(get(tree, 'name')), ...workflowNames]),
    runsOn: runsOn?.type === 'mapping' ? [...textsOf(get(runsOn, 'group')), ...textsOf(get(runsOn, 'labels'))] : textsOf(runsOn),
    steps: itemsOf(get(tree, 'steps')).map((step, index) => readStep(step, index, repository)),
    calls: uses === undefined || uses === '' ? undefined : readActionReference(uses, repository),
    inheritsSecrets: textOf(get(tree, 'secrets')) === 'inherit',
  };
}

function nameEnvironment(declared: string | undefined, names: readonly (string | undefined)[]): string | undefined {
  if (declared === undefined) return environmentOf(...names);
  return environmentOf(declared) ?? declared.toLowerCase();
}

function readStep(tree: Tree, index: number, repository: string | undefined): Step {
  const uses = textOf(get(tree, 'uses'));
  const run = textOf(get(tree, 'run'));
  const reference = uses === undefined || uses === '' ? undefined : readActionReference(uses, repository);
  // Never the text of `run`: it may hold a secret.
  const name = textOf(get(tree, 'name')) || textOf(get(tree, 'id')) || uses || 'run';
  return { index, name, tree, uses: reference, run, with: get(tree, 'with'), env: get(tree, 'env') };
}

const PUSH_FILTERS = ['branches', 'branches-ignore', 'tags', 'tags-ignore'];

function pushesAnyBranch(on: Tree | undefined): boolean {
  if (on?.type !== 'mapping') return textsOf(on).includes('push');
  const push = on.entries.find((entry) => entry.key === 'push');
  return push !== undefined && !entriesOf(push.value).some((entry) => PUSH_FILTERS.includes(entry.key));
}
