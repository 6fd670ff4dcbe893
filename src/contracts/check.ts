import { z } from 'zod';
import { PERSONAS, SEVERITIES } from './finding.ts';

/** Where machine identities are declared and used, as checks and their tables name it. */
export const PLATFORMS = [
  'github-actions',
  'gitlab-ci',
  'circleci',
  'jenkins',
  'azure-pipelines',
  'bitbucket-pipelines',
  'buildkite',
  'travis',
  'tekton',
  'argo',
  'cloud-build',
  'codebuild',
  'drone',
  'kubernetes',
  'terraform',
  'cloudformation',
  'pulumi',
  'ansible',
  'compose',
  'dockerfile',
  'image',
  'notebook',
  'agent',
] as const;
export type Platform = (typeof PLATFORMS)[number];

/**
 * The YAML head of `rules/checks/<area>/<id>.sql`. The SELECT below it runs over the views of `src/store/views/`,
 * as is, in any DuckDB shell, and returns one row a finding with these columns:
 *
 * | column | type | meaning |
 * |---|---|---|
 * | every name in `identityFields` | any | make the finding's fingerprint: stable over re-runs and line moves |
 * | `message` | VARCHAR | one or two sentences, names filled in, never a secret |
 * | `evidence` | VARCHAR[] | ids of the observation rows it rests on (their locations become the finding's places) |
 * | `identity_id`, `credential_id` | VARCHAR | optional: what it is about |
 * | `severity`, `confidence` | VARCHAR | optional: override the head's, per row |
 * | `fix` | VARCHAR | optional: overrides the head's for this row, with the commands and names of its provider; NULL keeps the head's |
 * | `first` | VARCHAR[] | optional: of `evidence`, what is told before the rest; the first of it is the finding's place |
 * | `detail` | STRUCT or JSON | optional: numbers and names for machine formats |
 */
export const CheckMeta = z.strictObject({
  id: z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'kebab-case'),
  title: z.string().min(10),
  severity: z.enum(SEVERITIES),
  confidence: z.enum(['high', 'medium', 'low']),
  persona: z.enum(PERSONAS).default('security'),
  about: z.enum(['identity', 'credential', 'sighting', 'trust', 'usage', 'consumer']),
  identityFields: z.array(z.string()).min(1),
  /**
   * What must have been collected: `kind@surface` (`credential@aws`, `usage@gateway`) or `kind` from any surface;
   * `a|b` where either will do. `credential:signing-certificate@aws` is met by a look that could have given that type: coverage
   * says so in `detail.types`, and what says nothing of types is taken to give all. A need that no coverage row meets makes the result "not assessed",
   * or "not applicable" where all that would meet it is declared absent (`scope.absent`) and nothing of it was observed;
   * one that ends in `?` makes it "partial" where nothing is found. Where several providers will do, each of which the run speaks must have been asked.
   */
  needs: z.array(z.string()).min(1),
  /** What the check looks at, as the text after FROM (`credentials WHERE type = 'access-key'`): its count is the denominator. */
  population: z.string().min(3),
  /**
   * Where silence would prove nothing although all was collected (sessions of too few days, a field that nobody tells): a SELECT of
   * one text, the reason, which makes the result "partial" where nothing is found. No row, or NULL: silence counts.
   */
  inconclusive: z.string().min(10).optional(),
  /** `framework:control`: `owasp-nhi-2025:NHI2:2025`, `nist-csf-2.0:PR.AA-05`. */
  controls: z.array(z.string()).min(1),
  why: z.string().min(20),
  fix: z.string().min(10),
  /** What it cannot see and where it may be wrong. */
  limits: z.string().optional(),
  /** Numbers a user may change in the configuration; bound as `$name` in the SQL. */
  parameters: z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])).default({}),
  /** `lowered`: what lies in test data, examples and documentation alone is at most medium, and less sure. */
  fixtures: z.enum(['lowered']).optional(),
  references: z.array(z.string()).default([]),
  /** Whose files or APIs it judges; a check that says so has an example of each, as files: `test/rules/platforms/PLATFORM/ID.yml`. */
  platforms: z.array(z.enum(PLATFORMS)).default([]),
  /** Rules of other tools that mean the same, whose comments are honoured: `zizmor/artipacked`, `checkov/CKV_AWS_358`. */
  equivalents: z.array(z.string().regex(/^(zizmor|checkov)\/[\w-]+$/)).default([]),
  since: z.string().regex(/^\d+\.\d+$/),
});
export type CheckMeta = z.infer<typeof CheckMeta>;

export interface Check {
  readonly meta: CheckMeta;
  readonly sql: string;
  /** Path inside the package: `rules/checks/aws/access-key-unrotated.sql`. */
  readonly file: string;
}

/** `partial`: it ran, but part of what it needs was denied or unreadable, so that silence proves nothing. */
export type CheckOutcome = 'pass' | 'fail' | 'partial' | 'not-assessed' | 'not-applicable';

export interface CheckResult {
  readonly rule: string;
  readonly outcome: CheckOutcome;
  /** Why not assessed or partial, or what is declared absent where it is not applicable for that; one sentence. */
  readonly reason?: string;
  /** How many things were looked at. */
  readonly population: number;
  readonly findings: number;
  readonly excepted: number;
}
