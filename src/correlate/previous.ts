import { z } from 'zod';
import type { Acceptance, Finding } from '../contracts/finding.ts';
import { PERSONAS, SEVERITIES } from '../contracts/finding.ts';
import type { Row, StoreReader } from '../store/reader.ts';
import { surfacesOf } from './surfaces.ts';

const Stored = z
  .object({
    fingerprint: z.string(),
    rule: z.string(),
    title: z.string(),
    message: z.string(),
    severity: z.enum(SEVERITIES),
    confidence: z.enum(['high', 'medium', 'low']),
    persona: z.enum(PERSONAS),
    status: z.enum(['new', 'open', 'fixed', 'not-observed', 'excepted']),
    identity_id: z.string().nullish(),
    credential_id: z.string().nullish(),
    subject: z.string(),
    controls: z.array(z.string()),
    evidence: z.array(z.unknown()),
    first_seen: z.string(),
    last_seen: z.string(),
    fix: z.string(),
    detail: z.record(z.string(), z.json()).nullish(),
    accepted_by: z.looseObject({ source: z.string(), entry: z.string() }).nullish(),
  })
  .transform(
    ({ identity_id, credential_id, first_seen, last_seen, evidence, detail, accepted_by, ...same }): Finding => ({
      ...same,
      ...(identity_id == null ? {} : { identity: identity_id }),
      ...(credential_id == null ? {} : { credential: credential_id }),
      // Written by this program from the same type; the shape is not a stranger's.
      evidence: evidence as Finding['evidence'],
      surfaces: surfacesOf(evidence as Finding['evidence']),
      firstSeen: first_seen,
      lastSeen: last_seen,
      ...(detail == null ? {} : { detail }),
      ...(accepted_by == null ? {} : { acceptedBy: accepted_by as unknown as Acceptance }),
    }),
  );

/** A row of the table `findings` as a finding. */
export function findingOf(row: Row): Finding {
  return Stored.parse(row);
}

const OF_RUN_BEFORE = `run_id = (
  SELECT run_id FROM runs
  WHERE status = 'complete' AND sequence < (SELECT sequence FROM current_run)
  ORDER BY sequence DESC LIMIT 1)`;

/** Findings of the complete run before the current one that were not fixed by then. */
export async function previousFindings(store: StoreReader): Promise<readonly Finding[]> {
  const rows = await store.rows(
    `SELECT * EXCLUDE (run_id) FROM findings WHERE status <> 'fixed' AND ${OF_RUN_BEFORE} ORDER BY fingerprint`,
  );
  return rows.map(findingOf);
}

/** The same in short: `fingerprint`, `status`, `severity`. */
export async function beforeRun(store: StoreReader): Promise<readonly Row[]> {
  return await store.rows(`SELECT fingerprint, status, severity FROM findings WHERE status <> 'fixed' AND ${OF_RUN_BEFORE}`);
}

/**
 * Of the findings that are gone: those whose evidence this run could have met again. A run over other targets, or one
 * that left out the history, has not seen them fixed; nor has one for which the export of an account is not there any more. A
 * newer export of it, under whatever name, tells of the same account. What rested on records that are gone, or say something else
 * than they did, is not fixed by that.
 */
export async function lookedAtAgain(store: StoreReader, gone: readonly Finding[]): Promise<ReadonlySet<string>> {
  if (gone.length === 0) return new Set();
  const pairs = gone.flatMap((finding) =>
    finding.evidence.map((item) => ({
      fingerprint: finding.fingerprint,
      observation: item.observation,
      past: item.at?.commit !== undefined && item.at.atHead !== true,
    })),
  );
  const rows = await store.rows(
    `WITH asked AS (
       SELECT unnest(from_json($pairs::JSON, '[{"fingerprint": "VARCHAR", "observation": "VARCHAR", "past": "BOOLEAN"}]'), recursive := true)
     ),
     scanned AS (SELECT DISTINCT scanner, target FROM parts SEMI JOIN current_parts USING (part_id)),
     missed AS (
       SELECT DISTINCT asked.fingerprint
       FROM asked
       LEFT JOIN observation_parts AS o ON o.observation_id = asked.observation
       LEFT JOIN parts AS p USING (part_id)
       LEFT JOIN scanned AS s ON s.target = p.target
       GROUP BY asked.fingerprint, asked.observation, asked.past
       HAVING count(s.target) = 0
          OR (asked.past AND NOT EXISTS (FROM coverage WHERE surface = 'history' AND outcome = 'complete'))
     ),
     facts AS (
       SELECT observation_id, part_id, 'identity' AS kind, identity_id FROM obs.identities
       UNION ALL SELECT observation_id, part_id, 'credential', identity_id FROM obs.credentials
       UNION ALL SELECT observation_id, part_id, 'grant', identity_id FROM obs.grants
       UNION ALL SELECT observation_id, part_id, 'trust', identity_id FROM obs.trusts
       UNION ALL SELECT observation_id, part_id, 'usage', identity_id FROM obs.usages
     ),
     told AS (
       SELECT f.observation_id, f.part_id, f.kind, p.scanner, p.target, p.unit, regexp_extract(f.identity_id, '^[^:]*:[^:]*:') AS account
       FROM facts AS f
       JOIN parts AS p USING (part_id)
       WHERE f.part_id IN (
         SELECT part_id FROM obs.coverage
         WHERE surface IN ('aws', 'gcp', 'entra', 'github', 'okta', 'google-workspace', 'postgres', 'gateway', 'spire', 'audit-log', 'people'))
     ),
     told_now AS (SELECT DISTINCT scanner, kind, account FROM told SEMI JOIN current_parts USING (part_id)),
     units_now AS (SELECT DISTINCT scanner, target, unit FROM parts SEMI JOIN current_parts USING (part_id)),
     untold AS (
       SELECT t.observation_id
       FROM told AS t
       LEFT JOIN units_now AS u ON u.scanner = t.scanner AND u.target = t.target AND u.unit = t.unit
       LEFT JOIN told_now AS n ON n.scanner = t.scanner AND n.kind = t.kind AND n.account = t.account
       WHERE t.observation_id IN (SELECT observation FROM asked)
       GROUP BY t.observation_id
       HAVING count(u.unit) = 0 AND count(n.account) = 0
     ),
     altered AS (
       SELECT unnest(evidence) AS observation FROM session_changes
       UNION ALL SELECT usage_id(usage_key) FROM obs.log_changes SEMI JOIN current_parts USING (part_id) WHERE change IN ('vanished', 'changed')
     )
     SELECT DISTINCT fingerprint FROM asked
     WHERE fingerprint NOT IN (SELECT fingerprint FROM missed)
       AND fingerprint NOT IN (SELECT fingerprint FROM asked WHERE observation IN (SELECT observation_id FROM untold))
       AND fingerprint NOT IN (SELECT a.fingerprint FROM asked AS a JOIN altered AS x ON x.observation = a.observation)`,
    { pairs: JSON.stringify(pairs) },
  );
  return new Set(rows.map((row) => String(row.fingerprint)));
}
