import type { Finding, RunInfo, RunPoint, Severity } from '../../contracts/index.ts';
import { HISTORY_RUNS, SEVERITIES } from '../../contracts/index.ts';
import type { StoreReader } from '../../store/reader.ts';
import { countSeverities, runPoint } from './empty.ts';

/** Runs before this one, as they were stored; identities of each are merged by the joins that were kept with it. */
const BEFORE = `
WITH earlier AS (
  SELECT run_id, sequence, started_at FROM runs
  WHERE status = 'complete' AND sequence < (SELECT sequence FROM current_run)
  ORDER BY sequence DESC
  LIMIT ${HISTORY_RUNS - 1}
),
tally AS (
  SELECT run_id, ${SEVERITIES.map((severity) => `count(*) FILTER (status IN ('new', 'open') AND severity = '${severity}') AS ${severity}`).join(', ')},
    count(*) FILTER (status = 'fixed') AS fixed, count(*) FILTER (status = 'excepted') AS excepted
  FROM findings SEMI JOIN earlier USING (run_id) GROUP BY run_id
),
known AS (
  SELECT p.run_id, count(DISTINCT coalesce(a.identity_id, i.identity_id)) AS identities
  FROM obs.identities AS i
  JOIN run_parts AS p USING (part_id)
  SEMI JOIN earlier USING (run_id)
  LEFT JOIN obs.identity_aliases AS a ON a.run_id = p.run_id AND a.alias = i.identity_id AND a.repository = alias_place(i.identity_id, i.location)
  GROUP BY p.run_id
)
SELECT e.run_id, e.started_at, t.* EXCLUDE (run_id), coalesce(k.identities, 0) AS identities
FROM earlier AS e
LEFT JOIN tally AS t USING (run_id)
LEFT JOIN known AS k USING (run_id)
ORDER BY e.sequence`;

/** Results of controls hold what other catalogues lead to, too; findings name only their own. */
const CONTROLS = `
SELECT run_id, concat(framework, ':', control) AS control, findings
FROM control_results
WHERE findings > 0 AND run_id IN (SELECT run_id FROM runs WHERE sequence > (SELECT sequence FROM current_run) - $runs AND sequence <= (SELECT sequence FROM current_run))
ORDER BY run_id, control`;

export async function readHistory(
  store: StoreReader,
  { run, findings }: { readonly run: RunInfo; readonly findings: readonly Finding[] },
): Promise<readonly RunPoint[]> {
  const rows = await store.rows(BEFORE);
  const controls = new Map<string, { [control: string]: number }>();
  // Runs that were not complete leave gaps in the sequence: what is too much is not asked for below.
  for (const row of await store.rows(CONTROLS, { runs: HISTORY_RUNS * 4 })) {
    const mine = controls.get(String(row.run_id)) ?? {};
    mine[String(row.control)] = Number(row.findings);
    controls.set(String(row.run_id), mine);
  }
  const now = runPoint(run, findings);
  return [
    ...rows.map(
      (row): RunPoint => ({
        run: String(row.run_id),
        startedAt: String(row.started_at),
        open: severitiesOf(row),
        fixed: Number(row.fixed ?? 0),
        excepted: Number(row.excepted ?? 0),
        identities: Number(row.identities),
        controls: controls.get(String(row.run_id)) ?? {},
        isThis: false,
      }),
    ),
    { ...now, controls: controls.get(run.id) ?? now.controls, isThis: true },
  ];
}

function severitiesOf(row: { readonly [column: string]: unknown }): { readonly [severity in Severity]: number } {
  const open = countSeverities();
  for (const severity of SEVERITIES) open[severity] = Number(row[severity] ?? 0);
  return open;
}
