import { z } from 'zod';
import { flag, texts as words } from '../../src/formats/answer.ts';
import { id, isoOf, login, optionalId, optionalText, Permissions, text, time } from './schema-fields.ts';

/** Who signs in without a person, and what of it GitHub tells. */

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
