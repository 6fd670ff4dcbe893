import { z } from 'zod';
import { flag as optionalFlag, texts } from '../../src/formats/answer.ts';
import { guid, list, optionalGuid, optionalText, optionalTime } from './schema-fields.ts';

/** `startDate` and `endDate` in exports of before 2022, when the CLI asked Azure AD Graph. */
export const PasswordCredential = z
  .object({
    keyId: guid,
    hint: optionalText,
    displayName: optionalText,
    startDateTime: optionalTime,
    endDateTime: optionalTime,
    startDate: optionalTime,
    endDate: optionalTime,
  })
  .transform((raw) => ({
    keyId: raw.keyId,
    hint: raw.hint,
    displayName: raw.displayName,
    from: raw.startDateTime ?? raw.startDate,
    until: raw.endDateTime ?? raw.endDate,
  }));
export type PasswordCredential = z.infer<typeof PasswordCredential>;

export const KeyCredential = z
  .object({
    keyId: guid,
    customKeyIdentifier: optionalText,
    displayName: optionalText,
    type: optionalText,
    usage: optionalText,
    startDateTime: optionalTime,
    endDateTime: optionalTime,
    startDate: optionalTime,
    endDate: optionalTime,
  })
  .transform((raw) => ({
    keyId: raw.keyId,
    thumbprint: thumbprintOf(raw.customKeyIdentifier),
    displayName: raw.displayName,
    type: raw.type,
    usage: raw.usage,
    from: raw.startDateTime ?? raw.startDate,
    until: raw.endDateTime ?? raw.endDate,
  }));
export type KeyCredential = z.infer<typeof KeyCredential>;

/** 20 bytes in base64, in hexadecimal, or the hexadecimal text in base64: each is met. Lower-case hexadecimal. */
function thumbprintOf(identifier: string | undefined): string | undefined {
  if (identifier === undefined) return undefined;
  const text = identifier.trim();
  if (/^[0-9a-f]{40}$/i.test(text)) return text.toLowerCase();
  if (!/^[A-Za-z0-9+/_-]{27,56}={0,2}$/.test(text)) return undefined;
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length === 20) return bytes.toString('hex');
  const inner = bytes.toString('latin1');
  return /^[0-9a-f]{40}$/i.test(inner) ? inner.toLowerCase() : undefined;
}

const held = {
  displayName: optionalText,
  notes: optionalText,
  tags: texts,
  passwordCredentials: list,
  keyCredentials: list,
  owners: list,
  federatedIdentityCredentials: list,
  tenantId: optionalGuid,
};

export const Application = z
  .object({
    ...held,
    id: optionalGuid,
    objectId: optionalGuid,
    appId: guid,
    createdDateTime: optionalTime,
    serviceManagementReference: optionalText,
    signInAudience: optionalText,
    servicePrincipalLockConfiguration: z.object({ isEnabled: optionalFlag }).nullish(),
  })
  .transform(({ id, objectId, servicePrincipalLockConfiguration, ...raw }) => ({
    ...raw,
    objectId: id ?? objectId,
    isLocked: servicePrincipalLockConfiguration?.isEnabled,
  }));
export type Application = z.infer<typeof Application>;

export const ServicePrincipal = z
  .object({
    ...held,
    id: optionalGuid,
    objectId: optionalGuid,
    appId: guid,
    appDisplayName: optionalText,
    createdDateTime: optionalTime,
    accountEnabled: z
      .union([z.boolean(), z.string()])
      .nullish()
      .transform((flag) => (flag === null || flag === undefined ? undefined : String(flag).toLowerCase() === 'true')),
    servicePrincipalType: optionalText,
    appOwnerOrganizationId: optionalGuid,
    appOwnerTenantId: optionalGuid,
    alternativeNames: texts,
    preferredSingleSignOnMode: optionalText,
    verifiedPublisher: z.object({ displayName: optionalText, verifiedPublisherId: optionalText }).nullish(),
    appRoleAssignments: list,
    appRoles: list,
  })
  .transform(({ id, objectId, appOwnerOrganizationId, appOwnerTenantId, verifiedPublisher, ...raw }) => ({
    ...raw,
    objectId: id ?? objectId,
    home: appOwnerOrganizationId ?? appOwnerTenantId,
    publisher: verifiedPublisher?.verifiedPublisherId === undefined ? undefined : verifiedPublisher.displayName,
  }));
export type ServicePrincipal = z.infer<typeof ServicePrincipal>;

export const AppRole = z.object({ id: guid, value: optionalText });

/** `az identity list`; Resource Graph and ARM put the ids below `properties`. */
export const ManagedIdentity = z
  .object({
    id: optionalText,
    name: optionalText,
    resourceGroup: optionalText,
    clientId: optionalGuid,
    principalId: optionalGuid,
    tenantId: optionalGuid,
    tags: z.record(z.string(), z.unknown()).nullish(),
    properties: z.object({ clientId: optionalGuid, principalId: optionalGuid, tenantId: optionalGuid }).nullish(),
  })
  .transform(({ properties, ...raw }) => ({
    ...raw,
    clientId: raw.clientId ?? properties?.clientId,
    principalId: raw.principalId ?? properties?.principalId,
    tenantId: raw.tenantId ?? properties?.tenantId,
  }))
  .refine((raw) => raw.clientId !== undefined, { message: 'not an id', path: ['clientId'] });
export type ManagedIdentity = z.infer<typeof ManagedIdentity>;

const federated = {
  issuer: optionalText,
  subject: optionalText,
  audiences: texts,
  claimsMatchingExpression: z
    .union([z.string(), z.object({ value: optionalText })])
    .nullish()
    .transform((raw) => (typeof raw === 'string' ? raw : raw?.value)),
};

export const FederatedCredential = z
  .object({ ...federated, id: optionalText, name: optionalText, properties: z.object(federated).nullish() })
  .transform(({ properties, ...raw }) => ({
    ...raw,
    issuer: raw.issuer ?? properties?.issuer,
    subject: raw.subject ?? properties?.subject,
    audiences: raw.audiences.length > 0 ? raw.audiences : (properties?.audiences ?? []),
    expression: raw.claimsMatchingExpression ?? properties?.claimsMatchingExpression,
  }))
  .refine((raw) => raw.issuer !== undefined, { message: 'missing', path: ['issuer'] });
export type FederatedCredential = z.infer<typeof FederatedCredential>;

/** A user, service principal or group, as an owner, a member or an expanded principal. */
export const DirectoryObject = z
  .object({
    '@odata.type': optionalText,
    objectType: optionalText,
    id: optionalGuid,
    objectId: optionalGuid,
    appId: optionalGuid,
    displayName: optionalText,
    mail: optionalText,
    userPrincipalName: optionalText,
    servicePrincipalType: optionalText,
  })
  .transform(({ '@odata.type': type, objectType, id, objectId, ...raw }) => ({
    ...raw,
    objectId: id ?? objectId,
    type: objectTypeOf(type ?? objectType, raw),
  }))
  .refine((raw) => raw.objectId !== undefined || raw.appId !== undefined, { message: 'missing', path: ['id'] });
export type DirectoryObject = z.infer<typeof DirectoryObject>;

function objectTypeOf(
  type: string | undefined,
  raw: { readonly appId: string | undefined; readonly userPrincipalName: string | undefined },
): 'ServicePrincipal' | 'User' | 'Group' | undefined {
  const word = type?.replace(/^#microsoft\.graph\./, '').toLowerCase();
  if (word === 'serviceprincipal' || word === 'user' || word === 'group')
    return ({ serviceprincipal: 'ServicePrincipal', user: 'User', group: 'Group' } as const)[word];
  if (raw.appId !== undefined) return 'ServicePrincipal';
  return raw.userPrincipalName === undefined ? undefined : 'User';
}

const Moment = z.object({ lastSignInDateTime: optionalTime }).nullish();

/** https://learn.microsoft.com/en-us/graph/api/resources/serviceprincipalsigninactivity */
export const ServicePrincipalActivity = z
  .object({
    appId: guid,
    lastSignInActivity: Moment,
    applicationAuthenticationClientSignInActivity: Moment,
    delegatedClientSignInActivity: Moment,
    applicationAuthenticationResourceSignInActivity: Moment,
    delegatedResourceSignInActivity: Moment,
  })
  .transform(({ appId, ...moments }) => ({
    appId,
    lastUsedAt: latest(Object.values(moments).map((one) => one?.lastSignInDateTime)),
  }));
export type ServicePrincipalActivity = z.infer<typeof ServicePrincipalActivity>;

/** https://learn.microsoft.com/en-us/graph/api/resources/appcredentialsigninactivity */
export const CredentialActivity = z
  .object({
    keyId: guid,
    appId: guid,
    keyType: optionalText,
    resourceId: optionalGuid,
    signInActivity: Moment,
  })
  .transform(({ signInActivity, ...raw }) => ({ ...raw, lastUsedAt: signInActivity?.lastSignInDateTime }));
export type CredentialActivity = z.infer<typeof CredentialActivity>;

const Restriction = z
  .array(z.object({ restrictionType: optionalText, maxLifetime: optionalText, state: optionalText }))
  .nullish()
  .transform((all) => (all ?? []).filter((one) => one.state === undefined || one.state === 'enabled'));

const Restrictions = z.object({ passwordCredentials: Restriction, keyCredentials: Restriction }).nullish();

export const AppPolicy = z
  .object({
    displayName: optionalText,
    isEnabled: optionalFlag,
    applicationRestrictions: Restrictions,
    servicePrincipalRestrictions: Restrictions,
    restrictions: Restrictions,
  })
  .transform((raw) => ({
    name: raw.displayName,
    isEnabled: raw.isEnabled !== false,
    rules: [raw.applicationRestrictions, raw.restrictions].flatMap((one) => [
      ...(one?.passwordCredentials ?? []).map((rule) => ({ ...rule, of: 'password' })),
      ...(one?.keyCredentials ?? []).map((rule) => ({ ...rule, of: 'certificate' })),
    ]),
  }));
export type AppPolicy = z.infer<typeof AppPolicy>;

function latest(times: readonly (string | undefined)[]): string | undefined {
  return times
    .filter((one) => one !== undefined)
    .toSorted()
    .at(-1);
}
