import type { CredentialId, IdentityId } from './identity-id.ts';

/**
 * What is there; never what is wrong. Scanners yield these, the store keeps one table a kind (`src/store/schema.sql`
 * has a comment on every column), checks judge them. Plain, serialisable rows: an observation never holds a secret,
 * and its id is the hash of its content, so that the same fact read twice, or on two machines, is one row.
 * Times are ISO 8601 in UTC (`2026-03-12T02:00:04.118Z`).
 */
export type Observation =
  | IdentityObservation
  | CredentialObservation
  | SightingObservation
  | GrantObservation
  | TrustObservation
  | ConsumerObservation
  | UsageObservation
  | PersonObservation
  | PolicyObservation
  | CoverageObservation;

export type ObservationKind = Observation['kind'];
export type ObservationOf<K extends ObservationKind> = Extract<Observation, { kind: K }>;

export const OBSERVATION_KINDS = [
  'identity',
  'credential',
  'sighting',
  'grant',
  'trust',
  'consumer',
  'usage',
  'person',
  'policy',
  'coverage',
] as const satisfies readonly ObservationKind[];

export type IsoTime = string;
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

export type Confidence = 'high' | 'medium' | 'low';

/** Where a fact was read. Everything is optional: a live API has a target and a resource, a file has a path and a line. */
export interface Location {
  /** `owner/repo` where the remote tells, else the directory's name, with what tells it apart from others of that name. */
  readonly repository?: string;
  /** Where that repository lies below the target, `/`-separated; absent for the target itself. */
  readonly directory?: string;
  /** Path inside the repository or directory, `/`-separated; the file's own path outside one. Members of archives: `a.zip!b/c`. */
  readonly path?: string;
  /** 1-based. */
  readonly line?: number;
  /** 1-based, in characters. */
  readonly column?: number;
  /** 1-based last line, when the thing spans several. */
  readonly endLine?: number;
  readonly endColumn?: number;
  /** Introducing commit (full id), for things found in history. */
  readonly commit?: string;
  /** Author of that commit: `Name <email>`. */
  readonly author?: string;
  /** Author date of that commit. */
  readonly date?: IsoTime;
  /** Is the same content still reachable from HEAD at this path (or in the work tree)? Unknown when absent. */
  readonly atHead?: boolean;
  /** 1-based cell number of a notebook. */
  readonly cell?: number;
  /** Which part of the cell or file: `source`, `output`, `metadata`, `attachment`. */
  readonly part?: string;
  /** Digest of the image layer. */
  readonly layer?: string;
  /** Address inside a structured file or an API answer: `jobs.deploy.steps[2].env.AWS_KEY`, an ARN, a URL without query. */
  readonly pointer?: string;
}

interface Seen {
  /** Where it was read; at the least the file or the API surface. */
  readonly at?: Location;
  /** What does not fit a column. Never a secret. */
  readonly detail?: JsonObject;
}

export interface IdentityObservation extends Seen {
  readonly kind: 'identity';
  readonly id: IdentityId;
  /** `aws`, `gcp`, `k8s`, `github`, `hoop`, `postgres` … the first part of the id. */
  readonly provider: string;
  /** `user`, `role`, `service-account`, `app`, `deploy-key`, `ci-secret`, `job-token`, `database-role`, `api-key`, `agent` … */
  readonly type: string;
  readonly name: string;
  /** Account, project, cluster, organisation; as in the id. */
  readonly scope?: string;
  /** `prod`, `staging`, `dev`, `test` … lower case, from tags, names or config. */
  readonly environment?: string;
  readonly createdAt?: IsoTime;
  readonly lastUsedAt?: IsoTime;
  readonly enabled?: boolean;
  /** E-mail or handle as declared (tag `owner`, description, app owner); resolving it to a person is the store's work. */
  readonly owner?: string;
  /** Where the owner was declared: `tag:owner`, `creator`, `description`, `codeowners`. */
  readonly ownerBasis?: string;
  /** A person rather than a machine, as far as the source tells (console user with MFA, mailbox). */
  readonly human?: boolean;
  /** Made and run by the provider (service-linked role, default agent): not the user's to fix. */
  readonly managed?: boolean;
  readonly tags?: { readonly [key: string]: string };
}

export interface CredentialObservation extends Seen {
  readonly kind: 'credential';
  readonly id: CredentialId;
  /** Whose it is, when the source says. */
  readonly identity?: IdentityId;
  readonly provider: string;
  /** `access-key`, `service-account-key`, `password`, `certificate`, `ssh-key`, `token`, `api-key` … */
  readonly type: string;
  /** The provider's public id: `AKIA…`, `private_key_id`, key id. Never a secret. */
  readonly publicId?: string;
  /** Keyed fingerprint of the secret, when a scanner held it. */
  readonly fingerprint?: string;
  readonly createdAt?: IsoTime;
  readonly lastUsedAt?: IsoTime;
  /** Region, service or address of the last use, as the provider says. */
  readonly lastUsedFor?: string;
  /** When it was last rotated, where the source tells that apart from `createdAt`. */
  readonly rotatedAt?: IsoTime;
  readonly expiresAt?: IsoTime;
  /** True when the source says that it never expires. */
  readonly neverExpires?: boolean;
  readonly status?: 'active' | 'inactive' | 'expired' | 'revoked';
}

export interface SightingObservation extends Seen {
  readonly kind: 'sighting';
  /** `aws:access-key/AKIA…` when the match has a public id, else `secret:FINGERPRINT`. */
  readonly credential: CredentialId;
  /** Id of the detector. */
  readonly detector: string;
  readonly provider: string;
  /** Kind of credential, in the words of `CredentialObservation.type`. */
  readonly type: string;
  readonly fingerprint: string;
  readonly publicId?: string;
  /** Short masked form for people: `AKIA…7WML`, `ghp_…(40)`. Never more than a quarter of the secret. */
  readonly masked: string;
  readonly confidence: Confidence;
  /** `prod` … as told by path, branch, or CI environment. */
  readonly environment?: string;
  /** The identity the secret itself names (client_email, JWT subject, user of a connection string). */
  readonly identity?: IdentityId;
  /** Which kind of place: says where to clean up. */
  readonly place: 'work-tree' | 'history' | 'notebook' | 'ci' | 'iac' | 'image' | 'agent-config' | 'session-log' | 'file';
}

export interface GrantObservation extends Seen {
  readonly kind: 'grant';
  readonly identity: IdentityId;
  readonly effect: 'allow' | 'deny';
  /** Action pattern (`s3:Get*`), role (`roles/editor`), verb and resource (`get secrets`) or privilege (`SELECT`). */
  readonly permission: string;
  /** Resource pattern as written; `*` for everything. */
  readonly resource: string;
  readonly condition?: JsonObject;
  /** Name or ARN of the policy, binding or role that grants it. */
  readonly via?: string;
  /** `attached`, `inline`, `group:NAME`, `binding`, `inherited`. */
  readonly viaKind?: string;
  /**
   * Set on derived rows only: what it amounts to after Deny, boundary and conditions: `admin`, `escalates`,
   * `reads-secrets`, `reads-data`, `reaches-data`, `writes-data`, `manages-identities`, `impersonates`. `permission` and `resource`
   * then name the deciding statement.
   */
  readonly capability?: string;
  readonly confidence?: Confidence;
}

export interface TrustObservation extends Seen {
  readonly kind: 'trust';
  /** Who can be become. */
  readonly identity: IdentityId;
  readonly effect: 'allow' | 'deny';
  /** Who may become it: ARN, account, `*`, service, member, group; canonical id when it is one. */
  readonly principal: string;
  readonly principalType: 'any' | 'account' | 'identity' | 'service' | 'oidc' | 'saml' | 'person' | 'group' | 'unknown';
  /** `token.actions.githubusercontent.com` … for federation. */
  readonly issuer?: string;
  /** Pattern of the subject claim; absent when the trust does not test it. */
  readonly subject?: string;
  readonly audience?: string;
  readonly condition?: JsonObject;
}

export interface ConsumerObservation extends Seen {
  readonly kind: 'consumer';
  /** What uses it, unique in its place: `harbour/shop:.github/workflows/deploy.yml#deploy`, `hoop:default:connection/aws-prod`. */
  readonly consumer: string;
  readonly type:
    | 'workflow-job'
    | 'pod'
    | 'notebook'
    | 'function'
    | 'pipeline'
    | 'gateway-connection'
    | 'agent'
    | 'image'
    | 'code';
  /** At least one of identity, credential and secretName says what is used. */
  readonly identity?: IdentityId;
  readonly credential?: CredentialId;
  /** Name of a secret whose value is not visible: `AWS_ACCESS_KEY_ID`. */
  readonly secretName?: string;
  /** `static-key`, `oidc`, `secret`, `token`, `impersonation`. */
  readonly how: string;
  readonly environment?: string;
  /** What starts it: `push`, `pull_request_target`, `schedule` … joined with `,`. */
  readonly trigger?: string;
}

export interface UsageObservation extends Seen {
  readonly kind: 'usage';
  /** Whose rights were used: the account that did it. */
  readonly identity?: IdentityId;
  readonly credential?: CredentialId;
  readonly usedAt: IsoTime;
  readonly endedAt?: IsoTime;
  /** `gateway`: a session of the gateway; `cloud`: seen in the provider's own log or last-used data; `direct`: target's log. */
  readonly via: 'gateway' | 'cloud' | 'direct';
  /** Session id or event id at the source: the evidence an auditor asks for. */
  readonly sessionId?: string;
  /** Gateway connection or resource used. */
  readonly target?: string;
  readonly action?: 'read' | 'write' | 'ddl' | 'privilege' | 'admin' | 'connect' | 'unknown';
  readonly objects?: readonly string[];
  /** Who was behind it, as the source names it: e-mail, service account, key name. */
  readonly actor?: string;
  readonly actorType?: 'human' | 'service-account' | 'api-key' | 'agent' | 'machine-identity' | 'static-admin-key' | 'unknown';
  readonly actorConfidence?: Confidence;
  /** Canonical id of the gateway identity that acted, where it is a non-human one. */
  readonly actorIdentity?: IdentityId;
  /** CI run, job or agent run (correlation id). */
  readonly job?: string;
  /** Was it covered by an approval? `not-required` when no rule asked for one. */
  readonly approval?: 'approved' | 'none' | 'rejected' | 'pending' | 'not-required' | 'unknown';
  readonly masked?: boolean;
  readonly recorded?: 'full' | 'input-only' | 'truncated' | 'none' | 'unknown';
  readonly environment?: string;
  /** Row written for bookkeeping (credential issuance), not an access. */
  readonly bookkeeping?: boolean;
  readonly sourceIp?: string;
  /** As the client names itself, without versions that change by the day. */
  readonly userAgent?: string;
  /** What was asked for, in the words of the source: `s3:GetObject`, `SELECT`, `get secrets`, `tool:query`. Never a statement. */
  readonly operation?: string;
  readonly outcome?: 'ok' | 'denied' | 'failed';
  /** Rows given or changed, where the source counts them. */
  readonly rows?: number;
  /** Kinds of personal data that were seen in it: `EMAIL_ADDRESS`; seen and masked alike. */
  readonly infoTypes?: readonly string[];
  /** A statement with every literal replaced by `?`. Never printed unless asked for (`--include-statements`). */
  readonly statement?: string;
  /** How many records of the source this row sums up, between `usedAt` and `endedAt`; absent: it is one. */
  readonly records?: number;
}

/**
 * A rule or setting of a system that decides what identities may do there, or what is kept of it: an access request rule, a
 * masking rule, a guardrail, an approval that is open for a time. What it says is compared between runs.
 */
export interface PolicyObservation extends Seen {
  readonly kind: 'policy';
  /** `hoop:ORG:access-rule/UUID`: the same in each run. */
  readonly id: string;
  readonly provider: string;
  readonly type:
    | 'access-rule'
    | 'masking-rule'
    | 'guardrail'
    | 'attribute'
    | 'access-control'
    | 'connection'
    | 'agent'
    | 'workload-mapping'
    | 'approval'
    | 'forwarding'
    | 'server';
  readonly name: string;
  readonly scope?: string;
  readonly environment?: string;
  readonly enabled?: boolean;
  /** Names of the connections (or resources) it is about; absent when it is about all, or does not say. */
  readonly appliesTo?: readonly string[];
  readonly createdAt?: IsoTime;
  readonly changedAt?: IsoTime;
  /** What it says, by the system's own words, in a fixed order of keys and lists; nothing that changes by itself (status, last seen). Never a secret. */
  readonly settings: JsonObject;
}

export interface PersonObservation extends Seen {
  readonly kind: 'person';
  /** Lower case. */
  readonly email: string;
  readonly name?: string;
  /** Login at a code host, without `@`. */
  readonly handle?: string;
  readonly team?: string;
  readonly leftAt?: IsoTime;
  /** `employee`, `contractor`, … as the roster says. */
  readonly relation?: string;
  /** CODEOWNERS patterns that name this person. */
  readonly owns?: readonly string[];
}

export interface CoverageObservation extends Seen {
  readonly kind: 'coverage';
  /** What was to be looked at; one of `SURFACES`. */
  readonly surface: Surface;
  /** Which part of it: a file, `credential report`, `page 2 of keys`. */
  readonly subject: string;
  readonly outcome: Outcome;
  /** Why it is not complete: one sentence a person can act on. Required unless `complete`. */
  readonly why?: string;
  /** Kinds of observation that this look could have produced: what lets a check say "assessed". */
  readonly covers: readonly ObservationKind[];
  /** Things met (blobs, files, users …). seen = read + skipped + failed. */
  readonly seen?: number;
  readonly read?: number;
  readonly skipped?: number;
  readonly failed?: number;
  readonly bytes?: number;
}

export type Outcome = 'complete' | 'partial' | 'denied' | 'unsupported';

/** The surfaces a run can look at. A check names those it needs (`needs: [credential@aws]`); reports list them all. */
export const SURFACES = {
  'work-tree': 'Files of the work tree or directory',
  history: 'Git history (every unique blob)',
  notebook: 'Notebooks',
  ci: 'CI configuration',
  k8s: 'Kubernetes',
  iac: 'Infrastructure as code',
  image: 'Container images',
  'agent-config': 'Agent and MCP configuration',
  aws: 'AWS IAM',
  gcp: 'GCP IAM',
  entra: 'Azure and Entra ID',
  github: 'GitHub organisation',
  okta: 'Okta',
  'google-workspace': 'Google Workspace',
  postgres: 'PostgreSQL',
  spire: 'SPIRE',
  gateway: 'Gateway sessions and inventory',
  'audit-log': 'Cloud and target audit logs',
  people: 'People and ownership',
  verification: 'Live verification of found credentials',
} as const;
export type Surface = keyof typeof SURFACES;

/**
 * Surfaces that an organisation may be without. The others tell of what there is (files, their history, people, logs): to be without
 * them is no absence, but nothing to go by.
 */
export const DECLARABLE = [
  'notebook',
  'ci',
  'k8s',
  'iac',
  'image',
  'agent-config',
  'aws',
  'gcp',
  'entra',
  'github',
  'okta',
  'google-workspace',
  'postgres',
  'spire',
  'gateway',
] as const satisfies readonly Surface[];
