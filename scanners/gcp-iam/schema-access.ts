import { z } from 'zod';
import { texts } from '../../src/formats/answer.ts';
import { Condition, optionalFlag, optionalText } from './schema.ts';

/** What limits rights, federates identities, and tells of use. Only what is used. */
const text = z.string().min(1);

/** https://cloud.google.com/iam/docs/reference/rest/v1/projects.locations.workloadIdentityPools.providers */
export const PoolProvider = z
  .object({
    name: z
      .string()
      .regex(/^projects\/[^/]+\/locations\/global\/workloadIdentityPools\/[^/]+\/providers\/[^/]+$/, 'the name of a provider'),
    state: optionalText,
    disabled: optionalFlag,
    attributeCondition: optionalText,
    attributeMapping: z.record(z.string(), z.string()).nullish(),
    oidc: z.object({ issuerUri: optionalText, allowedAudiences: texts }).nullish(),
    aws: z.object({ accountId: optionalText }).nullish(),
    saml: z.unknown().optional(),
    x509: z.unknown().optional(),
  })
  .transform((raw) => {
    const parts = /^projects\/(?<project>[^/]+)\/locations\/global\/workloadIdentityPools\/(?<pool>[^/]+)\//.exec(
      raw.name,
    )?.groups;
    const kind =
      (['oidc', 'aws', 'saml', 'x509'] as const).find((one) => raw[one] !== undefined && raw[one] !== null) ??
      ('unknown' as const);
    return {
      name: raw.name,
      project: parts?.project ?? '-',
      pool: parts?.pool ?? '-',
      kind,
      issuer: raw.oidc?.issuerUri?.replace(/^https:\/\//, '').replace(/\/$/, ''),
      audiences: raw.oidc?.allowedAudiences ?? [],
      condition: raw.attributeCondition,
      mapping: raw.attributeMapping ?? {},
      enabled: raw.disabled !== true && raw.state !== 'DELETED',
      awsAccount: raw.aws?.accountId,
    };
  });
export type PoolProvider = z.infer<typeof PoolProvider>;

export const Pool = z.object({ name: text, state: optionalText, disabled: optionalFlag });

/** https://cloud.google.com/iam/docs/reference/rest/v2/policies: a list leaves the rules out. */
export const DenyPolicy = z
  .object({
    name: z.string().regex(/^policies\/.+\/denypolicies\/[^/]+$/i, 'the name of a deny policy'),
    rules: z
      .array(
        z.object({
          denyRule: z
            .object({
              deniedPrincipals: texts,
              exceptionPrincipals: texts,
              deniedPermissions: texts,
              exceptionPermissions: texts,
              denialCondition: Condition,
            })
            .nullish(),
        }),
      )
      .nullish(),
  })
  .transform((raw) => ({
    name: raw.name,
    attachedTo: attachmentPoint(raw.name),
    rules: raw.rules?.flatMap(({ denyRule }) => denyRule ?? []),
  }));
export type DenyPolicy = z.infer<typeof DenyPolicy>;

/** `policies/cloudresourcemanager.googleapis.com%2Fprojects%2Fhc-prod/denypolicies/x` → `projects/hc-prod` */
function attachmentPoint(name: string): string {
  const part = /^policies\/(?<point>.+)\/denypolicies\//i.exec(name)?.groups?.point ?? '';
  return part.replaceAll(/%2f/gi, '/').replace(/^cloudresourcemanager\.googleapis\.com\//, '');
}

/** https://cloud.google.com/iam/docs/reference/rest/v3/organizations.locations.principalAccessBoundaryPolicies */
export const BoundaryPolicy = z
  .object({
    name: text,
    details: z
      .object({
        rules: z.array(z.object({ resources: texts, effect: z.union([z.string(), z.number()]).nullish() })).nullish(),
        enforcementVersion: optionalText,
      })
      .nullish(),
  })
  .transform((raw) => ({
    policy: raw.name,
    resources: (raw.details?.rules ?? []).flatMap(({ resources }) => resources),
    version: raw.details?.enforcementVersion ?? 'latest',
  }));

export const PolicyBinding = z
  .object({
    name: text,
    policy: text,
    target: z.object({ principalSet: text }),
    condition: Condition,
  })
  .transform((raw) => ({ policy: raw.policy, principalSet: raw.target.principalSet, condition: raw.condition }));

/** https://cloud.google.com/policy-intelligence/docs/activity-analyzer-service-account-authentication */
export const Activity = z
  .object({
    fullResourceName: text,
    observationPeriod: z.object({ startTime: optionalText, endTime: optionalText }).nullish(),
    activity: z
      .object({
        lastAuthenticatedTime: optionalText,
        serviceAccount: z.object({ fullResourceName: optionalText, serviceAccountId: optionalText }).nullish(),
        serviceAccountKey: z.object({ fullResourceName: optionalText, serviceAccountId: optionalText }).nullish(),
      })
      .nullish(),
  })
  .transform((raw) => ({
    names: [
      raw.fullResourceName,
      ...[raw.activity?.serviceAccount, raw.activity?.serviceAccountKey].flatMap((one) => one?.fullResourceName ?? []),
    ],
    lastUsed: raw.activity?.lastAuthenticatedTime,
    from: raw.observationPeriod?.startTime,
    until: raw.observationPeriod?.endTime,
  }));
export type Activity = z.infer<typeof Activity>;

const permissions = z
  .array(z.union([z.string(), z.object({ permission: z.string() }).transform(({ permission }) => permission)]))
  .nullish()
  .transform((list) => list ?? []);

/** https://cloud.google.com/policy-intelligence/docs/policy-insights and …/service-account-insights */
export const Insight = z
  .object({
    name: text,
    observationPeriod: optionalText,
    lastRefreshTime: optionalText,
    targetResources: texts,
    content: z
      .object({
        email: optionalText,
        lastAuthenticatedTime: optionalText,
        role: optionalText,
        member: optionalText,
        exercisedPermissions: permissions,
        inferredPermissions: permissions,
        currentTotalPermissionsCount: z.union([z.string(), z.number()]).nullish(),
      })
      .nullish(),
  })
  .transform(({ content, ...raw }) => ({
    ...raw,
    type: /\/insightTypes\/(?<type>[\w.]+)\//.exec(raw.name)?.groups?.type ?? '',
    days: Math.floor(Number(/^(?<seconds>\d+)(?:\.\d+)?s$/.exec(raw.observationPeriod ?? '')?.groups?.seconds ?? 0) / 86_400),
    content: content ?? undefined,
  }));
export type Insight = z.infer<typeof Insight>;

/** https://cloud.google.com/policy-intelligence/docs/role-recommendations-overview */
export const Recommendation = z
  .object({
    name: text,
    content: z
      .object({
        overview: z
          .object({
            member: optionalText,
            resource: optionalText,
            removedRole: optionalText,
            addedRoles: texts,
            minimumObservationPeriodInDays: z.union([z.string(), z.number()]).nullish(),
          })
          .nullish(),
      })
      .nullish(),
  })
  .transform((raw) => raw.content?.overview ?? undefined);

/** https://cloud.google.com/api-keys/docs/reference/rest/v2/projects.locations.keys */
export const ApiKey = z
  .object({
    name: z.string().regex(/^projects\/[^/]+\/locations\/global\/keys\/[^/]+$/, 'the name of an API key'),
    uid: optionalText,
    displayName: optionalText,
    createTime: optionalText,
    deleteTime: optionalText,
    serviceAccountEmail: optionalText,
    keyString: optionalText,
    restrictions: z
      .object({
        browserKeyRestrictions: z.unknown().optional(),
        serverKeyRestrictions: z.unknown().optional(),
        androidKeyRestrictions: z.unknown().optional(),
        iosKeyRestrictions: z.unknown().optional(),
        apiTargets: z.array(z.object({ service: optionalText })).nullish(),
      })
      .nullish(),
  })
  .transform((raw) => ({
    ...raw,
    project: /^projects\/(?<project>[^/]+)\//.exec(raw.name)?.groups?.project ?? '-',
    id: raw.uid ?? raw.name.slice(raw.name.lastIndexOf('/') + 1),
    callers: (['browser', 'server', 'android', 'ios'] as const).find(
      (one) => raw.restrictions?.[`${one}KeyRestrictions`] !== undefined && raw.restrictions[`${one}KeyRestrictions`] !== null,
    ),
    services: (raw.restrictions?.apiTargets ?? []).flatMap(({ service }) => service ?? []),
  }));
export type ApiKey = z.infer<typeof ApiKey>;

/** The API and `gcloud storage` spell the fields differently. https://cloud.google.com/storage/docs/json_api/v1/projects/hmacKeys */
export const HmacKey = z
  .object({
    accessId: optionalText,
    access_id: optionalText,
    serviceAccountEmail: optionalText,
    service_account_email: optionalText,
    service_account: optionalText,
    timeCreated: optionalText,
    time_created: optionalText,
    creation_time: optionalText,
    projectId: optionalText,
    project_id: optionalText,
    state: optionalText,
  })
  .transform((raw) => ({
    accessId: raw.accessId ?? raw.access_id,
    email: raw.serviceAccountEmail ?? raw.service_account_email ?? raw.service_account,
    createdAt: raw.timeCreated ?? raw.time_created ?? raw.creation_time,
    project: raw.projectId ?? raw.project_id,
    state: raw.state?.toUpperCase(),
  }))
  .refine(({ accessId }) => accessId !== undefined, 'accessId');
export type HmacKey = z.infer<typeof HmacKey>;

/** Of `gcloud identity groups memberships list`: of which group, only a number tells. https://cloud.google.com/identity/docs/reference/rest/v1/groups.memberships */
export const Membership = z
  .object({
    name: z.string().regex(/^groups\/[^/]+\/memberships\/[^/]+$/, 'the name of a membership'),
    preferredMemberKey: z.object({ id: optionalText }).nullish(),
    memberKey: z.object({ id: optionalText }).nullish(),
  })
  .transform((raw) => ({
    group: raw.name.split('/').slice(0, 2).join('/'),
    member: (raw.preferredMemberKey?.id ?? raw.memberKey?.id)?.toLowerCase(),
  }));
export type Membership = z.infer<typeof Membership> & { readonly email?: string };

/** https://cloud.google.com/resource-manager/docs/reference/orgpolicy/rest/v2/projects.policies */
export const OrganizationPolicy = z
  .object({
    name: z.string().regex(/^(?:projects|folders|organizations)\/[^/]+\/policies\/[^/]+$/, 'the name of a policy'),
    spec: z
      .object({ reset: optionalFlag, rules: z.array(z.object({ enforce: optionalFlag, condition: Condition })).nullish() })
      .nullish(),
  })
  .transform(({ name, spec }) => ({
    place: name.split('/').slice(0, 2).join('/'),
    // A rule with a condition may leave some out.
    isEnforced: spec?.reset === true || (spec?.rules ?? []).every(({ enforce }) => enforce !== false),
  }));

/** Of `gcloud identity groups describe`. */
export const Group = z
  .object({ name: z.string().regex(/^groups\/[^/]+$/, 'the name of a group'), groupKey: z.object({ id: text }) })
  .transform((raw) => ({ name: raw.name, email: raw.groupKey.id.toLowerCase() }));

/** Of `gcloud projects list`, the API's versions 1 and 3, and assets. */
export const Project = z
  .object({
    projectId: optionalText,
    projectNumber: z.union([z.string(), z.number()]).nullish(),
    name: optionalText,
    labels: z.record(z.string(), z.string()).nullish(),
    parent: z.union([z.string(), z.object({ type: optionalText, id: z.union([z.string(), z.number()]).nullish() })]).nullish(),
  })
  .transform(({ projectId, projectNumber, name, labels, parent }) => ({
    id: projectId,
    number:
      projectNumber === undefined || projectNumber === null
        ? /^projects\/(?<number>\d+)$/.exec(name ?? '')?.groups?.number
        : String(projectNumber),
    labels: labels ?? {},
    parent:
      parent === undefined || parent === null
        ? undefined
        : typeof parent === 'string'
          ? parent
          : parent.type === undefined || parent.id === undefined || parent.id === null
            ? undefined
            : `${parent.type}s/${parent.id}`,
  }));
export type Project = z.infer<typeof Project>;
