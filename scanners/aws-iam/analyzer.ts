import { z } from 'zod';
import { credentialId, identityIdFromArn, type JsonObject, type Location, type Observation } from '../../src/contracts/index.ts';
import { time } from './schema.ts';

/**
 * Findings of IAM Access Analyzer: what of an account is unused, and what others may reach. The key id of an unused key stands
 * here beside its user. Lists (`list-findings-v2`) name the resource only; `get-finding-v2` has the details.
 * https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_GetFindingV2.html
 */
const Details = z.object({
  unusedIamUserAccessKeyDetails: z.object({ accessKeyId: z.string().min(1), lastAccessed: time }).nullish(),
  unusedIamRoleDetails: z.object({ lastAccessed: time }).nullish(),
  unusedIamUserPasswordDetails: z.object({ lastAccessed: time }).nullish(),
  unusedPermissionDetails: z
    .object({
      serviceNamespace: z.string().min(1),
      lastAccessed: time,
      actions: z.array(z.object({ action: z.string().min(1), lastAccessed: time })).nullish(),
    })
    .nullish(),
  externalAccessDetails: z
    .object({
      principal: z.record(z.string(), z.string()).nullish(),
      isPublic: z.boolean().nullish(),
      action: z.array(z.string()).nullish(),
      condition: z.record(z.string(), z.string()).nullish(),
    })
    .nullish(),
});

export const AnalyzerFinding = z
  .object({
    id: z.string().min(1),
    resource: z.string().nullish(),
    resourceType: z.string().nullish(),
    resourceOwnerAccount: z.string().nullish(),
    status: z.string().nullish(),
    analyzedAt: time,
    findingType: z.string().nullish(),
    findingDetails: z.array(Details).nullish(),
    // The first version of the API: external access only, without a list of details.
    principal: z.record(z.string(), z.string()).nullish(),
    isPublic: z.boolean().nullish(),
    action: z.array(z.string()).nullish(),
    condition: z.record(z.string(), z.string()).nullish(),
  })
  .transform(({ principal, isPublic, action, condition, ...raw }) => ({
    id: raw.id,
    resource: raw.resource ?? undefined,
    type: raw.findingType ?? (principal === undefined || principal === null ? undefined : 'ExternalAccess'),
    isOpen: (raw.status ?? 'ACTIVE') === 'ACTIVE',
    analyzedAt: raw.analyzedAt,
    details:
      raw.findingDetails ??
      (principal === undefined || principal === null
        ? []
        : [{ externalAccessDetails: { principal, isPublic, action, condition } }]),
  }));
export type AnalyzerFinding = z.infer<typeof AnalyzerFinding>;

/** Findings whose details are worth a call of their own. */
export function wantsDetails(finding: AnalyzerFinding): boolean {
  return finding.isOpen && finding.details.length === 0 && /^(?:Unused|ExternalAccess)/.test(finding.type ?? '');
}

export function* analyzerRows(finding: AnalyzerFinding, at: Location): Generator<Observation> {
  if (!finding.isOpen) return;
  const identity = finding.resource === undefined ? undefined : identityIdFromArn(finding.resource);
  const here = { ...at, pointer: finding.id };
  for (const details of finding.details) {
    const key = details.unusedIamUserAccessKeyDetails;
    if (key !== undefined && key !== null) {
      yield {
        kind: 'credential',
        id: credentialId('aws', 'access-key', key.accessKeyId),
        ...(identity === undefined ? {} : { identity }),
        provider: 'aws',
        type: 'access-key',
        publicId: key.accessKeyId,
        ...(key.lastAccessed === undefined ? {} : { lastUsedAt: key.lastAccessed }),
        neverExpires: true,
        at: here,
        detail: { source: 'access analyzer', useIsTold: true },
      };
    }
    if (identity === undefined) continue;
    const permission = details.unusedPermissionDetails;
    if (permission !== undefined && permission !== null) yield unusedPermission(identity, permission, finding, here);
    const outside = details.externalAccessDetails;
    if (outside !== undefined && outside !== null && identity.includes(':role/')) yield* externalTrust(identity, outside, here);
  }
}

function unusedPermission(
  identity: string,
  {
    serviceNamespace,
    actions,
  }: { readonly serviceNamespace: string; readonly actions?: readonly { readonly action: string }[] | null | undefined },
  finding: AnalyzerFinding,
  at: Location,
): Observation {
  const names = (actions ?? []).map(({ action }) => (action.includes(':') ? action : `${serviceNamespace}:${action}`));
  return {
    kind: 'grant',
    identity,
    effect: 'allow',
    permission: names.length === 0 ? serviceNamespace : names.slice(0, 40).join(', '),
    resource: '*',
    via: `access analyzer ${finding.id}`,
    viaKind: 'unused',
    at,
    detail: {
      source: 'access analyzer',
      unusedServices: names.length === 0 ? [serviceNamespace] : [],
      unusedServiceCount: names.length === 0 ? 1 : 0,
      unusedActions: names.slice(0, 40),
      unusedActionCount: names.length,
      ...(finding.analyzedAt === undefined ? {} : { takenAt: finding.analyzedAt }),
    },
  };
}

/** A finding tells what it hangs on by key and value, not how they are compared. */
function admissionOf(isAny: boolean, keys: readonly string[]): JsonObject {
  if (!isAny) return keys.some((key) => key.toLowerCase() === 'sts:externalid') ? { withoutExternalId: 'no' } : {};
  return keys.length === 0 ? { stranger: 'yes' } : { stranger: 'maybe', strangerIf: keys };
}

/** Somebody outside of the zone of trust may take a role. */
function* externalTrust(
  identity: string,
  {
    principal,
    isPublic,
    condition,
  }: {
    readonly principal?: { readonly [type: string]: string } | null | undefined;
    readonly isPublic?: boolean | null | undefined;
    readonly condition?: JsonObject | null | undefined;
  },
  at: Location,
): Generator<Observation> {
  for (const [type, value] of Object.entries(principal ?? {})) {
    // The trust policy says more of a token than a finding does.
    if (type === 'Federated' || type === 'Service') continue;
    const account = /^(?:arn:aws[a-z-]*:iam::)?(?<account>\d{12})(?::root)?$/.exec(value)?.groups?.account;
    const named = identityIdFromArn(value);
    const isAny = isPublic === true || value === '*';
    yield {
      kind: 'trust',
      identity,
      effect: 'allow',
      principal: isAny ? '*' : (account ?? named ?? value),
      principalType: isAny ? 'any' : account !== undefined ? 'account' : named !== undefined ? 'identity' : 'unknown',
      ...(condition === undefined || condition === null || Object.keys(condition).length === 0 ? {} : { condition }),
      at,
      detail: { source: 'access analyzer', crossAccount: true, ...admissionOf(isAny, Object.keys(condition ?? {})) },
    };
  }
}
