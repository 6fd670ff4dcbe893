import { fail, isRaw, parseOne, type Raw } from '../../src/formats/answer.ts';
import { type Answers, noteProject } from './collect.ts';
import {
  Activity,
  ApiKey,
  BoundaryPolicy,
  DenyPolicy,
  Group,
  HmacKey,
  Insight,
  Membership,
  OrganizationPolicy,
  PolicyBinding,
  Pool,
  PoolProvider,
  Project,
  Recommendation,
} from './schema-access.ts';

/** Sorts in what limits rights, federates identities and tells of use; false for anything else. */
export function sortAccess(answers: Answers, raw: Raw, where: string, path: string): boolean {
  const name = typeof raw.name === 'string' ? raw.name : '';
  const add = adderFor(raw, name);
  if (add === undefined) return false;
  add(answers, raw, where, path);
  return true;
}

type Adder = (answers: Answers, raw: unknown, where: string, path: string) => void;

function adderFor(raw: Raw, name: string): Adder | undefined {
  if (/\/workloadIdentityPools\/[^/]+\/providers\/[^/]+$/.test(name)) return addProvider;
  if (/\/workloadIdentityPools\/[^/]+$/.test(name)) return addPool;
  if (/^policies\/.+\/denypolicies\//i.test(name)) return addDenyPolicy;
  if (/\/principalAccessBoundaryPolicies\/[^/]+$/.test(name)) return addBoundary;
  if (/\/policyBindings\/[^/]+$/.test(name)) return addPolicyBinding;
  if (/\/insightTypes\/[^/]+\/insights\//.test(name)) return addInsight;
  if (/\/recommenders\/[^/]+\/recommendations\//.test(name)) return addRecommendation;
  if (/\/locations\/global\/keys\/[^/]+$/.test(name)) return addApiKey;
  if (/^groups\/[^/]+\/memberships\/[^/]+$/.test(name)) return addMembership;
  if (/^groups\/[^/]+$/.test(name) && 'groupKey' in raw) return addGroup;
  if (/^(?:projects|folders|organizations)\/[^/]+\/policies\/[^/]+$/.test(name)) return addOrganizationPolicy;
  if ('fullResourceName' in raw && ('activityType' in raw || 'observationPeriod' in raw)) return addActivity;
  if (isHmac(raw)) return addHmacKey;
  if (isProject(raw)) return addProject;
  return undefined;
}

function isHmac(raw: Raw): boolean {
  return (
    raw.kind === 'storage#hmacKeyMetadata' || ['accessId', 'access_id'].some((field) => /^GOOG/.test(String(raw[field] ?? '')))
  );
}

function isProject(raw: Raw): boolean {
  return (
    typeof raw.projectId === 'string' &&
    !('email' in raw) &&
    ('projectNumber' in raw || /^projects\/\d+$/.test(String(raw.name ?? '')))
  );
}

export function addProvider(answers: Answers, raw: unknown, where: string): void {
  answers.kinds.add('workload identity providers');
  const provider = parseOne(answers, PoolProvider, raw, where);
  if (provider !== undefined) answers.providers.set(provider.name, provider);
}

export function addPool(answers: Answers, raw: unknown, where: string): void {
  answers.kinds.add('workload identity providers');
  const pool = parseOne(answers, Pool, raw, where);
  if (pool !== undefined && (pool.disabled === true || pool.state === 'DELETED')) answers.closedPools.add(pool.name);
}

function addDenyPolicy(answers: Answers, raw: unknown, where: string): void {
  answers.kinds.add('deny policies');
  const policy = parseOne(answers, DenyPolicy, raw, where);
  if (policy === undefined) return;
  if (policy.rules === undefined) {
    answers.listedDenials.add(policy.name);
    return;
  }
  if (answers.denyPolicies.has(policy.name)) return;
  answers.denyPolicies.add(policy.name);
  for (const rule of policy.rules) {
    answers.denials.push({
      policy: policy.name,
      attachedTo: policy.attachedTo,
      principals: rule.deniedPrincipals,
      exceptPrincipals: rule.exceptionPrincipals,
      permissions: rule.deniedPermissions,
      exceptPermissions: rule.exceptionPermissions,
      condition: rule.denialCondition,
    });
  }
}

function addBoundary(answers: Answers, raw: unknown, where: string): void {
  answers.kinds.add('access boundaries');
  const boundary = parseOne(answers, BoundaryPolicy, raw, where);
  if (boundary !== undefined) answers.boundaries.set(boundary.policy, boundary);
}

function addPolicyBinding(answers: Answers, raw: unknown, where: string): void {
  answers.kinds.add('access boundaries');
  const binding = parseOne(answers, PolicyBinding, raw, where);
  if (binding !== undefined) answers.boundaryBindings.push(binding);
}

function addActivity(answers: Answers, raw: unknown, where: string): void {
  answers.kinds.add('last authentications');
  const activity = parseOne(answers, Activity, raw, where);
  if (activity !== undefined) answers.activities.push(activity);
}

function addInsight(answers: Answers, raw: unknown, where: string): void {
  answers.kinds.add('insights');
  const insight = parseOne(answers, Insight, raw, where);
  if (insight !== undefined) answers.insights.push(insight);
}

function addRecommendation(answers: Answers, raw: unknown, where: string): void {
  answers.kinds.add('insights');
  const overview = parseOne(answers, Recommendation, raw, where);
  if (overview?.member === undefined || overview.resource === undefined || overview.removedRole === undefined) return;
  answers.recommendations.push({
    member: overview.member,
    resource: overview.resource,
    removed: overview.removedRole,
    added: overview.addedRoles,
    days: Number(overview.minimumObservationPeriodInDays ?? 0) || 0,
  });
}

export function addApiKey(answers: Answers, raw: unknown, where: string): void {
  answers.kinds.add('API keys');
  const key = parseOne(answers, ApiKey, raw, where);
  if (key !== undefined) answers.apiKeys.set(key.id, key);
}

function addHmacKey(answers: Answers, raw: unknown, where: string): void {
  answers.kinds.add('HMAC keys');
  const key = parseOne(answers, HmacKey, raw, where);
  if (key?.accessId !== undefined) answers.hmacKeys.set(key.accessId, key);
}

/** `ops@harbour.example.json`: the group whose members they are. */
function addMembership(answers: Answers, raw: unknown, where: string, path: string): void {
  answers.kinds.add('group members');
  const one = parseOne(answers, Membership, raw, where);
  if (one === undefined) return;
  const stem = (path.split('/').at(-1) ?? '').replace(/\.(?:json|jsonl|ndjson|txt|out)$/i, '');
  const email = /(?:^|[_ ]|members-|group-)(?<email>[a-z0-9.+-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)+)$/i.exec(stem)?.groups?.email;
  answers.memberships.push(email === undefined ? one : { ...one, email: email.toLowerCase() });
}

function addOrganizationPolicy(answers: Answers, raw: unknown, where: string): void {
  answers.kinds.add('organisation policies');
  const policy = parseOne(answers, OrganizationPolicy, raw, where);
  if (policy === undefined) return;
  const isOurs = isRaw(raw) && /\/policies\/iam\.disableCrossProjectServiceAccountUsage$/.test(String(raw.name));
  if (isOurs) answers.keptInProject.set(policy.place, policy.isEnforced);
}

function addGroup(answers: Answers, raw: unknown, where: string): void {
  answers.kinds.add('group members');
  const group = parseOne(answers, Group, raw, where);
  if (group !== undefined) answers.groups.set(group.name, group.email);
}

export function addProject(answers: Answers, raw: unknown, where: string): void {
  answers.kinds.add('projects');
  if (!isRaw(raw)) {
    fail(answers, `${where}: not an object`);
    return;
  }
  const project = parseOne(answers, Project, raw, where);
  if (project !== undefined) noteProject(answers, project);
}
