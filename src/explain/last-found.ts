import type { StoreReader } from '../store/index.ts';
import { count } from '../util/report-text.ts';
import { clip } from '../util/sanitize.ts';
import type { Field } from './fields.ts';

const SHOWN = 5;
const TEXT_MAX = 400;

/** How a check ended in the run that is looked at, and the first of what it found. */
export async function lastFound(store: StoreReader, rule: string): Promise<Field> {
  const [result] = await store.rows(
    `SELECT c.run_id, strftime(r.started_at, '%Y-%m-%d') AS day, c.outcome, c.reason, c.population, c.findings, c.excepted
     FROM check_results AS c JOIN current_run AS r USING (run_id) WHERE c.rule = $rule`,
    { rule },
  );
  if (result === undefined) return ['Last found', 'it did not run in this run'];
  const excepted = Number(result.excepted) > 0 ? `, ${count(Number(result.excepted), 'accepted one')}` : '';
  const why = result.reason == null ? '' : `: ${clip(String(result.reason), TEXT_MAX)}`;
  const rows = await store.rows(
    `SELECT severity, status, message, left(fingerprint, 12) AS fingerprint FROM current_findings
     WHERE rule = $rule AND status IN ('new', 'open')
     ORDER BY list_position(['critical', 'high', 'medium', 'low', 'info'], severity), subject, fingerprint`,
    { rule },
  );
  const shown = rows
    .slice(0, SHOWN)
    .map(
      (row) =>
        `- ${String(row.severity)}, ${String(row.status)}, ${String(row.fingerprint)}: ${clip(String(row.message), TEXT_MAX)}`,
    );
  const more = rows.length > SHOWN ? [`and ${rows.length - SHOWN} more`] : [];
  const head = `run ${String(result.run_id)} of ${String(result.day)}: ${String(result.outcome)}${why}; ${count(Number(result.findings), 'finding')}${excepted}, ${String(result.population)} looked at`;
  return ['Last found', [head, ...shown, ...more].join('\n')];
}

/** Where a detector hit in the run that is looked at. */
export async function lastSeen(store: StoreReader, detector: string): Promise<Field> {
  const [row] = await store.rows(
    'SELECT count(*) AS places, count(DISTINCT credential_id) AS credentials FROM sightings WHERE detector = $detector',
    { detector },
  );
  const places = Number(row?.places ?? 0);
  const text =
    places === 0
      ? 'nothing in this run'
      : `${count(Number(row?.credentials ?? 0), 'credential')} at ${count(places, 'place')} in this run`;
  return ['Last found', text];
}

/** What the evidence of the run that is looked at says about a control. */
export async function lastOutcome(store: StoreReader, ref: string): Promise<Field> {
  const at = ref.indexOf(':');
  const [row] = await store.rows(
    `SELECT outcome, reason FROM control_results
     WHERE run_id = (SELECT run_id FROM current_run) AND framework = $framework AND control = $control`,
    { framework: ref.slice(0, at), control: ref.slice(at + 1) },
  );
  const text =
    row === undefined
      ? 'not judged in this run: report it with --framework'
      : `${String(row.outcome)}: ${String(row.reason ?? '')}`;
  return ['In this run', clip(text, TEXT_MAX)];
}
