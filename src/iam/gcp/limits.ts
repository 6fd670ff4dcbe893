import { isServiceAgent, projectOf } from './accounts.ts';
import { isBlockable } from './boundary-permissions.ts';
import { type Condition, judgeCondition, type Truth } from './condition.ts';
import { type Hierarchy, lineage, shortResource } from './hierarchy.ts';

/** A rule of a deny policy, and what the policy is attached to. https://cloud.google.com/iam/docs/deny-overview */
export interface DenyRule {
  readonly policy: string;
  /** `projects/hc-prod`, `folders/12`. */
  readonly attachedTo: string;
  readonly principals: readonly string[];
  readonly exceptPrincipals: readonly string[];
  readonly permissions: readonly string[];
  readonly exceptPermissions: readonly string[];
  readonly condition?: Condition | undefined;
}

/** A principal access boundary: those bound to it reach nothing else. https://cloud.google.com/iam/docs/principal-access-boundary-policies */
export interface Boundary {
  readonly policy: string;
  /** Full names of projects, folders, organisations. */
  readonly resources: readonly string[];
  /** `1` … `4`, `latest`; what it can block grew with each. */
  readonly version: string;
}

export interface BoundaryBinding {
  readonly policy: string;
  /** `//cloudresourcemanager.googleapis.com/organizations/1`, a pool … */
  readonly principalSet: string;
  readonly condition?: Condition | undefined;
}

export interface Limits {
  readonly denials: readonly DenyRule[];
  readonly boundaries: ReadonlyMap<string, Boundary>;
  readonly boundaryBindings: readonly BoundaryBinding[];
}

export const NO_LIMITS: Limits = { denials: [], boundaries: new Map(), boundaryBindings: [] };

export function hasLimits({ denials, boundaryBindings }: Limits): boolean {
  return denials.length > 0 || boundaryBindings.length > 0;
}

/** Is a right held back? `unknown` names what it hangs on, `by` the policy. */
export interface HeldBack {
  readonly truth: Truth;
  readonly by?: string;
  readonly attributes: readonly string[];
}

const FREE: HeldBack = { truth: 'false', attributes: [] };

/** A member as bindings write it: `serviceAccount:a@b`, `principalSet://…`, `user:…`. */
export function heldBack(
  member: string,
  permission: string,
  resource: string,
  limits: Limits,
  hierarchy: Hierarchy,
  now: Date,
): HeldBack {
  if (!hasLimits(limits)) return FREE;
  const chain = lineage(resource, hierarchy);
  const rules = rulesByPlace(limits);
  let unsure: HeldBack | undefined;
  for (const place of chain) {
    for (const rule of rules.get(place) ?? []) {
      const found = deniedBy(rule, member, permission, hierarchy, now);
      if (found.truth === 'true') return found;
      if (found.truth === 'unknown') unsure ??= found;
    }
  }
  const found = outside(member, permission, chain, limits, hierarchy);
  if (found.truth === 'true') return found;
  return unsure ?? found;
}

const byPlace = new WeakMap<Limits, ReadonlyMap<string, readonly DenyRule[]>>();

/** An organisation may have a policy in each of its projects; only those above the resource are looked at. */
function rulesByPlace(limits: Limits): ReadonlyMap<string, readonly DenyRule[]> {
  const known = byPlace.get(limits);
  if (known !== undefined) return known;
  const places = new Map<string, DenyRule[]>();
  for (const rule of limits.denials) {
    const list = places.get(rule.attachedTo);
    if (list === undefined) places.set(rule.attachedTo, [rule]);
    else list.push(rule);
  }
  byPlace.set(limits, places);
  return places;
}

function deniedBy(rule: DenyRule, member: string, permission: string, hierarchy: Hierarchy, now: Date): HeldBack {
  const covers = (patterns: readonly string[]) => patterns.some((pattern) => coversPermission(pattern, permission));
  if (!covers(rule.permissions) || covers(rule.exceptPermissions)) return FREE;
  const denied = isAmong(member, rule.principals, hierarchy);
  const excepted = isAmong(member, rule.exceptPrincipals, hierarchy);
  if (denied.truth === 'false' || excepted.truth === 'true') return FREE;
  const condition = judgeCondition(rule.condition, { now, isPowerful: () => undefined });
  if (condition.truth === 'false') return FREE;
  const isSure = denied.truth === 'true' && excepted.truth === 'false' && condition.truth === 'true';
  const attributes = [denied, excepted, condition].flatMap((one) => (one.truth === 'unknown' ? one.attributes : []));
  return { truth: isSure ? 'true' : 'unknown', by: rule.policy, attributes: isSure ? [] : attributes };
}

/** Deny policies write `iam.googleapis.com/serviceAccountKeys.create`, and `*` for a whole part. */
function coversPermission(pattern: string, permission: string): boolean {
  const wanted = deniable(permission);
  if (!pattern.includes('*')) return pattern === wanted || pattern === permission;
  const [service = '', rest = ''] = splitOnce(pattern, '/');
  const [ofService = '', ofRest = ''] = splitOnce(wanted, '/');
  if (service !== '*' && service !== ofService) return false;
  const parts = rest.split('.');
  const given = ofRest.split('.');
  if (parts.length === 1 && parts[0] === '*') return true;
  return parts.length === given.length && parts.every((part, index) => part === '*' || part === given[index]);
}

/** Services whose permissions begin otherwise than their name. */
const SERVICES: { readonly [prefix: string]: string } = { resourcemanager: 'cloudresourcemanager', cloudsql: 'sqladmin' };

function deniable(permission: string): string {
  if (permission.includes('/')) return permission;
  const [prefix = '', rest = ''] = splitOnce(permission, '.');
  return `${SERVICES[prefix] ?? prefix}.googleapis.com/${rest}`;
}

function splitOnce(text: string, mark: string): [string, string] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

interface Among {
  readonly truth: Truth;
  readonly attributes: readonly string[];
}

function isAmong(member: string, sets: readonly string[], hierarchy: Hierarchy): Among {
  const attributes: string[] = [];
  for (const set of sets) {
    const truth = isIn(member, set, hierarchy);
    if (truth === 'true') return { truth, attributes: [] };
    if (truth === 'unknown')
      attributes.push(set.includes('goog/group/') ? `members of ${set.split('/').at(-1)}` : `members of ${set}`);
  }
  return { truth: attributes.length > 0 ? 'unknown' : 'false', attributes };
}

/** Identifiers of the v2 API. https://cloud.google.com/iam/docs/principal-identifiers */
function isIn(member: string, set: string, hierarchy: Hierarchy): Truth {
  if (set === 'principalSet://goog/public:all' || set === 'goog/public:all') return 'true';
  const email = /^serviceAccount:(?<email>.+)$/.exec(member)?.groups?.email;
  const account = /^principal:\/\/iam\.googleapis\.com\/projects\/-\/serviceAccounts\/(?<email>.+)$/.exec(set)?.groups?.email;
  if (account !== undefined)
    return email === account ? 'true' : /^\d+$/.test(account) && email !== undefined ? 'unknown' : 'false';
  if (/^principalSet:\/\/goog\/group\//.test(set)) return member.startsWith('principal') ? 'false' : 'unknown';
  const subject = /^principal:\/\/goog\/subject\/(?<email>.+)$/.exec(set)?.groups?.email;
  if (subject !== undefined) return member.toLowerCase() === `user:${subject.toLowerCase()}` ? 'true' : 'false';
  const container =
    /^(?:principalSet:)?\/\/cloudresourcemanager\.googleapis\.com\/(?<container>(?:projects|folders|organizations)\/[^/]+)(?:\/type\/(?<type>\w+))?$/.exec(
      set,
    )?.groups;
  if (container?.container !== undefined) return isBelow(member, email, container.container, container.type, hierarchy);
  if (/^principal(?:Set)?:\/\/iam\.googleapis\.com\//.test(set)) {
    if (!member.startsWith('principal')) return 'false';
    return set === member || (set.endsWith('/*') && tail(member).startsWith(tail(set).slice(0, -1))) ? 'true' : 'false';
  }
  return set === member ? 'true' : 'unknown';
}

function tail(principal: string): string {
  return principal.replace(/^principal(?:Set)?:/, '');
}

function isBelow(
  member: string,
  email: string | undefined,
  container: string,
  type: string | undefined,
  hierarchy: Hierarchy,
): Truth {
  if (email === undefined) {
    const pool = /^principal(?:Set)?:\/\/iam\.googleapis\.com\/projects\/(?<number>\d+)\//.exec(member)?.groups?.number;
    if (pool === undefined) return type === undefined ? 'unknown' : 'false';
    if (type !== undefined) return 'false';
    return within(hierarchy.projectIds.get(pool) ?? pool, container, hierarchy);
  }
  if (type !== undefined && (type === 'ServiceAgent') !== isServiceAgent(email)) return 'false';
  const project = projectOf(email, hierarchy.projectIds);
  return project === undefined ? 'unknown' : within(project, container, hierarchy);
}

function within(project: string, container: string, hierarchy: Hierarchy): Truth {
  const chain = lineage(`projects/${project}`, hierarchy);
  const wanted = shortResource(container, hierarchy.projectIds);
  if (chain.includes(wanted)) return 'true';
  // A chain that does not end in an organisation is not known whole.
  return wanted.startsWith('projects/') || chain.at(-1)?.startsWith('organizations/') === true ? 'false' : 'unknown';
}

/** Of several boundaries each adds to what may be reached. */
function outside(member: string, permission: string, chain: readonly string[], limits: Limits, hierarchy: Hierarchy): HeldBack {
  const open: string[] = [];
  let by: string | undefined;
  let blocks: Truth = 'false';
  for (const binding of limits.boundaryBindings) {
    const truth = isIn(member, binding.principalSet, hierarchy);
    const type = boundaryCondition(binding.condition, member);
    if (truth === 'false' || type === 'false') continue;
    const boundary = limits.boundaries.get(binding.policy);
    const resources = (boundary?.resources ?? []).map((one) => shortResource(one, hierarchy.projectIds));
    if (boundary === undefined) open.push(`boundary ${binding.policy}`);
    else if (resources.some((one) => chain.includes(one))) return FREE;
    if (truth === 'unknown') open.push(`members of ${binding.principalSet}`);
    const blocked = boundary === undefined ? 'unknown' : isBlockable(permission, boundary.version);
    if (blocked === 'true' || blocks === 'false') blocks = blocked;
    if (type === 'unknown') open.push(`condition of ${binding.policy}`);
    by ??= binding.policy;
  }
  if (by === undefined || blocks === 'false') return FREE;
  if (blocks === 'unknown' && open.length === 0) open.push(`whether ${by} can block ${permission}`);
  return open.length > 0 ? { truth: 'unknown', by, attributes: open } : { truth: 'true', by, attributes: [] };
}

/** `principal.type == 'iam.googleapis.com/ServiceAccount'` is what such conditions ask. */
function boundaryCondition(condition: Condition | undefined, member: string): Truth {
  if (condition === undefined || condition.expression.trim() === '') return 'true';
  const test = /^\s*principal\.type\s*(?<operator>[=!]=)\s*["']iam\.googleapis\.com\/(?<type>\w+)["']\s*$/.exec(
    condition.expression,
  )?.groups;
  if (test === undefined) return 'unknown';
  const isAccount = member.startsWith('serviceAccount:');
  const is =
    test.type === 'ServiceAccount' ? isAccount : test.type === 'WorkloadPoolIdentity' ? member.startsWith('principal') : false;
  return is === (test.operator === '==') ? 'true' : 'false';
}
