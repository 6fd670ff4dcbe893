import { isoTime } from '../../src/iam/gcp/accounts.ts';
import type { BoundRole } from '../../src/iam/gcp/bindings.ts';
import { accountsIn, type Estate, estateOf } from '../../src/iam/gcp/estate.ts';
import { accountOf, projectIn, shortResource } from '../../src/iam/gcp/hierarchy.ts';
import type { PoolProvider } from '../../src/iam/gcp/pools.ts';
import type { PolicyUse, Recommended } from '../../src/iam/gcp/trim.ts';
import { declaredEnvironment, environmentOf } from '../../src/util/environment.ts';
import type { Answers } from './collect.ts';
import { groupsIn, namelessGroups } from './groups.ts';

/** What is on record of the use of an account or key. */
export interface LastUse {
  readonly at?: string;
  /** The window in which a use would be on record. */
  readonly from?: string;
  readonly until?: string;
}

/** What the answers that lie side by side tell together. */
export interface Gathered {
  readonly estate: Estate;
  readonly projectIds: ReadonlyMap<string, string>;
  /** The bindings of each file, their resources named in one way. */
  readonly bindings: ReadonlyMap<Answers, readonly BoundRole[]>;
  /** By address, and by `ADDRESS/keys/ID`. */
  readonly lastUse: ReadonlyMap<string, LastUse>;
  readonly uses: ReadonlyMap<string, readonly PolicyUse[]>;
  readonly recommended: ReadonlyMap<string, readonly Recommended[]>;
  readonly bindingsOf: (email: string) => readonly BoundRole[];
  readonly environmentOf: (project: string | undefined) => string | undefined;
  readonly emailOf: (account: string) => string;
  /** Groups of which these answers list members, and nothing tells the address. */
  readonly namelessGroups: (answers: Answers) => number;
}

export function gather(all: readonly Answers[], now: Date): Gathered {
  const projectIds = projectIdsOf(all);
  const emails = new Map<string, string>();
  for (const { accounts } of all) {
    for (const { email, uniqueId } of accounts.values()) if (uniqueId !== undefined) emails.set(uniqueId, email);
  }
  const emailOf = (account: string) => emails.get(account) ?? account;
  const named = (name: string) => nameOf(name, projectIds, emailOf);
  const bindings = new Map<Answers, BoundRole[]>();
  const byGroup = groupsIn(all);
  for (const one of all) {
    const own = one.bindings.map((bound) => withNames(bound, named));
    bindings.set(one, distinct([...own, ...own.flatMap(byGroup)]));
  }
  const everything = [...bindings.values()].flat();
  const parents = new Map(
    all.flatMap((one) => [...one.parents].map(([child, parent]) => [named(child), named(parent)] as const)),
  );
  const providers = all.flatMap((one) => [...one.providers.values()]);
  const closed = new Set(all.flatMap((one) => [...one.closedPools]));
  const listed = all.flatMap(({ accounts }) => [...accounts.values()].map(({ email, projectId }) => [email, projectId] as const));
  const estate = estateOf({
    bindings: everything,
    roles: rolesOf(all),
    hierarchy: { projectIds, parents },
    limits: {
      denials: all.flatMap((one) => one.denials).map((rule) => ({ ...rule, attachedTo: named(rule.attachedTo) })),
      boundaries: new Map(all.flatMap((one) => [...one.boundaries])),
      boundaryBindings: all.flatMap((one) => one.boundaryBindings),
    },
    pools: poolsOf(providers, closed),
    accounts: accountsIn(listed, everything, projectIds),
    boundKeys: boundKeysOf(all, projectIds),
    keptInProject: new Map(all.flatMap((one) => [...one.keptInProject].map(([place, kept]) => [named(place), kept] as const))),
    now,
  });
  let byMember: Map<string, BoundRole[]> | undefined;
  const environments = new Map<string, string | undefined>();
  const environmentOfProject = (project: string | undefined) => {
    if (project === undefined) return undefined;
    if (!environments.has(project)) environments.set(project, environmentIn(all, project));
    return environments.get(project);
  };
  return {
    namelessGroups: (answers) => namelessGroups(answers, all),
    estate: { ...estate, environmentOf: (resource) => environmentOfProject(projectIn(resource, projectIds)) },
    projectIds,
    bindings,
    lastUse: lastUseOf(all, emailOf),
    uses: grouped(all.flatMap(usesIn).map((use) => ({ ...use, resource: named(use.resource) }))),
    recommended: grouped(all.flatMap((one) => one.recommendations).map((one) => ({ ...one, resource: named(one.resource) }))),
    bindingsOf(email) {
      byMember ??= bindingsByMember(everything);
      return byMember.get(`serviceAccount:${email}`) ?? [];
    },
    environmentOf: environmentOfProject,
    emailOf,
  };
}

/** What says it outright, and where that is silent the agents of Google: each of one project, and one for each. */
function projectIdsOf(all: readonly Answers[]): Map<string, string> {
  const projectIds = new Map(all.flatMap((one) => [...one.projectIds]));
  const told = new Set(projectIds.values());
  const byNumber = new Map<string, Set<string>>();
  const byId = new Map<string, Set<string>>();
  for (const { number, id } of all.flatMap((one) => one.agentsOf)) {
    byNumber.set(number, (byNumber.get(number) ?? new Set()).add(id));
    byId.set(id, (byId.get(id) ?? new Set()).add(number));
  }
  for (const [number, ids] of byNumber) {
    const [id, ...others] = ids;
    const isSure = id !== undefined && others.length === 0 && byId.get(id)?.size === 1 && !told.has(id);
    if (isSure && !projectIds.has(number)) projectIds.set(number, id);
  }
  return projectIds;
}

/** A role that was deleted holds nothing. */
function rolesOf(all: readonly Answers[]): Map<string, readonly string[]> {
  const roles = new Map<string, readonly string[]>();
  for (const one of all) {
    for (const { name, permissions, deleted } of one.roles.values()) {
      if (deleted) roles.set(name, []);
      else if (permissions !== undefined) roles.set(name, permissions);
    }
  }
  return roles;
}

/** Accounts are named by address or number, projects by id or number. */
function nameOf(name: string, projectIds: ReadonlyMap<string, string>, emailOf: (account: string) => string): string {
  const account = accountOf(name);
  if (account !== undefined) {
    const project = account.project === undefined ? '-' : (projectIds.get(account.project) ?? account.project);
    return `//iam.googleapis.com/projects/${project}/serviceAccounts/${emailOf(account.email)}`;
  }
  return shortResource(name, projectIds);
}

function withNames(bound: BoundRole, named: (name: string) => string): BoundRole {
  const resource = named(bound.resource);
  const within = bound.within === undefined ? undefined : named(bound.within);
  if (resource === bound.resource && within === bound.within) return bound;
  return { ...bound, resource, ...(within === undefined ? {} : { within }) };
}

/** The same binding is told by several exports of one file, or by a page that is there twice. */
function distinct(bindings: readonly BoundRole[]): BoundRole[] {
  const seen = new Set<string>();
  return bindings.filter(({ resource, role, members, condition }) => {
    const key = JSON.stringify([resource, role, condition?.expression, members]);
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

function poolsOf(providers: readonly PoolProvider[], closed: ReadonlySet<string>): Map<string, PoolProvider[]> {
  const pools = new Map<string, PoolProvider[]>();
  for (const provider of providers) {
    const pool = provider.name.replace(/\/providers\/[^/]+$/, '');
    const key = `${provider.project}/${provider.pool}`;
    const list = pools.get(key) ?? [];
    if (!list.some(({ name }) => name === provider.name))
      list.push(closed.has(pool) ? { ...provider, enabled: false } : provider);
    pools.set(key, list);
  }
  return pools;
}

function boundKeysOf(all: readonly Answers[], projectIds: ReadonlyMap<string, string>): Map<string, string[]> {
  const keys = new Map<string, string[]>();
  for (const { apiKeys } of all) {
    for (const key of apiKeys.values()) {
      if (key.deleteTime !== undefined) continue;
      const project = projectIds.get(key.project) ?? key.project;
      const name = key.displayName ?? key.id;
      keys.set(project, [
        ...(keys.get(project) ?? []),
        key.serviceAccountEmail === undefined ? name : `${name}, which acts as ${key.serviceAccountEmail}`,
      ]);
    }
  }
  return keys;
}

function lastUseOf(all: readonly Answers[], emailOf: (account: string) => string): Map<string, LastUse> {
  const uses = new Map<string, LastUse>();
  const note = (key: string, use: LastUse) => {
    const known = uses.get(key);
    uses.set(key, known === undefined ? use : joined(known, use));
  };
  for (const { activities, insights } of all) {
    for (const { names, lastUsed, from, until } of activities) {
      const use = useOf(lastUsed, from, until);
      for (const key of new Set(names.flatMap((name) => useKeys(name, emailOf)))) note(key, use);
    }
    for (const { type, content, days, lastRefreshTime } of insights) {
      if (type !== 'google.iam.serviceAccount.Insight' || content?.email === undefined) continue;
      const until = isoTime(lastRefreshTime);
      const from = until === undefined || days === 0 ? undefined : new Date(Date.parse(until) - days * 86_400_000).toISOString();
      note(content.email, useOf(content.lastAuthenticatedTime, from, until));
    }
  }
  return uses;
}

function useKeys(name: string, emailOf: (account: string) => string): string[] {
  const parts = /\/serviceAccounts\/(?<account>[^/]+)(?:\/keys\/(?<key>[^/]+))?$/.exec(name)?.groups;
  if (parts?.account === undefined) return [];
  // A key's id is unique by itself; the account may be named by a number that nothing else tells.
  return parts.key === undefined ? [emailOf(parts.account)] : [`keys/${parts.key}`];
}

function useOf(lastUsed: string | undefined, from: string | undefined, until: string | undefined): LastUse {
  const [at, start, end] = [isoTime(lastUsed), isoTime(from), isoTime(until)];
  return {
    ...(at === undefined ? {} : { at }),
    ...(start === undefined ? {} : { from: start }),
    ...(end === undefined ? {} : { until: end }),
  };
}

function joined(a: LastUse, b: LastUse): LastUse {
  const at = [a.at, b.at]
    .filter((one) => one !== undefined)
    .sort()
    .at(-1);
  const from = [a.from, b.from].filter((one) => one !== undefined).sort()[0];
  const until = [a.until, b.until]
    .filter((one) => one !== undefined)
    .sort()
    .at(-1);
  return {
    ...(at === undefined ? {} : { at }),
    ...(from === undefined ? {} : { from }),
    ...(until === undefined ? {} : { until }),
  };
}

function usesIn({ insights }: Answers): (PolicyUse & { readonly member: string })[] {
  return insights.flatMap(({ type, content, days, lastRefreshTime, targetResources }) => {
    if (type !== 'google.iam.policy.Insight' || content?.member === undefined || content.role === undefined) return [];
    const until = isoTime(lastRefreshTime);
    const total = Number(content.currentTotalPermissionsCount ?? Number.NaN);
    return [
      {
        member: content.member,
        role: content.role,
        resource: targetResources[0] ?? '-',
        exercised: content.exercisedPermissions,
        inferred: content.inferredPermissions,
        days,
        ...(Number.isNaN(total) ? {} : { total }),
        ...(until === undefined ? {} : { until }),
      },
    ];
  });
}

function grouped<T extends { readonly member: string }>(all: readonly T[]): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const one of all) {
    const email = one.member.replace(/^serviceAccount:/, '');
    const group = groups.get(email);
    if (group === undefined) groups.set(email, [one]);
    else group.push(one);
  }
  return groups;
}

function bindingsByMember(bindings: readonly BoundRole[]): Map<string, BoundRole[]> {
  const byMember = new Map<string, BoundRole[]>();
  for (const bound of bindings) {
    // What a group has is not the account's to be trimmed.
    if (bound.group !== undefined) continue;
    for (const member of bound.members) {
      const list = byMember.get(member);
      if (list === undefined) byMember.set(member, [bound]);
      else list.push(bound);
    }
  }
  return byMember;
}

/** A label of the project says it, or else a word of its name. */
function environmentIn(all: readonly Answers[], project: string): string | undefined {
  for (const { projects } of all) {
    const labels = projects.get(project)?.labels ?? {};
    const label = labels.environment ?? labels.env ?? labels.stage;
    if (label !== undefined && label !== '') return declaredEnvironment(label);
  }
  return environmentOf(project);
}
