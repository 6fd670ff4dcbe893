import { readFileSync } from 'node:fs';
import { z } from 'zod';
import {
  type Check,
  type CheckResult,
  type CoverageObservation,
  type DeclaredAbsent,
  type Finding,
  type IdentityView,
  PERSONAS,
  type Report,
  type RunInfo,
  SEVERITIES,
} from '../contracts/index.ts';
import { SURFACES, type Surface } from '../contracts/observation.ts';
import { ConfigError, messageOf } from '../util/errors.ts';

const text = z.string();
const count = z.number().min(0);

const Place = z
  .object({
    repository: text.optional(),
    directory: text.optional(),
    path: text.optional(),
    line: z.int().min(1).optional(),
    column: z.int().min(1).optional(),
    endLine: z.int().min(1).optional(),
    endColumn: z.int().min(1).optional(),
    commit: text.optional(),
    date: text.optional(),
    atHead: z.boolean().optional(),
    cell: z.int().min(1).optional(),
    part: text.optional(),
    layer: text.optional(),
    pointer: text.optional(),
  })
  .optional();

const FoundV1 = z
  .object({
    fingerprint: text,
    rule: text,
    title: text,
    message: text,
    severity: z.enum(SEVERITIES),
    confidence: z.enum(['high', 'medium', 'low']),
    persona: z.enum(PERSONAS),
    status: z.enum(['new', 'open', 'fixed', 'not-observed', 'excepted']),
    identity: text.optional(),
    credential: text.optional(),
    subject: text,
    controls: z.array(text),
    evidence: z.array(z.object({ observation: text, kind: text, summary: text, place: Place })),
    firstSeen: text,
    lastSeen: text,
    fix: text,
  })
  .transform(({ evidence, ...finding }) => ({
    ...finding,
    evidence: evidence.map(({ place, ...item }) => ({ ...item, ...(place === undefined ? {} : { at: place }) })),
  }));

const Acceptance = z.looseObject({ source: text, entry: text, state: text, findings: count });

/** The JSON report (schema/report.v1.schema.json), as far as a comment tells of it. */
const ReportV1 = z.object({
  schemaVersion: text.regex(/^1\./, 'a report of version 1'),
  run: z.object({
    id: text,
    startedAt: z.iso.datetime(),
    finishedAt: z.iso.datetime(),
    toolVersion: text,
    engine: text,
    targets: z.array(text),
    rulesDigest: text,
    fingerprintKeyId: text,
    hosts: z.array(text),
    counts: z.record(text, z.number()),
    parameters: z.record(text, z.union([text, z.number(), z.boolean()])),
    persona: z.enum(PERSONAS),
  }),
  summary: z.object({ hidden: z.object({ persona: count, baseline: count, excepted: count }) }),
  coverage: z.array(
    z.looseObject({
      surface: z.enum(Object.keys(SURFACES) as [Surface, ...Surface[]]),
      subject: text,
      outcome: z.enum(['complete', 'partial', 'denied', 'unsupported']),
      covers: z.array(text),
    }),
  ),
  declaredAbsent: z
    .array(
      z.object({
        surface: z.enum(Object.keys(SURFACES) as [Surface, ...Surface[]]),
        reason: text,
        declaredBy: text,
        reviewed: text.optional(),
        state: z.enum(['believed', 'contradicted', 'expired']),
        why: text.optional(),
      }),
    )
    .optional(),
  findings: z.array(FoundV1),
  accepted: z.array(FoundV1),
  acceptances: z.array(Acceptance),
  identities: z.array(z.looseObject({ id: text, capabilities: z.array(text) })),
  checks: z.array(
    z.object({
      rule: text,
      outcome: z.enum(['pass', 'fail', 'partial', 'not-assessed', 'not-applicable']),
      reason: text.optional(),
      population: count,
      findings: count,
      excepted: count,
    }),
  ),
});

/** A scan's report, read back from its file. Checks that this version does not have are left out. Throws `ConfigError`. */
export function readReport(file: string, checks: readonly Check[]): Report {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw unreadable(file, messageOf(error), error);
  }
  const parsed = ReportV1.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw unreadable(file, `${issue?.path.join('.') || 'the file'}: ${issue?.message}`);
  }
  const { run, summary, coverage, declaredAbsent, findings, accepted, acceptances, identities } = parsed.data;
  const { persona, ...info } = run;
  const metas = new Map(checks.map(({ meta }) => [meta.id, meta]));
  return {
    run: info satisfies Omit<RunInfo, 'evidence'>,
    // Checked above in what a comment reads; the rest is the promise of the schema.
    coverage: coverage.map((row) => ({ ...row, kind: 'coverage' })) as unknown as CoverageObservation[],
    ...(declaredAbsent === undefined ? {} : { declaredAbsent: declaredAbsent as readonly DeclaredAbsent[] }),
    findings: findings as unknown as Finding[],
    accepted: accepted as unknown as Finding[],
    acceptances: acceptances as unknown as Report['acceptances'],
    identities: identities as unknown as IdentityView[],
    checks: parsed.data.checks.flatMap((result) => {
      const meta = metas.get(result.rule);
      return meta === undefined ? [] : [{ ...(result as CheckResult), meta }];
    }),
    controls: [],
    frameworks: [],
    persona,
    hidden: summary.hidden,
  };
}

function unreadable(file: string, why: string, cause?: unknown): ConfigError {
  return new ConfigError(`${file} is no JSON report of nhi-audit: ${why}`, {
    code: 'REPORT',
    hint: 'Make one with: nhi-audit scan -o json=report.json',
    ...(cause === undefined ? {} : { cause }),
  });
}
