import { z } from 'zod';
import { type GrantObservation, identityIdFromArn, type JsonObject, type Location } from '../../src/contracts/index.ts';
import { coversAction } from '../../src/iam/covers.ts';
import { commonText, compilePattern, type Subject } from '../../src/iam/index.ts';
import { trimPolicies } from '../../src/iam/trim.ts';
import { time } from './schema.ts';

/**
 * Which services (and actions that AWS tracks) a principal may use, and when it last did. The answer names no principal.
 * https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetServiceLastAccessedDetails.html
 */
const Service = z
  .object({
    ServiceNamespace: z.string().min(1),
    LastAuthenticated: time,
    LastAuthenticatedEntity: z.string().nullish(),
    TotalAuthenticatedEntities: z.number().nullish(),
    TrackedActionsLastAccessed: z.array(z.object({ ActionName: z.string().min(1), LastAccessedTime: time })).nullish(),
  })
  .transform((raw) => ({
    service: raw.ServiceNamespace.toLowerCase(),
    usedAt: raw.LastAuthenticated,
    by: raw.LastAuthenticatedEntity ?? undefined,
    users: raw.TotalAuthenticatedEntities ?? undefined,
    actions: (raw.TrackedActionsLastAccessed ?? []).map((one) => ({ action: one.ActionName, usedAt: one.LastAccessedTime })),
  }));

export const ServiceLastAccessed = z
  .object({
    JobStatus: z.string().nullish(),
    JobCreationDate: time,
    JobCompletionDate: time,
    ServicesLastAccessed: z.array(Service).nullish(),
  })
  .transform((raw) => ({
    status: raw.JobStatus ?? 'COMPLETED',
    takenAt: raw.JobCompletionDate ?? raw.JobCreationDate,
    services: raw.ServicesLastAccessed ?? [],
  }));
export type ServiceLastAccessed = z.infer<typeof ServiceLastAccessed>;

/** AWS keeps 400 days. https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_last-accessed.html */
const TRACKED_DAYS = 400;
const DAY_MS = 86_400_000;

/** The one principal that all of it is about, where the use itself tells: one entity, the same for every service. */
export function principalOf(answer: ServiceLastAccessed): string | undefined {
  const arns = new Set(answer.services.flatMap((one) => one.by ?? []));
  const [arn] = arns;
  if (arns.size !== 1 || answer.services.some((one) => (one.users ?? 0) > 1)) return undefined;
  return arn !== undefined && identityIdFromArn(arn) !== undefined ? arn : undefined;
}

/** RoleLastUsed is no more than a hint and is often empty: the last call that any service heard counts, too. */
export function lastUseOf(role: string | undefined, used: ServiceLastAccessed | undefined): string | undefined {
  return [role, ...(used?.services ?? []).map(({ usedAt }) => usedAt)]
    .filter((at) => at !== undefined)
    .sort()
    .at(-1);
}

/** Pages of one answer, or two answers on one principal: the later use of each service counts. */
export function mergeLastAccessed(one: ServiceLastAccessed | undefined, other: ServiceLastAccessed): ServiceLastAccessed {
  if (one === undefined) return other;
  const services = new Map(one.services.map((service) => [service.service, service]));
  for (const service of other.services) {
    const known = services.get(service.service);
    if (known === undefined || (service.usedAt ?? '') > (known.usedAt ?? '')) services.set(service.service, service);
  }
  const takenAt = [one.takenAt, other.takenAt]
    .filter((at) => at !== undefined)
    .sort()
    .at(-1);
  return { status: other.status, takenAt, services: [...services.values()] };
}

export interface UnusedRights {
  /** Services with a right that was never used in the window. */
  readonly services: readonly string[];
  readonly usedServices: readonly { readonly service: string; readonly usedAt: string }[];
  /** Of services in use: actions that AWS tracks and that were not used. */
  readonly actions: readonly string[];
  readonly usedActions: readonly string[];
  readonly windowDays: number;
  readonly from: string;
  readonly takenAt: string;
}

/** What the principal still may and did not use within what AWS remembers of it. */
export function unusedRights(
  subject: Subject,
  createdAt: string | undefined,
  answer: ServiceLastAccessed,
): UnusedRights | undefined {
  const { takenAt } = answer;
  if (answer.status !== 'COMPLETED' || takenAt === undefined || answer.services.length === 0) return undefined;
  const tracked = new Date(Date.parse(takenAt) - TRACKED_DAYS * DAY_MS).toISOString();
  const from = createdAt !== undefined && createdAt > tracked ? createdAt : tracked;
  const services: string[] = [];
  const usedServices: { service: string; usedAt: string }[] = [];
  const actions: string[] = [];
  const usedActions: string[] = [];
  for (const one of answer.services) {
    // The answer may be older than the policies.
    if (!allowsService(subject, one.service)) continue;
    if (one.usedAt === undefined || one.usedAt < from) {
      services.push(one.service);
      continue;
    }
    usedServices.push({ service: one.service, usedAt: one.usedAt });
    for (const { action, usedAt } of one.actions) {
      const name = `${one.service}:${action}`;
      if (usedAt !== undefined) usedActions.push(name);
      else if (allowsAction(subject, name)) actions.push(name);
    }
  }
  const windowDays = Math.max(0, Math.floor((Date.parse(takenAt) - Date.parse(from)) / DAY_MS));
  return { services, usedServices, actions, usedActions, windowDays, from, takenAt };
}

/** Services and actions named in a row; the rest is counted. */
const MAX_NAMED = 40;
const MAX_TEXT = 20_000;

/** One row a principal: a hundred rows of an administrator say no more. */
export function unusedRow(
  subject: Subject,
  rights: UnusedRights,
  answer: ServiceLastAccessed,
  at: Location,
): GrantObservation | undefined {
  const { services, usedServices, actions, usedActions, windowDays, takenAt } = rights;
  if (services.length === 0 && actions.length === 0) return undefined;
  const trimmed = trim(subject, rights, answer);
  return {
    kind: 'grant',
    identity: identityIdFromArn(subject.arn) ?? subject.arn,
    effect: 'allow',
    permission: (services.length > 0 ? services : actions).slice(0, MAX_NAMED).join(', '),
    resource: '*',
    via: policiesThatGrant(subject, services).join(', ') || subject.arn,
    viaKind: 'unused',
    at,
    detail: {
      unusedServices: services.slice(0, MAX_NAMED),
      unusedServiceCount: services.length,
      usedServices: usedServices.slice(0, MAX_NAMED).map((one) => one.service),
      usedServiceCount: usedServices.length,
      unusedActions: actions.slice(0, MAX_NAMED),
      unusedActionCount: actions.length,
      usedActions: usedActions.slice(0, MAX_NAMED),
      windowDays,
      takenAt,
      ...trimmed,
    },
  };
}

/** The text to review, and what keeps it from being sure. */
function trim(subject: Subject, { from, takenAt }: UnusedRights, answer: ServiceLastAccessed): JsonObject {
  const { document, removed, inconclusive, notes } = trimPolicies(subject, {
    from,
    to: takenAt,
    services: answer.services.map(({ service, usedAt, actions }) => ({
      service,
      ...(usedAt === undefined ? {} : { lastUsedAt: usedAt }),
      ...(actions.length === 0
        ? {}
        : {
            actions: actions.map((one) => ({
              action: one.action,
              ...(one.usedAt === undefined ? {} : { lastUsedAt: one.usedAt }),
            })),
          }),
    })),
  });
  const text = JSON.stringify(document, null, 1);
  return {
    ...(text.length > MAX_TEXT ? {} : { trimmedPolicy: text }),
    removed: removed.slice(0, MAX_NAMED).map((one) => `${one.permission} on ${one.resource} (${one.via}): ${one.why}`),
    removedCount: removed.length,
    ...(inconclusive === undefined ? {} : { inconclusive }),
    ...(notes.length === 0 ? {} : { notes }),
  };
}

function allowsService(subject: Subject, service: string): boolean {
  const all = compilePattern(`${service}:*`);
  return subject.policies.some((policy) =>
    policy.document.statements.some((statement) => {
      if (statement.effect !== 'allow') return false;
      if (statement.actions === undefined) return true;
      return statement.actions.some((action) => commonText(compilePattern(action.toLowerCase()), all) !== undefined);
    }),
  );
}

function allowsAction(subject: Subject, action: string): boolean {
  return subject.policies.some((policy) =>
    policy.document.statements.some((statement) => statement.effect === 'allow' && coversAction(statement, action)),
  );
}

/** Names of the policies that allow any of these services by name. */
function policiesThatGrant(subject: Subject, services: readonly string[]): string[] {
  const prefixes = new Set(services);
  return subject.policies
    .filter((policy) =>
      policy.document.statements.some(
        ({ effect, actions }) =>
          effect === 'allow' && (actions ?? []).some((action) => prefixes.has(action.toLowerCase().split(':')[0] ?? '')),
      ),
    )
    .map((policy) => policy.name)
    .slice(0, 5);
}
