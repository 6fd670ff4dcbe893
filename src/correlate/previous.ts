import { z } from 'zod';
import type { Acceptance, Finding } from '../contracts/finding.ts';
import { PERSONAS, SEVERITIES } from '../contracts/finding.ts';
import type { Row, StoreReader } from '../store/reader.ts';

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

/** Findings of the complete run before the current one that were not fixed by then. */
export async function previousFindings(store: StoreReader): Promise<readonly Finding[]> {
  const rows = await store.rows(
    `SELECT * EXCLUDE (run_id)
     FROM findings
     WHERE status <> 'fixed'
       AND run_id = (
         SELECT run_id FROM runs
         WHERE status = 'complete' AND sequence < (SELECT sequence FROM current_run)
         ORDER BY sequence DESC LIMIT 1)
     ORDER BY fingerprint`,
  );
  return rows.map(findingOf);
}

/**
 * Of the findings that are gone: those whose evidence this run could have met again. A run over other targets, or one
 * that left out the history, has not seen them fixed.
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
     )
     SELECT DISTINCT fingerprint FROM asked WHERE fingerprint NOT IN (SELECT fingerprint FROM missed)`,
    { pairs: JSON.stringify(pairs) },
  );
  return new Set(rows.map((row) => String(row.fingerprint)));
}
