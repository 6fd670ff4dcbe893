import type { BoundRole } from '../../../../src/iam/gcp/bindings.ts';
import { accountsIn, type Estate, type EstateFacts, estateOf } from '../../../../src/iam/gcp/estate.ts';
import { NO_LIMITS } from '../../../../src/iam/gcp/limits.ts';

export const NOW = new Date('2026-06-01T00:00:00Z');
export const sa = (name: string, project = 'shop-prod') => `${name}@${project}.iam.gserviceaccount.com`;
export const member = (name: string, project?: string) => `serviceAccount:${sa(name, project)}`;
export const onAccount = (name: string, project = 'shop-prod') =>
  `//iam.googleapis.com/projects/${project}/serviceAccounts/${sa(name, project)}`;

export function bound(role: string, members: string | readonly string[], resource: string, expression?: string): BoundRole {
  return {
    role,
    members: typeof members === 'string' ? [members] : members,
    resource,
    pointer: `${role} on ${resource}`,
    ...(expression === undefined ? {} : { condition: { expression } }),
  };
}

/** `shop-prod` and `shop-dev` lie in folder 1 of organisation 2. */
export function estate(
  bindings: readonly BoundRole[],
  more: Partial<EstateFacts> & { readonly listed?: readonly string[] } = {},
): Estate {
  const projectIds = new Map([
    ['111', 'shop-prod'],
    ['222', 'shop-dev'],
  ]);
  const listed = (more.listed ?? []).map((email) => [email, undefined] as const);
  return estateOf({
    bindings,
    roles: new Map(),
    hierarchy: {
      projectIds,
      parents: new Map([
        ['projects/shop-prod', 'folders/1'],
        ['projects/shop-dev', 'folders/1'],
        ['folders/1', 'organizations/2'],
      ]),
    },
    limits: NO_LIMITS,
    pools: new Map(),
    accounts: accountsIn(listed, bindings, projectIds),
    boundKeys: new Map(),
    now: NOW,
    ...more,
  });
}

export function ways(of: Estate) {
  return [...of.escalations().values()].flat();
}
