import type { Severity } from './finding.ts';
import type { ControlOutcome } from './framework.ts';
import type { IsoTime, ObservationKind } from './observation.ts';

/**
 * What a report may hold beside findings: read from the store only when a reporter asks for it (`Reporter.parts`), since a pull
 * request's comment needs none of it and a store of a million sessions makes each of them cost something.
 */
export interface ReportParts {
  /** Every credential that an inventory or code declares, or that was seen somewhere; by id. */
  readonly credentials: readonly CredentialView[];
  /** The graph of the run: who owns, authenticates, runs as, may become and reaches what. */
  readonly lineage: Lineage;
  /** What identities were granted against what they used; those with nothing to compare are left out. */
  readonly granted: readonly GrantedView[];
  /** The newest sessions and other uses that are known one by one, newest first. */
  readonly sessions: Sessions;
  /** This run and those before it, oldest first, at most `HISTORY_RUNS`. */
  readonly history: readonly RunPoint[];
  /** What each source listed, what of it is stored, what the report counts: an auditor's completeness and accuracy. */
  readonly population: readonly PopulationRow[];
  /** Of which time each source tells. */
  readonly extent: Extent;
  /** What the tool was given and stood on: enough to run it again and get the same. */
  readonly method: Method;
}

export type ReportPart = keyof ReportParts;
export const HISTORY_RUNS = 30;
export const SESSION_ROWS = 5_000;

export interface CredentialView {
  readonly id: string;
  readonly identity?: string;
  readonly provider: string;
  readonly type: string;
  /** `AKIA…`, a key id: what a console shows. Never the secret. */
  readonly publicId?: string;
  readonly fingerprint?: string;
  readonly createdAt?: IsoTime;
  readonly lastUsedAt?: IsoTime;
  readonly rotatedAt?: IsoTime;
  readonly expiresAt?: IsoTime;
  readonly neverExpires?: boolean;
  /** `active`, `inactive`, `expired`, `revoked`; absent: not known. */
  readonly status?: string;
  /** Days since it was made or rotated, at the start of the run. */
  readonly ageDays?: number;
  /** Places where it was seen. */
  readonly sightings: number;
  /** An inventory lists it; else it is known only from where it was seen or declared. */
  readonly inInventory: boolean;
  readonly findings: number;
  readonly worst?: Severity;
}

export type LineageKind = 'person' | 'identity' | 'credential' | 'place' | 'consumer' | 'principal' | 'resource' | 'capability';

export interface LineageNode {
  /** Unique over all kinds: `identity:aws:111122223333:user/etl`. */
  readonly id: string;
  readonly kind: LineageKind;
  readonly label: string;
  /** Provider, type and the like, in a few words. */
  readonly about?: string;
  /** Open findings about it, and the worst of them. */
  readonly findings: number;
  readonly worst?: Severity;
}

export interface LineageEdge {
  readonly from: string;
  readonly to: string;
  /**
   * person → identity `owns`; credential → identity `authenticates`; credential → place `seen-at`; consumer → identity `runs-as`;
   * principal or identity → identity `may-become`; identity → resource `reaches`; identity → capability `has`.
   */
  readonly kind: 'owns' | 'authenticates' | 'seen-at' | 'runs-as' | 'may-become' | 'reaches' | 'has';
  /** How, in words: `sts:AssumeRole`, `write on s3://bucket`. */
  readonly label?: string;
  /** Ids of observations it rests on. */
  readonly evidence: readonly string[];
}

export interface Lineage {
  readonly nodes: readonly LineageNode[];
  readonly edges: readonly LineageEdge[];
  /** What was left out of a graph too large to hold; 0 where it is whole. */
  readonly omitted: { readonly nodes: number; readonly edges: number };
}

export interface GrantedView {
  readonly identity: string;
  readonly name: string;
  /** `gateway`: what the gateway lets it do; `target`: what the account behind it may do. */
  readonly side: string;
  readonly granted: number;
  readonly used: number;
  /** What may be taken away, a few of them in words. */
  readonly unused: readonly string[];
  /** First and last day that was looked at. */
  readonly from?: IsoTime;
  readonly until?: IsoTime;
}

export interface Sessions {
  readonly rows: readonly SessionView[];
  /** How many there are in the store for this run. */
  readonly total: number;
  /** What was asked of a gateway and never ran, which is none of them; absent: none. */
  readonly requests?: { readonly refused: number; readonly waiting: number };
}

export interface SessionView {
  /** Session id at the gateway, else the observation's id. */
  readonly id: string;
  readonly startedAt: IsoTime;
  readonly endedAt?: IsoTime;
  readonly identity?: string;
  readonly actor?: string;
  readonly actorType?: string;
  readonly job?: string;
  readonly target?: string;
  readonly action?: string;
  /** `gateway`, `cloud`, `direct`. */
  readonly via: string;
  readonly approval?: string;
  readonly masked?: string;
  readonly recorded?: string;
  readonly records: number;
}

export interface RunPoint {
  readonly run: string;
  readonly startedAt: IsoTime;
  /** Open findings of that run by severity. */
  readonly open: { readonly [severity in Severity]: number };
  readonly fixed: number;
  readonly excepted: number;
  readonly identities: number;
  /** Open findings by control, `framework:control`, of those that have any. */
  readonly controls: { readonly [control: string]: number };
  readonly isThis: boolean;
}

export interface PopulationRow {
  readonly surface: string;
  readonly subject: string;
  readonly kind: ObservationKind;
  readonly outcome: string;
  /** What the source says it has; absent where it does not say. */
  readonly listed?: number;
  readonly read?: number;
  readonly stored: number;
  /** Counted by this report, after different sources of one thing are merged. */
  readonly reported: number;
  /** Why the numbers differ, where they do; `undefined` where they reconcile. */
  readonly difference?: string;
}

export interface Extent {
  /** Of each source that was looked at. */
  readonly sources: readonly SourceExtent[];
  /** Of logs and sessions, which tell nothing of other days. */
  readonly periods: readonly PeriodView[];
  /** Credentials that were seen somewhere and that no inventory or code declares. */
  readonly credentialsOnlySeen: number;
}

export interface SourceExtent {
  readonly surface: string;
  /** Files, crawls or answers. */
  readonly parts: number;
  /** When the first and the last of them was first read into the store: none is of a later time. */
  readonly firstRead: IsoTime;
  readonly lastRead: IsoTime;
  /** The newest moment that one of them tells of: that one is not older. Absent where none tells of any. */
  readonly newest?: IsoTime;
}

export interface PeriodView {
  readonly surface: string;
  readonly provider: string;
  /** Account, organisation or server; absent where it is not told. */
  readonly scope?: string;
  readonly from: IsoTime;
  readonly until: IsoTime;
  /** Days of which something was given: those between two exports do not count. */
  readonly days: number;
  readonly records: number;
}

export interface Method {
  /** As it was typed, secrets masked. */
  readonly commandLine?: string;
  /** SHA-256 over the configuration that held, and its text as YAML, secrets masked. */
  readonly configDigest: string;
  readonly config: string;
  /** SHA-256 of each check's and each detector pack's file, by its path in the package. */
  readonly rules: readonly { readonly file: string; readonly sha256: string }[];
  /** Frameworks' files likewise. */
  readonly catalogues: readonly { readonly id: string; readonly version: string; readonly sha256: string }[];
  readonly platform: string;
  /** The digest of the run before in this store, so that runs form a chain; absent for the first. */
  readonly previous?: { readonly run: string; readonly digest: string };
}

/** The outcomes of controls of one framework, counted. */
export type OutcomeCounts = { readonly [outcome in ControlOutcome]: number };
