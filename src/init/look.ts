import { type Dirent, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** What a directory holds, as far as it decides what to do next. */
export interface Found {
  readonly git: boolean;
  readonly github: boolean;
  readonly gitlab: boolean;
  readonly preCommit: boolean;
  readonly notebooks: boolean;
  readonly terraform: boolean;
  readonly kubernetes: boolean;
}

const DEEPEST = 4;
const MOST_ENTRIES = 5_000;
const PASSED_OVER: ReadonlySet<string> = new Set(['.git', 'node_modules', '.terraform', 'vendor', '.venv', 'venv']);

/** Looks at names only, and at no more than the upper part of a large tree. */
export function lookAround(directory: string): Found {
  const names = new Set<string>();
  let left = MOST_ENTRIES;
  const visit = (at: string, depth: number): void => {
    for (const entry of entriesOf(at)) {
      left -= 1;
      if (left < 0) return;
      if (entry.isFile()) names.add(entry.name.toLowerCase());
      else if (entry.isDirectory() && depth < DEEPEST && !PASSED_OVER.has(entry.name)) visit(join(at, entry.name), depth + 1);
    }
  };
  visit(directory, 1);
  const some = (pattern: RegExp): boolean => [...names].some((name) => pattern.test(name));
  return {
    git: existsSync(join(directory, '.git')),
    github: existsSync(join(directory, '.github')),
    gitlab: existsSync(join(directory, '.gitlab-ci.yml')),
    preCommit: existsSync(join(directory, '.pre-commit-config.yaml')),
    notebooks: some(/\.(?:ipynb|dbc|rmd|qmd)$/),
    terraform: some(/\.tf(?:\.json|vars|state)?$/),
    kubernetes: some(/^(?:kustomization\.ya?ml|chart\.yaml)$/),
  };
}

function entriesOf(directory: string): readonly Dirent[] {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch {
    // Nothing is decided by what may not be read.
    return [];
  }
}

/** Exports that would tell most, with the vendors' own commands. Nothing is run. */
export function nextExports(found: Found): readonly { readonly why: string; readonly command: string }[] {
  return [
    {
      why: 'AWS: whose a leaked key is, and what it reaches',
      command: 'aws iam get-account-authorization-details > exports/authorization-details.json',
    },
    ...(found.terraform
      ? [{ why: 'Terraform: what was made of the code', command: 'terraform show -json > exports/terraform-state.json' }]
      : []),
    ...(found.kubernetes
      ? [
          {
            why: 'Kubernetes: which accounts run what, with which rights',
            command:
              'kubectl get serviceaccounts,pods,deployments,secrets,roles,rolebindings,clusterroles,clusterrolebindings -A -o json > exports/kubernetes.json',
          },
        ]
      : []),
  ];
}
