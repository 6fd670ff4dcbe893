import type { Confidence } from '../../contracts/index.ts';
import { confidenceOf, decideAdmin } from '../capability.ts';
import { shareEffortWith } from '../effort.ts';
import { decide } from '../evaluate.ts';
import { mentionedCalls } from '../mentions.ts';
import { FRESH } from '../pattern.ts';
import type { Estate, ManagedPolicy, Policy, Subject } from '../subject.ts';
import { judgeServiceAdmission } from '../trust.ts';
import { type Doors, readDoors } from './assume.ts';
import { boundaryOf } from './call.ts';
import { EXISTING_PASSROLE, FREE, NEW_PASSROLE } from './catalogue/index.ts';
import { createPopulation, type Hub, type Node, type Population, push } from './population.ts';

/** What ways may lead to, sorted so that each is found without looking at all. */
export interface Targets {
  /** Those of the estate, then those of them that somebody may free of their boundary once more, without it. */
  readonly subjects: readonly Subject[];
  /** Who is freed, by who that is. */
  readonly freedOf: ReadonlyMap<Node, Node>;
  /** The other way round. */
  readonly bound: ReadonlyMap<Node, Node>;
  readonly nodes: ReadonlyMap<Subject, Node>;
  readonly arns: ReadonlySet<string>;
  /** Administrators, and how sure that is. */
  readonly admins: ReadonlyMap<Node, Confidence>;
  readonly adminGroups: ReadonlyMap<string, readonly string[]>;
  /** Users and roles that can be changed, by `type account`. */
  readonly principals: ReadonlyMap<string, Population>;
  /** Ordinary ones whose limits would let them be administrators, worth giving rights to, by `type account`. */
  readonly armable: ReadonlyMap<string, Population>;
  /** Those that can be freed of a boundary. */
  readonly freeable: ReadonlyMap<string, Population>;
  /** By `type account`: policies of the customer, and the armable principals that have them. */
  readonly policyHolders: HubsByArn;
  /** Of those policies the ones with an older version that allows everything. */
  readonly olderHolders: HubsByArn;
  /** Groups, and the armable users in them. */
  readonly groupMembers: HubsByArn;
  /** Policies of the customer that are boundaries, and whom they bound. */
  readonly boundaries: HubsByArn;
  readonly doors: Doors;
  /** Roles by `account service`, one population for every answer that their trusts give. */
  readonly byService: ReadonlyMap<string, readonly ServiceRoles[]>;
  /** Policies that make an administrator of whom they are attached to, or that bound nobody: of AWS, then the account's own. */
  readonly offers: (subject: Subject) => readonly string[];
  /** Hubs of one principal each, made when needed. */
  readonly single: Map<Node, Hub>;
}

type HubsByArn = ReadonlyMap<string, ReadonlyMap<string, Hub>>;

export interface ServiceRoles {
  readonly population: Population;
  /** What the trust hangs on; nothing where it surely admits the service. */
  readonly keys: readonly string[];
  /** Those of machines: roles of which an instance profile is known. */
  readonly onInstances: boolean;
}

export function sortTargets(estate: Estate, now: Date): Targets {
  const { subjects: known } = estate;
  const admins = new Map<Node, Confidence>();
  const principals = new Map<string, Node[]>();
  const freeable = new Map<string, Node[]>();
  const boundaries = new HubLists();
  const twins: Subject[] = [];
  const freedOf = new Map<Node, Node>();
  const isFreedom = couldFree(known);
  for (const [node, subject] of known.entries()) {
    const admin = decideAdmin(subject, now);
    if (admin.outcome !== 'deny') admins.set(node, confidenceOf(admin, subject));
    if (!isChangeable(subject)) continue;
    const key = `${subject.type} ${subject.account}`;
    push(principals, key, node);
    const boundary = boundaryOf(subject);
    if (!isFreedom || boundary === null || admins.get(node) === 'high') continue;
    freedOf.set(node, known.length + twins.length);
    twins.push(withoutBoundary(subject));
    push(freeable, key, node);
    if (boundary !== undefined && !isOfAws(boundary)) boundaries.add(key, boundary, node);
  }
  const subjects = [...known, ...twins];
  const bound = new Map([...freedOf].map(([node, twin]) => [twin, node]));
  const armable = new Map<string, Node[]>();
  const holders = new HubLists();
  const older = new HubLists();
  const members = new HubLists();
  for (const [node, subject] of subjects.entries()) {
    if (bound.has(node)) {
      const admin = decideAdmin(subject, now);
      if (admin.outcome !== 'deny') admins.set(node, confidenceOf(admin, subject));
    }
    if (!isChangeable(subject) || admins.has(node) || !limitsAdmitAdmin(subject, now)) continue;
    const key = `${subject.type} ${subject.account}`;
    push(armable, key, node);
    for (const { arn } of subject.groups) members.add(key, arn, node);
    for (const policy of editablePolicies(subject, estate)) {
      holders.add(key, policy.arn, node);
      if (hasOlderVersionOfAdmin(policy, subject.account, now)) older.add(key, policy.arn, node);
    }
  }
  const populations = (lists: ReadonlyMap<string, readonly Node[]>): ReadonlyMap<string, Population> =>
    new Map([...lists].map(([key, list]) => [key, createPopulation(subjects, list)]));
  return {
    subjects,
    freedOf,
    bound,
    arns: new Set(subjects.map(({ arn }) => arn)),
    nodes: new Map(subjects.map((subject, node) => [subject, node])),
    admins,
    adminGroups: adminGroupsOf(estate, now),
    principals: populations(principals),
    armable: populations(armable),
    freeable: populations(freeable),
    policyHolders: holders.hubs(),
    olderHolders: older.hubs(),
    groupMembers: members.hubs(),
    boundaries: boundaries.hubs(),
    doors: readDoors(known, now),
    byService: serviceRoles(known, now),
    offers: policiesOnOffer(estate, now),
    single: new Map(),
  };
}

/** Is there any call that takes a boundary off or rewrites one? Else nobody need be looked at without it. */
function couldFree(subjects: readonly Subject[]): boolean {
  return subjects.some((subject) => {
    const calls = mentionedCalls(subject);
    return FREE.some(({ actions: [call] }) => calls.has(call));
  });
}

class HubLists {
  private readonly lists = new Map<string, Map<string, Node[]>>();

  add(key: string, arn: string, node: Node): void {
    const known = this.lists.get(key) ?? new Map<string, Node[]>();
    this.lists.set(key, known);
    push(known, arn, node);
  }

  hubs(): HubsByArn {
    return new Map(
      [...this.lists].map(([key, lists]) => [key, new Map([...lists].map(([arn, members]) => [arn, { members }]))] as const),
    );
  }
}

export function withoutBoundary(subject: Subject): Subject {
  const limits = subject.limits.filter(({ kind = 'boundary' }) => kind !== 'boundary');
  return shareEffortWith(subject, { ...subject, limits });
}

const olderVersions = new WeakMap<ManagedPolicy, Map<string, boolean>>();

/** Was it once worth everything? */
export function hasOlderVersionOfAdmin(policy: ManagedPolicy, account: string, now: Date): boolean {
  const known = olderVersions.get(policy) ?? new Map<string, boolean>();
  olderVersions.set(policy, known);
  const found =
    known.get(account) ??
    policy.otherVersions.some((document) =>
      makesAdmin([{ name: policy.arn, kind: 'attached', inline: false, document }], account, now),
    );
  known.set(account, found);
  return found;
}

/**
 * May policies and trust of it be changed by anybody but AWS? Not of service-linked roles, nor of those that IAM Identity
 * Center makes. https://repost.aws/knowledge-center/identity-center-aws-reserved-sso
 */
export function isChangeable({ arn, serviceLinked }: Subject): boolean {
  return serviceLinked !== true && !arn.includes(':role/aws-reserved/');
}

/** Would every right, once given to the subject, survive its limits? */
export function limitsAdmitAdmin(subject: Subject, now: Date): boolean {
  if (subject.limits.length === 0) return true;
  return decideAdmin({ ...subject, policies: [EVERYTHING] }, now).outcome !== 'deny';
}

/** Customer-managed policies that apply to the subject: whoever rewrites one rewrites the subject's rights. */
export function editablePolicies(subject: Subject, { managed }: Estate): ManagedPolicy[] {
  const names = new Set(subject.policies.map(({ name }) => name));
  return [...names].flatMap((name) => (isOfAws(name) ? [] : (managed.get(name) ?? [])));
}

export function isOfAws(arn: string): boolean {
  return /^arn:[a-z-]+:iam::aws:policy\//.test(arn);
}

function policiesOnOffer({ managed }: Estate, now: Date): Targets['offers'] {
  const own = new Map<string, string[]>();
  for (const { arn, defaultVersion: document } of managed.values()) {
    const account = arn.split(':')[4] ?? '';
    if (account === 'aws' || document === undefined) continue;
    if (makesAdmin([{ name: arn, kind: 'attached', inline: false, document }], account, now)) push(own, account, arn);
  }
  const all = new Map<string, readonly string[]>();
  return ({ partition, account }) => {
    const key = `${partition} ${account}`;
    const found =
      all.get(key) ??
      ['AdministratorAccess', 'IAMFullAccess']
        .map((name) => `arn:${partition}:iam::aws:policy/${name}`)
        .concat(own.get(account) ?? []);
    all.set(key, found);
    return found;
  };
}

/** Would these policies, alone, make somebody of the account an administrator, or let it make itself one? */
export function makesAdmin(policies: readonly Policy[], account: string, now: Date): boolean {
  return [nobody('user', account), nobody('role', account)].some((one) => {
    const subject = { ...one, policies };
    if (decideAdmin(subject, now).outcome !== 'deny') return true;
    const { type, arn: resource, partition } = subject;
    const calls = type === 'user' ? ['iam:AttachUserPolicy', 'iam:PutUserPolicy'] : ['iam:AttachRolePolicy', 'iam:PutRolePolicy'];
    const context = {
      'iam:policyarn': [`arn:${partition}:iam::aws:policy/AdministratorAccess`],
      'iam:permissionsboundary': null,
    };
    return calls.some((action) => decide(subject, { action, resource, context }, now).outcome === 'allow');
  });
}

function adminGroupsOf({ groups }: Estate, now: Date): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const { arn, policies } of groups) {
    const account = arn.split(':')[4] ?? '';
    if (makesAdmin(policies, account, now)) push(found, account, arn);
  }
  return found;
}

function serviceRoles(subjects: readonly Subject[], now: Date): Map<string, ServiceRoles[]> {
  const services = [...new Set([...NEW_PASSROLE, ...EXISTING_PASSROLE].map(({ service }) => service))];
  const sorted = new Map<string, { at: string; keys: readonly string[]; onInstances: boolean; members: Node[] }>();
  for (const [node, role] of subjects.entries()) {
    if (role.type !== 'role' || role.serviceLinked === true || role.trust === undefined) continue;
    for (const service of services) {
      const { truth, keys } = judgeServiceAdmission(role.trust, service, role.account, now);
      if (truth === 'false') continue;
      const onInstances = role.onInstances === true;
      const at = `${role.account} ${service}`;
      const key = [at, onInstances, ...keys].join('\n');
      const same = sorted.get(key);
      if (same === undefined) sorted.set(key, { at, keys, onInstances, members: [node] });
      else same.members.push(node);
    }
  }
  const found = new Map<string, ServiceRoles[]>();
  for (const { at, keys, onInstances, members } of sorted.values()) {
    push(found, at, { population: createPopulation(subjects, members), keys, onInstances });
  }
  return found;
}

const EVERYTHING: Policy = {
  name: 'AdministratorAccess',
  kind: 'attached',
  inline: false,
  document: {
    variables: false,
    statements: [
      {
        number: 1,
        sid: undefined,
        effect: 'allow',
        actions: ['*'],
        notActions: undefined,
        resources: ['*'],
        notResources: undefined,
        principals: undefined,
        notPrincipals: undefined,
        tests: [],
        condition: undefined,
      },
    ],
  },
};

function nobody(type: Subject['type'], account: string): Subject {
  return {
    arn: `arn:aws:iam::${account}:${type}/${FRESH}`,
    partition: 'aws',
    account,
    type,
    name: FRESH,
    tags: {},
    policies: [],
    limits: [],
    missing: [],
    groups: [],
  };
}
