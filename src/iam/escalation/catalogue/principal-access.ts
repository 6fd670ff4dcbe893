import type { ArmEntry, MakeEntry, TakeOverEntry } from './entry.ts';

const category = 'principal-access';

/** The first actions that are the same make one right: who may make keys may do so whether or not there are two. */
export const TAKE_OVER: readonly TakeOverEntry[] = [
  { id: 'iam-002', category, actions: ['iam:CreateAccessKey'], target: 'user' },
  // Where the target has two keys, the most there can be.
  { id: 'iam-003', category, actions: ['iam:CreateAccessKey', 'iam:DeleteAccessKey'], target: 'user' },
  { id: 'iam-004', category, actions: ['iam:CreateLoginProfile'], target: 'user' },
  { id: 'iam-006', category, actions: ['iam:UpdateLoginProfile'], target: 'user' },
  { id: 'iam-012', category, actions: ['iam:UpdateAssumeRolePolicy'], target: 'role' },
  { id: 'sts-001', category, actions: ['sts:AssumeRole'], target: 'role' },
];

const ATTACH = 'policy-arn';

export const ARM: readonly ArmEntry[] = [
  arm('iam-014', 'role', 'iam:AttachRolePolicy', 'sts:AssumeRole', ATTACH),
  arm('iam-017', 'role', 'iam:PutRolePolicy', 'sts:AssumeRole'),
  arm('iam-019', 'role', 'iam:AttachRolePolicy', 'iam:UpdateAssumeRolePolicy', ATTACH),
  arm('iam-021', 'role', 'iam:PutRolePolicy', 'iam:UpdateAssumeRolePolicy'),
  arm('iam-015', 'user', 'iam:AttachUserPolicy', 'iam:CreateAccessKey', ATTACH),
  arm('iam-018', 'user', 'iam:PutUserPolicy', 'iam:CreateAccessKey'),
  { ...arm('iam-016', 'role', 'iam:CreatePolicyVersion', 'sts:AssumeRole'), arms: 'policy-of-principal' },
  ...['iam:CreateLoginProfile', 'iam:UpdateLoginProfile'].flatMap((login) => [
    arm('own-arm-user', 'user', 'iam:AttachUserPolicy', login, ATTACH),
    arm('own-arm-user', 'user', 'iam:PutUserPolicy', login),
  ]),
  ...['iam:CreateAccessKey', 'iam:CreateLoginProfile', 'iam:UpdateLoginProfile'].flatMap((enter): ArmEntry[] => [
    { ...arm('own-rewrite-policy-of-user', 'user', 'iam:CreatePolicyVersion', enter), arms: 'policy-of-principal' },
    { ...arm('own-arm-group-of-user', 'user', 'iam:AttachGroupPolicy', enter, ATTACH), arms: 'group-of-principal' },
    { ...arm('own-arm-group-of-user', 'user', 'iam:PutGroupPolicy', enter), arms: 'group-of-principal' },
    { ...arm('own-add-user-to-group', 'user', 'iam:AddUserToGroup', enter), arms: 'admin-group' },
  ]),
  { ...arm('iam-020', 'role', 'iam:CreatePolicyVersion', 'iam:UpdateAssumeRolePolicy'), arms: 'policy-of-principal' },
];

function arm(id: string, target: ArmEntry['target'], first: string, second: string, gives?: ArmEntry['gives']): ArmEntry {
  const entry = { id, category, actions: [first, second] as const, target, arms: 'principal' } as const;
  return gives === undefined ? entry : { ...entry, gives };
}

export const MAKE: readonly MakeEntry[] = [
  ...['iam:CreateAccessKey', 'iam:CreateLoginProfile'].flatMap((enter) => [
    make('own-create-user', 'user', 'iam:AttachUserPolicy', enter, ATTACH),
    make('own-create-user', 'user', 'iam:PutUserPolicy', enter),
    make('own-create-user', 'user', 'iam:AddUserToGroup', enter),
  ]),
  // Whoever makes a role says whom it trusts.
  make('own-create-role', 'role', 'iam:AttachRolePolicy', 'sts:AssumeRole', ATTACH),
  make('own-create-role', 'role', 'iam:PutRolePolicy', 'sts:AssumeRole'),
];

function make(id: string, makes: MakeEntry['makes'], arms: string, enter: string, gives?: MakeEntry['gives']): MakeEntry {
  const actions = [makes === 'user' ? 'iam:CreateUser' : 'iam:CreateRole', arms, enter] as const;
  return gives === undefined ? { id, category, makes, actions } : { id, category, makes, actions, gives };
}
