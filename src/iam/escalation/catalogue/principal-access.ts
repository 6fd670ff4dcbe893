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

const ASSUME = 'sts:AssumeRole';
const TRUST = 'iam:UpdateAssumeRolePolicy';
const KEY = 'iam:CreateAccessKey';

export const ARM: readonly ArmEntry[] = [
  arm('own-arm-role', 'role', 'iam:AttachRolePolicy', {
    on: 'principal',
    gives: ATTACH,
    with: { [ASSUME]: 'iam-014', [TRUST]: 'iam-019' },
  }),
  arm('own-arm-role', 'role', 'iam:PutRolePolicy', { on: 'principal', with: { [ASSUME]: 'iam-017', [TRUST]: 'iam-021' } }),
  arm('own-arm-user', 'user', 'iam:AttachUserPolicy', { on: 'principal', gives: ATTACH, with: { [KEY]: 'iam-015' } }),
  arm('own-arm-user', 'user', 'iam:PutUserPolicy', { on: 'principal', with: { [KEY]: 'iam-018' } }),
  arm('own-rewrite-policy-of-role', 'role', 'iam:CreatePolicyVersion', {
    on: 'policy-of-principal',
    with: { [ASSUME]: 'iam-016', [TRUST]: 'iam-020' },
  }),
  arm('own-rewrite-policy-of-user', 'user', 'iam:CreatePolicyVersion', { on: 'policy-of-principal' }),
  arm('own-switch-policy-of-role', 'role', 'iam:SetDefaultPolicyVersion', { on: 'older-version-of-principal' }),
  arm('own-switch-policy-of-user', 'user', 'iam:SetDefaultPolicyVersion', { on: 'older-version-of-principal' }),
  arm('own-arm-group-of-user', 'user', 'iam:AttachGroupPolicy', { on: 'group-of-principal', gives: ATTACH }),
  arm('own-arm-group-of-user', 'user', 'iam:PutGroupPolicy', { on: 'group-of-principal' }),
  arm('own-add-user-to-group', 'user', 'iam:AddUserToGroup', { on: 'admin-group' }),
];

/** What the other has already but may not use. */
export const FREE: readonly ArmEntry[] = [
  arm('own-free-user', 'user', 'iam:DeleteUserPermissionsBoundary', { on: 'boundary' }),
  arm('own-free-role', 'role', 'iam:DeleteRolePermissionsBoundary', { on: 'boundary' }),
  arm('own-free-user', 'user', 'iam:PutUserPermissionsBoundary', { on: 'boundary', gives: 'boundary-arn' }),
  arm('own-free-role', 'role', 'iam:PutRolePermissionsBoundary', { on: 'boundary', gives: 'boundary-arn' }),
  arm('own-free-user', 'user', 'iam:CreatePolicyVersion', { on: 'boundary-policy' }),
  arm('own-free-role', 'role', 'iam:CreatePolicyVersion', { on: 'boundary-policy' }),
];

function arm(
  id: string,
  target: ArmEntry['target'],
  call: string,
  more: Omit<ArmEntry, 'id' | 'category' | 'target' | 'actions'>,
): ArmEntry {
  return { id, category, target, actions: [call], ...more };
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
