import { z } from 'zod';
import { flag, texts as words } from '../../src/formats/answer.ts';
import { filled, hostOf, id, optionalId, optionalText, text, time } from './schema-fields.ts';

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
