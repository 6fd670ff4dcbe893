import { z } from 'zod';
import type { IsoTime } from '../../src/contracts/index.ts';

/**
 * Answers of the IAM API as the CLI prints them and the SDK returns them: the same names, times as text or `Date`,
 * absent fields missing or null. Only what is used; anything more is let through.
 * https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html
 */
const text = z.string().min(1);
const optionalText = z
  .string()
  .nullish()
  .transform((value) => value ?? undefined);

/** ISO text, `Date`, or seconds since 1970 (`cli_timestamp_format = none`); what is no time is no fact. */
export const time = z
  .union([z.string(), z.number(), z.date()])
  .nullish()
  .transform((value) => isoTime(value ?? undefined));

const arn = z.string().regex(/^arn:aws[a-z-]*:iam::\d{12}:/, 'an IAM ARN');

/** Nothing where a list of them was left out: there may be some. */
const ToldTags = z
  .array(z.object({ Key: z.string(), Value: z.string() }))
  .nullish()
  .transform((list): { [key: string]: string } | undefined => {
    return list ? Object.fromEntries(list.map((tag) => [tag.Key, tag.Value])) : undefined;
  });

export const Tags = ToldTags.transform((tags) => tags ?? {});

const InlinePolicies = z
  .array(z.object({ PolicyName: text, PolicyDocument: z.unknown().optional() }))
  .nullish()
  .transform((list) => (list ?? []).map((one) => ({ name: one.PolicyName, document: one.PolicyDocument })));

const AttachedPolicies = z
  .array(z.object({ PolicyArn: text }))
  .nullish()
  .transform((list) => (list ?? []).map((one) => one.PolicyArn));

const Boundary = z
  .object({ PermissionsBoundaryArn: optionalText })
  .nullish()
  .transform((boundary) => boundary?.PermissionsBoundaryArn);

export const UserDetail = z
  .object({
    Arn: arn,
    UserName: text,
    UserId: optionalText,
    Path: optionalText,
    CreateDate: time,
    UserPolicyList: InlinePolicies,
    GroupList: z.array(z.string()).nullish(),
    AttachedManagedPolicies: AttachedPolicies,
    PermissionsBoundary: Boundary,
    Tags: ToldTags,
  })
  .transform((raw) => ({
    arn: raw.Arn,
    name: raw.UserName,
    uniqueId: raw.UserId ?? undefined,
    path: raw.Path ?? '/',
    createdAt: raw.CreateDate,
    inline: raw.UserPolicyList,
    groups: raw.GroupList ?? [],
    attached: raw.AttachedManagedPolicies,
    boundary: raw.PermissionsBoundary,
    tags: raw.Tags ?? {},
    tagsTold: raw.Tags !== undefined,
  }));
export type UserDetail = z.infer<typeof UserDetail>;

export const GroupDetail = z
  .object({ Arn: arn, GroupName: text, GroupPolicyList: InlinePolicies, AttachedManagedPolicies: AttachedPolicies })
  .transform((raw) => ({
    arn: raw.Arn,
    name: raw.GroupName,
    inline: raw.GroupPolicyList,
    attached: raw.AttachedManagedPolicies,
  }));
export type GroupDetail = z.infer<typeof GroupDetail>;

export const RoleDetail = z
  .object({
    Arn: arn,
    RoleName: text,
    RoleId: optionalText,
    Path: optionalText,
    CreateDate: time,
    AssumeRolePolicyDocument: z.unknown().optional(),
    RolePolicyList: InlinePolicies,
    AttachedManagedPolicies: AttachedPolicies,
    PermissionsBoundary: Boundary,
    InstanceProfileList: z.array(z.unknown()).nullish(),
    RoleLastUsed: z.object({ LastUsedDate: time, Region: optionalText }).nullish(),
    Tags: ToldTags,
  })
  .transform((raw) => ({
    arn: raw.Arn,
    name: raw.RoleName,
    uniqueId: raw.RoleId ?? undefined,
    path: raw.Path ?? '/',
    createdAt: raw.CreateDate,
    trust: raw.AssumeRolePolicyDocument,
    inline: raw.RolePolicyList,
    attached: raw.AttachedManagedPolicies,
    boundary: raw.PermissionsBoundary,
    instanceProfiles: raw.InstanceProfileList?.length ?? 0,
    lastUsedAt: raw.RoleLastUsed?.LastUsedDate,
    lastUsedRegion: raw.RoleLastUsed?.Region,
    tags: raw.Tags ?? {},
    tagsTold: raw.Tags !== undefined,
  }));
export type RoleDetail = z.infer<typeof RoleDetail>;

export const PolicyDetail = z
  .object({
    Arn: z.string().regex(/^arn:aws[a-z-]*:iam::(?:\d{12}|aws):policy\//, 'the ARN of a policy'),
    PolicyVersionList: z
      .array(z.object({ Document: z.unknown().optional(), VersionId: optionalText, IsDefaultVersion: z.boolean().nullish() }))
      .nullish(),
  })
  .transform((raw) => ({
    arn: raw.Arn,
    versions: (raw.PolicyVersionList ?? []).map((one) => ({ document: one.Document, isDefault: one.IsDefaultVersion === true })),
  }));
export type PolicyDetail = z.infer<typeof PolicyDetail>;

export const AccessKeyMetadata = z
  .object({
    UserName: optionalText,
    AccessKeyId: z.string().regex(/^A[A-Z]{3}[A-Z0-9]{12,124}$/, 'an access key id'),
    Status: optionalText,
    CreateDate: time,
  })
  .transform((raw) => ({ user: raw.UserName, id: raw.AccessKeyId, status: raw.Status, createdAt: raw.CreateDate }));
export type AccessKeyMetadata = z.infer<typeof AccessKeyMetadata>;

export const AccessKeyLastUsed = z
  .object({
    UserName: optionalText,
    AccessKeyLastUsed: z.object({ LastUsedDate: time, ServiceName: optionalText, Region: optionalText }).nullish(),
  })
  .transform((raw) => ({
    user: raw.UserName,
    usedAt: raw.AccessKeyLastUsed?.LastUsedDate,
    service: known(raw.AccessKeyLastUsed?.ServiceName),
    region: known(raw.AccessKeyLastUsed?.Region),
  }));
export type AccessKeyLastUsed = z.infer<typeof AccessKeyLastUsed>;

export const OidcProvider = z
  .object({
    Url: text,
    ClientIDList: z.array(z.string()).nullish(),
    ThumbprintList: z.array(z.string()).nullish(),
    CreateDate: time,
  })
  .transform((raw) => ({
    issuer: raw.Url.replace(/^https:\/\//, ''),
    audiences: raw.ClientIDList ?? [],
    thumbprints: raw.ThumbprintList?.length ?? 0,
    createdAt: raw.CreateDate,
  }));
export type OidcProvider = z.infer<typeof OidcProvider>;

export const SamlProvider = z
  .object({
    Arn: z.string().regex(/^arn:aws[a-z-]*:iam::\d{12}:saml-provider\//, 'the ARN of a SAML provider'),
    ValidUntil: time,
    CreateDate: time,
  })
  .transform((raw) => ({ arn: raw.Arn, validUntil: raw.ValidUntil, createdAt: raw.CreateDate }));
export type SamlProvider = z.infer<typeof SamlProvider>;

export function isoTime(value: string | number | Date | undefined): IsoTime | undefined {
  if (value === undefined) return undefined;
  const date = typeof value === 'number' ? new Date(value * 1000) : new Date(value);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}

/** IAM writes `N/A` where a key was never used. */
function known(value: string | undefined): string | undefined {
  return value === undefined || value === '' || value === 'N/A' ? undefined : value;
}
