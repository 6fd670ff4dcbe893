import type { GrantedView } from '../../contracts/index.ts';
import type { StoreReader } from '../../store/reader.ts';
import { present } from './present.ts';

/** Of what may be taken away so many are named. */
const NAMED = 5;

/** Where no day was looked at, rights and use cannot be held together: such rows are left out. */
const GRANTED = `
SELECT
  g.identity_id AS identity, min(i.name) AS name, g.side,
  count(*) AS granted,
  count(*) FILTER (g.uses > 0) AS used,
  (list(DISTINCT concat(g.permission, ' ', CASE WHEN g.side = 'gateway' THEN '' ELSE 'on ' END, g.resource)) FILTER (g.uses = 0)).list_sort()[1:${NAMED}] AS unused,
  min(g.window_first) AS since, max(g.window_last) AS until
FROM granted_used AS g
LEFT JOIN identities AS i USING (identity_id)
WHERE g.is_granted AND g.window_days > 0
GROUP BY g.identity_id, g.side
ORDER BY identity, side`;

export async function readGranted(store: StoreReader): Promise<readonly GrantedView[]> {
  return (await store.rows(GRANTED)).map((row) =>
    present<GrantedView>({
      identity: row.identity,
      name: row.name ?? row.identity,
      side: row.side,
      granted: row.granted,
      used: row.used,
      unused: row.unused ?? [],
      from: row.since,
      until: row.until,
    }),
  );
}
