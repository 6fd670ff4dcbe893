import type { Finding } from '../contracts/index.ts';
import type { StoreReader } from '../store/index.ts';
import { DECLARED } from './facts.ts';

/**
 * Findings that are gone count as fixed only where the last run that had them looked at the same targets, in the same way,
 * with the same rules: another look may only not have met them. Runs of other scopes may lie between. What is declared absent
 * is no way of looking.
 */
export async function fixedBySameLook(store: StoreReader, gone: readonly Finding[]): Promise<readonly Finding[]> {
  const fixed = gone.flatMap(({ status, fingerprint }) => (status === 'fixed' ? [fingerprint] : []));
  if (fixed.length === 0) return gone;
  const rows = await store.rows(
    `SELECT last.fingerprint
     FROM (
       SELECT f.fingerprint, json_merge_patch(r.parameters, $but::JSON) AS parameters, r.rules_digest
       FROM findings AS f
       JOIN runs AS r USING (run_id)
       WHERE r.status = 'complete'
         AND r.sequence < (SELECT sequence FROM current_run)
         AND f.status IN ('new', 'open', 'excepted')
         AND f.fingerprint IN (SELECT unnest(from_json($fixed::JSON, '["VARCHAR"]')))
       QUALIFY row_number() OVER (PARTITION BY f.fingerprint ORDER BY r.sequence DESC) = 1
     ) AS last,
     current_run AS now
     WHERE last.parameters::VARCHAR = json_merge_patch(now.parameters, $but::JSON)::VARCHAR AND last.rules_digest = now.rules_digest`,
    { fixed: JSON.stringify(fixed), but: JSON.stringify({ [DECLARED]: null }) },
  );
  const same = new Set(rows.map((row) => String(row.fingerprint)));
  return gone.map((finding) =>
    finding.status === 'fixed' && !same.has(finding.fingerprint) ? { ...finding, status: 'not-observed' } : finding,
  );
}
