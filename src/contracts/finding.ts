import type { CredentialId, IdentityId } from './identity-id.ts';
import type { Confidence, IsoTime, JsonObject, Location, ObservationKind, Surface } from './observation.ts';

/** Low to high. */
export const SEVERITIES = ['info', 'low', 'medium', 'high', 'critical'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** Who a finding is for: `dev` sees what a developer must fix; each later one sees more. */
export const PERSONAS = ['dev', 'security', 'auditor'] as const;
export type Persona = (typeof PERSONAS)[number];

export type FindingStatus = 'new' | 'open' | 'fixed' | 'not-observed' | 'excepted';

/** One fact a finding rests on. */
export interface Evidence {
  /** Id of the observation row; leads back to `obs.<kind>`. */
  readonly observation: string;
  readonly kind: ObservationKind;
  /** One line for people: `seen in notebooks/churn.ipynb cell 3 output`. */
  readonly summary: string;
  readonly at?: Location;
  /** The source that told it; absent in findings of a store of an earlier version. */
  readonly surface?: Surface;
}

/** What is wrong, about one identity or credential, with its evidence. */
export interface Finding {
  /** Stable over line moves and re-runs: hash of the rule and its identity fields. */
  readonly fingerprint: string;
  readonly rule: string;
  readonly title: string;
  /** One or two sentences with the names filled in. Never a secret. */
  readonly message: string;
  readonly severity: Severity;
  readonly confidence: Confidence;
  readonly persona: Persona;
  readonly status: FindingStatus;
  /** Open, and no more what it was in the run before: it was accepted then, or less grave. Told and counted beside what is new. */
  readonly change?: 'reopened' | 'raised';
  readonly identity?: IdentityId;
  readonly credential?: CredentialId;
  /** What it is about in one word group for headings: the identity, else the credential's masked form. */
  readonly subject: string;
  readonly controls: readonly string[];
  readonly evidence: readonly Evidence[];
  /** The sources of its evidence, in the order of `SURFACES`; empty where a store of an earlier version does not tell. */
  readonly surfaces: readonly Surface[];
  readonly firstSeen: IsoTime;
  readonly lastSeen: IsoTime;
  readonly fix: string;
  readonly detail?: JsonObject;
  /** Set when the status is `excepted`: what accepts it. */
  readonly acceptedBy?: Acceptance;
}

/** Something that says not to report a finding: somebody's word, which a report repeats. */
export interface Acceptance {
  /** A comment beside the secret, another tool's ignore file, baseline or report, or an exception of ours. */
  readonly source: 'comment' | 'gitleaksignore' | 'secrets-baseline' | 'gitleaks-report' | 'exception';
  /** As written: `gitleaks:allow`, `src/app.py:aws-access-token:12`, what an exception selects. */
  readonly entry: string;
  /** Where it stands: `.gitleaksignore:3`; of a comment beside a secret, the line of the secret. */
  readonly place?: string;
  /** Of a comment: the repository of that file, where it is known. */
  readonly repository?: string;
  readonly reason?: string;
  readonly justification?: string;
  readonly owner?: string;
  readonly approver?: string;
  readonly ticket?: string;
  /** Last day on which it holds, UTC: `2027-03-31`. */
  readonly expires?: string;
}

/** What became of an acceptance in this run. */
export interface AcceptanceUse extends Acceptance {
  /** `stale`: it covers nothing any more. `expired`: its day is past, and what it covered is open again. */
  readonly state: 'used' | 'stale' | 'expired';
  /** Findings it accepts (for an expired one: that it would accept). */
  readonly findings: number;
  /** Of a comment: who wrote the line that it stands at, as its git history tells it first; absent where it does not. */
  readonly author?: string;
  /** The findings that it accepts, by fingerprint, sorted; absent of exceptions, which findings name, and in runs of earlier versions. */
  readonly accepts?: readonly string[];
  /** Why it is not honoured, whatever there is to accept: `it gives no reason`. */
  readonly problem?: string;
}
