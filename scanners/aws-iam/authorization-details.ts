import type { z } from 'zod';
import { problemText } from '../../src/formats/answer.ts';
import { GroupDetail, PolicyDetail, RoleDetail, UserDetail } from './schema.ts';

/** What several pages of `get-account-authorization-details` say together, by ARN so that a page read twice counts once. */
export interface Details {
  readonly users: Map<string, UserDetail>;
  readonly groups: Map<string, GroupDetail>;
  readonly roles: Map<string, RoleDetail>;
  readonly policies: Map<string, PolicyDetail>;
  /** Entries that could not be read, as `UserDetailList[3].Arn: …`; a person fixes the export by them. */
  readonly problems: string[];
}

export function newDetails(): Details {
  return { users: new Map(), groups: new Map(), roles: new Map(), policies: new Map(), problems: [] };
}

/** Adds one page. */
export function addPage(details: Details, page: { readonly [key: string]: unknown }): void {
  addList(details, page, 'UserDetailList', UserDetail, details.users);
  addList(details, page, 'GroupDetailList', GroupDetail, details.groups);
  addList(details, page, 'RoleDetailList', RoleDetail, details.roles);
  addList(details, page, 'Policies', PolicyDetail, details.policies);
}

function addList<T extends { readonly arn: string }>(
  details: Details,
  page: { readonly [key: string]: unknown },
  field: string,
  schema: z.ZodType<T>,
  into: Map<string, T>,
): void {
  const list = page[field];
  if (list === undefined || list === null) return;
  if (!Array.isArray(list)) {
    details.problems.push(`${field} is not a list`);
    return;
  }
  for (const [index, raw] of list.entries()) {
    const parsed = schema.safeParse(raw);
    if (parsed.success) into.set(parsed.data.arn, parsed.data);
    else details.problems.push(problemText(`${field}[${index}]`, parsed.error));
  }
}

/** Several files' pages as one; earlier ones win. */
export function mergeDetails(all: readonly Details[]): Details {
  const merged = newDetails();
  for (const one of all) {
    for (const [arn, user] of one.users) if (!merged.users.has(arn)) merged.users.set(arn, user);
    for (const [arn, group] of one.groups) if (!merged.groups.has(arn)) merged.groups.set(arn, group);
    for (const [arn, role] of one.roles) if (!merged.roles.has(arn)) merged.roles.set(arn, role);
    for (const [arn, policy] of one.policies) if (!merged.policies.has(arn)) merged.policies.set(arn, policy);
  }
  return merged;
}

/** Users, roles, groups and policies that it tells of; those that AWS makes are everybody's. */
export function* toldArns({ users, roles, groups, policies }: Details): Generator<string> {
  for (const map of [users, roles, groups]) yield* map.keys();
  for (const arn of policies.keys()) if (!arn.includes(':iam::aws:')) yield arn;
}

/** Does it tell of any of these? Then they are exports of two days, or one page twice. */
export function tellsOfAny(details: Details, told: ReadonlySet<string>): boolean {
  for (const arn of toldArns(details)) if (told.has(arn)) return true;
  return false;
}
