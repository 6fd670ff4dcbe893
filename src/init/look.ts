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
  /** Whose answers lie here already, as far as names tell. */
  readonly exports: readonly ExportKind[];
}

const EXPORTS = {
  aws: /^(?:account-)?authorization-details.*\.json$|^credential-report\.(?:csv|json)$/,
  gcp: /^(?:gcp-?)?(?:assets?|accounts|keys)(?:[-.].*)?\.json$|iam-policy\.json$|^policies\.json$/,
  entra: /^(?:apps|principals|app-?registrations|service-?principals)(?:[-.].*)?\.json$/,
  github: /^orgs__.*\.json$/,
  hoop: /^(?:connections|sessions|session-.*|api-keys|machineidentities)\.jsonl?(?:\.gz)?$/,
} as const;
export type ExportKind = keyof typeof EXPORTS;

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
    exports: (Object.keys(EXPORTS) as ExportKind[]).filter((kind) => some(EXPORTS[kind])),
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

interface Suggestion {
  readonly why: string;
  /** The vendor's own command; none of ours. */
  readonly command: string;
  /** Where the rest of the loop stands. */
  readonly all: string;
}

const SUGGESTED: { readonly [kind in ExportKind]: Suggestion } = {
  aws: {
    why: 'AWS: whose a leaked key is, and what it reaches',
    command: 'aws iam get-account-authorization-details > exports/authorization-details.json',
    all: 'scanners/aws-iam/README.md, or live: nhi-audit scan aws: --dry-run',
  },
  gcp: {
    why: 'Google Cloud: service accounts, their keys, who may become them',
    command: 'gcloud asset search-all-iam-policies --scope=organizations/ORG --format=json > exports/policies.json',
    all: 'scanners/gcp-iam/README.md, or live: nhi-audit scan gcp:PROJECT --dry-run',
  },
  entra: {
    why: 'Azure and Entra ID: applications, their secrets and when those end',
    command: 'az ad app list --all > exports/apps.json; az ad sp list --all > exports/principals.json',
    all: 'scanners/entra/README.md, or live: nhi-audit scan entra:TENANT --dry-run',
  },
  github: {
    why: 'GitHub: apps, secrets, what job tokens may do',
    command: 'gh api --paginate orgs/ORG/installations > exports/orgs__ORG__installations.json',
    all: 'scanners/github/README.md, or live: nhi-audit scan github:ORG --dry-run',
  },
  hoop: {
    why: 'The access gateway: what was really done, and around it',
    command: 'curl -sf -H "Authorization: Bearer $HOOP_TOKEN" "$HOOP_URL/api/sessions?limit=100" > exports/sessions.json',
    all: 'scanners/gateway-sessions/README.md, or live: nhi-audit scan hoop:https://GATEWAY --dry-run',
  },
};

/** Exports that would tell most and are not here, with the vendors' own commands. Nothing is run. */
export function nextExports(found: Found): readonly Suggestion[] {
  const missing = (Object.keys(SUGGESTED) as ExportKind[]).filter((kind) => !found.exports.includes(kind));
  return [
    ...missing.map((kind) => SUGGESTED[kind]),
    ...(found.terraform
      ? [
          {
            why: 'Terraform: what was made of the code',
            command: 'terraform show -json > exports/terraform-state.json',
            all: 'scanners/iac/README.md',
          },
        ]
      : []),
    ...(found.kubernetes
      ? [
          {
            why: 'Kubernetes: which accounts run what, with which rights',
            command:
              'kubectl get serviceaccounts,pods,deployments,secrets,roles,rolebindings,clusterroles,clusterrolebindings -A -o json > exports/kubernetes.json',
            all: 'scanners/k8s/README.md',
          },
        ]
      : []),
  ];
}
