import type { ObservationKind } from '../../src/contracts/index.ts';

/**
 * The calls, live and as files: one table says what a call is named, which right it needs, and how its answer is known in a
 * file. Rights are named as in https://docs.github.com/en/rest/authentication/permissions-required-for-fine-grained-personal-access-tokens
 */
export interface Endpoint {
  readonly id: EndpointId;
  /** As in the documentation; `{org}`, `{owner}`, `{repo}`, `{environment_name}` and the field of an entry are filled in. */
  readonly path: string;
  readonly level: 'org' | 'repo' | 'environment' | 'entry';
  /** Of a call about an entry of a list: which list, and which field names it. */
  readonly entryOf?: { readonly list: EndpointId; readonly field: string };
  /** What coverage rows and progress call it. */
  readonly title: string;
  /** Of an answer with `total_count`: the field that holds the list. */
  readonly list?: string;
  /** One object, not a list. */
  readonly single?: true;
  readonly right: string;
  /** The scope that lets a classic token do it. */
  readonly scope: string;
  readonly tells: string;
  readonly covers: readonly ObservationKind[];
  /** Types of identities and credentials that it gives: what a check's need may name. */
  readonly types: readonly string[];
  /** Only with Enterprise Cloud (or a server of one's own). */
  readonly enterprise?: true;
  /** Live, no more pages than that are asked for: what comes first matters most. */
  readonly mostPages?: number;
  /** More of its parameters. */
  readonly query?: { readonly [name: string]: string };
}

export type EndpointId =
  | 'organisation'
  | 'repositories'
  | 'members'
  | 'outside-collaborators'
  | 'personal-access-tokens'
  | 'token-repositories'
  | 'credential-authorizations'
  | 'installations'
  | 'app'
  | 'org-actions-secrets'
  | 'org-dependabot-secrets'
  | 'secret-repositories'
  | 'dependabot-secret-repositories'
  | 'org-workflow-permissions'
  | 'org-oidc'
  | 'org-runners'
  | 'runner-groups'
  | 'org-hooks'
  | 'org-alerts'
  | 'audit-log'
  | 'repository'
  | 'deploy-keys'
  | 'actions-secrets'
  | 'dependabot-secrets'
  | 'environments'
  | 'environment-secrets'
  | 'workflow-permissions'
  | 'oidc'
  | 'runners'
  | 'hooks'
  | 'alerts';

const ORG_ADMINISTRATION = 'organization permission "Administration" (read)';
const REPO_ADMINISTRATION = 'repository permission "Administration" (read)';

export const ENDPOINTS: readonly Endpoint[] = [
  {
    id: 'organisation',
    path: '/orgs/{org}',
    level: 'org',
    title: 'the organisation',
    single: true,
    right: ORG_ADMINISTRATION,
    scope: 'read:org',
    tells: 'settings of the organisation',
    covers: [],
    types: [],
  },
  {
    id: 'repositories',
    path: '/orgs/{org}/repos',
    level: 'org',
    title: 'repositories',
    query: { type: 'all' },
    right: 'repository permission "Metadata" (read) on all repositories',
    scope: 'repo',
    tells: 'which repositories there are',
    covers: [],
    types: [],
  },
  {
    id: 'members',
    path: '/orgs/{org}/members',
    level: 'org',
    title: 'members',
    right: 'organization permission "Members" (read)',
    scope: 'read:org',
    tells: 'whether who added a key is still a member',
    covers: ['identity'],
    types: ['member'],
  },
  {
    id: 'outside-collaborators',
    path: '/orgs/{org}/outside_collaborators',
    level: 'org',
    title: 'outside collaborators',
    right: 'organization permission "Members" (read)',
    scope: 'read:org',
    tells: 'whether who added a key still works on a repository',
    covers: ['identity'],
    types: ['member'],
  },
  {
    id: 'personal-access-tokens',
    path: '/orgs/{org}/personal-access-tokens',
    level: 'org',
    title: 'fine-grained personal access tokens',
    right: 'organization permission "Personal access tokens" (read), which only a GitHub App can have',
    scope: 'none: a GitHub App is needed',
    tells: 'rights, end and use of fine-grained tokens',
    covers: ['identity', 'credential', 'grant'],
    types: ['pat', 'token'],
  },
  {
    id: 'token-repositories',
    path: '/orgs/{org}/personal-access-tokens/{id}/repositories',
    level: 'entry',
    entryOf: { list: 'personal-access-tokens', field: 'id' },
    title: 'repositories of fine-grained tokens',
    right: 'organization permission "Personal access tokens" (read), which only a GitHub App can have',
    scope: 'none: a GitHub App is needed',
    tells: 'which repositories a token was let in to',
    covers: ['grant'],
    types: ['pat', 'token'],
  },
  {
    id: 'credential-authorizations',
    path: '/orgs/{org}/credential-authorizations',
    level: 'org',
    title: 'credentials authorised for single sign-on',
    right: ORG_ADMINISTRATION,
    scope: 'read:org',
    tells: 'classic tokens and SSH keys of members',
    covers: ['identity', 'credential', 'grant'],
    types: ['token', 'ssh-key'],
    enterprise: true,
  },
  {
    id: 'installations',
    path: '/orgs/{org}/installations',
    level: 'org',
    title: 'installations of GitHub Apps',
    list: 'installations',
    right: ORG_ADMINISTRATION,
    scope: 'read:org',
    tells: 'which apps may do what',
    covers: ['identity', 'grant', 'trust'],
    types: ['app-installation'],
  },
  {
    id: 'app',
    path: '/apps/{app_slug}',
    level: 'entry',
    entryOf: { list: 'installations', field: 'app_slug' },
    title: 'makers of GitHub Apps',
    single: true,
    right: 'none, for an app that anybody may see',
    scope: 'none',
    tells: 'who made an app',
    covers: [],
    types: [],
  },
  {
    id: 'org-actions-secrets',
    path: '/orgs/{org}/actions/secrets',
    level: 'org',
    title: 'Actions secrets of the organisation',
    list: 'secrets',
    right: 'organization permission "Secrets" (read)',
    scope: 'admin:org',
    tells: 'names, age and reach of secrets',
    covers: ['identity', 'credential'],
    types: ['ci-secret'],
  },
  {
    id: 'org-dependabot-secrets',
    path: '/orgs/{org}/dependabot/secrets',
    level: 'org',
    title: 'Dependabot secrets of the organisation',
    list: 'secrets',
    right: 'organization permission "Dependabot secrets" (read)',
    scope: 'admin:org',
    tells: 'names, age and reach of secrets for Dependabot',
    covers: ['identity', 'credential'],
    types: ['ci-secret'],
  },
  {
    id: 'secret-repositories',
    path: '/orgs/{org}/actions/secrets/{name}/repositories',
    level: 'entry',
    entryOf: { list: 'org-actions-secrets', field: 'name' },
    title: 'repositories of Actions secrets',
    list: 'repositories',
    right: 'organization permission "Secrets" (read)',
    scope: 'admin:org',
    tells: 'which repositories a secret for chosen ones is handed to',
    covers: [],
    types: [],
  },
  {
    id: 'dependabot-secret-repositories',
    path: '/orgs/{org}/dependabot/secrets/{name}/repositories',
    level: 'entry',
    entryOf: { list: 'org-dependabot-secrets', field: 'name' },
    title: 'repositories of Dependabot secrets',
    list: 'repositories',
    right: 'organization permission "Dependabot secrets" (read)',
    scope: 'admin:org',
    tells: 'which repositories a secret for chosen ones is handed to',
    covers: [],
    types: [],
  },
  {
    id: 'org-workflow-permissions',
    path: '/orgs/{org}/actions/permissions/workflow',
    level: 'org',
    title: 'default rights of workflow tokens',
    single: true,
    right: ORG_ADMINISTRATION,
    scope: 'admin:org',
    tells: 'what the token of a workflow may do unasked',
    covers: ['identity', 'grant'],
    types: ['workflow-token'],
  },
  {
    id: 'org-oidc',
    path: '/orgs/{org}/actions/oidc/customization/sub',
    level: 'org',
    title: 'template of OIDC subjects',
    single: true,
    right: ORG_ADMINISTRATION,
    scope: 'read:org',
    tells: 'what the subject of an OIDC token names',
    covers: ['identity'],
    types: ['oidc-template'],
  },
  {
    id: 'org-runners',
    path: '/orgs/{org}/actions/runners',
    level: 'org',
    title: 'self-hosted runners of the organisation',
    list: 'runners',
    right: 'organization permission "Self-hosted runners" (read)',
    scope: 'admin:org',
    tells: 'which machines run workflows',
    covers: ['identity'],
    types: ['runner'],
  },
  {
    id: 'runner-groups',
    path: '/orgs/{org}/actions/runner-groups',
    level: 'org',
    title: 'runner groups',
    list: 'runner_groups',
    right: 'organization permission "Self-hosted runners" (read)',
    scope: 'admin:org',
    tells: 'which repositories reach those machines',
    covers: ['identity'],
    types: ['runner-group'],
  },
  {
    id: 'org-hooks',
    path: '/orgs/{org}/hooks',
    level: 'org',
    title: 'webhooks of the organisation',
    right: 'organization permission "Webhooks" (read)',
    scope: 'admin:org_hook',
    tells: 'where events are sent, signed or not',
    covers: ['identity'],
    types: ['webhook'],
  },
  {
    id: 'org-alerts',
    path: '/orgs/{org}/secret-scanning/alerts',
    level: 'org',
    title: 'secret scanning alerts',
    // The secrets themselves are nothing we want to be sent.
    query: { hide_secret: 'true' },
    right: 'repository permission "Secret scanning alerts" (read)',
    scope: 'security_events',
    tells: 'which leaks GitHub knows of',
    covers: ['credential'],
    types: ['secret-alert'],
  },
  {
    id: 'audit-log',
    path: '/orgs/{org}/audit-log',
    level: 'org',
    title: 'audit log',
    // The newest come first; a busy organisation has millions, and a limit of its own for this call.
    mostPages: 200,
    query: { include: 'all' },
    right: ORG_ADMINISTRATION,
    scope: 'read:audit_log',
    tells: 'which tokens were used, and who made what',
    covers: ['credential', 'usage', 'identity'],
    types: ['hashed-token'],
    enterprise: true,
  },
  {
    id: 'repository',
    path: '/repos/{owner}/{repo}',
    level: 'repo',
    title: 'the repository',
    single: true,
    right: 'repository permission "Metadata" (read)',
    scope: 'repo',
    tells: 'whether it is public',
    covers: [],
    types: [],
  },
  {
    id: 'deploy-keys',
    path: '/repos/{owner}/{repo}/keys',
    level: 'repo',
    title: 'deploy keys',
    right: REPO_ADMINISTRATION,
    scope: 'repo',
    tells: 'keys to repositories, their rights, age and use',
    covers: ['identity', 'credential', 'grant'],
    types: ['deploy-key', 'ssh-key'],
  },
  {
    id: 'actions-secrets',
    path: '/repos/{owner}/{repo}/actions/secrets',
    level: 'repo',
    title: 'Actions secrets of repositories',
    list: 'secrets',
    right: 'repository permission "Secrets" (read)',
    scope: 'repo',
    tells: 'names and age of secrets',
    covers: ['identity', 'credential'],
    types: ['ci-secret'],
  },
  {
    id: 'dependabot-secrets',
    path: '/repos/{owner}/{repo}/dependabot/secrets',
    level: 'repo',
    title: 'Dependabot secrets of repositories',
    list: 'secrets',
    right: 'repository permission "Dependabot secrets" (read)',
    scope: 'repo',
    tells: 'names and age of secrets for Dependabot',
    covers: ['identity', 'credential'],
    types: ['ci-secret'],
  },
  {
    id: 'environments',
    path: '/repos/{owner}/{repo}/environments',
    level: 'repo',
    title: 'environments',
    list: 'environments',
    right: 'repository permission "Actions" (read)',
    scope: 'repo',
    tells: 'which environments have secrets of their own',
    covers: [],
    types: [],
  },
  {
    id: 'environment-secrets',
    path: '/repos/{owner}/{repo}/environments/{environment_name}/secrets',
    level: 'environment',
    title: 'secrets of environments',
    list: 'secrets',
    right: 'repository permission "Environments" (read)',
    scope: 'repo',
    tells: 'names and age of secrets of environments',
    covers: ['identity', 'credential'],
    types: ['ci-secret'],
  },
  {
    id: 'workflow-permissions',
    path: '/repos/{owner}/{repo}/actions/permissions/workflow',
    level: 'repo',
    title: 'rights of workflow tokens by repository',
    single: true,
    right: REPO_ADMINISTRATION,
    scope: 'repo',
    tells: 'what the token of a workflow may do unasked',
    covers: ['identity', 'grant'],
    types: ['workflow-token'],
  },
  {
    id: 'oidc',
    path: '/repos/{owner}/{repo}/actions/oidc/customization/sub',
    level: 'repo',
    title: 'OIDC subjects by repository',
    single: true,
    right: 'repository permission "Actions" (read)',
    scope: 'repo',
    tells: 'what the subject of an OIDC token names',
    covers: ['identity'],
    types: ['oidc-template'],
  },
  {
    id: 'runners',
    path: '/repos/{owner}/{repo}/actions/runners',
    level: 'repo',
    title: 'self-hosted runners of repositories',
    list: 'runners',
    right: REPO_ADMINISTRATION,
    scope: 'repo',
    tells: 'which machines run workflows',
    covers: ['identity'],
    types: ['runner'],
  },
  {
    id: 'hooks',
    path: '/repos/{owner}/{repo}/hooks',
    level: 'repo',
    title: 'webhooks of repositories',
    right: 'repository permission "Webhooks" (read)',
    scope: 'read:repo_hook',
    tells: 'where events are sent, signed or not',
    covers: ['identity'],
    types: ['webhook'],
  },
  {
    id: 'alerts',
    path: '/repos/{owner}/{repo}/secret-scanning/alerts',
    level: 'repo',
    title: 'secret scanning alerts of the repository',
    query: { hide_secret: 'true' },
    right: 'repository permission "Secret scanning alerts" (read)',
    scope: 'security_events',
    tells: 'which leaks GitHub knows of',
    covers: ['credential'],
    types: ['secret-alert'],
  },
];

const BY_ID = new Map(ENDPOINTS.map((endpoint) => [endpoint.id, endpoint]));

export function endpointOf(id: EndpointId): Endpoint {
  const endpoint = BY_ID.get(id);
  if (endpoint === undefined) throw new TypeError(`no such endpoint: ${id}`);
  return endpoint;
}
