import type { CiReference, CiVariable } from '../../src/ci/model.ts';
import { identityId, type SourceFile } from '../../src/contracts/index.ts';
import { entriesOf, get, itemsOf, type Tree, textOf } from '../../src/formats/tree.ts';

/** What a pipeline's stages, jobs and steps have from above. */
export interface Scope {
  readonly variables: readonly CiVariable[];
  readonly references: readonly CiReference[];
  /** Names of stage and pipeline, that may tell the environment. */
  readonly names: readonly (string | undefined)[];
  readonly pool: Tree | undefined;
  readonly triggers: readonly string[];
  readonly file: SourceFile;
}

const MAX_DEPTH = 12;

/** Items of a list; those under `${{ if … }}` and `${{ each … }}` are items like any other. */
export function* items(tree: Tree | undefined, depth = 0): Generator<Tree> {
  if (depth > MAX_DEPTH) return;
  for (const item of itemsOf(tree)) {
    const conditional = entriesOf(item).filter(({ key }) => key.startsWith('${{'));
    if (conditional.length === 0) yield item;
    for (const { value } of conditional) yield* items(value, depth + 1);
  }
}

export function extend(scope: Scope, tree: Tree, names: readonly (string | undefined)[]): Scope {
  const own = readVariables(get(tree, 'variables'), 'job-env');
  return {
    ...scope,
    variables: [...scope.variables, ...own.variables],
    references: [...scope.references, ...own.references],
    names: [...names, ...scope.names],
    pool: get(tree, 'pool') ?? scope.pool,
  };
}

/** Variables as a mapping or a list; a group is a set of them kept at the project. */
export function readVariables(tree: Tree | undefined, position: 'workflow-env' | 'job-env') {
  const variables: CiVariable[] = [];
  const references: CiReference[] = [];
  for (const { key, value } of entriesOf(tree)) {
    if (value.type === 'scalar') variables.push({ name: key, value, position });
    else if (key.startsWith('${{'))
      for (const each of entriesOf(value))
        if (each.value.type === 'scalar') variables.push({ name: each.key, value: each.value, position });
  }
  for (const item of items(tree)) {
    const name = textOf(get(item, 'name'));
    const value = get(item, 'value');
    const group = get(item, 'group');
    const groupName = textOf(group);
    if (name !== undefined && value?.type === 'scalar') variables.push({ name, value, position });
    if (group !== undefined && groupName !== undefined && groupName !== '' && !groupName.includes('${{')) {
      references.push({
        name: groupName,
        place: group,
        position,
        how: 'secret',
        identity: identityId('azure-devops', undefined, `variable-group/${groupName}`),
        type: 'variable-group',
        detail: { group: true },
      });
    }
  }
  return { variables, references };
}
