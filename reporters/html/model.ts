import type { Acceptance, FindingStatus, Severity } from '../../src/contracts/finding.ts';
import type { Confidence, ObservationKind } from '../../src/contracts/observation.ts';
import type { GrantedView, Lineage, SessionView } from '../../src/contracts/report-parts.ts';
import type { DeclaredAbsent, IdentityView } from '../../src/contracts/reporter.ts';

/** What the reporter writes into the file and the page's script reads: plain data, every text printable. */
export interface PageData {
  readonly view: View;
  /** For commands to copy. */
  readonly store: string;
  readonly run: { readonly id: string; readonly startedAt: string };
  readonly hasPrevious: boolean;
  readonly findings: number;
  /** Why open findings that checks and controls count are not in the list; empty where all are. */
  readonly unlisted: string;
  /** How many blocks of findings follow, each of `BLOCK` rows. */
  readonly blocks: number;
  readonly rules: readonly RuleRow[];
  readonly frameworks: readonly FrameworkRow[];
  /** Titles of sources, by their id. */
  readonly surfaces: { readonly [surface: string]: string };
  readonly coverage: readonly CoverageRow[];
  readonly declaredAbsent: readonly DeclaredAbsent[];
  readonly checks: readonly CheckRow[];
  /** Controls that have checks, as the tables show them. */
  readonly controls: readonly ControlRow[];
  /** What accepts findings, and which: place in `acceptances` by fingerprint. */
  readonly acceptances: readonly Acceptance[];
  readonly acceptedBy: { readonly [fingerprint: string]: number };
  readonly identities: readonly IdentityView[];
  readonly credentials: readonly CredentialRow[];
  readonly lineage: Lineage;
  readonly ages: AgeChart;
  readonly granted: readonly GrantedView[];
  readonly sessions: { readonly rows: readonly SessionView[]; readonly total: number };
  /** Open findings of the runs, oldest first, by NHI id. */
  readonly trends: { readonly [nhi: string]: readonly number[] };
}

/** What is shown, and so what is printed. */
export type View = 'engineer' | 'audit' | 'all';

/** Findings in one block of the file: inflated and parsed one after the other, so that the page stays alive. */
export const BLOCK = 5_000;

export interface RuleRow {
  readonly id: string;
  readonly title: string;
  readonly severity: Severity;
  readonly why: string;
  readonly fix: string;
  readonly limits?: string;
  /** Those that it names itself, then those that a mapping leads to. */
  readonly controls: readonly string[];
  /** How many it names itself. */
  readonly own: number;
  readonly references: readonly string[];
}

export interface FrameworkRow {
  readonly id: string;
  readonly title: string;
  readonly controls: readonly { readonly id: string; readonly title: string; readonly formerly?: string }[];
}

/** What was looked at of one source; what is not here was not looked at. */
export interface CoverageRow {
  readonly surface: string;
  readonly outcome: string;
  readonly figures: string;
  readonly gaps: readonly (readonly [subject: string, outcome: string, why: string])[];
}

export interface CheckRow {
  readonly id: string;
  readonly title: string;
  readonly outcome: string;
  /** Why it did not run, or only in part. */
  readonly reason?: string;
  readonly population: number;
  readonly findings: number;
  /** How it ended at each of its sources. */
  readonly sources: readonly SourceRow[];
}

export interface ControlRow {
  readonly ref: string;
  readonly outcome: string;
  readonly reason: string;
  readonly population: number;
  /** Places in `checks`; those in `parts` bear on a part of the control. */
  readonly checks: readonly number[];
  readonly parts: readonly number[];
  /** By way of which control of another catalogue each check comes; absent where the checks name this one themselves. */
  readonly vias?: readonly string[];
  readonly sources: readonly SourceRow[];
}

export type SourceRow = readonly [surface: string, outcome: string, findings: number];

export interface CredentialRow {
  readonly id: string;
  /** Short form for people. */
  readonly name: string;
  readonly identity?: string;
  readonly type: string;
  readonly ageDays?: number;
  readonly lastUsedAt?: string;
  readonly expiresAt?: string;
  readonly status?: string;
  readonly sightings: number;
}

export interface AgeChart {
  /** Upper ends of the bins in days; the last is open. */
  readonly bins: readonly AgeBin[];
  readonly policyDays?: number;
  /** Rule that says so. */
  readonly policyRule?: string;
  readonly unknown: number;
}

export interface AgeBin {
  readonly from: number;
  /** Absent: open. */
  readonly to?: number;
  /** Seen in a file, a log, an image. */
  readonly seen: number;
  readonly unseen: number;
}

/** One finding: a tuple, for 50,000 of them have the same names of fields. 0 stands for "as the rule says" or "none". */
export type FindingTuple = readonly [
  fingerprint: string,
  rule: number,
  severity: number,
  confidence: number,
  status: number,
  identity: string | 0,
  credential: string | 0,
  subject: string,
  message: string,
  fix: string | 0,
  firstSeen: string,
  lastSeen: string,
  controls: readonly string[] | 0,
  surfaces: readonly string[],
  evidence: readonly EvidenceTuple[],
  evidenceTotal: number,
];

export type EvidenceTuple = readonly [kind: ObservationKind, summary: string, place: string, observation: string];

export const CONFIDENCES = ['low', 'medium', 'high'] as const satisfies readonly Confidence[];
export const STATUSES = ['new', 'open', 'not-observed', 'fixed', 'excepted'] as const satisfies readonly FindingStatus[];
/** A finding shows so many facts it rests on; the JSON report has all. */
export const EVIDENCE_MAX = 25;
