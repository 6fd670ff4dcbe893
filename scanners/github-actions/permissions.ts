import { entriesOf, type Tree, textOf } from '../../src/formats/tree.ts';

// https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#permissions

/** What `GITHUB_TOKEN` may do in a job. */
export interface Permissions {
  /** `contents:write`, `id-token:write`, or `write-all`, `read-all`; empty when nothing is granted or nothing is known. */
  readonly scopes: readonly string[];
  /** Where it is said; `default`: nowhere in the file, so that the repository's setting decides. */
  readonly source: 'job' | 'workflow' | 'default';
  /** The `permissions` key, for its place. */
  readonly tree?: Tree;
}

/** A job's own `permissions` replace the workflow's as a whole; a scope that is not named is then `none`. */
export function effectivePermissions(job: Tree | undefined, workflow: Tree | undefined): Permissions {
  if (job !== undefined) return { scopes: scopesOf(job), source: 'job', tree: job };
  if (workflow !== undefined) return { scopes: scopesOf(workflow), source: 'workflow', tree: workflow };
  return { scopes: [], source: 'default' };
}

function scopesOf(tree: Tree): string[] {
  const all = textOf(tree);
  if (all === 'write-all' || all === 'read-all') return [all];
  const scopes: string[] = [];
  for (const { key, value } of entriesOf(tree)) {
    const access = textOf(value);
    if (access === 'read' || access === 'write' || access === 'admin') scopes.push(`${key}:${access}`);
  }
  return scopes;
}

/** May the job ask for an OIDC token? */
export function allowsOidc({ scopes }: Permissions): boolean {
  return scopes.includes('id-token:write') || scopes.includes('write-all');
}

export function allowsWrite({ scopes }: Permissions): boolean {
  return scopes.some((scope) => scope === 'write-all' || (scope.endsWith(':write') && scope !== 'id-token:write'));
}
