/**
 * One way to gain rights, as facts. Ids are those of https://pathfinding.cloud, where each is described; ids starting
 * with `own-` have none there.
 */
export type Entry = SelfEntry | MakeEntry | TakeOverEntry | ArmEntry | NewPassRoleEntry | ExistingPassRoleEntry;

/** It changes what it may do itself. */
export interface SelfEntry {
  readonly id: string;
  readonly category: 'self-escalation';
  readonly actions: readonly [string];
  /** Who calls; absent: either. */
  readonly caller?: 'user' | 'role';
  /**
   * What the call has to reach: the caller, a group it is in, a group of administrators, a policy of the customer that it
   * has, one of those with an older version that allows everything, its own boundary or the policy that this is, or its
   * own tags where its rights hang on them.
   */
  readonly on:
    | 'itself'
    | 'own-group'
    | 'admin-group'
    | 'own-policy'
    | 'own-older-version'
    | 'own-boundary'
    | 'own-boundary-policy'
    | 'own-tags';
  readonly gives?: Given;
}

/** It makes a new principal, gives it every right, and gets into it. */
export interface MakeEntry {
  readonly id: string;
  readonly category: 'principal-access';
  readonly makes: 'user' | 'role';
  /** The call that makes, the one that gives rights, the one that gets in. */
  readonly actions: readonly [string, string, string];
  readonly gives?: Given;
}

/** It gets into another principal as that is. */
export interface TakeOverEntry {
  readonly id: string;
  readonly category: 'principal-access';
  readonly actions: readonly [string, ...string[]];
  readonly target: 'user' | 'role';
}

/** It gives another principal every right, or takes its boundary off. Who gets into that one too has what was given. */
export interface ArmEntry {
  readonly id: string;
  readonly category: 'principal-access';
  readonly actions: readonly [string];
  readonly target: 'user' | 'role';
  /**
   * What the call reaches: the other, a policy or a group that it has, one of those policies with an older version that
   * allows everything, a group of administrators that it joins, its boundary or the policy that this is.
   */
  readonly on:
    | 'principal'
    | 'policy-of-principal'
    | 'older-version-of-principal'
    | 'group-of-principal'
    | 'admin-group'
    | 'boundary'
    | 'boundary-policy';
  readonly gives?: Given;
  /** Ids of the pairs that have one there, by the call that gets in. */
  readonly with?: { readonly [enter: string]: string };
}

/** It makes something new that runs as a role. */
export interface NewPassRoleEntry {
  readonly id: string;
  readonly category: 'new-passrole';
  /** Besides `iam:PassRole`. */
  readonly actions: readonly [string, ...string[]];
  /** The service that the role has to trust, and that it is passed to. */
  readonly service: string;
  /** The role has to be in an instance profile already. */
  readonly profile?: true;
  /** It needs something that is there already (a queue, a machine), of which the input does not tell. */
  readonly isProbable?: true;
}

/** It gets into something that runs as a role already; nothing is passed. */
export interface ExistingPassRoleEntry {
  readonly id: string;
  readonly category: 'existing-passrole';
  readonly actions: readonly [string, ...string[]];
  readonly service: string;
}

/** What the call attaches, for conditions that bound it (`iam:PolicyARN`, `iam:PermissionsBoundary`). */
export type Given = 'policy-arn' | 'boundary-arn';
