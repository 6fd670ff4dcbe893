import type { Platform } from '../contracts/check.ts';
import type { CredentialId, IdentityId, JsonObject } from '../contracts/index.ts';
import type { Scalar } from '../formats/tree.ts';
import type { Cloud } from './cloud-keys.ts';

/*
 * What CI systems have in common, once read: a reader for each fills this model, and `describe.ts` makes the observations,
 * so that one check serves all of them.
 */

/** A stretch of the file. */
export interface Part {
  readonly start: number;
  readonly end: number;
  readonly pointer: string;
}

/** Where a secret enters a job, widest first. */
export const POSITIONS = ['workflow-env', 'job-env', 'container', 'secrets', 'step-env', 'with', 'run', 'other'] as const;
export type Position = (typeof POSITIONS)[number];

export type How = 'static-key' | 'oidc' | 'impersonation' | 'token' | 'secret';

export interface Pipeline {
  readonly platform: Platform;
  /** First part of the ids of its secrets: `gitlab`; without one they are not identities of their own. */
  readonly provider: string | undefined;
  readonly jobs: readonly CiJob[];
  /** What concerns the file, not a job. */
  readonly facts: readonly CiFact[];
  /** Identities that the file declares. */
  readonly declared?: readonly Declared[];
  /** Values to be looked at for secrets in plain text; those of jobs are looked at anyway. */
  readonly values: readonly CiVariable[];
  readonly problems: readonly string[];
  /** Jobs that could not be read. */
  readonly unread: number;
  /** Names that the CI system defines: never the user's secret. */
  readonly predefined?: RegExp;
  /** Names of the token that the CI system makes for a job. */
  readonly jobToken?: RegExp;
  /** Variables of the file and of scripts are the job's only where the platform hands them on; Jenkins names its own. */
  readonly namesOnly?: boolean;
}

/** A variable, setting or input with its value in the file. */
export interface CiVariable {
  readonly name: string;
  readonly value: Scalar;
  readonly position: Position;
}

export interface CiJob {
  /** Unique in the file. */
  readonly id: string;
  readonly part: Part;
  /** What else belongs to it: what it extends, variables of the file. */
  readonly parts: readonly Part[];
  /** What may tell its environment beside its id: names of stage, file, branch. */
  readonly names: readonly (string | undefined)[];
  readonly declaredEnvironment?: string;
  readonly dynamicEnvironment?: boolean;
  readonly triggers: readonly string[];
  readonly runsOn: readonly string[];
  readonly selfHosted: boolean;
  /** May it ask for a token that says who it is? */
  readonly oidcAvailable: boolean;
  /** Clouds that it logs in to with such a token, where no command tells. */
  readonly oidcClouds?: readonly Cloud[];
  readonly steps: readonly CiStep[];
  readonly variables: readonly CiVariable[];
  readonly references: readonly CiReference[];
  /** Variables that the CI system makes for the job and that end with it. */
  readonly given?: readonly string[];
  /** Code of others that runs with everything the job has. */
  readonly components: readonly CiComponent[];
  readonly logins: readonly CiLogin[];
  readonly facts: readonly CiFact[];
  /** What it keeps for others to fetch. */
  readonly uploads?: readonly CiUpload[];
  /** Does a push to whichever branch start it? */
  readonly pushAnyBranch?: boolean;
  /** On every row of the job, for checks of this platform. */
  readonly detail?: JsonObject;
}

export interface CiStep {
  readonly index: number;
  /** Never a command: it may hold a secret. */
  readonly name: string;
  readonly at?: Part;
  readonly scripts: readonly Scalar[];
  readonly uses?: CiComponent;
  readonly variables: readonly CiVariable[];
  readonly inputs: readonly CiVariable[];
}

/** An action, orb, pipe, plugin, image, template: code that others keep. */
export interface CiComponent {
  readonly uses: string;
  readonly pinned: boolean;
  readonly thirdParty: boolean;
}

/** A secret that the file names as one: no guess by its name. */
export interface CiReference {
  readonly name: string;
  readonly place: Part;
  readonly position: Position;
  /** Variables that hold it in scripts. */
  readonly variables?: readonly string[];
  /** Inputs that take it. */
  readonly inputs?: readonly string[];
  /** Where it is not the repository's own: a context, a service connection, a credential of the server. */
  readonly identity?: IdentityId;
  /** Type of that identity; `ci-secret` without. */
  readonly type?: string;
  readonly how?: How;
  readonly cloud?: Cloud;
  /** Only these steps get it. */
  readonly steps?: readonly CiStep[];
  readonly detail?: JsonObject;
}

export interface CiLogin {
  readonly cloud: Cloud;
  readonly identity: IdentityId;
  readonly place: Part;
  readonly how: 'oidc' | 'impersonation';
  readonly step?: CiStep;
}

/** Something about how secrets or identities are used, that checks ask for by name. */
export interface CiFact {
  readonly fact: string;
  readonly place: Part;
  /** At least one of the three; `*` for all that the job has. */
  readonly secretName?: string;
  readonly identity?: IdentityId;
  readonly credential?: CredentialId;
  readonly how?: How;
  readonly detail?: JsonObject;
}

/** Artifacts, caches, workspaces. */
export interface CiUpload {
  readonly target: 'artifact' | 'cache';
  readonly paths: readonly string[];
  readonly place: Part;
}

export interface Declared {
  readonly identity: IdentityId;
  readonly type: string;
  readonly name: string;
  readonly place: Part;
  readonly scope?: string;
  readonly detail?: JsonObject;
}
