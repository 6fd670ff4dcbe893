import {
  type Estate,
  type Group,
  type Limit,
  type ManagedPolicy,
  type Policy,
  type PolicyDocument,
  readPolicyDocument,
  type Subject,
} from '../../../src/iam/index.ts';

export const ACCOUNT = '111122223333';
export const NOW = new Date('2026-06-01T00:00:00Z');

export type RawStatement = { readonly [element: string]: unknown };

export function allow(Action: unknown, Resource: unknown = '*', Condition?: unknown): RawStatement {
  return { Effect: 'Allow', Action, Resource, ...(Condition === undefined ? {} : { Condition }) };
}

export function deny(Action: unknown, Resource: unknown = '*', Condition?: unknown): RawStatement {
  return { Effect: 'Deny', Action, Resource, ...(Condition === undefined ? {} : { Condition }) };
}

export function documentOf(...statements: RawStatement[]): PolicyDocument {
  const read = readPolicyDocument({ Version: '2012-10-17', Statement: statements });
  if (!read.ok) throw new Error(read.why);
  return read.document;
}

export function inline(name: string, ...statements: RawStatement[]): Policy {
  return { name, kind: 'inline', inline: true, document: documentOf(...statements) };
}

export function attached(name: string, ...statements: RawStatement[]): Policy {
  return { name: `arn:aws:iam::${ACCOUNT}:policy/${name}`, kind: 'attached', inline: false, document: documentOf(...statements) };
}

export function viaGroup(group: string, ...statements: RawStatement[]): Policy {
  return { name: `${group}-policy`, kind: `group:${group}`, inline: true, document: documentOf(...statements) };
}

export function boundary(...statements: RawStatement[]): Limit {
  return {
    title: 'permissions boundary edge',
    known: true,
    policies: [{ name: 'edge', kind: 'boundary', inline: false, document: documentOf(...statements) }],
  };
}

export function group(name: string, ...statements: RawStatement[]): Group {
  return {
    arn: `arn:aws:iam::${ACCOUNT}:group/${name}`,
    name,
    policies: statements.length === 0 ? [] : [viaGroup(name, ...statements)],
  };
}

export function user(name: string, policies: readonly Policy[], more: Partial<Subject> = {}): Subject {
  return {
    arn: `arn:aws:iam::${ACCOUNT}:user/${name}`,
    partition: 'aws',
    account: ACCOUNT,
    type: 'user',
    name,
    tags: {},
    policies,
    limits: [],
    missing: [],
    groups: [],
    ...more,
  };
}

export function role(name: string, policies: readonly Policy[], trusted?: RawStatement, more: Partial<Subject> = {}): Subject {
  return {
    ...user(name, policies),
    arn: `arn:aws:iam::${ACCOUNT}:role/${name}`,
    type: 'role',
    ...(trusted === undefined ? {} : { trust: documentOf(trusted) }),
    ...more,
  };
}

export function trusts(principal: unknown, Condition?: unknown): RawStatement {
  return { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: principal, ...(Condition === undefined ? {} : { Condition }) };
}

export function estate(
  subjects: readonly Subject[],
  groups: readonly Group[] = [],
  managed: readonly ManagedPolicy[] = [],
): Estate {
  return { subjects, groups, managed: new Map(managed.map((policy) => [policy.arn, policy])) };
}
