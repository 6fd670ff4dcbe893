import type { Estate, Group, Limit, ManagedPolicy, Policy, Subject } from '../src/iam/index.ts';
import { type PolicyDocument, readPolicyDocument } from '../src/iam/index.ts';

const ACCOUNT = '111122223333';

/** An account before its documents are read, as an export has it. */
export interface RawAccount {
  readonly policies: ReadonlyMap<string, unknown>;
  readonly groups: readonly { readonly name: string; readonly policies: readonly string[] }[];
  readonly principals: readonly RawPrincipal[];
  readonly controls: unknown;
}

interface RawPrincipal {
  readonly type: 'user' | 'role';
  readonly name: string;
  readonly attached: readonly string[];
  readonly inline: unknown;
  readonly groups: readonly string[];
  readonly boundary: string | undefined;
  readonly trust: unknown;
  readonly onInstances: boolean;
  readonly tags: { readonly [key: string]: string };
}

/**
 * One third users, two thirds roles, as many managed policies: teams of some 30 with resources of their own, groups,
 * boundaries for one in ten, trusts of services, of the account, by name and under conditions, and chains of them. One in
 * a hundred is an administrator, one policy in thirty lets change what a team has, one in a thousand what the account has. The same for the same number.
 */
export function generateAccount(principals: number): RawAccount {
  const random = seeded(20261122);
  const users = Math.round(principals / 3);
  const roles = principals - users;
  const teams = Math.max(2, Math.round(principals / 30));
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const chance = (share: number): boolean => random() < share;
  const arn = (type: string, name: string): string => `arn:aws:iam::${ACCOUNT}:${type}/${name}`;
  const teamName = (index: number): string => `team${index % teams}`;
  const roleName = (index: number): string => `${teamName(index)}-${ROLES[index % ROLES.length]}-${index}`;

  const policies = new Map<string, unknown>();
  for (let index = 0; index < principals; index++) {
    const statements = [ordinary(teamName(index), pick), ...(chance(0.5) ? [ordinary(teamName(index), pick)] : [])];
    if (chance(0.03)) statements.push(...risky(teamName(index), pick));
    if (chance(0.001)) statements.push(...wide(pick));
    if (chance(0.05)) statements.push({ Effect: 'Deny', Action: ['s3:DeleteBucket', 'iam:DeleteRole'], Resource: '*' });
    policies.set(arn('policy', `${teamName(index)}-${index}`), documentOf(statements));
  }
  const names = [...policies.keys()];
  policies.set('arn:aws:iam::aws:policy/AdministratorAccess', documentOf([{ Effect: 'Allow', Action: '*', Resource: '*' }]));
  const own = arn('policy', 'own-keys');
  policies.set(own, documentOf([{ Effect: 'Allow', Action: ['iam:*AccessKey*', 'iam:ChangePassword'], Resource: OWN_USER }]));
  const edge = arn('policy', 'boundary');
  policies.set(edge, documentOf([{ Effect: 'Allow', NotAction: ['iam:*', 'organizations:*'], Resource: '*' }]));

  const groups = Array.from({ length: teams }, (_, index) => ({
    name: teamName(index),
    policies: [own, names[index] ?? own, ...(chance(0.02) ? ['arn:aws:iam::aws:policy/AdministratorAccess'] : [])],
  }));
  const all: RawPrincipal[] = [];
  const shared = (type: 'user' | 'role', index: number): Omit<RawPrincipal, 'groups' | 'trust' | 'onInstances' | 'name'> => ({
    type,
    attached: [
      ...Array.from(
        { length: 1 + Math.floor(random() * 3) },
        () => names[(index + teams * Math.floor(random() * 20)) % names.length] ?? own,
      ),
      ...(chance(0.01) ? ['arn:aws:iam::aws:policy/AdministratorAccess'] : []),
    ],
    inline: chance(0.4) ? documentOf([ordinary(teamName(index), pick)]) : undefined,
    boundary: chance(0.1) ? edge : undefined,
    tags: { team: teamName(index), env: pick(['prod', 'dev']) },
  });
  for (let index = 0; index < users; index++) {
    const more = { trust: undefined, onInstances: false, groups: [teamName(index)] };
    all.push({ ...shared('user', index), ...more, name: `${teamName(index)}-user-${index}` });
  }
  for (let index = 0; index < roles; index++) {
    const trust = documentOf([trustOf(index, roleName, teamName, pick, chance)]);
    all.push({ ...shared('role', index), name: roleName(index), groups: [], trust, onInstances: index % ROLES.length === 1 });
  }
  const controls = documentOf([
    { Effect: 'Allow', Action: '*', Resource: '*' },
    { Effect: 'Deny', Action: 'organizations:LeaveOrganization', Resource: '*' },
    { Effect: 'Deny', Action: 'iam:*', Resource: arn('role', 'OrganizationAccountAccessRole') },
  ]);
  return { policies, groups, principals: all, controls };
}

/** What a scanner makes of it. */
export function readAccount(raw: RawAccount): Estate {
  const documents = new Map([...raw.policies].map(([name, document]) => [name, read(document)]));
  const attached = (name: string, kind: string): Policy => {
    return { name, kind, inline: false, document: documents.get(name) ?? read(documentOf([])) };
  };
  const groups = new Map<string, Group>(
    raw.groups.map(({ name, policies }) => {
      const arn = `arn:aws:iam::${ACCOUNT}:group/${name}`;
      return [name, { arn, name, policies: policies.map((policy) => attached(policy, `group:${name}`)) }];
    }),
  );
  const controls: Limit = {
    kind: 'scp',
    title: 'service control policies of the root',
    known: true,
    policies: [{ name: 'controls', kind: 'scp', inline: false, document: read(raw.controls) }],
  };
  const subjects = raw.principals.map((one): Subject => {
    const mine = one.groups.flatMap((name) => groups.get(name) ?? []);
    const boundary = one.boundary === undefined ? undefined : attached(one.boundary, 'boundary');
    return {
      arn: `arn:aws:iam::${ACCOUNT}:${one.type}/${one.name}`,
      partition: 'aws',
      account: ACCOUNT,
      type: one.type,
      name: one.name,
      tags: one.tags,
      policies: [
        ...one.attached.map((name) => attached(name, 'attached')),
        ...(one.inline === undefined ? [] : [{ name: 'inline', kind: 'inline', inline: true, document: read(one.inline) }]),
        ...mine.flatMap(({ policies }) => policies),
      ],
      limits: [
        ...(boundary === undefined
          ? []
          : [{ title: `permissions boundary ${boundary.name}`, known: true, policies: [boundary] }]),
        controls,
      ],
      missing: [],
      groups: mine,
      ...(one.trust === undefined ? {} : { trust: read(one.trust), onInstances: one.onInstances }),
    };
  });
  const managed = new Map<string, ManagedPolicy>();
  for (const [arn, document] of documents) {
    if (!arn.includes('::aws:')) managed.set(arn, { arn, defaultVersion: document, otherVersions: [] });
  }
  return { subjects, groups: [...groups.values()], managed };
}

const OWN_USER = `arn:aws:iam::*:user/\${aws:username}`;
const ROLES = ['lambda', 'ec2', 'task', 'build', 'stack', 'deploy', 'read', 'glue'];
const SERVICES = ['lambda', 'ec2', 'ecs-tasks', 'codebuild', 'cloudformation', 'glue', 'sagemaker'];

type Pick = <T>(list: readonly T[]) => T;

function ordinary(team: string, pick: Pick): unknown {
  return pick([
    { Effect: 'Allow', Action: ['s3:GetObject', 's3:PutObject'], Resource: `arn:aws:s3:::${team}-*/*` },
    { Effect: 'Allow', Action: ['s3:Get*', 's3:List*'], Resource: [`arn:aws:s3:::${team}-data`, `arn:aws:s3:::${team}-data/*`] },
    { Effect: 'Allow', Action: 'dynamodb:*', Resource: `arn:aws:dynamodb:*:${ACCOUNT}:table/${team}-*` },
    { Effect: 'Allow', Action: ['sqs:SendMessage', 'sqs:ReceiveMessage'], Resource: `arn:aws:sqs:*:${ACCOUNT}:${team}-*` },
    {
      Effect: 'Allow',
      Action: 'secretsmanager:GetSecretValue',
      Resource: `arn:aws:secretsmanager:*:${ACCOUNT}:secret:${team}/*`,
    },
    { Effect: 'Allow', Action: ['logs:CreateLogStream', 'logs:PutLogEvents'], Resource: '*' },
    { Effect: 'Allow', Action: ['ec2:Describe*', 'cloudwatch:*'], Resource: '*' },
    { Effect: 'Allow', Action: ['lambda:InvokeFunction'], Resource: `arn:aws:lambda:*:${ACCOUNT}:function:${team}-*` },
    { Effect: 'Allow', Action: 'sts:AssumeRole', Resource: `arn:aws:iam::${ACCOUNT}:role/${team}-*` },
  ]);
}

function risky(team: string, pick: Pick): unknown[] {
  const passes = { Effect: 'Allow', Action: 'iam:PassRole', Resource: `arn:aws:iam::${ACCOUNT}:role/${team}-*` };
  return pick([
    [passes, { Effect: 'Allow', Action: 'lambda:*', Resource: '*' }],
    [passes, { Effect: 'Allow', Action: ['ec2:*', 'ssm:*'], Resource: '*' }],
    [
      { ...passes, Resource: '*' },
      { Effect: 'Allow', Action: ['codebuild:*', 'cloudformation:*'], Resource: '*' },
    ],
    [{ Effect: 'Allow', Action: 'iam:CreateAccessKey', Resource: `arn:aws:iam::${ACCOUNT}:user/${team}-*` }],
    [
      {
        Effect: 'Allow',
        Action: ['iam:AttachRolePolicy', 'iam:PutRolePolicy'],
        Resource: `arn:aws:iam::${ACCOUNT}:role/${team}-*`,
      },
    ],
  ]);
}

/** Rights over the whole account, which a few have. */
function wide(pick: Pick): unknown[] {
  return pick([
    [
      { Effect: 'Allow', Action: 'iam:PassRole', Resource: '*' },
      { Effect: 'Allow', Action: ['codebuild:*', 'cloudformation:*'], Resource: '*' },
    ],
    [{ Effect: 'Allow', Action: 'iam:UpdateAssumeRolePolicy', Resource: '*' }],
    [{ Effect: 'Allow', Action: 'sts:AssumeRole', Resource: '*' }],
    [{ Effect: 'Allow', Action: ['s3:GetObject', 'secretsmanager:GetSecretValue'], Resource: '*' }],
  ]);
}

function trustOf(
  index: number,
  roleName: (index: number) => string,
  teamName: (index: number) => string,
  pick: Pick,
  chance: (share: number) => boolean,
): unknown {
  const assume = { Effect: 'Allow', Action: 'sts:AssumeRole' };
  const root = { AWS: `arn:aws:iam::${ACCOUNT}:root` };
  if (chance(0.45)) {
    const Principal = { Service: `${pick(SERVICES)}.amazonaws.com` };
    return chance(0.3)
      ? { ...assume, Principal, Condition: { StringEquals: { 'aws:SourceAccount': ACCOUNT } } }
      : { ...assume, Principal };
  }
  if (chance(0.4)) return { ...assume, Principal: { AWS: `arn:aws:iam::${ACCOUNT}:role/${roleName(Math.max(0, index - 7))}` } };
  if (chance(0.5)) return { ...assume, Principal: root };
  return pick([
    { ...assume, Principal: root, Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'true' } } },
    { ...assume, Principal: root, Condition: { StringEquals: { 'aws:PrincipalTag/team': teamName(index) } } },
    {
      ...assume,
      Principal: root,
      Condition: { ArnLike: { 'aws:PrincipalArn': `arn:aws:iam::${ACCOUNT}:role/${teamName(index)}-*` } },
    },
    { ...assume, Principal: { AWS: 'arn:aws:iam::999988887777:root' }, Condition: { StringEquals: { 'sts:ExternalId': 'x' } } },
  ]);
}

function documentOf(statements: readonly unknown[]): unknown {
  return { Version: '2012-10-17', Statement: statements };
}

function read(document: unknown): PolicyDocument {
  const result = readPolicyDocument(document);
  if (!result.ok) throw new Error(result.why);
  return result.document;
}

/** mulberry32: the same numbers for the same seed. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
