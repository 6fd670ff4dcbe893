import { z } from 'zod';
import { flag as optionalFlag, texts } from '../../src/formats/answer.ts';
import { guid, lastPart, optionalGuid, optionalText, optionalTime } from './schema-fields.ts';

/** Permissions, roles and access policies. */

export const AppRoleAssignment = z.object({
  id: optionalText,
  appRoleId: guid,
  principalId: guid,
  principalType: optionalText,
  resourceId: optionalGuid,
  resourceDisplayName: optionalText,
  createdDateTime: optionalTime,
});
export type AppRoleAssignment = z.infer<typeof AppRoleAssignment>;

export const DelegatedGrant = z.object({
  id: optionalText,
  clientId: guid,
  consentType: optionalText,
  resourceId: optionalGuid,
  scope: optionalText,
});
export type DelegatedGrant = z.infer<typeof DelegatedGrant>;

/** Of the directory (Graph) and of Azure (ARM, the CLI, Resource Graph): which one, the scope tells. */
const assignment = {
  principalId: optionalGuid,
  principalType: optionalText,
  principalName: optionalText,
  roleDefinitionId: optionalText,
  roleDefinitionName: optionalText,
  scope: optionalText,
  condition: optionalText,
  directoryScopeId: optionalText,
  endDateTime: optionalTime,
};

export const RoleAssignment = z
  .object({
    ...assignment,
    id: optionalText,
    principal: z.unknown().optional(),
    roleDefinition: z.object({ displayName: optionalText }).nullish(),
    properties: z.object(assignment).nullish(),
  })
  .transform(({ properties, ...raw }) => ({
    ...raw,
    principalId: raw.principalId ?? properties?.principalId,
    principalType: raw.principalType ?? properties?.principalType,
    roleDefinitionId: raw.roleDefinitionId ?? properties?.roleDefinitionId,
    roleDefinitionName: raw.roleDefinitionName ?? properties?.roleDefinitionName ?? raw.roleDefinition?.displayName,
    scope: raw.scope ?? properties?.scope,
    condition: raw.condition ?? properties?.condition,
    endDateTime: raw.endDateTime ?? properties?.endDateTime,
    isEligible: false,
  }))
  .refine((raw) => raw.principalId !== undefined, { message: 'not an id', path: ['principalId'] })
  .refine((raw) => raw.roleDefinitionId !== undefined || raw.roleDefinitionName !== undefined, {
    message: 'missing',
    path: ['roleDefinitionId'],
  });
export type RoleAssignment = z.infer<typeof RoleAssignment>;

const operations = z
  .array(z.object({ actions: texts, notActions: texts, dataActions: texts, notDataActions: texts }))
  .nullish()
  .transform((all) => all ?? []);

export const AzureRole = z
  .object({
    id: optionalText,
    name: optionalText,
    roleName: optionalText,
    permissions: operations,
    properties: z.object({ roleName: optionalText, permissions: operations }).nullish(),
  })
  .transform((raw) => ({
    id: lastPart(raw.id) ?? raw.name?.toLowerCase(),
    name: raw.roleName ?? raw.properties?.roleName,
    permissions: raw.permissions.length > 0 ? raw.permissions : (raw.properties?.permissions ?? []),
  }))
  .refine((raw) => raw.id !== undefined, { message: 'missing', path: ['id'] });
export type AzureRole = z.infer<typeof AzureRole>;

export const DirectoryRole = z
  .object({
    id: guid,
    templateId: optionalGuid,
    displayName: optionalText,
    isBuiltIn: optionalFlag,
    rolePermissions: z
      .array(z.object({ allowedResourceActions: texts }))
      .nullish()
      .transform((all) => (all ?? []).flatMap((one) => one.allowedResourceActions)),
  })
  .transform((raw) => ({ ...raw, templateId: raw.templateId ?? raw.id }));
export type DirectoryRole = z.infer<typeof DirectoryRole>;

const accessPolicies = z
  .array(
    z.object({
      objectId: optionalGuid,
      applicationId: optionalGuid,
      permissions: z.object({ secrets: texts, keys: texts, certificates: texts }).nullish(),
    }),
  )
  .nullish()
  .transform((all) => all ?? []);

/** A key vault: who may read it by its own policies, where it does not go by roles. */
export const Vault = z
  .object({
    id: optionalText,
    name: optionalText,
    properties: z.object({ enableRbacAuthorization: optionalFlag, accessPolicies }),
  })
  .transform(({ properties, ...raw }) => ({
    ...raw,
    policies: properties.enableRbacAuthorization === true ? [] : properties.accessPolicies,
  }));
export type Vault = z.infer<typeof Vault>;
