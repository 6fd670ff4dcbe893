import type { Extent, PeriodView, SourceExtent } from '../../contracts/index.ts';
import type { StoreReader } from '../../store/reader.ts';
import { present } from './present.ts';

/**
 * Exports do not say when they were made. Each is no older than the newest moment that it tells of, and no newer than when it was
 * first read; what tells of days to come (an expiry) says nothing. Of files the time is that of reading them.
 */
const SOURCES = `
WITH moments AS (
  SELECT part_id, greatest(created_at, last_used_at) AS at FROM obs.identities SEMI JOIN current_parts USING (part_id)
  UNION ALL
  SELECT part_id, greatest(created_at, last_used_at, rotated_at) FROM obs.credentials SEMI JOIN current_parts USING (part_id)
  UNION ALL
  SELECT part_id, used_at FROM obs.usages SEMI JOIN current_parts USING (part_id)
),
newest AS (
  SELECT m.part_id, max(m.at) AS at FROM moments AS m JOIN parts AS p USING (part_id) WHERE m.at <= p.loaded_at GROUP BY m.part_id
),
of_surface AS (
  SELECT DISTINCT c.surface, c.part_id FROM obs.coverage AS c SEMI JOIN current_parts USING (part_id)
  UNION
  -- Of a log read in several parts one tells of all.
  SELECT 'audit-log', part_id FROM parts SEMI JOIN current_parts USING (part_id) WHERE starts_with(scanner, 'log-') AND scanner <> 'log-search'
)
SELECT s.surface, count(*) AS parts, min(p.loaded_at) AS first_read, max(p.loaded_at) AS last_read,
  CASE WHEN s.surface NOT IN ('work-tree', 'history', 'notebook', 'ci', 'k8s', 'iac', 'image', 'agent-config') THEN max(n.at) END AS newest
FROM of_surface AS s
JOIN parts AS p USING (part_id)
LEFT JOIN newest AS n USING (part_id)
GROUP BY s.surface
ORDER BY s.surface`;

const PERIODS =
  'SELECT surface, provider, scope, days, first, last, records FROM observed_days ORDER BY surface, provider, scope, first';

const ONLY_SEEN =
  'SELECT count(*) AS n FROM (SELECT DISTINCT credential_id FROM sightings) ANTI JOIN credentials USING (credential_id)';

/** Of which time each source tells, and what of credentials no inventory has. */
export async function readExtent(store: StoreReader): Promise<Extent> {
  const [seen] = await store.rows(ONLY_SEEN);
  return {
    sources: (await store.rows(SOURCES)).map((row) =>
      present<SourceExtent>({
        surface: row.surface,
        parts: Number(row.parts),
        firstRead: row.first_read,
        lastRead: row.last_read,
        newest: row.newest,
      }),
    ),
    periods: (await store.rows(PERIODS)).map((row) =>
      present<PeriodView>({
        surface: row.surface,
        provider: row.provider,
        scope: row.scope,
        days: Number(row.days),
        from: row.first,
        until: row.last,
        records: Number(row.records),
      }),
    ),
    credentialsOnlySeen: Number(seen?.n ?? 0),
  };
}
