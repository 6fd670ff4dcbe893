import { publishVariable } from '../../src/ci/publish.ts';
import { ALL_SECRETS, JOB_TOKEN } from './expression.ts';
import type { SecretUse } from './secret-use.ts';

/** What a secret holds, told by its name and by what takes it. */
export interface Holds {
  readonly kind: 'cloud-key' | 'app-key' | 'ssh-key' | 'github-token' | 'package-token' | 'agent-key';
  /** How it was told: by the `use`, which is sure, or by the `name`. */
  readonly by: 'use' | 'name';
  /** Of a GitHub token: what it is used for. */
  readonly uses?: readonly string[];
}

/** Inputs and variables that take a GitHub token, in actions and in `gh`. */
const GITHUB_KEYS =
  /^(?:GH_TOKEN|GITHUB_TOKEN|GITHUB_PAT|GH_PAT|github[-_]token|repo[-_]token|gh[-_]token|personal_token|INPUT_GITHUB_TOKEN)$/i;

/** Actions whose `token` is one of GitHub. */
const GITHUB_ACTIONS =
  /^(?:actions\/(?:checkout|github-script|labeler|stale|first-interaction|add-to-project)|peter-evans\/[\w-]+|softprops\/action-gh-release|ncipollo\/release-action|googleapis\/release-please-action|google-github-actions\/release-please-action|release-drafter\/release-drafter|benc-uk\/workflow-dispatch|dependabot\/fetch-metadata|ad-m\/github-push-action|stefanzweifel\/git-auto-commit-action|endbug\/add-and-commit|jamesives\/github-pages-deploy-action|mathieudutour\/github-tag-action|repo-sync\/pull-request|hmarr\/auto-approve-action|pascalgn\/automerge-action|actions-ecosystem\/[\w-]+)$/;

export function holdsOf(use: SecretUse): Holds | undefined {
  const { name, occurrences, inputs } = use;
  if (name === JOB_TOKEN || name === ALL_SECRETS) return undefined;
  if (use.how === 'static-key') return { kind: 'cloud-key', by: use.cloud === undefined ? 'name' : 'use' };
  if (
    inputs.has('private-key') ||
    inputs.has('private_key') ||
    inputs.has('application_private_key') ||
    /(?:^|_)APP_(?:\w+_)?PRIVATE_KEY(?:_|$)/.test(name)
  ) {
    return { kind: 'app-key', by: inputs.size > 0 ? 'use' : 'name' };
  }
  if (inputs.has('ssh-private-key') || inputs.has('ssh-key') || /(?:^|_)(?:SSH|DEPLOY)_?(?:PRIVATE_?)?KEY(?:_|$)/.test(name)) {
    return { kind: 'ssh-key', by: 'use' };
  }
  if (publishVariable(name) !== undefined) return { kind: 'package-token', by: 'name' };
  const uses = new Set<string>();
  for (const { key, step } of occurrences) {
    const action = step?.uses?.action;
    if (action !== undefined && GITHUB_ACTIONS.test(action) && /^(?:token|github[-_]token)$/i.test(key)) uses.add(action);
    else if (GITHUB_KEYS.test(key)) uses.add(action ?? key.toUpperCase());
  }
  // Docker, Azure DevOps, GitLab and others have access tokens too.
  const isOther =
    /(?:^|_)(?:DOCKER(?:HUB)?|FOD|AZURE|ADO|AZDO|GITLAB|GL|SLACK|SNYK|SONAR|NUGET|VSCE|AIRTABLE|CROWDIN|LINEAR|DATABRICKS)(?:_|$)|DOCKER/.test(
      name,
    );
  const isNamed =
    !isOther && /(?:^|_)(?:PAT|PERSONAL_ACCESS_TOKEN)(?:_|$)|^(?:\w+_)?(?:GH|GITHUB)_(?:\w+_)?TOKEN(?:_|$)/.test(name);
  if (uses.size > 0) return { kind: 'github-token', by: 'use', uses: [...uses] };
  if (isNamed) return { kind: 'github-token', by: 'name', uses: [] };
  return undefined;
}
