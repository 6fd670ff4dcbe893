import { type Capability, confidenceOf, decideAdmin, resourceText, somewhere } from './capability.ts';
import { type Decision, decide, together } from './evaluate.ts';
import { type Estate, type ManagedPolicy, type Policy, policyPath, type Subject } from './subject.ts';
import { admitsService } from './trust.ts';

/**
 * Ways by which a subject that is no administrator makes itself one. Ids are those of https://pathfinding.cloud, where
 * each is described; ids starting with `own-` have none there. A way counts only when it leads somewhere: its resource
 * scope must reach the subject itself or an existing, more privileged principal.
 */
export function findEscalations(subject: Subject, estate: JudgedEstate, now: Date): Capability[] {
  const search: Search = { subject, estate, now };
  return [...selfWays(search), ...takeOverWays(search), ...passRoleWays(search), ...existingComputeWays(search)];
}

/** The estate with its administrators found: what ways may lead to. */
export interface JudgedEstate extends Estate {
  readonly admins: ReadonlySet<Subject>;
  readonly adminGroups: ReadonlySet<string>;
  /** Ordinary principals that can be given rights, by `type account`. */
  readonly armable: ReadonlyMap<string, readonly Subject[]>;
}

export function judgeEstate(estate: Estate, now: Date): JudgedEstate {
  const admins = new Set(estate.subjects.filter((subject) => decideAdmin(subject, now).outcome !== 'deny'));
  const adminGroups = new Set(estate.groups.filter((group) => makesAdmin(group.policies, now)).map((group) => group.arn));
  const armable = new Map<string, Subject[]>();
  for (const subject of estate.subjects) {
    if (subject.serviceLinked === true || admins.has(subject) || !limitsAdmitAdmin(subject, now)) continue;
    const key = `${subject.type} ${subject.account}`;
    const known = armable.get(key);
    if (known === undefined) armable.set(key, [subject]);
    else known.push(subject);
  }
  return { ...estate, admins, adminGroups, armable };
}

/** A way by which the subject changes its own rights: what makes it as good as an administrator now. */
export function isDirect(capability: Capability): boolean {
  return capability.capability === 'escalates' && capability.target === 'itself';
}

interface Search {
  readonly subject: Subject;
  readonly estate: JudgedEstate;
  readonly now: Date;
}

const ADMINISTRATOR = 'AdministratorAccess';
const PASSED_TO = 'iam:passedtoservice';

function* selfWays(search: Search): Generator<Capability> {
  const { subject, estate, now } = search;
  const { arn } = subject;
  const any = { 'iam:policyarn': [`arn:${subject.partition}:iam::aws:policy/${ADMINISTRATOR}`] };
  yield* boundaryWays(search);
  // Rights given to itself end at its limits: where those do not admit an administrator, there is nothing to gain.
  if (!limitsAdmitAdmin(subject, now)) return;
  if (subject.type === 'user') {
    yield* one(search, 'iam-008', 'iam:AttachUserPolicy', arn, any);
    yield* one(search, 'iam-007', 'iam:PutUserPolicy', arn);
    for (const group of subject.groups) {
      yield* one(search, 'iam-010', 'iam:AttachGroupPolicy', group.arn, any);
      yield* one(search, 'iam-011', 'iam:PutGroupPolicy', group.arn);
    }
    for (const group of estate.adminGroups) {
      if (sameAccount(group, subject)) yield* one(search, 'iam-013', 'iam:AddUserToGroup', group);
    }
  } else if (subject.serviceLinked !== true) {
    yield* one(search, 'iam-009', 'iam:AttachRolePolicy', arn, any);
    yield* one(search, 'iam-005', 'iam:PutRolePolicy', arn);
  }
  for (const policy of editablePolicies(search)) {
    yield* one(search, 'iam-001', 'iam:CreatePolicyVersion', policy.arn);
    if (policy.otherVersions.some((version) => documentMakesAdmin(policy.arn, version, now))) {
      yield* one(search, 'own-set-default-policy-version', 'iam:SetDefaultPolicyVersion', policy.arn);
    }
  }
}

/** Without its boundary it would be an administrator, and it may take the boundary away. */
function* boundaryWays(search: Search): Generator<Capability> {
  const { subject, now } = search;
  const boundaries = subject.limits.filter(({ kind = 'boundary' }) => kind === 'boundary');
  if (boundaries.length === 0) return;
  const free = { ...subject, limits: subject.limits.filter((limit) => !boundaries.includes(limit)) };
  if (decideAdmin(free, now).outcome === 'deny') return;
  const action = subject.type === 'user' ? 'iam:DeleteUserPermissionsBoundary' : 'iam:DeleteRolePermissionsBoundary';
  yield* one(search, 'own-delete-permissions-boundary', action, subject.arn);
}

/** Calls that make a way into another principal. */
const TAKE_OVER = [
  { method: 'iam-002', type: 'user', action: 'iam:CreateAccessKey' },
  { method: 'iam-004', type: 'user', action: 'iam:CreateLoginProfile' },
  { method: 'iam-006', type: 'user', action: 'iam:UpdateLoginProfile' },
  { method: 'iam-012', type: 'role', action: 'iam:UpdateAssumeRolePolicy' },
] as const;

/** Targets named for one method; who can take over three administrators need not be told of the fourth. */
const MAX_TARGETS = 3;

function* takeOverWays(search: Search): Generator<Capability> {
  const { subject, now } = search;
  const targets = [...search.estate.admins].filter(
    (target) => target !== subject && target.serviceLinked !== true && target.account === subject.account,
  );
  for (const { method, type, action } of TAKE_OVER) {
    if (somewhere(subject, action, `arn:{partition}:iam::{account}:${type}/*`, now) === undefined) continue;
    let found = 0;
    for (const target of targets) {
      if (target.type !== type || found === MAX_TARGETS) continue;
      for (const way of one(search, method, action, target.arn, {}, target)) {
        found++;
        yield way;
      }
    }
  }
  let assumed = 0;
  for (const target of targets) {
    if (target.type !== 'role' || assumed === MAX_TARGETS) continue;
    const assume = decideAssume(search, target);
    if (assume === undefined) continue;
    assumed++;
    yield row(search, 'sts-001', ['sts:AssumeRole'], assume, nameOf(target));
  }
  yield* armedWays(search);
}

/** Giving an ordinary principal every right and then acting as it. */
function* armedWays(search: Search): Generator<Capability> {
  const { subject, estate, now } = search;
  const any = { 'iam:policyarn': [`arn:${subject.partition}:iam::aws:policy/${ADMINISTRATOR}`] };
  const armings = [
    { type: 'role', action: 'iam:AttachRolePolicy', context: any, assume: 'iam-014', rewrite: 'iam-019', key: undefined },
    { type: 'role', action: 'iam:PutRolePolicy', context: {}, assume: 'iam-017', rewrite: 'iam-021', key: undefined },
    { type: 'user', action: 'iam:AttachUserPolicy', context: any, assume: undefined, rewrite: undefined, key: 'iam-015' },
    { type: 'user', action: 'iam:PutUserPolicy', context: {}, assume: undefined, rewrite: undefined, key: 'iam-018' },
  ] as const;
  for (const arming of armings) {
    const shape = `arn:{partition}:iam::{account}:${arming.type}/*`;
    if (somewhere(subject, arming.action, shape, now, arming.context) === undefined) continue;
    const done = new Set<string>();
    for (const target of estate.armable.get(`${arming.type} ${subject.account}`) ?? []) {
      if (target === subject) continue;
      const armed = decide(subject, { action: arming.action, resource: target.arn, context: arming.context }, now);
      if (armed.outcome === 'deny') continue;
      const seconds: [string | undefined, string, Decision | undefined][] = [
        [arming.assume, 'sts:AssumeRole', arming.assume === undefined ? undefined : decideAssume(search, target)],
        [arming.rewrite, 'iam:UpdateAssumeRolePolicy', decideOn(search, 'iam:UpdateAssumeRolePolicy', target.arn)],
        [arming.key, 'iam:CreateAccessKey', decideOn(search, 'iam:CreateAccessKey', target.arn)],
      ];
      for (const [method, action, second] of seconds) {
        if (method === undefined || second === undefined || second.outcome === 'deny' || done.has(method)) continue;
        done.add(method);
        yield row(search, method, [arming.action, action], together([armed, second]), nameOf(target));
      }
      if (done.size > 0) break;
    }
  }
}

/** New compute that runs as an administrator: the actions beside `iam:PassRole`, and the service the role must trust. */
const PASS_ROLE: readonly { readonly method: string; readonly service: string; readonly actions: readonly string[] }[] = [
  { method: 'ec2-001', service: 'ec2.amazonaws.com', actions: ['ec2:RunInstances'] },
  { method: 'lambda-001', service: 'lambda.amazonaws.com', actions: ['lambda:CreateFunction', 'lambda:InvokeFunction'] },
  {
    method: 'lambda-002',
    service: 'lambda.amazonaws.com',
    actions: ['lambda:CreateFunction', 'lambda:CreateEventSourceMapping'],
  },
  { method: 'lambda-006', service: 'lambda.amazonaws.com', actions: ['lambda:CreateFunction', 'lambda:AddPermission'] },
  { method: 'cloudformation-001', service: 'cloudformation.amazonaws.com', actions: ['cloudformation:CreateStack'] },
  { method: 'codebuild-001', service: 'codebuild.amazonaws.com', actions: ['codebuild:CreateProject', 'codebuild:StartBuild'] },
  { method: 'ecs-004', service: 'ecs-tasks.amazonaws.com', actions: ['ecs:RegisterTaskDefinition', 'ecs:RunTask'] },
  { method: 'ecs-003', service: 'ecs-tasks.amazonaws.com', actions: ['ecs:RegisterTaskDefinition', 'ecs:CreateService'] },
  { method: 'glue-001', service: 'glue.amazonaws.com', actions: ['glue:CreateDevEndpoint'] },
  { method: 'glue-003', service: 'glue.amazonaws.com', actions: ['glue:CreateJob', 'glue:StartJobRun'] },
  { method: 'sagemaker-001', service: 'sagemaker.amazonaws.com', actions: ['sagemaker:CreateNotebookInstance'] },
  { method: 'sagemaker-002', service: 'sagemaker.amazonaws.com', actions: ['sagemaker:CreateTrainingJob'] },
  { method: 'apprunner-001', service: 'tasks.apprunner.amazonaws.com', actions: ['apprunner:CreateService'] },
  {
    method: 'datapipeline-001',
    service: 'datapipeline.amazonaws.com',
    actions: ['datapipeline:CreatePipeline', 'datapipeline:PutPipelineDefinition'],
  },
];

function* passRoleWays(search: Search): Generator<Capability> {
  const { subject, now } = search;
  if (somewhere(subject, 'iam:PassRole', 'arn:{partition}:iam::{account}:role/*', now) === undefined) return;
  for (const { method, service, actions } of PASS_ROLE) {
    const starts = actions.map((action) => somewhere(subject, action, '*', now) ?? REFUSED);
    if (starts.includes(REFUSED)) continue;
    for (const role of adminRolesFor(search, service)) {
      const pass = decide(subject, { action: 'iam:PassRole', resource: role.arn, context: { [PASSED_TO]: [service] } }, now);
      const all = together([pass, ...starts]);
      if (all.outcome === 'deny') continue;
      yield row(search, method, ['iam:PassRole', ...actions], all, nameOf(role));
      break;
    }
  }
}

/**
 * Compute that already runs as an administrator. Functions and machines are not in an IAM export, so that such a way
 * is never more than probable: a role for them exists.
 */
const EXISTING: readonly { readonly method: string; readonly service: string; readonly action: string }[] = [
  { method: 'lambda-003', service: 'lambda.amazonaws.com', action: 'lambda:UpdateFunctionCode' },
  { method: 'ssm-001', service: 'ec2.amazonaws.com', action: 'ssm:StartSession' },
  { method: 'ssm-002', service: 'ec2.amazonaws.com', action: 'ssm:SendCommand' },
];

function* existingComputeWays(search: Search): Generator<Capability> {
  const { subject, now } = search;
  for (const { method, service, action } of EXISTING) {
    const role = adminRolesFor(search, service).find((one) => service !== 'ec2.amazonaws.com' || one.onInstances === true);
    if (role === undefined) continue;
    const way = somewhere(subject, action, '*', now);
    if (way === undefined) continue;
    yield { ...row(search, method, [action], way, nameOf(role)), confidence: 'medium' };
  }
}

const REFUSED: Decision = { outcome: 'deny', explicit: false, by: undefined, keys: [] };

function adminRolesFor({ subject, estate }: Search, service: string): Subject[] {
  return [...estate.admins].filter(
    (role) =>
      role !== subject &&
      role.type === 'role' &&
      role.serviceLinked !== true &&
      role.account === subject.account &&
      role.trust !== undefined &&
      admitsService(role.trust, service),
  );
}

/** Both sides of `sts:AssumeRole`; `by` is a policy of the subject, or nothing where the trust alone lets it in. */
function decideAssume({ subject, now }: Search, role: Subject): Decision | undefined {
  if (role.trust === undefined) return undefined;
  const trust: Policy = { name: `trust of ${nameOf(role)}`, kind: 'trust', inline: true, document: role.trust };
  const target = { account: role.account, policy: { title: trust.name, known: true, policies: [trust] } };
  const decision = decide(subject, { action: 'sts:AssumeRole', resource: role.arn, target }, now);
  if (decision.outcome === 'deny') return undefined;
  return decision.by?.policy === trust ? { ...decision, by: undefined } : decision;
}

function decideOn({ subject, now }: Search, action: string, resource: string): Decision {
  return decide(subject, { action, resource }, now);
}

function* one(
  search: Search,
  method: string,
  action: string,
  resource: string,
  context: { readonly [key: string]: readonly string[] } = {},
  target?: Subject,
): Generator<Capability> {
  const decision = decide(search.subject, { action, resource, context }, search.now);
  if (decision.outcome !== 'deny')
    yield row(search, method, [action], decision, target === undefined ? 'itself' : nameOf(target));
}

function row(search: Search, method: string, actions: readonly string[], decision: Decision, target: string): Capability {
  const from = decision.by === undefined ? `trust of ${target}` : policyPath(decision.by.policy);
  const resource = resourceText(decision.by);
  return {
    capability: 'escalates',
    permission: actions.join(' + '),
    resource: decision.by === undefined ? '*' : resource,
    by: decision.by,
    confidence: confidenceOf(decision, search.subject),
    keys: decision.keys,
    method,
    target,
    path: `${from} → ${actions.join(' + ')} on ${resource} → ${target === 'itself' ? 'gives itself any right' : `becomes ${target}`}`,
  };
}

/** Customer-managed policies that apply to the subject: whoever rewrites one rewrites the subject's rights. */
function editablePolicies({ subject, estate }: Search): ManagedPolicy[] {
  const names = new Set(subject.policies.map((policy) => policy.name));
  return [...names].flatMap((name) => {
    if (/^arn:[a-z-]+:iam::aws:policy\//.test(name)) return [];
    return estate.managed.get(name) ?? [];
  });
}

function documentMakesAdmin(name: string, document: Policy['document'], now: Date): boolean {
  return makesAdmin([{ name, kind: 'attached', inline: false, document }], now);
}

/** Would these policies, alone, make somebody an administrator? */
function makesAdmin(policies: readonly Policy[], now: Date): boolean {
  return decideAdmin({ ...NOBODY, policies }, now).outcome !== 'deny';
}

/** Would every right, once given to the subject, survive its limits? */
function limitsAdmitAdmin(subject: Subject, now: Date): boolean {
  if (subject.limits.length === 0) return true;
  return decideAdmin({ ...subject, policies: [EVERYTHING] }, now).outcome !== 'deny';
}

const EVERYTHING: Policy = {
  name: ADMINISTRATOR,
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

const NOBODY: Subject = {
  arn: 'arn:aws:iam::000000000000:user/nobody',
  partition: 'aws',
  account: '000000000000',
  type: 'user',
  name: 'nobody',
  tags: {},
  policies: [],
  limits: [],
  missing: [],
  groups: [],
};

function nameOf(subject: Subject): string {
  return `${subject.type}/${subject.name}`;
}

function sameAccount(arn: string, subject: Subject): boolean {
  return arn.split(':')[4] === subject.account;
}
