import { z } from 'zod';
import { flag, texts } from '../../src/formats/answer.ts';

/**
 * What Okta's management API answers; only what is used. https://developer.okta.com/docs/api/
 * Facts of fields: https://github.com/okta/okta-management-openapi-spec
 */
const text = z.string().min(1).max(2000);
const optionalText = z
  .string()
  .nullish()
  .transform((value) => (value === null || value === '' ? undefined : value));
const time = z
  .string()
  .nullish()
  .transform((value) => isoTime(value));

export function isoTime(value: string | null | undefined): string | undefined {
  if (value === null || value === undefined || !/^\d{4}-\d\d-\d\d/.test(value)) return undefined;
  const date = new Date(value);
  return Number.isNaN(date.getTime()) || date.getUTCFullYear() > 9999 ? undefined : date.toISOString();
}

export const ApiToken = z.object({
  id: text,
  name: optionalText,
  userId: optionalText,
  clientName: optionalText,
  created: time,
  lastUpdated: time,
  expiresAt: time,
  tokenWindow: optionalText,
  network: z.object({ connection: optionalText, include: texts, exclude: texts }).nullish(),
});
export type ApiToken = z.infer<typeof ApiToken>;

export const App = z
  .object({
    id: text,
    name: optionalText,
    label: optionalText,
    status: optionalText,
    created: time,
    signOnMode: optionalText,
    notes: z.object({ admin: optionalText }).nullish(),
    credentials: z
      .object({
        oauthClient: z
          .object({ client_id: optionalText, token_endpoint_auth_method: optionalText, autoKeyRotation: flag })
          .nullish(),
      })
      .nullish(),
    settings: z
      .object({
        notes: z.object({ admin: optionalText }).nullish(),
        oauthClient: z
          .object({
            grant_types: texts,
            application_type: optionalText,
            jwks_uri: optionalText,
            dpop_bound_access_tokens: flag,
          })
          .nullish(),
      })
      .nullish(),
  })
  .transform((raw) => ({
    id: raw.id,
    name: raw.name,
    label: raw.label ?? raw.name ?? raw.id,
    status: raw.status,
    created: raw.created,
    clientId: raw.credentials?.oauthClient?.client_id ?? raw.id,
    isOauth: raw.signOnMode === 'OPENID_CONNECT' || (raw.credentials?.oauthClient ?? undefined) !== undefined,
    authMethod: raw.credentials?.oauthClient?.token_endpoint_auth_method,
    autoKeyRotation: raw.credentials?.oauthClient?.autoKeyRotation,
    grantTypes: raw.settings?.oauthClient?.grant_types ?? [],
    applicationType: raw.settings?.oauthClient?.application_type,
    jwksUri: raw.settings?.oauthClient?.jwks_uri,
    dpop: raw.settings?.oauthClient?.dpop_bound_access_tokens,
    notes: raw.settings?.notes?.admin ?? raw.notes?.admin,
  }));
export type App = z.infer<typeof App>;

export const ClientSecret = z.object({
  id: text,
  created: time,
  lastUpdated: time,
  status: optionalText,
  secret_hash: optionalText,
  client_secret: optionalText,
});
export type ClientSecret = z.infer<typeof ClientSecret>;

export const Jwk = z.object({
  id: optionalText,
  kid: optionalText,
  kty: text,
  use: optionalText,
  alg: optionalText,
  n: optionalText,
  e: optionalText,
  crv: optionalText,
  x: optionalText,
  y: optionalText,
  created: time,
  status: optionalText,
});
export type Jwk = z.infer<typeof Jwk>;

export const Grant = z.object({
  id: optionalText,
  scopeId: text,
  status: optionalText,
  source: optionalText,
  clientId: optionalText,
  userId: optionalText,
  created: time,
});
export type Grant = z.infer<typeof Grant>;

export const Role = z.object({
  id: optionalText,
  type: text,
  label: optionalText,
  status: optionalText,
  assignmentType: optionalText,
  'resource-set': optionalText,
  /** Of a role of one's own (`CUSTOM`): its definition. */
  role: optionalText,
});
/** `permissions`: what a role of one's own allows, where its definition was read. */
export type Role = z.infer<typeof Role> & { readonly permissions?: readonly string[] };

/** https://developer.okta.com/docs/api/openapi/okta-management/management/tag/RoleECustomPermission/ */
export const RolePermissions = z
  .object({ permissions: z.array(z.object({ label: text })) })
  .transform((raw) => raw.permissions.map(({ label }) => label));

export const ApiService = z.object({
  id: text,
  type: optionalText,
  name: optionalText,
  createdAt: time,
  createdBy: optionalText,
  grantedScopes: texts,
});
export type ApiService = z.infer<typeof ApiService>;

/** Of an application (`containerInstanceName`, `username`) or a user of Okta that is kept as one (`oktaUserId`). */
export const ServiceAccount = z.object({
  id: text,
  name: optionalText,
  description: optionalText,
  username: optionalText,
  oktaUserId: optionalText,
  containerInstanceName: optionalText,
  containerGlobalName: optionalText,
  containerOrn: optionalText,
  ownerUserIds: texts,
  ownerGroupIds: texts,
  status: optionalText,
  statusDetail: optionalText,
  created: time,
});
export type ServiceAccount = z.infer<typeof ServiceAccount>;

export const Agent = z
  .object({
    id: text,
    status: optionalText,
    appId: optionalText,
    created: time,
    profile: z.object({ name: optionalText, description: optionalText }).nullish(),
  })
  .transform(({ profile, ...raw }) => ({ ...raw, name: profile?.name, description: profile?.description }));
export type Agent = z.infer<typeof Agent>;

export const User = z
  .object({
    id: text,
    status: optionalText,
    created: time,
    lastLogin: time,
    profile: z.object({ login: optionalText, email: optionalText, firstName: optionalText, lastName: optionalText }).nullish(),
  })
  .transform(({ profile, ...raw }) => ({
    ...raw,
    login: profile?.login,
    email: profile?.email,
    name: [profile?.firstName, profile?.lastName].filter((part) => part !== undefined).join(' '),
  }));
export type User = z.infer<typeof User>;

export const LogEvent = z
  .object({
    uuid: optionalText,
    published: time,
    eventType: text,
    actor: z.object({ id: optionalText, type: optionalText, alternateId: optionalText, displayName: optionalText }).nullish(),
    client: z.object({ ipAddress: optionalText }).nullish(),
    outcome: z.object({ result: optionalText }).nullish(),
    transaction: z.object({ detail: z.object({ requestApiTokenId: optionalText }).nullish().catch(undefined) }).nullish(),
    target: z
      .array(z.object({ id: optionalText, type: optionalText, displayName: optionalText }))
      .nullish()
      .transform((list) => list ?? []),
  })
  .transform((raw) => ({
    uuid: raw.uuid,
    published: raw.published,
    eventType: raw.eventType,
    actor: raw.actor ?? undefined,
    ip: raw.client?.ipAddress,
    result: raw.outcome?.result,
    token: raw.transaction?.detail?.requestApiTokenId,
    targets: raw.target,
  }));
export type LogEvent = z.infer<typeof LogEvent>;
