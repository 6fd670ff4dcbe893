import type { Location } from '../contracts/index.ts';
import type { PolicyDocument } from './document.ts';
import type { Resources } from './resources.ts';

/** A policy as it reaches a subject. */
export interface Policy {
  /** ARN of a managed policy, else the name of an inline one. */
  readonly name: string;
  /** `attached`, `inline`, `group:NAME` as in grant rows. */
  readonly kind: string;
  /** Of a group's policy: is it attached to the group or inline in it? */
  readonly inline: boolean;
  readonly document: PolicyDocument;
  /** The document is our own summary of what AWS publishes, not what was exported. */
  readonly summary?: boolean;
  /** Where a statement (by its number) is written, when that is elsewhere than the subject. */
  readonly place?: (statement: number) => Location;
}

/**
 * What keeps a subject within bounds whatever its policies allow: a permissions boundary, a session policy, one level
 * of organisation policies. Every limit must allow. Without documents (`known: false`) it may or may not.
 */
export interface Limit {
  /** Absent: a permissions boundary. */
  readonly kind?: 'boundary' | 'session' | 'scp' | 'rcp';
  /** `permissions boundary arn:…`. */
  readonly title: string;
  readonly known: boolean;
  readonly policies: readonly Policy[];
  /** It may not bind the subject at all: the account may be the one that manages the organisation. */
  readonly mayNotBind?: boolean;
}

/** A user or role with all that decides on its rights. */
export interface Subject {
  readonly arn: string;
  readonly partition: string;
  readonly account: string;
  readonly type: 'user' | 'role';
  readonly name: string;
  readonly tags: { readonly [key: string]: string };
  /** One that is not among its tags it lacks. */
  readonly tagsTold?: boolean;
  /** Whoever calls as it may have set others before. */
  readonly tagsOpen?: boolean;
  /** The organisation that the account is in; `null`: certainly in none. */
  readonly organisation?: string | null;
  /** As IAM has it: `AIDA…` of a user, `AROA…` of a role, whose sessions add their name. */
  readonly uniqueId?: string;
  readonly policies: readonly Policy[];
  readonly limits: readonly Limit[];
  /** Names of policies that it has but whose documents were not in the input. */
  readonly missing: readonly string[];
  readonly groups: readonly Group[];
  /** Of a role: its trust policy, when it could be read. */
  readonly trust?: PolicyDocument;
  /** Of a role: an instance profile holds it, so that a machine may run with it. */
  readonly onInstances?: boolean;
  /** Of a user, where that is told. */
  readonly hasPassword?: boolean;
  readonly accessKeys?: number;
  /** What is known of the resources it may reach; absent: nothing, and its own policies alone are judged. */
  readonly resources?: Resources;
  /** Service-linked roles cannot be changed by the customer. */
  readonly serviceLinked?: boolean;
}

export interface Group {
  readonly arn: string;
  readonly name: string;
  readonly policies: readonly Policy[];
}

/** Customer-managed policy with its versions: what somebody who may switch versions could switch to. */
export interface ManagedPolicy {
  readonly arn: string;
  readonly defaultVersion: PolicyDocument | undefined;
  readonly otherVersions: readonly PolicyDocument[];
}

/** All that is known of the account (or accounts) while judging one of its subjects. */
export interface Estate {
  readonly subjects: readonly Subject[];
  readonly groups: readonly Group[];
  readonly managed: ReadonlyMap<string, ManagedPolicy>;
  /** Resource control policies, a level each, by account: who may be become there, whatever trusts say. */
  readonly resourceLimits?: ReadonlyMap<string, readonly Limit[]>;
}

/** Where the right comes from, in words: `group data-science → policy ds-tools`. */
export function policyPath(policy: Policy): string {
  const label = `${policy.inline ? 'inline policy' : 'policy'} ${shortName(policy.name)}`;
  return policy.kind.startsWith('group:') ? `group ${policy.kind.slice('group:'.length)} → ${label}` : label;
}

function shortName(name: string): string {
  return name.startsWith('arn:') ? (name.split('/').at(-1) ?? name) : name;
}
