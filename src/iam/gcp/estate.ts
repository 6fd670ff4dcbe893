import { accountIdentity, projectOf } from './accounts.ts';
import type { AccountBelow, BoundRole, Known } from './bindings.ts';
import { type Escalation, escalations } from './escalation.ts';
import { accountOf, type Hierarchy, lineage } from './hierarchy.ts';
import type { Limits } from './limits.ts';
import type { Pools } from './pools.ts';
import { type Powers, powersOf } from './powers.ts';

/** What all exports that lie side by side tell together. */
export interface EstateFacts {
  readonly bindings: readonly BoundRole[];
  readonly roles: ReadonlyMap<string, readonly string[]>;
  readonly hierarchy: Hierarchy;
  readonly limits: Limits;
  readonly pools: Pools;
  /** Projects by the address of each known service account. */
  readonly accounts: ReadonlyMap<string, string | undefined>;
  /** API keys that act as a service account, by project. */
  /** By project, folder or organisation: may accounts only be used by resources of their own project? Where nobody tells, it is so. */
  readonly keptInProject?: ReadonlyMap<string, boolean>;
  readonly boundKeys: ReadonlyMap<string, readonly string[]>;
  readonly now: Date;
}

export interface Estate extends Known {
  /** By the binding that is to be cut, each told where that stands. */
  readonly escalations: () => ReadonlyMap<BoundRole, readonly Escalation[]>;
}

export function estateOf(facts: EstateFacts): Estate {
  const { hierarchy, roles, limits, pools, now } = facts;
  const { projectIds } = hierarchy;
  const known: Known = { projectIds, roles, now, hierarchy, limits, pools };
  let powers: Powers | undefined;
  const power = () => {
    powers ??= powersOf(facts, known);
    return powers;
  };
  let below: Map<string, AccountBelow[]> | undefined;
  let found: Map<BoundRole, Escalation[]> | undefined;
  return {
    ...known,
    accountsBelow(container) {
      below ??= accountsByContainer(facts, power());
      return below.get(container) ?? [];
    },
    runsCode: (member, project) => power().runsCode(member, project),
    escalations() {
      found ??= byCut(escalations(facts, power()));
      return found;
    },
  };
}

function byCut(all: readonly Escalation[]): Map<BoundRole, Escalation[]> {
  const found = new Map<BoundRole, Escalation[]>();
  for (const one of all) {
    const list = found.get(one.cut);
    if (list === undefined) found.set(one.cut, [one]);
    else list.push(one);
  }
  return found;
}

/** The privileged first: where not all are told, those are. */
function accountsByContainer({ accounts, hierarchy }: EstateFacts, powers: Powers): Map<string, AccountBelow[]> {
  const below = new Map<string, AccountBelow[]>();
  const ranked = [...accounts].map(([email, project]) => ({ email, project, isPrivileged: powers.isPrivileged(email) }));
  ranked.sort((a, b) => Number(b.isPrivileged) - Number(a.isPrivileged) || (a.email < b.email ? -1 : 1));
  for (const { email, project } of ranked) {
    if (project === undefined) continue;
    const resource = `//iam.googleapis.com/projects/${project}/serviceAccounts/${email}`;
    const account = { email, project, resource, identity: accountIdentity(email, project, hierarchy.projectIds) };
    for (const container of lineage(`projects/${project}`, hierarchy)) {
      const list = below.get(container);
      if (list === undefined) below.set(container, [account]);
      else list.push(account);
    }
  }
  return below;
}

/** All service accounts that anything names, with the project of each. */
export function accountsIn(
  listed: Iterable<readonly [email: string, project: string | undefined]>,
  bindings: readonly BoundRole[],
  projectIds: ReadonlyMap<string, string>,
): Map<string, string | undefined> {
  const accounts = new Map<string, string | undefined>(listed);
  const add = (email: string, project: string | undefined) => {
    if (accounts.get(email) === undefined) accounts.set(email, project ?? projectOf(email, projectIds));
  };
  for (const { resource, members } of bindings) {
    const on = accountOf(resource);
    if (on?.email.includes('@') === true) add(on.email, on.project);
    for (const member of members) {
      const email = /^serviceAccount:(?<email>[^[?]+@[^[?]+)$/.exec(member)?.groups?.email;
      if (email !== undefined) add(email, undefined);
    }
  }
  return accounts;
}
