import { z } from 'zod';
import {
  type AcceptanceUse,
  type CheckMeta,
  type CheckResult,
  type ControlResult,
  type CoverageObservation,
  type DeclaredAbsent,
  type Finding,
  type IdentityView,
  OBSERVATION_KINDS,
  type ObservationKind,
  type ReportParts,
  type RunInfo,
  SEVERITIES,
  type Severity,
} from '../contracts/index.ts';
import { beforeRun, findingOf } from '../correlate/previous.ts';
import type { StoreReader } from '../store/index.ts';
import { TABLE_OF } from '../store/kinds.ts';
import { type Held, readHeld } from './held.ts';

/** Everything a report is made of, as it lies in a store; `src/run/report.ts` makes the report of it. */
export interface Facts {
  readonly run: RunInfo;
  readonly coverage: readonly CoverageObservation[];
  readonly declaredAbsent?: readonly DeclaredAbsent[];
  readonly findings: readonly Finding[];
  readonly identities: readonly IdentityView[];
  readonly checks: readonly CheckResult[];
  readonly acceptances: readonly AcceptanceUse[];
  /** What the run itself made of each control; absent where it has just ended. */
  readonly controls?: readonly StoredControl[];
  /** Of which kinds anything was observed at each source; absent: nobody counted. */
  readonly held?: Held;
  /** What the reporters asked for. */
  readonly parts?: Partial<ReportParts>;
}

export type StoredControl = Pick<ControlResult, 'framework' | 'control' | 'outcome' | 'reason' | 'findings' | 'population'>;

const RunRow = z.object({
  run_id: z.string(),
  started_at: z.string(),
  finished_at: z.string().nullable(),
  tool_version: z.string(),
  targets: z.array(z.string()),
  parameters: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).nullable(),
  rules_digest: z.string(),
  fingerprint_key_id: z.string(),
  hosts: z.array(z.string()),
});

/** Parameter of a run, written with its results: what was declared absent, as JSON, and whether it was believed. */
export const DECLARED = 'declaredAbsent';

/** What a store tells beside its rows. */
type FactsStore = StoreReader & {
  /** Absent: a store in memory, which has no run before. */
  readonly file?: string | undefined;
  engine(): Promise<string>;
  mayHave(kind: ObservationKind): boolean;
};

/** What a run that has just ended knows without asking the store. */
export type KnownFacts = Pick<Facts, 'findings' | 'checks' | 'acceptances' | 'controls'>;

/** The facts of the current run (or of the run that was selected). `undefined` when the store has no complete run. */
export async function readFacts(store: FactsStore, known?: KnownFacts): Promise<Facts | undefined> {
  const [row] = await store.rows('SELECT * EXCLUDE (sequence, status) FROM current_run');
  if (row === undefined) return undefined;
  const run = RunRow.parse(row);
  const { [DECLARED]: declared, ...parameters } = run.parameters ?? {};
  const counts = await countKinds(store);
  const evidence = store.mayHave('usage') ? await evidenceOf(store) : undefined;
  return {
    run: {
      id: run.run_id,
      startedAt: run.started_at,
      finishedAt: run.finished_at ?? run.started_at,
      toolVersion: run.tool_version,
      engine: await store.engine(),
      targets: run.targets,
      rulesDigest: run.rules_digest,
      fingerprintKeyId: run.fingerprint_key_id,
      hosts: run.hosts,
      counts,
      parameters,
      ...(evidence === undefined ? {} : { evidence }),
    },
    ...(declared === undefined ? {} : { declaredAbsent: declaredIn(declared) }),
    held: await readHeld(store),
    coverage: (await store.rows('SELECT * FROM coverage ORDER BY surface, subject, observation_id')).map(coverageOf),
    identities:
      counts.identity === 0 ? [] : (await store.rows('SELECT * FROM identity_overview ORDER BY identity_id')).map(identityOf),
    ...(await withChanges(store, known ?? (await storedResults(store)))),
  };
}

/** Marks what the run before had accepted, or had less grave. */
async function withChanges(store: FactsStore, results: KnownFacts): Promise<KnownFacts> {
  if (store.file === undefined || !results.findings.some(({ status }) => status === 'open')) return results;
  const before = new Map((await beforeRun(store)).map((row) => [String(row.fingerprint), row]));
  const findings = results.findings.map((finding): Finding => {
    const was = before.get(finding.fingerprint);
    if (finding.status !== 'open' || was === undefined) return finding;
    if (was.status === 'excepted') return { ...finding, change: 'reopened' };
    const isGraver = SEVERITIES.indexOf(finding.severity) > SEVERITIES.indexOf(was.severity as Severity);
    return isGraver ? { ...finding, change: 'raised' } : finding;
  });
  return { ...results, findings };
}

/** What the parameter `DECLARED` holds. */
export function declaredIn(parameter: unknown): readonly DeclaredAbsent[] {
  // Written by this program from the same type; the shape is not a stranger's.
  return typeof parameter === 'string' ? (JSON.parse(parameter) as readonly DeclaredAbsent[]) : [];
}

/** Where the chain of imports ended with the run. */
async function evidenceOf(store: StoreReader): Promise<RunInfo['evidence']> {
  const [row] = await store.rows(
    `SELECT max(l.sequence) AS links, arg_max(l.chain, l.sequence) AS last
     FROM obs.evidence_links AS l JOIN runs AS r USING (run_id) WHERE r.sequence <= (SELECT sequence FROM current_run)`,
  );
  return typeof row?.last === 'string' ? { links: Number(row.links), last: row.last } : undefined;
}

async function storedResults(store: StoreReader): Promise<KnownFacts> {
  const ofRun = 'run_id = (SELECT run_id FROM current_run)';
  return {
    findings: (await store.rows('SELECT * EXCLUDE (run_id) FROM current_findings')).map(findingOf),
    checks: (await store.rows(`SELECT * EXCLUDE (run_id) FROM check_results WHERE ${ofRun} ORDER BY rule`)).map(checkOf),
    acceptances: (
      await store.rows(
        `SELECT * EXCLUDE (run_id) FROM acceptances WHERE ${ofRun} ORDER BY source, place, entry, coalesce(detail->>'$.repository', '')`,
      )
    ).map(acceptanceOf),
    controls: (await store.rows(`SELECT * EXCLUDE (run_id) FROM control_results WHERE ${ofRun} ORDER BY framework, control`)).map(
      ({ findings, population, ...rest }) =>
        // Written by this program from the same type.
        ({ ...rest, findings: Number(findings), population: Number(population) }) as StoredControl,
    ),
  };
}

/** As `storedResults` gives them: a report made again from the store says the same. */
export function inStoredOrder(uses: readonly AcceptanceUse[]): readonly AcceptanceUse[] {
  const byText = (a: string | undefined, b: string | undefined): number => {
    if (a === b) return 0;
    // NULLS LAST, as the engine has it.
    return b === undefined || (a !== undefined && a < b) ? -1 : 1;
  };
  return uses.toSorted(
    (a, b) =>
      byText(a.source, b.source) ||
      byText(a.place, b.place) ||
      byText(a.entry, b.entry) ||
      byText(a.repository ?? '', b.repository ?? ''),
  );
}

/** Observations of each kind, as the views show them: merged. */
async function countKinds(store: FactsStore): Promise<{ readonly [kind in ObservationKind]: number }> {
  const asked = OBSERVATION_KINDS.filter((kind) => store.mayHave(kind));
  const columns = asked.map((kind) => `(SELECT count(*) FROM ${TABLE_OF[kind]}) AS "${kind}"`);
  const [row] = columns.length === 0 ? [] : await store.rows(`SELECT ${columns.join(', ')}`);
  return Object.fromEntries(OBSERVATION_KINDS.map((kind) => [kind, Number(row?.[kind] ?? 0)])) as {
    readonly [kind in ObservationKind]: number;
  };
}

function coverageOf(row: { readonly [column: string]: unknown }): CoverageObservation {
  const { surface, subject, outcome, why, covers, seen, read, skipped, failed, bytes, location, detail } = row;
  return present({
    kind: 'coverage',
    surface,
    subject,
    outcome,
    why,
    covers,
    seen,
    read,
    skipped,
    failed,
    bytes,
    at: location,
    detail,
  });
}

function identityOf(row: { readonly [column: string]: unknown }): IdentityView {
  return present<IdentityView>({
    id: row.identity_id,
    provider: row.provider,
    type: row.type,
    name: row.name,
    scope: row.scope,
    environment: row.environment,
    owner: row.owner,
    ownership: row.ownership,
    enabled: row.enabled,
    createdAt: row.created_at,
    lastUsedAt: row.last_used_at,
    credentials: row.credentials,
    sightings: row.sightings,
    consumers: row.consumers,
    capabilities: row.capabilities,
    sessions: row.sessions,
    findings: row.findings,
    worst: row.worst,
  });
}

function checkOf(row: { readonly [column: string]: unknown }): CheckResult {
  const { rule, outcome, reason, population, findings, excepted } = row;
  return present<CheckResult>({ rule, outcome, reason, population, findings, excepted });
}

function acceptanceOf(row: { readonly [column: string]: unknown }): AcceptanceUse {
  const { source, entry, place, state, findings, detail } = row;
  return present<AcceptanceUse>({ source, entry, place, ...(detail as object | null), state, findings });
}

/** Drops NULLs. The shape was written by this program from the same type; it is not a stranger's. */
function present<T>(members: { readonly [member: string]: unknown }): T {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== null && value !== undefined)) as T;
}

export type CheckWithMeta = CheckResult & { readonly meta: CheckMeta };
