import { z } from 'zod';
import { namedParts, SERVICE_ACCOUNT_NAME } from '../../src/iam/gcp/accounts.ts';

/**
 * What `gcloud … --format=json`, the REST methods and Cloud Asset exports say; exports to a bucket spell fields with
 * underscores. Only what is used; anything more is let through.
 * https://cloud.google.com/iam/docs/reference/rest/v1/projects.serviceAccounts
 */
const text = z.string().min(1);
export const optionalText = z
  .string()
  .nullish()
  .transform((value) => (value === null || value === '' ? undefined : value));
export const optionalFlag = z
  .boolean()
  .nullish()
  .transform((value) => value ?? undefined);

export const ServiceAccount = z
  .object({
    email: text,
    name: optionalText,
    projectId: optionalText,
    uniqueId: optionalText,
    oauth2ClientId: optionalText,
    displayName: optionalText,
    description: optionalText,
    disabled: optionalFlag,
  })
  .transform((raw) => ({ ...raw, projectId: raw.projectId ?? namedParts(raw.name ?? '')?.project }));
export type ServiceAccount = z.infer<typeof ServiceAccount>;

export const ServiceAccountKey = z
  .object({
    name: z.string().regex(SERVICE_ACCOUNT_NAME, 'projects/P/serviceAccounts/EMAIL/keys/ID'),
    validAfterTime: optionalText,
    validBeforeTime: optionalText,
    keyType: optionalText,
    keyOrigin: optionalText,
    keyAlgorithm: optionalText,
    disabled: optionalFlag,
    disableReason: optionalText,
    extendedStatus: z.array(z.object({ key: optionalText })).nullish(),
  })
  .transform(({ extendedStatus, name, ...raw }) => ({
    ...raw,
    name,
    project: namedParts(name)?.project,
    account: namedParts(name)?.account ?? '-',
    id: namedParts(name)?.key ?? name,
    extended: (extendedStatus ?? []).flatMap((one) => one.key ?? []),
  }));
export type ServiceAccountKey = z.infer<typeof ServiceAccountKey>;

export const Condition = z
  .object({ title: optionalText, expression: z.string() })
  .nullish()
  .transform((value) => value ?? undefined);
export type Condition = z.infer<typeof Condition>;

export const Binding = z.object({
  role: text,
  members: z
    .array(z.string())
    .nullish()
    .transform((list) => list ?? []),
  condition: Condition,
});
export type Binding = z.infer<typeof Binding>;

export const Role = z
  .object({
    name: z.string().regex(/^(?:(?:projects|organizations)\/[^/]+\/)?roles\/[^/]+$/, 'the name of a role'),
    includedPermissions: z.array(z.string()).nullish(),
    deleted: optionalFlag,
  })
  .transform((raw) => ({ name: raw.name, permissions: raw.includedPermissions ?? undefined, deleted: raw.deleted === true }));
export type Role = z.infer<typeof Role>;

/** One line of an asset export or item of `asset list`; `resource.data` is what the resource's own API returns. */
export const Asset = z
  .object({
    name: text,
    assetType: optionalText,
    asset_type: optionalText,
    resource: z.object({ data: z.unknown().optional() }).nullish(),
    iamPolicy: z.unknown().optional(),
    iam_policy: z.unknown().optional(),
    ancestors: z.array(z.string()).nullish(),
  })
  .transform((raw) => ({
    ancestors: raw.ancestors ?? [],
    name: raw.name,
    type: raw.assetType ?? raw.asset_type ?? '',
    data: raw.resource?.data,
    policy: raw.iamPolicy ?? raw.iam_policy,
  }));

/** An item of `asset search-all-iam-policies`. */
export const FoundPolicy = z
  .object({
    resource: text,
    project: optionalText,
    folders: z.array(z.string()).nullish(),
    organization: optionalText,
    policy: z.object({ bindings: z.unknown().optional() }),
  })
  .transform((raw) => ({
    resource: raw.resource,
    project: raw.project,
    // From the project up, as `ancestors` of an asset.
    ancestors: [raw.project, ...(raw.folders ?? []), raw.organization].flatMap((one) => one ?? []),
    bindings: raw.policy.bindings,
  }));
