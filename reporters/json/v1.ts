import { z } from 'zod';
import { type Finding, PERSONAS, SEVERITIES } from '../../src/contracts/finding.ts';
import type { ControlRule } from '../../src/contracts/framework.ts';
import { OBSERVATION_KINDS, SURFACES, type Surface } from '../../src/contracts/observation.ts';
import type { Report } from '../../src/contracts/reporter.ts';
import { countChecks } from '../../src/util/check-counts.ts';
import { judgedWithout, withoutIn } from '../../src/util/judged-without.ts';
import { compare, isOpen, sortFindings, summariseCoverage, verdict } from '../../src/util/report-text.ts';

/**
 * The JSON report, version 1: a promise to scripts. What stands here keeps its name, place and meaning for as long as
 * `schemaVersion` begins with `1.`; fields may be added, so readers must ignore what they do not know. The shape is
 * written out instead of dumping what the product holds inside, so that the inside stays free to change.
 */
export const SCHEMA_VERSION = '1.0';

const time = z
  .string()
  .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/)
  .describe('ISO 8601, UTC');
const text = z.string();
const number = z.int().min(0);
const severity = z.enum(SEVERITIES);
const outcome = z.enum(['complete', 'partial', 'denied', 'unsupported']);
const controlOutcome = z.enum(['pass', 'fail', 'partial', 'not-assessed', 'not-applicable', 'excepted']);
const surface = z.enum(Object.keys(SURFACES) as [Surface, ...Surface[]]);

export const PlaceV1 = z.strictObject({
  repository: text.optional().describe('owner/repo where the remote tells, else the name of the directory'),
  directory: text.optional().describe('Where that repository lies below the target; absent for the target itself'),
  path: text.optional().describe('Path inside the repository or directory, separated by /'),
  line: z.int().min(1).optional(),
  column: z.int().min(1).optional().describe('In characters, from 1'),
  endLine: z.int().min(1).optional(),
  endColumn: z.int().min(1).optional(),
  commit: text.optional().describe('Commit that introduced it, full id'),
  author: text.optional().describe('Author of that commit'),
  date: text.optional().describe('Author date of that commit'),
  atHead: z.boolean().optional().describe('Is it still there? Absent: not known'),
  cell: z.int().min(1).optional().describe('Cell of a notebook, from 1'),
  part: text.optional().describe('Part of the cell or file: source, output, metadata, attachment'),
  layer: text.optional().describe('Digest of the image layer'),
  pointer: text.optional().describe('Address inside a structured file or an API answer'),
});

export const AcceptanceV1 = z.strictObject({
  source: z.enum(['comment', 'gitleaksignore', 'secrets-baseline', 'gitleaks-report', 'exception']),
  entry: text.describe('As written, or what an exception selects'),
  place: text.optional().describe('Where it stands; of a comment beside a secret, the line of the secret'),
  repository: text.optional().describe('Of a comment: the repository of that file'),
  reason: text.optional(),
  justification: text.optional(),
  owner: text.optional(),
  approver: text.optional(),
  ticket: text.optional(),
  expires: text.optional().describe('Last day on which it holds, UTC'),
});

export const AcceptanceUseV1 = AcceptanceV1.extend({
  state: z.enum(['used', 'stale', 'expired']).describe('stale: it covers nothing any more; expired: its day is past'),
  findings: number.describe('Findings it accepts, or would accept had it not expired'),
  author: text.optional().describe('Of a comment: who wrote the line that it stands at, where the git history tells it'),
  accepts: z
    .array(text)
    .optional()
    .describe('Fingerprints of the findings that it accepts; absent of exceptions, which findings name'),
});

export const FindingV1 = z.strictObject({
  fingerprint: text.describe('Names the finding in every run: rule and what it is about, never the line'),
  rule: text,
  title: text,
  message: text,
  severity,
  confidence: z.enum(['high', 'medium', 'low']),
  persona: z.enum(PERSONAS),
  status: z.enum(['new', 'open', 'fixed', 'not-observed', 'excepted']),
  change: z.enum(['reopened', 'raised']).optional().describe('Open, and accepted or less grave in the run before'),
  identity: text.optional().describe('Canonical id of the identity'),
  credential: text.optional().describe('Canonical id of the credential; never the secret'),
  subject: text,
  controls: z.array(text).describe('framework:control'),
  evidence: z.array(
    z.strictObject({
      observation: text.describe('Id of the row in the store'),
      kind: z.enum(OBSERVATION_KINDS),
      summary: text,
      place: PlaceV1.optional(),
    }),
  ),
  surfaces: z.array(surface).describe('Sources of its evidence; empty where a store of an earlier version does not tell'),
  firstSeen: time,
  lastSeen: time,
  fix: text,
  detail: z.record(text, z.json()).optional().describe('Numbers and names; depends on the rule'),
  acceptedBy: AcceptanceV1.optional().describe('What accepts it, for the status excepted'),
});

export const IdentityV1 = z.strictObject({
  id: text,
  provider: text,
  type: text,
  name: text,
  scope: text.optional(),
  environment: text.optional(),
  owner: text.optional(),
  ownership: text.describe('owned, owner-left, unowned, conflicting'),
  enabled: z.boolean().optional(),
  createdAt: time.optional(),
  lastUsedAt: time.optional(),
  credentials: number,
  sightings: number.describe('Places where one of its credentials was seen'),
  consumers: number,
  capabilities: z.array(text),
  sessions: number,
  findings: number,
  worst: text.optional(),
});

export const CoverageV1 = z.strictObject({
  surface,
  subject: text,
  outcome,
  why: text.optional().describe('Why it is not complete'),
  covers: z.array(z.enum(OBSERVATION_KINDS)).describe('Kinds of observation that this look could have given'),
  seen: number.optional(),
  read: number.optional(),
  skipped: number.optional(),
  failed: number.optional(),
  bytes: number.optional(),
  inArchives: z
    .strictObject({ read: number, skipped: number })
    .optional()
    .describe('Files in archives, beside those that count above'),
  ignored: z
    .strictObject({ count: number, names: z.array(text) })
    .optional()
    .describe('What ignore rules of git leave out, a directory as one: it was not looked at (--include-ignored reads it)'),
  setAside: z.array(text).optional().describe('Files of this tool itself that were left out; counted as skipped'),
  judgedWithout: z
    .array(text)
    .optional()
    .describe('What was not given that takes some of the rights away which are told as had: service control policies'),
});

export const DeclaredAbsentV1 = z.strictObject({
  surface,
  reason: text,
  declaredBy: text,
  reviewed: text.optional().describe('Day of the last review'),
  state: z
    .enum(['believed', 'contradicted', 'expired'])
    .describe('believed: checks that lack it alone are not applicable; the others change nothing'),
  why: text.optional().describe('Why it is not believed'),
});

export const CheckV1 = z.strictObject({
  rule: text,
  title: text,
  severity,
  outcome: z.enum(['pass', 'fail', 'partial', 'not-assessed', 'not-applicable']),
  reason: text.optional(),
  population: number.describe('How many things were looked at'),
  findings: number,
  excepted: number,
  controls: z.array(text),
  needs: z.array(text),
});

export const ControlV1 = z.strictObject({
  framework: text,
  control: text,
  title: text,
  group: text.optional(),
  formerly: z.array(text).describe('Ids of the same matter in an earlier edition'),
  outcome: controlOutcome.describe('What the evidence of this run says; never a statement of compliance'),
  reason: text,
  rules: z.array(
    z.strictObject({
      rule: text,
      outcome: text,
      findings: number,
      relation: z.literal('partial').optional().describe('It bears on a part of the control; absent: on all of it'),
      via: text
        .optional()
        .describe('The control of another framework that leads here; absent where the rule names this one itself'),
    }),
  ),
  note: text.optional().describe('What must be said beside its id'),
  findings: number,
  worst: severity.optional(),
  population: number,
  sources: z
    .array(
      z.strictObject({
        surface,
        outcome: controlOutcome,
        checks: z
          .strictObject({
            pass: number,
            fail: number,
            partial: number,
            notAssessed: number,
            notApplicable: number,
            excepted: number,
          })
          .describe('How many of the checks that need this source ended how at it'),
        findings: number.describe('Open findings that rest on something of this source'),
        worst: severity.optional(),
      }),
    )
    .describe('The control judged for each source that its checks need. What rests on several counts at each: do not add up'),
});

const BySeverity = z.strictObject({ critical: number, high: number, medium: number, low: number, info: number });

export const ReportV1 = z
  .strictObject({
    schemaVersion: z.string().regex(/^1\.\d+$/),
    run: z.strictObject({
      id: text,
      startedAt: time,
      finishedAt: time,
      tool: z.literal('nhi-audit'),
      toolVersion: text,
      engine: text,
      targets: z.array(text),
      rulesDigest: text.describe('Hash of every detector and check that ran'),
      fingerprintKeyId: text.describe('Fingerprints of two runs compare only when this is the same'),
      hosts: z.array(text).describe('Hosts that were contacted; empty when offline'),
      counts: z.record(text, number).describe('Observations by kind'),
      parameters: z.record(text, z.union([text, z.number(), z.boolean()])),
      evidence: z
        .strictObject({ links: number, last: text.describe('HMAC of the last link') })
        .optional()
        .describe('The chain that binds imported logs and sessions, at the end of the run'),
      persona: z.enum(PERSONAS),
    }),
    summary: z.strictObject({
      verdict: text,
      coverage: text,
      clean: z.boolean().describe('Nothing is open, and all that was looked at was read completely'),
      open: BySeverity.describe('Findings with status new or open'),
      statuses: z.strictObject({ new: number, open: number, fixed: number, 'not-observed': number, excepted: number }),
      hidden: z.strictObject({ persona: number, baseline: number, excepted: number }).describe('Findings left out, and why'),
      surfaces: z.array(z.strictObject({ surface, outcome })).describe('Surfaces that were looked at'),
      notLookedAt: z.array(surface),
      judgedWithout: z.array(text).optional().describe('Of all looks together; absent where nothing is known to be lacking'),
      checks: z
        .strictObject({
          total: number,
          ran: number.describe('Came to pass, fail or partial'),
          notApplicable: number,
          notAssessed: number,
        })
        .describe('How many checks ran, and how many could not or had nothing to judge'),
    }),
    coverage: z.array(CoverageV1),
    declaredAbsent: z
      .array(DeclaredAbsentV1)
      .optional()
      .describe(
        'What the organisation says it does not have, and whether the run bears it out; absent where nothing is declared',
      ),
    findings: z.array(FindingV1),
    accepted: z.array(FindingV1).describe('Findings that somebody accepted; they count in no verdict'),
    acceptances: z.array(AcceptanceUseV1).describe('What says not to report something, and whether it still covers anything'),
    identities: z.array(IdentityV1),
    checks: z.array(CheckV1),
    controls: z.array(ControlV1),
    frameworks: z.array(
      z.strictObject({
        id: text,
        title: text,
        version: text,
        source: text,
        licence: text,
        mapping: z
          .strictObject({ from: text, basis: z.enum(['official', 'editorial']), since: text, note: text.optional() })
          .optional()
          .describe('How rules come to its controls where they do not name them themselves'),
      }),
    ),
  })
  .describe('Report of nhi-audit, version 1. Fields may be added within version 1; ignore those you do not know.');
export type ReportV1 = z.infer<typeof ReportV1>;

/**
 * `schema/report.v1.schema.json` (JSON Schema 2020-12), made from the shape above by `npm run generate`. Objects are left
 * open in it, for a newer 1.x may add fields.
 */
export function reportSchema(): object {
  const schema = z.toJSONSchema(ReportV1, {
    target: 'draft-2020-12',
    io: 'output',
    override: ({ jsonSchema }) => {
      if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
    },
  });
  const { $schema, ...rest } = schema;
  return {
    $schema,
    $id: 'urn:nhi-audit:schema:report:1',
    title: 'nhi-audit report, version 1',
    $comment: 'Generated from reporters/json/v1.ts by `npm run generate`; do not edit.',
    ...rest,
  };
}

/** The report in the promised shape. Nothing is sorted by chance: the same report gives the same object. */
export function toV1(report: Report): ReportV1 {
  const { run } = report;
  return {
    schemaVersion: SCHEMA_VERSION,
    run: {
      id: run.id,
      startedAt: run.startedAt,
      finishedAt: run.finishedAt,
      tool: 'nhi-audit',
      toolVersion: run.toolVersion,
      engine: run.engine,
      targets: [...run.targets],
      rulesDigest: run.rulesDigest,
      fingerprintKeyId: run.fingerprintKeyId,
      hosts: [...run.hosts],
      counts: byName(run.counts),
      parameters: byName(run.parameters),
      ...(run.evidence === undefined ? {} : { evidence: run.evidence }),
      persona: report.persona,
    },
    summary: summary(report),
    coverage: report.coverage.map((row) => pick({ ...row, ...told(row) }, CoverageV1)),
    ...(report.declaredAbsent === undefined
      ? {}
      : { declaredAbsent: report.declaredAbsent.map((one) => pick(one, DeclaredAbsentV1)) }),
    findings: sortFindings(report.findings).map(toFinding),
    accepted: sortFindings(report.accepted).map(toFinding),
    acceptances: report.acceptances.map((use) => pick(use, AcceptanceUseV1)),
    identities: report.identities.map((identity) => pick(identity, IdentityV1)),
    checks: report.checks.map(({ meta, ...result }) =>
      pick({ ...result, title: meta.title, severity: meta.severity, controls: meta.controls, needs: meta.needs }, CheckV1),
    ),
    controls: report.controls.map((control) => pick({ ...control, rules: control.rules.map(toRule) }, ControlV1)),
    frameworks: report.frameworks.map(({ id, title, version, source, licence, mapping }) => ({
      id,
      title,
      version,
      source,
      licence,
      ...(mapping === undefined ? {} : { mapping }),
    })),
  };
}

/** What of a row's detail is promised. */
function told(row: Report['coverage'][number]): object {
  const { inArchives, ignored, setAside } = row.detail ?? {};
  const without = withoutIn(row);
  return { inArchives, ignored, setAside, ...(without.length === 0 ? {} : { judgedWithout: without }) };
}

/** Where each rule failed, its findings say. */
function toRule({ sources: _, ...rule }: ControlRule): Omit<ControlRule, 'sources'> {
  return rule;
}

function toFinding(finding: Finding): z.infer<typeof FindingV1> {
  return {
    ...pick(finding, FindingV1),
    evidence: finding.evidence.map(({ observation, kind, summary, at }) => ({
      observation,
      kind,
      summary,
      ...(at === undefined ? {} : { place: pick(at, PlaceV1) }),
    })),
  };
}

function summary(report: Report): ReportV1['summary'] {
  const { looked, notLooked } = summariseCoverage(report.coverage);
  const { findings, coverage, clean } = verdict(report);
  const without = judgedWithout(report.coverage);
  const open = { critical: 0, high: 0, medium: 0, low: 0, info: 0 };
  const statuses = { new: 0, open: 0, fixed: 0, 'not-observed': 0, excepted: 0 };
  for (const finding of report.findings) {
    statuses[finding.status] += 1;
    if (isOpen(finding)) open[finding.severity] += 1;
  }
  return {
    verdict: findings,
    coverage,
    clean,
    open,
    statuses,
    hidden: report.hidden,
    surfaces: looked.map((row) => ({ surface: row.surface, outcome: row.outcome })),
    notLookedAt: notLooked.map((row) => row.surface),
    ...(without.length === 0 ? {} : { judgedWithout: [...without] }),
    checks: countChecks(report.checks),
  };
}

/** The fields of the shape, in its order: what the inside holds beyond the promise stays inside. */
function pick<Shape extends z.ZodRawShape>(value: object, shape: z.ZodObject<Shape>): z.infer<z.ZodObject<Shape>> {
  const fields = value as { readonly [name: string]: unknown };
  const picked: { [name: string]: unknown } = {};
  for (const name of Object.keys(shape.shape)) {
    if (fields[name] !== undefined) picked[name] = fields[name];
  }
  return picked as z.infer<z.ZodObject<Shape>>;
}

function byName<T>(record: { readonly [name: string]: T }): { [name: string]: T } {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => compare(a, b)));
}
