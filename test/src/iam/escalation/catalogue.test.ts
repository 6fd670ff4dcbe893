import assert from 'node:assert/strict';
import { CATALOGUE } from '../../../../src/iam/escalation/catalogue/index.ts';
import { createJudge, type Estate, type Policy, type Subject } from '../../../../src/iam/index.ts';
import {
  ACCOUNT,
  allow,
  attached,
  boundary,
  deny,
  estate,
  group,
  inline,
  NOW,
  type RawStatement,
  role,
  trusts,
  user,
} from '../build.ts';

const ADMIN = inline('all', allow('*'));
const HARMLESS = attached('shared', allow('s3:ListBucket'));

/** What https://pathfinding.cloud says one needs, and whom it leads to. */
interface Way {
  readonly actions: readonly string[];
  /** What the first of them has to reach; `*` where only the service matters. */
  readonly on: string;
  readonly caller?: 'user' | 'role';
  /** Others in the account; what another service trusts is the near miss of `service`. */
  readonly others: (service: string) => readonly Subject[];
  readonly service?: string;
  readonly more?: Partial<Subject>;
  readonly has?: readonly Policy[];
}

const iam = (name: string): string => `arn:aws:iam::${ACCOUNT}:${name}`;
const boss = user('boss', [ADMIN]);
const chief = role('chief', [ADMIN], trusts({ AWS: ACCOUNT }));
const plain = role('plain', [], trusts({ AWS: ACCOUNT }));
const bot = user('bot', []);

function self(action: string, on: string, more: Partial<Way> = {}): Way {
  return { actions: [action], on, others: () => [], ...more };
}

function into(target: Subject, ...actions: string[]): Way {
  return { actions, on: target.arn, others: () => [target] };
}

function runs(service: string, ...actions: string[]): Way {
  return {
    actions: ['iam:PassRole', ...actions],
    on: iam('role/runner'),
    service,
    others: (trusted) => [role('runner', [ADMIN], trusts({ Service: trusted }), { onInstances: true })],
  };
}

function enters(service: string, ...actions: string[]): Way {
  const more = { onInstances: true };
  return { actions, on: '*', service, others: (trusted) => [role('runner', [ADMIN], trusts({ Service: trusted }), more)] };
}

const ec2 = 'ec2.amazonaws.com';
const lambda = 'lambda.amazonaws.com';
const stacks = 'cloudformation.amazonaws.com';
const builds = 'codebuild.amazonaws.com';
const tasks = 'ecs-tasks.amazonaws.com';
const glue = 'glue.amazonaws.com';
const sagemaker = 'sagemaker.amazonaws.com';
const apprunner = 'tasks.apprunner.amazonaws.com';
const agents = 'bedrock-agentcore.amazonaws.com';

const WAYS: { readonly [id: string]: Way } = {
  'iam-001': self('iam:CreatePolicyVersion', HARMLESS.name, { has: [HARMLESS] }),
  'iam-002': into(boss, 'iam:CreateAccessKey'),
  'iam-003': into(boss, 'iam:CreateAccessKey', 'iam:DeleteAccessKey'),
  'iam-004': into(boss, 'iam:CreateLoginProfile'),
  'iam-005': self('iam:PutRolePolicy', iam('role/mara'), { caller: 'role' }),
  'iam-006': into(boss, 'iam:UpdateLoginProfile'),
  'iam-007': self('iam:PutUserPolicy', iam('user/mara')),
  'iam-008': self('iam:AttachUserPolicy', iam('user/mara')),
  'iam-009': self('iam:AttachRolePolicy', iam('role/mara'), { caller: 'role' }),
  'iam-010': self('iam:AttachGroupPolicy', iam('group/ops'), { more: { groups: [group('ops')] } }),
  'iam-011': self('iam:PutGroupPolicy', iam('group/ops'), { more: { groups: [group('ops')] } }),
  'iam-012': into(chief, 'iam:UpdateAssumeRolePolicy'),
  'iam-013': self('iam:AddUserToGroup', iam('group/chiefs')),
  'iam-014': into(plain, 'iam:AttachRolePolicy', 'sts:AssumeRole'),
  'iam-015': into(bot, 'iam:AttachUserPolicy', 'iam:CreateAccessKey'),
  'iam-016': armedByPolicy('sts:AssumeRole'),
  'iam-017': into(plain, 'iam:PutRolePolicy', 'sts:AssumeRole'),
  'iam-018': into(bot, 'iam:PutUserPolicy', 'iam:CreateAccessKey'),
  'iam-019': into(plain, 'iam:AttachRolePolicy', 'iam:UpdateAssumeRolePolicy'),
  'iam-020': armedByPolicy('iam:UpdateAssumeRolePolicy'),
  'iam-021': into(plain, 'iam:PutRolePolicy', 'iam:UpdateAssumeRolePolicy'),
  'sts-001': into(chief, 'sts:AssumeRole'),
  'apprunner-001': runs(apprunner, 'apprunner:CreateService'),
  'bedrock-001': runs(
    agents,
    'bedrock-agentcore:CreateCodeInterpreter',
    'bedrock-agentcore:StartCodeInterpreterSession',
    'bedrock-agentcore:InvokeCodeInterpreter',
  ),
  'cloudformation-001': runs(stacks, 'cloudformation:CreateStack'),
  'cloudformation-003': runs(stacks, 'cloudformation:CreateStackSet', 'cloudformation:CreateStackInstances'),
  'cloudformation-004': runs(stacks, 'cloudformation:UpdateStackSet'),
  'codebuild-001': runs(builds, 'codebuild:CreateProject', 'codebuild:StartBuild'),
  'codebuild-004': runs(builds, 'codebuild:CreateProject', 'codebuild:StartBuildBatch'),
  'datapipeline-001': runs(
    'datapipeline.amazonaws.com',
    'datapipeline:CreatePipeline',
    'datapipeline:PutPipelineDefinition',
    'datapipeline:ActivatePipeline',
  ),
  'ec2-001': runs(ec2, 'ec2:RunInstances'),
  'ec2-003': runs(ec2, 'ec2:RequestSpotInstances'),
  'ecs-001': runs(tasks, 'ecs:CreateCluster', 'ecs:RegisterTaskDefinition', 'ecs:CreateService'),
  'ecs-002': runs(tasks, 'ecs:CreateCluster', 'ecs:RegisterTaskDefinition', 'ecs:RunTask'),
  'ecs-003': runs(tasks, 'ecs:RegisterTaskDefinition', 'ecs:CreateService'),
  'ecs-004': runs(tasks, 'ecs:RegisterTaskDefinition', 'ecs:RunTask'),
  'ecs-005': runs(tasks, 'ecs:RegisterTaskDefinition', 'ecs:StartTask'),
  'glue-001': runs(glue, 'glue:CreateDevEndpoint'),
  'glue-003': runs(glue, 'glue:CreateJob', 'glue:StartJobRun'),
  'glue-004': runs(glue, 'glue:CreateJob', 'glue:CreateTrigger'),
  'glue-005': runs(glue, 'glue:UpdateJob', 'glue:StartJobRun'),
  'glue-006': runs(glue, 'glue:UpdateJob', 'glue:CreateTrigger'),
  'lambda-001': runs(lambda, 'lambda:CreateFunction', 'lambda:InvokeFunction'),
  'lambda-002': runs(lambda, 'lambda:CreateFunction', 'lambda:CreateEventSourceMapping'),
  'lambda-006': runs(lambda, 'lambda:CreateFunction', 'lambda:AddPermission'),
  'sagemaker-001': runs(sagemaker, 'sagemaker:CreateNotebookInstance'),
  'sagemaker-002': runs(sagemaker, 'sagemaker:CreateTrainingJob'),
  'sagemaker-003': runs(sagemaker, 'sagemaker:CreateProcessingJob'),
  'apprunner-002': enters(apprunner, 'apprunner:UpdateService'),
  'bedrock-002': enters(agents, 'bedrock-agentcore:StartCodeInterpreterSession', 'bedrock-agentcore:InvokeCodeInterpreter'),
  'cloudformation-002': enters(stacks, 'cloudformation:UpdateStack'),
  'cloudformation-005': enters(stacks, 'cloudformation:CreateChangeSet', 'cloudformation:ExecuteChangeSet'),
  'codebuild-002': enters(builds, 'codebuild:StartBuild'),
  'codebuild-003': enters(builds, 'codebuild:StartBuildBatch'),
  'ec2-002': enters(ec2, 'ec2:ModifyInstanceAttribute', 'ec2:StopInstances', 'ec2:StartInstances'),
  'ec2-004': enters(ec2, 'ec2:CreateLaunchTemplateVersion', 'ec2:ModifyLaunchTemplate'),
  'ec2instanceconnect-003': enters(ec2, 'ec2-instance-connect:SendSSHPublicKey', 'ec2:DescribeInstances'),
  'glue-002': enters(glue, 'glue:UpdateDevEndpoint'),
  'lambda-003': enters(lambda, 'lambda:UpdateFunctionCode'),
  'lambda-004': enters(lambda, 'lambda:UpdateFunctionCode', 'lambda:InvokeFunction'),
  'lambda-005': enters(lambda, 'lambda:UpdateFunctionCode', 'lambda:AddPermission'),
  'sagemaker-004': enters(sagemaker, 'sagemaker:CreatePresignedNotebookInstanceUrl'),
  'sagemaker-005': enters(
    sagemaker,
    'sagemaker:CreateNotebookInstanceLifecycleConfig',
    'sagemaker:StopNotebookInstance',
    'sagemaker:UpdateNotebookInstance',
    'sagemaker:StartNotebookInstance',
  ),
  'ssm-001': enters(ec2, 'ssm:StartSession'),
  'ssm-002': enters(ec2, 'ssm:SendCommand'),
};

const OWN_WAYS: { readonly [id: string]: Way } = {
  'own-launch-configuration': runs(ec2, 'autoscaling:CreateLaunchConfiguration', 'autoscaling:CreateAutoScalingGroup'),
  'own-launch-template': runs(ec2, 'ec2:CreateLaunchTemplate', 'autoscaling:CreateAutoScalingGroup'),
  'own-associate-instance-profile': runs(ec2, 'ec2:AssociateIamInstanceProfile', 'ssm:StartSession'),
  'own-associate-instance-profile-command': runs(ec2, 'ec2:AssociateIamInstanceProfile', 'ssm:SendCommand'),
  'own-replace-instance-profile': runs(ec2, 'ec2:ReplaceIamInstanceProfileAssociation', 'ssm:StartSession'),
  'own-replace-instance-profile-command': runs(ec2, 'ec2:ReplaceIamInstanceProfileAssociation', 'ssm:SendCommand'),
  'own-emr-job-flow': runs(ec2, 'elasticmapreduce:RunJobFlow'),
  'own-create-instance-profile': runs(ec2, 'iam:CreateInstanceProfile', 'iam:AddRoleToInstanceProfile', 'ec2:RunInstances'),
  'own-batch-job': runs(tasks, 'batch:RegisterJobDefinition', 'batch:SubmitJob'),
  'own-state-machine': runs('states.amazonaws.com', 'states:CreateStateMachine', 'states:StartExecution'),
  'own-schedule': runs('scheduler.amazonaws.com', 'scheduler:CreateSchedule'),
  'own-roles-anywhere': runs('rolesanywhere.amazonaws.com', 'rolesanywhere:CreateTrustAnchor', 'rolesanywhere:CreateProfile'),
  'own-function-configuration': enters(lambda, 'lambda:UpdateFunctionConfiguration'),
  'own-enter-task': enters(tasks, 'ecs:ExecuteCommand'),
  'own-automation': runs('ssm.amazonaws.com', 'ssm:CreateDocument', 'ssm:StartAutomationExecution'),
};

function armedByPolicy(enter: string): Way {
  const armed = role('plain', [HARMLESS], trusts({ AWS: ACCOUNT }));
  return { actions: ['iam:CreatePolicyVersion', enter], on: HARMLESS.name, others: () => [armed] };
}

interface Change {
  readonly statements?: readonly RawStatement[];
  readonly more?: Partial<Subject>;
  readonly service?: string;
}

/** Methods of the caller, with the first action bound to what it must reach and the others free. */
function methodsOf(way: Way, change: Change = {}): string[] {
  const [first = '', ...rest] = way.actions;
  const statements = change.statements ?? [allow(first, way.on), ...(rest.length === 0 ? [] : [allow(rest)])];
  const policies = [...(way.has ?? []), inline('own', ...statements)];
  const more = { ...way.more, ...change.more };
  const caller = way.caller === 'role' ? role('mara', policies, undefined, more) : user('mara', policies, more);
  const managed = { arn: HARMLESS.name, defaultVersion: HARMLESS.document, otherVersions: [] };
  const all: Estate = estate(
    [caller, ...way.others(change.service ?? way.service ?? '')],
    [group('ops'), group('chiefs', allow('*'))],
    [managed],
  );
  return createJudge(all, NOW)
    .capabilities(caller)
    .filter(({ capability }) => capability === 'escalates')
    .flatMap(({ methods = [] }) => methods);
}

describe('IAM escalation catalogue', () => {
  it('has all 65 ways of pathfinding.cloud, and a few more', () => {
    const ids = new Set(CATALOGUE.map(({ id }) => id));

    assert.equal(Object.keys(WAYS).length, 65);
    assert.deepEqual(
      Object.keys(WAYS).filter((id) => !ids.has(id)),
      [],
    );
    assert.deepEqual(
      [...ids].filter((id) => !Object.hasOwn(WAYS, id) && !Object.hasOwn(OWN_WAYS, id)),
      [
        'own-set-default-policy-version',
        'own-delete-permissions-boundary',
        'own-put-permissions-boundary',
        'own-rewrite-permissions-boundary',
        'own-tag-itself',
        'own-arm-role',
        'own-arm-user',
        'own-rewrite-policy-of-role',
        'own-rewrite-policy-of-user',
        'own-switch-policy-of-role',
        'own-switch-policy-of-user',
        'own-arm-group-of-user',
        'own-add-user-to-group',
        'own-free-user',
        'own-free-role',
        'own-create-user',
        'own-create-role',
      ],
    );
  });

  const impossible = { DateLessThan: { 'aws:CurrentTime': '2020-01-01T00:00:00Z' } };
  const elsewhere = (on: string): string =>
    on === '*' ? 'arn:aws:s3:::bucket' : on.startsWith('arn:aws:iam:') ? on.replace(/[^/]+$/, 'nobody') : on;

  for (const [id, way] of Object.entries({ ...WAYS, ...OWN_WAYS })) {
    const [first = '', ...rest] = way.actions;

    it(`${id}: ${way.actions.join(' + ')}`, () => {
      assert.ok(methodsOf(way).includes(id));
    });

    it(`${id}: not without one of its actions`, () => {
      for (const left of way.actions) {
        const actions = way.actions.filter((action) => action !== left);
        const statements = actions.length === 0 ? [allow('s3:ListBucket')] : [allow(actions)];

        assert.ok(!methodsOf(way, { statements }).includes(id), left);
      }
    });

    it(`${id}: not where one of its actions is denied`, () => {
      for (const action of way.actions) {
        assert.ok(!methodsOf(way, { statements: [allow(way.actions), deny(action)] }).includes(id), action);
      }
    });

    it(`${id}: not on another target, under an impossible condition, or within a boundary of something else`, () => {
      const others = rest.length === 0 ? [] : [allow(rest)];

      assert.ok(!methodsOf(way, { statements: [allow(first, elsewhere(way.on)), ...others] }).includes(id), 'target');
      assert.ok(!methodsOf(way, { statements: [allow(way.actions, '*', impossible)] }).includes(id), 'condition');
      assert.ok(!methodsOf(way, { more: { limits: [boundary(allow('s3:*'))] } }).includes(id), 'boundary');
    });

    if (way.service === undefined) continue;
    it(`${id}: not where no role trusts the service`, () => {
      assert.ok(!methodsOf(way, { service: 'transfer.amazonaws.com' }).includes(id));
    });
  }

  it('counts no machine without an instance profile', () => {
    const way = enters(ec2, 'ssm:StartSession');
    const unused = { ...way, others: () => [role('runner', [ADMIN], trusts({ Service: ec2 }))] };

    assert.deepEqual(methodsOf(unused), []);
  });

  it('starts no machine under a role without an instance profile, unless one can be made', () => {
    const runner = role('runner', [ADMIN], trusts({ Service: ec2 }));
    const bare = { ...runs(ec2, 'ec2:RunInstances'), others: () => [runner] };
    const making = ['iam:PassRole', 'ec2:RunInstances', 'iam:CreateInstanceProfile', 'iam:AddRoleToInstanceProfile'];

    assert.deepEqual(methodsOf(bare), []);
    assert.deepEqual(methodsOf(bare, { statements: [allow(making)] }), ['own-create-instance-profile']);
  });

  it('passes a role by the name that the service has in China', () => {
    const cn = (one: Subject): Subject => ({ ...one, partition: 'aws-cn', arn: one.arn.replace(':aws:', ':aws-cn:') });
    const passed = { StringEquals: { 'iam:PassedToService': 'ec2.amazonaws.com.cn' } };
    const caller = user('mara', [inline('own', allow('iam:PassRole', '*', passed), allow('ec2:RunInstances'))]);
    const runner = role('runner', [ADMIN], trusts({ Service: 'ec2.amazonaws.com.cn' }), { onInstances: true });
    const count = (all: readonly Subject[]): number =>
      createJudge(estate(all), NOW)
        .capabilities(all[0] ?? caller)
        .filter(({ capability }) => capability === 'escalates').length;

    assert.equal(count([cn(caller), cn(runner)]), 1);
    assert.equal(count([caller, runner]), 0);
  });

  it('gives a first password to who has none, a new one to who has one, and no third key', () => {
    const rows = (action: string, more: Partial<Subject>): (string | undefined)[] => {
      const caller = user('mara', [inline('own', allow(action, boss.arn))]);
      return createJudge(estate([caller, { ...boss, ...more }]), NOW)
        .capabilities(caller)
        .filter(({ capability }) => capability === 'escalates')
        .map(({ confidence, keys }) => [confidence, ...keys].join(' '));
    };

    assert.deepEqual(rows('iam:CreateLoginProfile', { hasPassword: true }), []);
    assert.deepEqual(rows('iam:CreateLoginProfile', { hasPassword: false }), ['high']);
    assert.deepEqual(rows('iam:CreateLoginProfile', {}), ['medium whether the user has no password yet']);
    assert.deepEqual(rows('iam:UpdateLoginProfile', { hasPassword: false }), []);
    assert.deepEqual(rows('iam:UpdateLoginProfile', { hasPassword: true }), ['high']);
    assert.deepEqual(rows('iam:CreateAccessKey', { accessKeys: 2 }), []);
    assert.deepEqual(rows('iam:CreateAccessKey', { accessKeys: 1 }), ['high']);
  });

  it('attaches another policy where the one of administrators is kept from it', () => {
    const god = { arn: `arn:aws:iam::${ACCOUNT}:policy/god`, defaultVersion: ADMIN.document, otherVersions: [] };
    const kept = deny('iam:AttachUserPolicy', '*', {
      ArnEquals: { 'iam:PolicyARN': 'arn:aws:iam::aws:policy/AdministratorAccess' },
    });
    const cases: [RawStatement, RawStatement[], boolean][] = [
      [allow('iam:AttachUserPolicy'), [kept], true],
      [allow('iam:AttachUserPolicy', '*', { ArnLike: { 'iam:PolicyARN': `arn:aws:iam::${ACCOUNT}:policy/*` } }), [], true],
      [allow('iam:AttachUserPolicy', '*', { ArnLike: { 'iam:PolicyARN': `arn:aws:iam::${ACCOUNT}:policy/a*` } }), [], false],
    ];
    for (const [first, more, expected] of cases) {
      const caller = user('mara', [inline('own', first, ...more)]);
      const rows = createJudge(estate([caller], [], [god]), NOW).capabilities(caller);
      assert.equal(
        rows.some(({ method }) => method === 'iam-008'),
        expected,
        JSON.stringify(first),
      );
    }
  });

  it('looks at the boundary that the target has', () => {
    const arn = `arn:aws:iam::${ACCOUNT}:policy/edge`;
    const edge = { ...boundary(allow('*')), title: `permissions boundary ${arn}` };
    const bound = { StringEquals: { 'iam:PermissionsBoundary': arn } };
    const may = (statements: readonly RawStatement[], more: Partial<Subject>): boolean => {
      const caller = user('mara', [inline('own', ...statements)], more);
      return createJudge(estate([caller]), NOW)
        .capabilities(caller)
        .some(({ method }) => method === 'iam-007');
    };
    const only = [allow('iam:PutUserPolicy', '*', bound)];
    const unless = [
      allow('iam:PutUserPolicy'),
      deny('iam:PutUserPolicy', '*', { StringNotEquals: { 'iam:PermissionsBoundary': arn } }),
    ];

    for (const statements of [only, unless]) {
      assert.equal(may(statements, {}), false);
      assert.equal(may(statements, { limits: [edge] }), true);
    }
  });

  it('does not take the boundary of a role for a key of assuming it', () => {
    const arn = `arn:aws:iam::${ACCOUNT}:policy/edge`;
    const never = { ArnNotEquals: { 'iam:PermissionsBoundary': arn } };
    const caller = user('mara', [inline('own', allow('sts:AssumeRole', '*', never))]);
    const trusted = trusts({ AWS: ACCOUNT }, { StringNotEquals: { 'aws:PrincipalTag/team': 'x' } });
    const limits = [{ ...boundary(allow('*')), title: `permissions boundary ${arn}` }];

    const rows = createJudge(estate([caller, role('chief', [ADMIN], trusted, { limits })]), NOW).capabilities(caller);

    assert.ok(rows.some(({ method }) => method === 'sts-001'));
  });

  it('says that what is there already is probable only', () => {
    const caller = user('mara', [inline('own', allow('lambda:UpdateFunctionCode'))]);
    const all = estate([caller, role('runner', [ADMIN], trusts({ Service: lambda }))]);

    const [row] = createJudge(all, NOW)
      .capabilities(caller)
      .filter(({ capability }) => capability === 'escalates');

    assert.equal(row?.confidence, 'medium');
    assert.deepEqual(row?.methods, ['lambda-003']);
  });
});

describe('IAM escalation: its own boundary', () => {
  const edge = boundary(allow(['s3:*', 'iam:*PermissionsBoundary']));

  it('is replaced by one that allows everything', () => {
    const caller = user('mara', [inline('own', allow('*'))], { limits: [edge] });

    const rows = createJudge(estate([caller]), NOW).capabilities(caller);

    assert.deepEqual(
      rows.filter(({ capability }) => capability === 'escalates').flatMap(({ methods = [] }) => methods),
      ['own-delete-permissions-boundary', 'own-put-permissions-boundary'],
    );
  });

  it('is not where only one boundary may be put, or where nothing is behind it', () => {
    const same = { ArnEquals: { 'iam:PermissionsBoundary': `arn:aws:iam::${ACCOUNT}:policy/edge` } };
    const bound = user(
      'mara',
      [
        inline('own', allow('*'), deny('iam:Delete*')),
        inline('b', deny('iam:Put*Boundary', '*', { ArnNotEquals: same.ArnEquals })),
      ],
      {
        limits: [edge],
      },
    );
    const small = user('mara', [inline('own', allow(['s3:*', 'iam:*PermissionsBoundary']))], { limits: [edge] });

    for (const caller of [bound, small]) {
      const rows = createJudge(estate([caller]), NOW).capabilities(caller);
      assert.deepEqual(
        rows.filter(({ capability }) => capability === 'escalates'),
        [],
      );
    }
  });
});

describe('IAM escalation: what needs another step first', () => {
  const arn = `arn:aws:iam::${ACCOUNT}:policy/edge`;
  const told = (caller: Subject, all: Estate = estate([caller])): string[] =>
    createJudge(all, NOW)
      .capabilities(caller)
      .filter(({ capability }) => capability === 'escalates')
      .flatMap(({ permission, confidence, target }) => `${confidence}: ${permission} → ${target}`);
  const edge = (...statements: RawStatement[]) => ({ ...boundary(...statements), title: `permissions boundary ${arn}` });

  it('frees itself of its boundary, then gives itself rights', () => {
    const caller = user('mara', [inline('own', allow(['iam:AttachUserPolicy', 'iam:DeleteUserPermissionsBoundary']))], {
      limits: [edge(allow(['s3:*', 'iam:*']))],
    });
    const kept = { ...caller, limits: [edge(allow('s3:*'))] };

    assert.deepEqual(told(caller), ['high: iam:DeleteUserPermissionsBoundary + iam:AttachUserPolicy → itself']);
    assert.deepEqual(told(kept), []);
  });

  it('rewrites the policy that is its boundary', () => {
    const caller = user('mara', [ADMIN], { limits: [edge(allow(['s3:*', 'iam:CreatePolicyVersion']))] });
    const kept = user('mara', [ADMIN], { limits: [edge(allow(['s3:*']))] });

    assert.deepEqual(told(caller), ['high: iam:CreatePolicyVersion → itself']);
    assert.deepEqual(told(kept), []);
  });

  it('tags itself as its own rights ask for', () => {
    const tagged = { StringEquals: { 'aws:PrincipalTag/team': 'ops' } };
    const may = (on: string) =>
      user('mara', [inline('own', allow('iam:TagUser', iam(on)), allow('iam:AttachUserPolicy', '*', tagged))]);

    assert.deepEqual(told(may('user/mara')), ['high: iam:TagUser + iam:AttachUserPolicy → itself']);
    assert.deepEqual(told(may('user/ben')), []);
  });

  it('makes a new user or role where all three calls meet on one name', () => {
    const user3 = ['iam:CreateUser', 'iam:AttachUserPolicy', 'iam:CreateAccessKey'];
    const may = (...statements: RawStatement[]) => user('mara', [inline('own', ...statements)]);

    assert.deepEqual(told(may(allow(user3, iam('user/bots/*')))), [`high: ${user3.join(' + ')} → a new user`]);
    assert.deepEqual(told(may(allow(user3.slice(0, 2), iam('user/bots/*')), allow(user3.slice(2), iam('user/x/*')))), []);
    assert.deepEqual(told(may(allow(user3, iam('user/mara')))), ['high: iam:AttachUserPolicy → itself']);
    assert.deepEqual(told(may(allow(['iam:CreateRole', 'iam:PutRolePolicy'], iam('role/new-*')))), [
      'high: iam:CreateRole + iam:PutRolePolicy + sts:AssumeRole → a new role',
    ]);
    assert.deepEqual(told(may(allow(['iam:CreateRole', 'iam:PutRolePolicy']), deny('sts:AssumeRole'))), []);
  });

  it('makes nobody without the boundary that is asked for', () => {
    const bound = { StringEquals: { 'iam:PermissionsBoundary': arn } };
    const caller = user('mara', [inline('own', allow(['iam:CreateRole', 'iam:PutRolePolicy'], '*', bound))]);

    assert.deepEqual(told(caller), []);
  });

  it('joins a group that may do all of IAM, and goes back to a version that may', () => {
    const iamers = group('iamers', allow('iam:*'));
    const joins = user('mara', [inline('own', allow('iam:AddUserToGroup'))]);
    const shared = { arn, defaultVersion: HARMLESS.document, otherVersions: [iamers.policies[0]?.document ?? HARMLESS.document] };
    const switches = user('mara', [{ ...attached('edge', allow('iam:SetDefaultPolicyVersion')), name: arn }]);

    assert.deepEqual(told(joins, estate([joins], [iamers])), ['high: iam:AddUserToGroup → itself']);
    assert.deepEqual(told(switches, estate([switches], [], [shared])), ['high: iam:SetDefaultPolicyVersion → itself']);
  });

  it('arms another user by itself, its policy, its group or one of administrators, and gets into it', () => {
    const harmless = { arn: HARMLESS.name, defaultVersion: HARMLESS.document, otherVersions: [] };
    const other = user('other', [HARMLESS], { groups: [group('ops')], hasPassword: false });
    const cases: [string, string][] = [
      ['iam:PutUserPolicy', other.arn],
      ['iam:CreatePolicyVersion', HARMLESS.name],
      ['iam:PutGroupPolicy', iam('group/ops')],
      ['iam:AddUserToGroup', iam('group/chiefs')],
    ];
    for (const [arm, on] of cases) {
      const rows = (enter: string): string[] => {
        const caller = user('mara', [inline('own', allow(arm, on), allow(enter, other.arn))], { type: 'role' });
        return told(caller, estate([caller, other], [group('ops'), group('chiefs', allow('*'))], [harmless]));
      };

      assert.deepEqual(rows('iam:CreateLoginProfile'), [`high: ${arm} + iam:CreateLoginProfile → user/other`]);
      assert.deepEqual(rows('iam:UpdateLoginProfile'), []);
    }
  });

  it('finds the one role with a policy to rewrite among thousands', () => {
    const caller = user('mara', [inline('own', allow('iam:CreatePolicyVersion', HARMLESS.name), allow('sts:AssumeRole'))]);
    const others = Array.from({ length: 2_500 }, (_, index) => role(`r${index}`, [], trusts({ AWS: ACCOUNT })));
    const last = role('last', [HARMLESS], trusts({ AWS: ACCOUNT }));
    const managed = { arn: HARMLESS.name, defaultVersion: HARMLESS.document, otherVersions: [] };

    assert.deepEqual(told(caller, estate([caller, ...others, last], [], [managed])), [
      'high: iam:CreatePolicyVersion + sts:AssumeRole → role/last',
    ]);
  });
});
