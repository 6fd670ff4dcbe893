import type { Limit, Policy } from './subject.ts';

/** An organisation with the policies of one type (service or resource control) attached to its parts. */
export interface Organisation {
  readonly managementAccount: string | undefined;
  /** Parent of an account or unit, up to the root. */
  readonly parents: ReadonlyMap<string, string>;
  /** By root, unit or account; a part that is not here has policies that were not in the input. */
  readonly attached: ReadonlyMap<string, readonly Policy[]>;
}

const NAMES = { scp: 'service control policies', rcp: 'resource control policies' } as const;

/**
 * One limit for every level from the account up to the root: each must allow. The management account is bound by none; where
 * nothing tells which that is, it may be this one.
 * https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_evaluation.html
 */
export function organisationLimits(organisation: Organisation, account: string, kind: 'scp' | 'rcp'): Limit[] {
  if (account === organisation.managementAccount) return [];
  const limits: Limit[] = [];
  const seen = new Set<string>();
  let level: string | undefined = account;
  while (level !== undefined && !seen.has(level)) {
    seen.add(level);
    const policies = organisation.attached.get(level);
    limits.push({
      kind,
      title: `${NAMES[kind]} of ${level}`,
      known: policies !== undefined,
      policies: policies ?? [],
      ...(organisation.managementAccount === undefined ? { mayNotBind: true } : {}),
    });
    level = organisation.parents.get(level);
  }
  return limits;
}
