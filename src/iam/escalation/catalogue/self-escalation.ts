import type { SelfEntry } from './entry.ts';

const category = 'self-escalation';

export const SELF_ESCALATION: readonly SelfEntry[] = [
  { id: 'iam-008', category, actions: ['iam:AttachUserPolicy'], caller: 'user', on: 'itself', gives: 'policy-arn' },
  { id: 'iam-007', category, actions: ['iam:PutUserPolicy'], caller: 'user', on: 'itself' },
  { id: 'iam-009', category, actions: ['iam:AttachRolePolicy'], caller: 'role', on: 'itself', gives: 'policy-arn' },
  { id: 'iam-005', category, actions: ['iam:PutRolePolicy'], caller: 'role', on: 'itself' },
  { id: 'iam-010', category, actions: ['iam:AttachGroupPolicy'], caller: 'user', on: 'own-group', gives: 'policy-arn' },
  { id: 'iam-011', category, actions: ['iam:PutGroupPolicy'], caller: 'user', on: 'own-group' },
  { id: 'iam-013', category, actions: ['iam:AddUserToGroup'], caller: 'user', on: 'admin-group' },
  { id: 'iam-001', category, actions: ['iam:CreatePolicyVersion'], on: 'own-policy' },
  { id: 'own-set-default-policy-version', category, actions: ['iam:SetDefaultPolicyVersion'], on: 'own-older-version' },
  {
    id: 'own-delete-permissions-boundary',
    category,
    actions: ['iam:DeleteUserPermissionsBoundary'],
    caller: 'user',
    on: 'own-boundary',
  },
  {
    id: 'own-delete-permissions-boundary',
    category,
    actions: ['iam:DeleteRolePermissionsBoundary'],
    caller: 'role',
    on: 'own-boundary',
  },
  {
    id: 'own-put-permissions-boundary',
    category,
    actions: ['iam:PutUserPermissionsBoundary'],
    caller: 'user',
    on: 'own-boundary',
    gives: 'boundary-arn',
  },
  {
    id: 'own-put-permissions-boundary',
    category,
    actions: ['iam:PutRolePermissionsBoundary'],
    caller: 'role',
    on: 'own-boundary',
    gives: 'boundary-arn',
  },
  { id: 'own-rewrite-permissions-boundary', category, actions: ['iam:CreatePolicyVersion'], on: 'own-boundary-policy' },
  { id: 'own-tag-itself', category, actions: ['iam:TagUser'], caller: 'user', on: 'own-tags' },
  { id: 'own-tag-itself', category, actions: ['iam:TagRole'], caller: 'role', on: 'own-tags' },
];
