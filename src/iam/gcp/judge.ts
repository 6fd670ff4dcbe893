import { type CapabilityName, isPowerfulRole, type JudgePermission, type Roles } from './capability.ts';
import { type Condition, type ConditionTruth, judgeCondition } from './condition.ts';
import type { Hierarchy } from './hierarchy.ts';
import { hasLimits, heldBack, type Limits } from './limits.ts';

/** What is asked of a binding: does it let this member use a permission? */
export interface Bound {
  readonly resource: string;
  readonly condition?: Condition | undefined;
}

export interface Judging {
  readonly limits?: Limits | undefined;
  readonly hierarchy?: Hierarchy | undefined;
  /** Permissions of roles whose definition is at hand. */
  readonly roles?: Roles | undefined;
  readonly now: Date;
}

const NOWHERE: Hierarchy = { projectIds: new Map(), parents: new Map() };
const NO_ROLES: Roles = new Map();
const YES: ConditionTruth = { truth: 'true', attributes: [] };

/** What is asked for: `storage.objects` is of the type `storage.googleapis.com/Object`. */
const TYPES: { readonly [noun: string]: readonly string[] } = {
  'resourcemanager.projects': ['cloudresourcemanager.googleapis.com/Project'],
  'resourcemanager.folders': ['cloudresourcemanager.googleapis.com/Folder'],
  'resourcemanager.organizations': ['cloudresourcemanager.googleapis.com/Organization'],
  'iam.serviceAccounts': ['iam.googleapis.com/ServiceAccount'],
  'iam.serviceAccountKeys': ['iam.googleapis.com/ServiceAccount', 'iam.googleapis.com/ServiceAccountKey'],
  'secretmanager.versions': ['secretmanager.googleapis.com/SecretVersion', 'secretmanager.googleapis.com/Secret'],
  'secretmanager.secrets': ['secretmanager.googleapis.com/Secret'],
  'storage.objects': ['storage.googleapis.com/Object'],
  'storage.buckets': ['storage.googleapis.com/Bucket'],
  'bigquery.tables': ['bigquery.googleapis.com/Table'],
  'bigquery.datasets': ['bigquery.googleapis.com/Dataset'],
  'compute.instances': ['compute.googleapis.com/Instance'],
  'spanner.databases': ['spanner.googleapis.com/Database'],
  'pubsub.subscriptions': ['pubsub.googleapis.com/Subscription'],
  'pubsub.topics': ['pubsub.googleapis.com/Topic'],
};
const SERVICES: { readonly [prefix: string]: string } = { resourcemanager: 'cloudresourcemanager', cloudsql: 'sqladmin' };

/**
 * Condition, deny policies and boundaries together, a permission at a time; the surest "no" goes first. `place` is what the
 * permission is used on where that lies below what is bound: what is denied there alone counts then too.
 */
export function judgeOf(
  bound: Bound,
  member: string,
  { limits, hierarchy = NOWHERE, roles = NO_ROLES, now }: Judging,
  place = bound.resource,
): JudgePermission {
  const isFree = limits === undefined || !hasLimits(limits);
  if (isFree && bound.condition === undefined) return () => YES;
  return (permission, goal) => {
    const condition = judgedOnce(bound, permission, roles, now, goal);
    if (condition.truth === 'false' || limits === undefined) return condition;
    const held = heldBack(member, permission, place, limits, hierarchy, now);
    if (held.truth === 'true') return { truth: 'false', attributes: [] };
    if (held.truth === 'false') return condition;
    const why = held.attributes.map((one) => `${one} (${held.by ?? 'a policy'})`);
    return { truth: 'unknown', attributes: [...condition.attributes, ...why] };
  };
}

interface Judged {
  readonly roles: Roles;
  readonly now: Date;
  readonly truths: Map<string, ConditionTruth>;
}

const judged = new WeakMap<Condition, Judged>();

/** Asked again for each member and each way: 1,000 bindings of 100 members with a long condition took minutes. */
function judgedOnce(
  { condition, resource }: Bound,
  permission: string,
  roles: Roles,
  now: Date,
  goal: CapabilityName | undefined,
): ConditionTruth {
  if (condition === undefined) return YES;
  let known = judged.get(condition);
  if (known === undefined || known.roles !== roles || known.now.getTime() !== now.getTime()) {
    known = { roles, now, truths: new Map() };
    judged.set(condition, known);
  }
  const key = `${permission} ${goal ?? ''} ${resource}`;
  const truth = known.truths.get(key) ?? judgeCondition(condition, askedFor(permission, resource, roles, now, goal));
  known.truths.set(key, truth);
  return truth;
}

function askedFor(
  permission: string,
  resource: string,
  roles: Roles,
  now: Date,
  goal: CapabilityName | undefined,
): Parameters<typeof judgeCondition>[1] {
  const bucket = /^\/\/storage\.googleapis\.com\/(?:projects\/_\/buckets\/)?(?<bucket>[^/]+)/.exec(resource)?.groups?.bucket;
  if (permission === '*') return { now };
  const [prefix = '', noun = ''] = permission.split('.');
  const types = TYPES[`${prefix}.${noun}`];
  return {
    now,
    service: permission.includes('/') ? (permission.split('/')[0] ?? '') : `${SERVICES[prefix] ?? prefix}.googleapis.com`,
    ...(permission.endsWith('.setIamPolicy')
      ? { isPowerful: (role: string) => isPowerfulRole(role, roles, permission, goal) }
      : {}),
    ...(types === undefined ? {} : { types }),
    ...(bucket === undefined ? {} : { resourceName: `projects/_/buckets/${bucket}` }),
  };
}
