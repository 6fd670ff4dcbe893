import { z } from 'zod';
import type { IsoTime } from '../../src/contracts/index.ts';
import { flag, texts as words } from '../../src/formats/answer.ts';

/**
 * Answers of the REST API: the fields that are used, and no secret among them (`secret` of an alert and of a webhook is dropped
 * here). Records are plain JSON, so that a cut-off scan can keep them. https://docs.github.com/en/rest
 */
const text = z.string().min(1);
const optionalText = z
  .string()
  .nullish()
  .transform((value) => value ?? undefined);
const id = z.union([z.number().int().nonnegative(), z.string().regex(/^\d{1,20}$/)]).transform(String);
const optionalId = id.nullish().transform((value) => value ?? undefined);

/** ISO text, or milliseconds since 1970 (audit log); what is no time is no fact. */
const time = z
  .union([z.string(), z.number()])
  .nullish()
  .transform((value): IsoTime | undefined => {
    if (value === null || value === undefined || value === '') return undefined;
    const date = new Date(typeof value === 'string' && /^\d{12,14}$/.test(value) ? Number(value) : value);
    return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
  });
const login = z
  .object({ login: optionalText })
  .nullish()
  .transform((value) => value?.login);
const Permissions = z
  .record(z.string(), z.unknown())
  .nullish()
  .transform((all) => textsOf(all ?? {}));

export const PersonalAccessToken = z
  .object({
    id,
    owner: login,
    repository_selection: optionalText,
    permissions: z.object({ organization: Permissions, repository: Permissions, other: Permissions }).nullish(),
    access_granted_at: time,
    token_id: optionalId,
    token_name: optionalText,
    token_expired: flag,
    token_expires_at: z.string().nullish(),
    token_last_used_at: z.string().nullish(),
  })
  .transform((raw) => ({
    grantId: raw.id,
    tokenId: raw.token_id,
    name: raw.token_name,
    owner: raw.owner,
    selection: raw.repository_selection,
    organization: raw.permissions?.organization ?? {},
    repository: raw.permissions?.repository ?? {},
    grantedAt: raw.access_granted_at,
    isExpired: raw.token_expired ?? false,
    expiresAt: isoOf(raw.token_expires_at),
    // Null says that it has no end; where the field is missing, nobody says so.
    neverExpires: raw.token_expires_at === null,
    lastUsedAt: isoOf(raw.token_last_used_at),
    useIsTold: raw.token_last_used_at !== undefined,
  }));
export type PersonalAccessToken = z.infer<typeof PersonalAccessToken>;

export const CredentialAuthorization = z
  .object({
    login: text,
    credential_id: id,
    credential_type: text,
    token_last_eight: optionalText,
    credential_authorized_at: time,
    credential_accessed_at: z.string().nullish(),
    authorized_credential_id: optionalId,
    scopes: words,
    fingerprint: optionalText,
    authorized_credential_title: optionalText,
    authorized_credential_note: optionalText,
    authorized_credential_expires_at: z.string().nullish(),
  })
  .transform((raw) => ({
    login: raw.login,
    id: raw.authorized_credential_id ?? raw.credential_id,
    authorizationId: raw.credential_id,
    type: raw.credential_type,
    lastEight: raw.token_last_eight,
    authorisedAt: raw.credential_authorized_at,
    lastUsedAt: isoOf(raw.credential_accessed_at),
    useIsTold: raw.credential_accessed_at !== undefined,
    scopes: raw.scopes,
    fingerprint: raw.fingerprint,
    name: raw.authorized_credential_note ?? raw.authorized_credential_title,
    expiresAt: isoOf(raw.authorized_credential_expires_at),
    neverExpires: raw.authorized_credential_expires_at === null,
  }));
export type CredentialAuthorization = z.infer<typeof CredentialAuthorization>;

export const Installation = z
  .object({
    id,
    account: login,
    repository_selection: optionalText,
    app_id: optionalId,
    app_slug: text,
    permissions: Permissions,
    events: words,
    created_at: time,
    updated_at: time,
    suspended_at: time,
  })
  .transform((raw) => ({
    id: raw.id,
    account: raw.account,
    selection: raw.repository_selection,
    appId: raw.app_id,
    slug: raw.app_slug,
    permissions: raw.permissions,
    events: raw.events,
    createdAt: raw.created_at,
    updatedAt: raw.updated_at,
    suspendedAt: raw.suspended_at,
  }));
export type Installation = z.infer<typeof Installation>;

export const App = z
  .object({ slug: optionalText, owner: z.object({ login: optionalText, slug: optionalText }).nullish() })
  // An enterprise has a slug in place of a login.
  .transform((raw) => ({ maker: raw.owner?.login ?? raw.owner?.slug }));
export type App = z.infer<typeof App>;

export const DeployKey = z
  .object({
    id,
    key: text,
    url: optionalText,
    title: optionalText,
    created_at: time,
    last_used: z.string().nullish(),
    read_only: flag,
    added_by: z.union([z.string(), z.object({ login: z.string() }).transform((by) => by.login)]).nullish(),
    enabled: flag,
  })
  .transform((raw) => ({
    id: raw.id,
    key: raw.key,
    url: raw.url,
    title: raw.title,
    createdAt: raw.created_at,
    lastUsedAt: isoOf(raw.last_used),
    useIsTold: raw.last_used !== undefined,
    readOnly: raw.read_only,
    addedBy: raw.added_by ?? undefined,
    enabled: raw.enabled,
  }));
export type DeployKey = z.infer<typeof DeployKey>;

export const SecretName = z
  .object({
    name: text,
    created_at: time,
    updated_at: time,
    visibility: optionalText,
    selected_repositories_url: optionalText,
  })
  .transform((raw) => ({
    name: raw.name,
    createdAt: raw.created_at,
    updatedAt: raw.updated_at,
    visibility: raw.visibility,
    url: raw.selected_repositories_url,
  }));
export type SecretName = z.infer<typeof SecretName>;

export const WorkflowPermissions = z
  .object({ default_workflow_permissions: z.enum(['read', 'write']), can_approve_pull_request_reviews: flag })
  .transform((raw) => ({ permissions: raw.default_workflow_permissions, mayApprove: raw.can_approve_pull_request_reviews }));
export type WorkflowPermissions = z.infer<typeof WorkflowPermissions>;

export const OidcTemplate = z
  .object({
    use_default: flag,
    include_claim_keys: words,
    use_immutable_subject: flag,
    sub_claim_prefix: optionalText,
  })
  .transform((raw) => ({
    usesDefault: raw.use_default,
    claims: raw.include_claim_keys,
    immutable: raw.use_immutable_subject,
    prefix: raw.sub_claim_prefix,
  }));
export type OidcTemplate = z.infer<typeof OidcTemplate>;

export const Runner = z
  .object({
    id,
    runner_group_id: optionalId,
    name: text,
    os: optionalText,
    status: optionalText,
    labels: z
      .array(z.object({ name: z.string() }))
      .nullish()
      .transform((all) => (all ?? []).map((label) => label.name)),
    ephemeral: flag,
  })
  .transform((raw) => ({
    id: raw.id,
    groupId: raw.runner_group_id,
    name: raw.name,
    os: raw.os,
    status: raw.status,
    labels: raw.labels,
    ephemeral: raw.ephemeral,
  }));
export type Runner = z.infer<typeof Runner>;

export const RunnerGroup = z
  .object({
    id,
    name: text,
    visibility: optionalText,
    default: flag,
    runners_url: optionalText,
    inherited: flag,
    allows_public_repositories: flag,
    restricted_to_workflows: flag,
  })
  .transform((raw) => ({
    id: raw.id,
    name: raw.name,
    visibility: raw.visibility,
    isDefault: raw.default ?? false,
    url: raw.runners_url,
    inherited: raw.inherited ?? false,
    allowsPublic: raw.allows_public_repositories,
    restrictedToWorkflows: raw.restricted_to_workflows ?? false,
  }));
export type RunnerGroup = z.infer<typeof RunnerGroup>;

export const Webhook = z
  .object({
    id,
    url: optionalText,
    name: optionalText,
    active: flag,
    events: words,
    config: z
      .object({
        url: optionalText,
        insecure_ssl: z.union([z.string(), z.number()]).nullish(),
        // Only whether there is one: GitHub shows stars, an older server may show more.
        secret: z
          .string()
          .nullish()
          .transform((secret) => secret !== null && secret !== undefined && secret !== ''),
      })
      .nullish(),
    created_at: time,
    updated_at: time,
  })
  .transform((raw) => ({
    id: raw.id,
    url: raw.url,
    active: raw.active,
    events: raw.events,
    host: hostOf(raw.config?.url),
    scheme: /^https?(?=:)/i.exec(raw.config?.url ?? '')?.[0].toLowerCase(),
    hasSecret: raw.config?.secret ?? false,
    insecureSsl: String(raw.config?.insecure_ssl ?? '0') === '1',
    createdAt: raw.created_at,
    updatedAt: raw.updated_at,
  }));
export type Webhook = z.infer<typeof Webhook>;

export const Alert = z
  .object({
    number: id,
    url: optionalText,
    created_at: time,
    updated_at: time,
    state: optionalText,
    resolution: optionalText,
    resolved_at: time,
    secret_type: text,
    secret_type_display_name: optionalText,
    validity: optionalText,
    publicly_leaked: flag,
    multi_repo: flag,
    push_protection_bypassed: flag,
    repository: z
      .object({ full_name: optionalText })
      .nullish()
      .transform((repository) => repository?.full_name),
  })
  .transform((raw) => ({
    number: raw.number,
    url: raw.url,
    createdAt: raw.created_at,
    updatedAt: raw.updated_at,
    state: raw.state,
    resolution: raw.resolution,
    resolvedAt: raw.resolved_at,
    secretType: raw.secret_type,
    name: raw.secret_type_display_name,
    validity: raw.validity,
    publiclyLeaked: raw.publicly_leaked,
    multiRepo: raw.multi_repo,
    bypassed: raw.push_protection_bypassed,
    repository: raw.repository,
  }));
export type Alert = z.infer<typeof Alert>;

export const AuditEvent = z
  .object({
    '@timestamp': time,
    created_at: time,
    _document_id: optionalText,
    action: text,
    actor: optionalText,
    actor_is_bot: z.union([z.boolean(), z.string()]).nullish(),
    org: z.union([z.string(), z.array(z.string())]).nullish(),
    repo: z.union([z.string(), z.array(z.string())]).nullish(),
    hashed_token: optionalText,
    token_id: optionalId.catch(undefined),
    token_scopes: optionalText,
    programmatic_access_type: optionalText,
    integration: optionalText,
    key: optionalText,
    environment_name: optionalText,
  })
  .transform((raw) => ({
    at: raw['@timestamp'] ?? raw.created_at,
    id: filled(raw._document_id),
    action: raw.action,
    actor: filled(raw.actor),
    isBot: raw.actor_is_bot === true || raw.actor_is_bot === 'true',
    org: filled([raw.org].flat()[0] ?? undefined),
    repository: filled([raw.repo].flat()[0] ?? undefined),
    hashedToken: filled(raw.hashed_token),
    tokenId: raw.token_id,
    scopes: filled(raw.token_scopes),
    accessType: filled(raw.programmatic_access_type),
    integration: filled(raw.integration),
    key: filled(raw.key),
    environment: filled(raw.environment_name),
  }));
export type AuditEvent = z.infer<typeof AuditEvent>;

export const Member = z
  .object({ login: text, type: optionalText, site_admin: flag })
  .transform((raw) => ({ login: raw.login, isBot: raw.type === 'Bot' }));
export type Member = z.infer<typeof Member>;

export const Repository = z
  .object({
    full_name: z.string().regex(/^[^/]+\/[^/]+$/, 'owner/repo'),
    private: flag,
    visibility: optionalText,
    archived: flag,
  })
  .transform((raw) => ({
    name: raw.full_name,
    visibility: raw.visibility ?? (raw.private === undefined ? undefined : raw.private ? 'private' : 'public'),
    archived: raw.archived ?? false,
  }));
export type Repository = z.infer<typeof Repository>;

export const Environment = z.object({ name: text }).transform((raw) => ({ name: raw.name }));
export type Environment = z.infer<typeof Environment>;

export const Organisation = z
  .object({
    login: text,
    plan: z.object({ name: optionalText }).nullish(),
    two_factor_requirement_enabled: flag,
    deploy_keys_enabled_for_repositories: flag,
    default_repository_permission: optionalText,
    members_can_create_public_repositories: flag,
    members_can_fork_private_repositories: flag,
    public_repos: z.number().nullish(),
    total_private_repos: z.number().nullish(),
  })
  .transform((raw) => ({
    login: raw.login,
    plan: raw.plan?.name,
    twoFactorRequired: raw.two_factor_requirement_enabled,
    deployKeysEnabled: raw.deploy_keys_enabled_for_repositories,
    defaultRepositoryPermission: raw.default_repository_permission,
    membersCreatePublicRepositories: raw.members_can_create_public_repositories,
    membersForkPrivateRepositories: raw.members_can_fork_private_repositories,
    // Private ones are counted for members alone.
    repositories: raw.total_private_repos == null ? undefined : (raw.public_repos ?? 0) + raw.total_private_repos,
  }));
export type Organisation = z.infer<typeof Organisation>;

/** What the API says in place of an answer; `gh api` writes it into the file. */
export const Refusal = z.object({
  message: z.string(),
  documentation_url: z.string().nullish(),
  status: z.union([z.string(), z.number()]).nullish(),
});

function isoOf(value: string | null | undefined): IsoTime | undefined {
  if (value === null || value === undefined || value === '') return undefined;
  // `2023-04-26 20:57:16 -0700` and `2011-10-18T12:00:00Z` are both found.
  const date = new Date(
    value.replace(/^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) ?([+-]\d\d):?(\d\d)$/, '$1T$2$3:$4').replace(/ UTC$/, 'Z'),
  );
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}

function textsOf(all: { readonly [name: string]: unknown }): { [name: string]: string } {
  return Object.fromEntries(Object.entries(all).filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}

/** The host alone: paths of chat services hold the secret that lets one post. */
function hostOf(url: string | undefined): string | undefined {
  return url !== undefined && URL.canParse(url) ? new URL(url).host : undefined;
}

function filled(value: string | undefined): string | undefined {
  return value === undefined || value === '' || value === '-' ? undefined : value;
}
