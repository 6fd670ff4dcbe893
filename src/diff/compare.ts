import { z } from 'zod';
import { type Outcome, SEVERITIES, type Severity } from '../contracts/index.ts';
import { DECLARED, declaredIn } from '../run/facts.ts';
import type { Store } from '../store/index.ts';
import type { StoredRun } from './choose-run.ts';

/** What became of a finding between two runs. */
export const CHANGES = ['new', 'reopened', 'raised', 'lowered', 'accepted', 'not-observed', 'fixed'] as const;
export type Change = (typeof CHANGES)[number];

export interface FindingChange {
  readonly change: Change;
  readonly fingerprint: string;
  readonly rule: string;
  readonly severity: Severity;
  /** Of the first run, where it differs. */
  readonly before?: Severity;
  readonly subject: string;
  readonly message: string;
  /** What besides the estate may be behind it: the rule did not run then, nothing was looked at now. */
  readonly why?: string;
}

export interface CoverageChange {
  readonly change: 'lost' | 'won';
  readonly surface: string;
  readonly subject: string;
  /** Absent: it was not looked at. */
  readonly before?: Outcome;
  readonly after?: Outcome;
  readonly why?: string;
}

export interface IdentityChange {
  readonly change: 'added' | 'removed';
  readonly id: string;
  readonly type: string;
}

export interface RunSummary extends StoredRun {
  readonly toolVersion: string;
  readonly rulesDigest: string;
  readonly targets: readonly string[];
  readonly open: number;
}

export interface RunDiff {
  readonly from: RunSummary;
  readonly to: RunSummary;
  /** Why the two may differ though the estate does not; one sentence each. */
  readonly caveats: readonly string[];
  readonly findings: readonly FindingChange[];
  /** In both, and the same. */
  readonly unchanged: number;
  readonly coverage: readonly CoverageChange[];
  readonly identities: readonly IdentityChange[];
}

const RunRow = z.object({
  run_id: z.string(),
  started_at: z.string(),
  tool_version: z.string(),
  targets: z.array(z.string()),
  parameters: z.record(z.string(), z.unknown()).nullable(),
  rules_digest: z.string(),
  fingerprint_key_id: z.string(),
});

const FindingRow = z.object({
  fingerprint: z.string(),
  rule: z.string(),
  subject: z.string(),
  message: z.string(),
  before: z.enum(SEVERITIES).nullable(),
  after: z.enum(SEVERITIES).nullable(),
  status_before: z.string().nullable(),
  status_after: z.string().nullable(),
  /** What the last of the runs since then said of it. */
  last_status: z.string().nullable(),
  outcome_before: z.string().nullable(),
  outcome_after: z.string().nullable(),
});

/**
 * Findings of either run, side by side. What is not there any more was fixed only if a run said so that looked again, and if the
 * second run still looks.
 */
const FINDINGS = `
WITH a AS (SELECT * FROM findings WHERE run_id = $from AND status IN ('new', 'open', 'excepted')),
b AS (SELECT * FROM findings WHERE run_id = $to AND status IN ('new', 'open', 'excepted')),
since AS (
  SELECT fingerprint, arg_max(f.status, r.sequence) AS status
  FROM findings AS f
  JOIN runs AS r USING (run_id)
  WHERE r.status = 'complete'
    AND r.sequence > (SELECT sequence FROM runs WHERE run_id = $from)
    AND r.sequence <= (SELECT sequence FROM runs WHERE run_id = $to)
  GROUP BY fingerprint
)
SELECT fingerprint, coalesce(b.rule, a.rule) AS rule, coalesce(b.subject, a.subject) AS subject,
  coalesce(b.message, a.message) AS message, a.severity AS before, b.severity AS after,
  a.status AS status_before, b.status AS status_after, since.status AS last_status,
  ca.outcome AS outcome_before, cb.outcome AS outcome_after
FROM a
FULL JOIN b USING (fingerprint)
LEFT JOIN since USING (fingerprint)
LEFT JOIN check_results AS ca ON ca.run_id = $from AND ca.rule = coalesce(b.rule, a.rule)
LEFT JOIN check_results AS cb ON cb.run_id = $to AND cb.rule = coalesce(b.rule, a.rule)`;

/**
 * The least of what was said of one subject: where one file of many could not be read, the look was not complete. That files of
 * a log are as they were when they were imported is no look of its own: what was read of them then counts in both runs.
 */
const COVERAGE = `
SELECT surface, subject,
  arg_min(outcome, list_position(['unsupported', 'denied', 'partial', 'complete'], outcome)) AS outcome,
  string_agg(DISTINCT why, '; ' ORDER BY why) AS why
FROM coverage
WHERE NOT (outcome = 'complete' AND len(covers) = 0 AND (detail->>'$.known') IS NOT NULL)
GROUP BY surface, subject`;

const IDENTITIES = 'SELECT identity_id AS id, type FROM identities WHERE human IS NOT true ORDER BY identity_id';

/** Compares two complete runs of one store. */
export async function compareRuns(store: Store, from: string, to: string): Promise<RunDiff> {
  const [before, after] = [await readRun(store, from), await readRun(store, to)];
  const rows = z.array(FindingRow).parse(await store.rows(FINDINGS, { from, to }));
  const { changes, unchanged } = changesOf(rows);
  const isOpen = (status: string | null): boolean => status === 'new' || status === 'open';
  const seenBefore = await readSeen(store, from);
  const seenAfter = await readSeen(store, to);
  await store.selectRun(undefined);
  return {
    from: summaryOf(before, rows.filter((row) => isOpen(row.status_before)).length),
    to: summaryOf(after, rows.filter((row) => isOpen(row.status_after)).length),
    caveats: caveatsOf(before, after),
    findings: changes.sort(inOrder),
    unchanged,
    coverage: coverageChanges(seenBefore.coverage, seenAfter.coverage),
    identities: identityChanges(seenBefore.identities, seenAfter.identities),
  };
}

/** Complete runs, oldest first. */
export async function storedRuns(store: Store): Promise<readonly StoredRun[]> {
  const rows = await store.rows("SELECT run_id, started_at FROM runs WHERE status = 'complete' ORDER BY sequence");
  return rows.map((row) => ({ id: String(row.run_id), startedAt: String(row.started_at) }));
}

async function readRun(store: Store, run: string): Promise<z.infer<typeof RunRow>> {
  const [row] = await store.rows('SELECT * FROM runs WHERE run_id = $run', { run });
  return RunRow.parse(row);
}

function summaryOf(
  { run_id, started_at, tool_version, rules_digest, targets }: z.infer<typeof RunRow>,
  open: number,
): RunSummary {
  return { id: run_id, startedAt: started_at, toolVersion: tool_version, rulesDigest: rules_digest, targets, open };
}

function caveatsOf(a: z.infer<typeof RunRow>, b: z.infer<typeof RunRow>): readonly string[] {
  const same = (x: unknown, y: unknown): boolean => JSON.stringify(x) === JSON.stringify(y);
  const [{ [DECLARED]: absentA, ...optionsA }, { [DECLARED]: absentB, ...optionsB }] = [a.parameters ?? {}, b.parameters ?? {}];
  const states = (declared: unknown) => declaredIn(declared).map(({ surface, state }) => [surface, state]);
  return [
    ...(a.rules_digest === b.rules_digest
      ? []
      : [
          `The rules differ (${a.rules_digest.slice(0, 19)}, then ${b.rules_digest.slice(0, 19)}): a finding may be new or gone because a rule changed, not because the estate did.`,
        ]),
    ...(same(optionsA, optionsB) ? [] : ['Options or thresholds of the two runs differ.']),
    ...(same(states(absentA), states(absentB)) ? [] : ['What is declared absent, or is believed of it, differs.']),
    ...(same(a.targets, b.targets)
      ? []
      : [`The targets differ: ${a.targets.join(', ') || 'none'}, then ${b.targets.join(', ') || 'none'}.`]),
    ...(a.fingerprint_key_id === b.fingerprint_key_id
      ? []
      : ['The fingerprint keys differ: a secret without a public id looks new, and its former finding gone.']),
    ...(a.tool_version === b.tool_version ? [] : [`nhi-audit was ${a.tool_version}, then ${b.tool_version}.`]),
  ];
}

function changesOf(rows: readonly z.infer<typeof FindingRow>[]): {
  readonly changes: FindingChange[];
  readonly unchanged: number;
} {
  const changes: FindingChange[] = [];
  let unchanged = 0;
  for (const row of rows) {
    const all = changesIn(row);
    if (all.length === 0) unchanged += 1;
    changes.push(...all);
  }
  return { changes, unchanged };
}

function changesIn(row: z.infer<typeof FindingRow>): readonly FindingChange[] {
  const { fingerprint, rule, subject, message, before, after, status_before, status_after } = row;
  const severity = after ?? before ?? 'info';
  const made = (change: Change, more: Partial<FindingChange> = {}): FindingChange => ({
    change,
    fingerprint,
    rule,
    severity,
    ...more,
    subject,
    message,
  });
  if (before === null) {
    // What came and was accepted at once is no news, but it is a change.
    const why = whyNew(row.outcome_before);
    return [made(status_after === 'excepted' ? 'accepted' : 'new', why === undefined ? {} : { why })];
  }
  if (after === null) return [goneChange(row, made)];
  const changes: FindingChange[] = [];
  if (status_before === 'excepted' && status_after !== 'excepted') changes.push(made('reopened'));
  if (status_before !== 'excepted' && status_after === 'excepted') changes.push(made('accepted'));
  const rise = SEVERITIES.indexOf(after) - SEVERITIES.indexOf(before);
  if (rise !== 0) changes.push(made(rise > 0 ? 'raised' : 'lowered', { before }));
  return changes;
}

function whyNew(outcome: string | null): string | undefined {
  if (outcome === null) return 'the check did not exist in the first run';
  return outcome === 'not-assessed' ? 'the check was not assessed in the first run' : undefined;
}

function goneChange(
  { last_status, outcome_after }: z.infer<typeof FindingRow>,
  made: (change: Change, more?: Partial<FindingChange>) => FindingChange,
): FindingChange {
  if (outcome_after === null) return made('not-observed', { why: 'the check does not exist in the second run' });
  if (outcome_after === 'not-assessed') return made('not-observed', { why: 'the check was not assessed in the second run' });
  if (last_status === 'fixed') return made('fixed');
  return made('not-observed', { why: 'nothing looked where it was, in the same way, again' });
}

interface Seen {
  readonly coverage: ReadonlyMap<string, { readonly outcome: Outcome; readonly why?: string }>;
  readonly identities: ReadonlyMap<string, string>;
}

async function readSeen(store: Store, run: string): Promise<Seen> {
  await store.selectRun(run);
  const coverage = (await store.rows(COVERAGE)).map(({ surface, subject, outcome, why }) => {
    const row = { outcome: outcome as Outcome, ...(typeof why === 'string' ? { why } : {}) };
    return [JSON.stringify([surface, subject]), row] as const;
  });
  const identities = (await store.rows(IDENTITIES)).map(({ id, type }) => [String(id), String(type)] as const);
  return { coverage: new Map(coverage), identities: new Map(identities) };
}

const WORTH: readonly Outcome[] = ['unsupported', 'denied', 'partial', 'complete'];

function coverageChanges(before: Seen['coverage'], after: Seen['coverage']): readonly CoverageChange[] {
  const changes: CoverageChange[] = [];
  for (const key of new Set([...before.keys(), ...after.keys()])) {
    const [surface = '', subject = ''] = JSON.parse(key) as readonly string[];
    const [a, b] = [before.get(key), after.get(key)];
    const change = coverageChange(a?.outcome, b?.outcome);
    if (change === undefined) continue;
    const why = change === 'lost' ? b?.why : a?.why;
    changes.push({
      change,
      surface,
      subject,
      ...(a === undefined ? {} : { before: a.outcome }),
      ...(b === undefined ? {} : { after: b.outcome }),
      ...(why === undefined ? {} : { why }),
    });
  }
  const text = ({ change, surface, subject }: CoverageChange): string => JSON.stringify([change, surface, subject]);
  return changes.sort((a, b) => (text(a) < text(b) ? -1 : 1));
}

/** A gap that is not spoken of any more is neither: nobody looked there. */
function coverageChange(before: Outcome | undefined, after: Outcome | undefined): CoverageChange['change'] | undefined {
  if (after === undefined) return before === 'complete' ? 'lost' : undefined;
  if (before === undefined) return after === 'complete' ? 'won' : 'lost';
  const rise = WORTH.indexOf(after) - WORTH.indexOf(before);
  if (rise === 0) return undefined;
  return rise > 0 ? 'won' : 'lost';
}

function identityChanges(before: Seen['identities'], after: Seen['identities']): readonly IdentityChange[] {
  const only = (of: Seen['identities'], other: Seen['identities'], change: IdentityChange['change']): IdentityChange[] =>
    [...of].filter(([id]) => !other.has(id)).map(([id, type]) => ({ change, id, type }));
  return [...only(after, before, 'added'), ...only(before, after, 'removed')];
}

function inOrder(a: FindingChange, b: FindingChange): number {
  const by = (x: FindingChange): readonly number[] => [CHANGES.indexOf(x.change), -SEVERITIES.indexOf(x.severity)];
  for (const [index, n] of by(a).entries()) {
    const other = by(b)[index] ?? 0;
    if (n !== other) return n - other;
  }
  const text = (x: FindingChange): string => JSON.stringify([x.rule, x.subject, x.fingerprint]);
  return text(a) < text(b) ? -1 : 1;
}
