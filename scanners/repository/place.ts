import type { SightingObservation } from '../../src/contracts/index.ts';

/** Which kind of place a file of the work tree is. */
export function placeOf(path: string): SightingObservation['place'] {
  if (CI_FILES.test(path)) return 'ci';
  if (AGENT_FILES.test(path)) return 'agent-config';
  if (INFRASTRUCTURE_FILES.test(path)) return 'iac';
  return 'work-tree';
}

/** Files that a CI system runs, by the names their makers document. */
const CI_FILES = anyOf([
  String.raw`(^|/)\.(github|gitea|forgejo)/(workflows|actions)/.+\.ya?ml$`,
  String.raw`(^|/)action\.ya?ml$`,
  String.raw`(^|/)[^/]*\.gitlab-ci\.ya?ml$`,
  String.raw`(^|/)\.(circleci|buildkite|woodpecker)/.+\.ya?ml$`,
  String.raw`(^|/)\.(travis|drone|woodpecker|appveyor)\.ya?ml$`,
  String.raw`(^|/)(appveyor|azure-pipelines[^/]*|bitbucket-pipelines|cloudbuild[^/]*|buildspec[^/]*)\.ya?ml$`,
  '(^|/)Jenkinsfile([.-][^/]*)?$',
]);

/** Files that tell an AI agent which tools and servers to use, and what to show them at the door. */
const AGENT_FILES = anyOf(
  [
    String.raw`(^|/)\.mcp\.json$`,
    String.raw`(^|/)\.(cursor|vscode|windsurf|roo|amazonq|copilot)/mcp(-config)?\.json$`,
    String.raw`(^|/)(claude_desktop_config|mcp_config|(cline_)?mcp_settings|managed-mcp|\.claude)\.json$`,
    String.raw`(^|/)\.claude/(settings(\.local)?|\.credentials)\.json$`,
    String.raw`(^|/)\.codex/(([^/]+\.)?config\.toml|auth\.json)$`,
    String.raw`(^|/)\.gemini/(settings|oauth_creds)\.json$`,
    String.raw`(^|/)\.kiro/(settings/mcp|agents/[^/]+)\.json$`,
    String.raw`(^|/)\.continue/(config|mcpServers/[^/]+)\.(ya?ml|json)$`,
    String.raw`(^|/)(opencode\.jsonc?|opencode/auth\.json|github-copilot/(hosts|apps)\.json|goose/(config|secrets)\.ya?ml|\.?zed/settings\.json|\.aider\.conf\.ya?ml)$`,
  ],
  'i',
);

/** Code and state of infrastructure, by name: Terraform, Compose, image builds, CloudFormation, Pulumi, Ansible. */
const INFRASTRUCTURE_FILES = anyOf(
  [
    String.raw`\.(tf|tfvars)(\.json)?$`,
    String.raw`\.tfstate(\.[^/]*)?$`,
    String.raw`(^|/)(docker-)?compose([.-][^/]*)?\.ya?ml$`,
    String.raw`(^|/)(Dockerfile|Containerfile)(\.[^/]*|-[\w-]*)?$`,
    String.raw`\.(Dockerfile|Containerfile)$`,
    String.raw`(^|/)Pulumi(\.[^/]*)?\.ya?ml$`,
    String.raw`(^|/)serverless\.ya?ml$`,
    String.raw`\.tofu(\.json)?$`,
    String.raw`(^|/)(cloudformation|cfn)/.+\.(ya?ml|json)$`,
    String.raw`\.(template|cfn|cloudformation)(\.(ya?ml|json))?$`,
    String.raw`(^|/)(\.?ansible\.cfg|playbook[^/]*\.ya?ml)$`,
    String.raw`(^|/)(group_vars|host_vars)/([^/]+/)*[^/.]+(\.(ya?ml|json))?$`,
    String.raw`(^|/)roles/[^/]+/((tasks|handlers|vars|defaults|meta)/.+\.ya?ml|templates/.+\.j2)$`,
    String.raw`(^|/)playbooks/.+\.ya?ml$`,
    String.raw`(^|/)(inventor(y|ies)/(.+/)?)?(hosts|inventory)\.ini$|(^|/)inventor(y|ies)/(.+/)?hosts(\.ya?ml)?$`,
  ],
  'i',
);

function anyOf(patterns: readonly string[], flags = ''): RegExp {
  return new RegExp(patterns.join('|'), flags);
}
