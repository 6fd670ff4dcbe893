import { type GrantTally, newTally } from '../../src/iam/grants.ts';
import {
  createJudge,
  type Group,
  knownManagedPolicy,
  type Limit,
  type ManagedPolicy,
  type Policy,
  type PolicyDocument,
  type Resource,
  Resources,
  readPolicyDocument,
  type Subject,
} from '../../src/iam/index.ts';
import type { Judge } from '../../src/iam/judge.ts';
import { accountLimits } from './account-limits.ts';
import type { Details } from './authorization-details.ts';
import type { Login } from './logins.ts';
import { isMember, type OrganisationFacts } from './organisation.ts';
import type { GroupDetail, RoleDetail, UserDetail } from './schema.ts';

/** Users and roles with all that decides on their rights, ready to be judged together. */
export interface Compiled {
  readonly subjects: ReadonlyMap<string, Subject>;
  readonly judge: Judge;
  readonly resources: Resources;
  /** What is missing or malformed, by the principal that it matters to. */
  readonly tallies: ReadonlyMap<string, GrantTally>;
  /** Policies that cannot be read, by ARN, with the reason. */
  readonly malformed: ReadonlyMap<string, string>;
  /** What was not in the input, by account: `service control policies`. */
  readonly without: ReadonlyMap<string, readonly string[]>;
}

/** All that exports tell of the accounts together. */
export interface Facts {
  readonly details: Details;
  readonly organisation: OrganisationFacts | undefined;
  /** By ARN of a user. */
  readonly logins: ReadonlyMap<string, Login>;
  /** Whose own policies are known. */
  readonly resources: readonly Resource[];
}

export function compileEstate({ details, organisation, logins, resources: known }: Facts, now: Date): Compiled {
  const policies = compilePolicies(details);
  const groups = new Map<string, CompiledGroup>();
  for (const group of details.groups.values()) {
    groups.set(`${arnParts(group.arn).account}/${group.name}`, compileGroup(group, policies));
  }
  const bounds = new Bounds(organisation);
  const resources = new Resources(known, (account) => bounds.onResources(account));
  const subjects = new Map<string, Subject>();
  const tallies = new Map<string, GrantTally>();
  for (const user of details.users.values()) {
    const tally = newTally();
    tallies.set(user.arn, tally);
    subjects.set(user.arn, { ...compileUser(user, groups, policies, bounds, tally), ...logins.get(user.arn), resources });
  }
  for (const role of details.roles.values()) {
    const tally = newTally();
    tallies.set(role.arn, tally);
    subjects.set(role.arn, { ...compileRole(role, policies, bounds, tally), resources });
  }
  const estate = {
    subjects: [...subjects.values()],
    groups: [...groups.values()].map((one) => one.group),
    managed: policies.managed,
    resourceLimits: resourceLimits([...subjects.values()], bounds),
  };
  return {
    subjects,
    judge: createJudge(estate, now),
    resources,
    tallies,
    malformed: policies.malformed,
    without: bounds.without,
  };
}

/** Of what stands in each account, whoever asks for it. */
function resourceLimits(subjects: readonly Subject[], bounds: Bounds): Map<string, readonly Limit[]> {
  const limits = new Map<string, readonly Limit[]>();
  for (const account of new Set(subjects.map((subject) => subject.account))) {
    const found = bounds.onResources(account);
    if (found.length > 0) limits.set(account, found);
  }
  return limits;
}

/** Limits of each account, worked out once. */
class Bounds {
  readonly #organisation: OrganisationFacts | undefined;
  readonly #limits = new Map<string, readonly Limit[]>();
  readonly #onResources = new Map<string, readonly Limit[]>();
  readonly without = new Map<string, readonly string[]>();

  /** The organisation of the account, where the input tells that it is a member. */
  organisationOf(account: string): { readonly organisation?: string | null } {
    const facts = this.#organisation;
    if (facts?.featureSet === 'NONE') return { organisation: null };
    return facts?.id === undefined || !isMember(facts, account) ? {} : { organisation: facts.id };
  }

  constructor(organisation: OrganisationFacts | undefined) {
    this.#organisation = organisation;
  }

  /** Of what stands in the account. */
  onResources(account: string): readonly Limit[] {
    let limits = this.#onResources.get(account);
    if (limits === undefined) {
      limits = accountLimits(this.#organisation, account, 'rcp').limits;
      this.#onResources.set(account, limits);
    }
    return limits;
  }

  of(account: string): readonly Limit[] {
    const known = this.#limits.get(account);
    if (known !== undefined) return known;
    const scps = accountLimits(this.#organisation, account, 'scp');
    this.#limits.set(account, scps.limits);
    this.without.set(account, scps.without === undefined ? [] : [scps.without]);
    return scps.limits;
  }
}

interface Policies {
  readonly documents: ReadonlyMap<string, PolicyDocument>;
  readonly managed: ReadonlyMap<string, ManagedPolicy>;
  /** By ARN: why the document in force could not be read. */
  readonly malformed: ReadonlyMap<string, string>;
}

interface CompiledGroup {
  readonly group: Group;
  readonly missing: readonly string[];
  readonly tally: GrantTally;
}

function compilePolicies(details: Details): Policies {
  const documents = new Map<string, PolicyDocument>();
  const managed = new Map<string, ManagedPolicy>();
  const malformed = new Map<string, string>();
  for (const { arn, versions } of details.policies.values()) {
    const others: PolicyDocument[] = [];
    for (const version of versions) {
      const read = readPolicyDocument(version.document);
      if (!read.ok) {
        if (version.isDefault) malformed.set(arn, `${arn}: ${read.why}`);
      } else if (version.isDefault || versions.length === 1) documents.set(arn, read.document);
      else others.push(read.document);
    }
    managed.set(arn, { arn, defaultVersion: documents.get(arn), otherVersions: others });
  }
  return { documents, managed, malformed };
}

function compileGroup(raw: GroupDetail, policies: Policies): CompiledGroup {
  const tally = newTally();
  const missing: string[] = [];
  const kind = `group:${raw.name}`;
  const all = [...attachedPolicies(raw.attached, kind, policies, missing, tally), ...inlinePolicies(raw, kind, missing, tally)];
  return { group: { arn: raw.arn, name: raw.name, policies: all }, missing, tally };
}

function compileUser(
  raw: UserDetail,
  groups: ReadonlyMap<string, CompiledGroup>,
  policies: Policies,
  bounds: Bounds,
  tally: GrantTally,
): Subject {
  const { partition, account } = arnParts(raw.arn);
  const missing: string[] = [];
  const mine: CompiledGroup[] = [];
  for (const name of raw.groups) {
    // The user names its groups without path; names are unique in an account.
    const found = groups.get(`${account}/${name}`);
    if (found === undefined) {
      missing.push(`group ${name}`);
      tally.missing.add(`group ${name}`);
    } else {
      mine.push(found);
      for (const one of found.tally.missing) tally.missing.add(one);
      for (const one of found.tally.malformed) tally.malformed.add(one);
    }
  }
  const own = [
    ...attachedPolicies(raw.attached, 'attached', policies, missing, tally),
    ...inlinePolicies(raw, 'inline', missing, tally),
    ...mine.flatMap((one) => one.group.policies),
  ];
  return {
    arn: raw.arn,
    partition,
    account,
    type: 'user',
    name: raw.name,
    tags: raw.tags,
    tagsTold: raw.tagsTold,
    policies: own,
    limits: [...boundaryLimit(raw.boundary, policies, tally), ...bounds.of(account)],
    missing: [...missing, ...mine.flatMap((one) => one.missing)],
    groups: mine.map((one) => one.group),
    ...bounds.organisationOf(account),
    ...(raw.uniqueId === undefined ? {} : { uniqueId: raw.uniqueId }),
  };
}

function compileRole(raw: RoleDetail, policies: Policies, bounds: Bounds, tally: GrantTally): Subject {
  const { partition, account } = arnParts(raw.arn);
  const missing: string[] = [];
  const trust = readPolicyDocument(raw.trust);
  if (!trust.ok) tally.malformed.add(`${raw.arn} AssumeRolePolicyDocument: ${trust.why}`);
  return {
    arn: raw.arn,
    partition,
    account,
    type: 'role',
    name: raw.name,
    tags: raw.tags,
    tagsTold: raw.tagsTold,
    policies: [
      ...attachedPolicies(raw.attached, 'attached', policies, missing, tally),
      ...inlinePolicies(raw, 'inline', missing, tally),
    ],
    limits: [...boundaryLimit(raw.boundary, policies, tally), ...bounds.of(account)],
    missing,
    groups: [],
    ...(trust.ok ? { trust: trust.document } : {}),
    ...bounds.organisationOf(account),
    ...(raw.uniqueId === undefined ? {} : { uniqueId: raw.uniqueId }),
    onInstances: raw.instanceProfiles > 0,
    serviceLinked: isServiceLinked(raw.path),
  };
}

function attachedPolicies(
  arns: readonly string[],
  kind: string,
  policies: Policies,
  missing: string[],
  tally: GrantTally,
): Policy[] {
  const found: Policy[] = [];
  for (const name of arns) {
    const document = policies.documents.get(name);
    const known = document === undefined ? knownManagedPolicy(name) : undefined;
    if (document !== undefined) found.push({ name, kind, inline: false, document });
    else if (known !== undefined) {
      found.push({ name, kind, inline: false, document: known.document, ...(known.complete ? {} : { summary: true }) });
    }
    if (document === undefined && known?.complete !== true) {
      const broken = policies.malformed.get(name);
      if (broken === undefined) tally.missing.add(name);
      else tally.malformed.add(broken);
      if (known === undefined) missing.push(name);
    }
  }
  return found;
}

function inlinePolicies(
  raw: { readonly arn: string; readonly inline: readonly { readonly name: string; readonly document: unknown }[] },
  kind: string,
  missing: string[],
  tally: GrantTally,
): Policy[] {
  const found: Policy[] = [];
  for (const { name, document } of raw.inline) {
    const read = readPolicyDocument(document);
    if (read.ok) found.push({ name, kind, inline: true, document: read.document });
    else {
      missing.push(name);
      tally.malformed.add(`${raw.arn} inline policy ${name}: ${read.why}`);
    }
  }
  return found;
}

function boundaryLimit(arn: string | undefined, policies: Policies, tally: GrantTally): Limit[] {
  if (arn === undefined) return [];
  const title = `permissions boundary ${arn}`;
  const document = policies.documents.get(arn) ?? knownManagedPolicy(arn)?.document;
  if (document === undefined) {
    tally.missing.add(arn);
    return [{ title, known: false, policies: [] }];
  }
  return [{ title, known: true, policies: [{ name: arn, kind: 'boundary', inline: false, document }] }];
}

export function isServiceLinked(path: string): boolean {
  return path.startsWith('/aws-service-role/');
}

export function arnParts(arn: string): { readonly partition: string; readonly account: string } {
  const [, partition = 'aws', , , account = ''] = arn.split(':');
  return { partition, account };
}
