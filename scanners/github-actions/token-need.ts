import { imageRegistry } from '../../src/ci/publish.ts';
import { get, textOf } from '../../src/formats/tree.ts';
import { JOB_TOKEN } from './expression.ts';
import { pushes } from './facts/checkout.ts';
import type { SecretUse } from './secret-use.ts';
import type { Job, Step } from './workflow.ts';

/**
 * Write scopes that an action can make use of, by its own documentation. An action that is not here may need any: the
 * token is handed to every action that asks for it by default, which the workflow does not show.
 */
const NEEDS: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries({
    'actions/attest': ['attestations', 'id-token', 'artifact-metadata', 'packages'],
    'actions/attest-build-provenance': ['attestations', 'id-token', 'artifact-metadata', 'packages'],
    'actions/attest-sbom': ['attestations', 'id-token', 'artifact-metadata', 'packages'],
    'actions/cache': [],
    'actions/checkout': [],
    'actions/configure-pages': ['pages'],
    'actions/dependency-review-action': ['pull-requests'],
    'actions/deploy-pages': ['pages', 'id-token', 'deployments'],
    'actions/download-artifact': [],
    'actions/labeler': ['pull-requests', 'issues'],
    'actions/setup-dotnet': [],
    'actions/setup-go': [],
    'actions/setup-java': [],
    'actions/setup-node': [],
    'actions/setup-python': [],
    'actions/stale': ['issues', 'pull-requests', 'contents', 'actions'],
    'actions/upload-artifact': [],
    'actions/upload-pages-artifact': [],
    'astral-sh/setup-uv': [],
    'aws-actions/amazon-ecr-login': [],
    'aws-actions/configure-aws-credentials': ['id-token'],
    'azure/login': ['id-token'],
    'azure/setup-helm': [],
    'azure/setup-kubectl': [],
    'codecov/codecov-action': ['id-token'],
    'docker/build-push-action': ['packages', 'attestations', 'id-token'],
    'docker/login-action': [],
    'docker/metadata-action': [],
    'docker/setup-buildx-action': [],
    'docker/setup-qemu-action': [],
    'dtolnay/rust-toolchain': [],
    'github/codeql-action': ['security-events', 'actions'],
    'google-github-actions/auth': ['id-token'],
    'google-github-actions/setup-gcloud': [],
    'hashicorp/setup-terraform': [],
    'hashicorp/vault-action': ['id-token'],
    'ossf/scorecard-action': ['security-events', 'id-token'],
    'pnpm/action-setup': [],
    'pypa/gh-action-pypi-publish': ['id-token', 'attestations'],
    'ruby/setup-ruby': [],
    'sigstore/cosign-installer': [],
    'softprops/action-gh-release': ['contents', 'discussions'],
    'swatinem/rust-cache': [],
  }),
);

/** Scripts that may call anything. */
const OPAQUE =
  /\b(?:make|just|task|bazel|gradlew?|mvnw?|bash|sh|zsh|python3?|node|ruby|deno|bun|npx|uvx|uv|tox|nox|go\s+run|cargo\s+(?:run|xtask)|docker\s+run|pwsh|earthly|dagger|nix|rake|mage|ant|sbt|act|source)\b|(?:npm|pnpm|yarn)\s+(?:run\s+)?(?!ci\b|install\b|i\b|test\b|audit\b|version\b|--version)\S|(?:^|[\s;&|])\.{0,2}\/\w[\w./-]*/m;

/** Words of those who ask for the OIDC token, or are known to. */
const ASKS_OIDC =
  /ACTIONS_ID_TOKEN|id[_-]?token|oidc|cosign|sigstore|gitsign|attest|provenance|\bpublish\b|goreleaser|slsa|\b(?:aws|gcloud|az|terraform|tofu|pulumi|vault|kubectl|helm)\b/i;

/** Write scopes of the job's own `permissions` that none of its steps can make use of; none where a step may do anything. */
export function unneededScopes(job: Job, uses: readonly SecretUse[]): string[] {
  if (job.permissions.source !== 'job' || job.calls !== undefined || job.steps.length === 0) return [];
  const written = job.permissions.scopes.flatMap((scope) => (scope.endsWith(':write') ? [scope.slice(0, -':write'.length)] : []));
  const candidates = written.filter((scope) => scope !== 'id-token');
  if (candidates.length === 0) return [];
  const needed = new Set<string>();
  const token = uses.find(({ name }) => name === JOB_TOKEN);
  for (const step of job.steps) {
    if (step.uses !== undefined) {
      const scopes = step.uses.action === undefined ? undefined : NEEDS.get(step.uses.action);
      if (scopes === undefined) return [];
      for (const scope of scopes) needed.add(scope);
      if (isPackageLogin(step)) needed.add('packages');
      continue;
    }
    // The token only reaches a script that is given it; git finds what the checkout left.
    if (token !== undefined && (token.reaches.has(step) || token.steps.has(step))) return [];
    if (pushes(step)) needed.add('contents');
    else if (OPAQUE.test(step.run ?? '') && candidates.includes('contents')) needed.add('contents');
  }
  return candidates.filter((scope) => !needed.has(scope));
}

function isPackageLogin(step: Step): boolean {
  if (step.uses?.action !== 'docker/login-action') return false;
  const registry = textOf(get(step.with, 'registry')) ?? '';
  return registry.includes('${{') || imageRegistry(registry) === 'ghcr';
}

/** Can nothing in the job make use of its OIDC token? Said only where all its steps are known. */
export function neverAsksForOidc(job: Job): boolean {
  if (job.calls !== undefined || job.steps.length === 0) return false;
  return job.steps.every((step) => {
    if (step.uses === undefined) return !ASKS_OIDC.test(step.run ?? '') && !OPAQUE.test(step.run ?? '');
    const scopes = step.uses.action === undefined ? undefined : NEEDS.get(step.uses.action);
    if (scopes === undefined) return false;
    return !scopes.includes('id-token') || !asks(step);
  });
}

/** Actions that can use the token, and do by their inputs. */
function asks(step: Step): boolean {
  const has = (input: string) => (textOf(get(step.with, input)) ?? '') !== '';
  switch (step.uses?.action) {
    case 'aws-actions/configure-aws-credentials':
      return has('role-to-assume');
    case 'codecov/codecov-action':
      return has('use_oidc');
    case 'docker/build-push-action':
      return false;
    case 'pypa/gh-action-pypi-publish':
      return !has('password');
    default:
      return true;
  }
}
