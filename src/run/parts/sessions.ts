import type { Sessions, SessionView } from '../../contracts/index.ts';
import { SESSION_ROWS } from '../../contracts/index.ts';
import type { StoreReader } from '../../store/reader.ts';
import { countRequests } from '../../store/requests.ts';
import { present } from './present.ts';

/** Sessions and other uses that took place, by their number alone. */
const SHOWN = 'SELECT row_id FROM usage_rows WHERE is_use';

/** The newest are chosen by their time first: what else is told of a million sessions is looked up for these alone. */
const NEWEST = `
WITH newest AS (
  SELECT u.rowid AS row_id
  FROM obs.usages AS u
  WHERE u.rowid IN (${SHOWN})
  ORDER BY u.used_at DESC, u.observation_id
  LIMIT ${SESSION_ROWS}
),
told AS (
  SELECT g.row_id, g.identity_id, g.caller AS actor, g.caller_type AS actor_type, g.approval,
    coalesce(g.counts.masked, false) AS counted_masked
  FROM gateway_rows AS g WHERE g.row_id IN (FROM newest)
  UNION ALL
  SELECT d.row_id, d.identity_id, NULL, NULL, NULL, false FROM direct_usage_rows AS d WHERE d.row_id IN (FROM newest)
)
SELECT
  coalesce(u.session_id, u.observation_id) AS id, u.used_at, u.ended_at, t.identity_id AS identity,
  coalesce(t.actor, u.actor) AS actor, coalesce(t.actor_type, u.actor_type) AS actor_type,
  u.job, u.target, u.action, u.via, coalesce(t.approval, u.approval) AS approval,
  CASE WHEN t.counted_masked OR u.masked THEN 'masked' WHEN u.masked = false THEN 'not masked' END AS masked,
  u.recorded, coalesce(u.records, 1) AS records
FROM obs.usages AS u
JOIN told AS t ON t.row_id = u.rowid
ORDER BY u.used_at DESC, u.observation_id`;

export async function readSessions(store: StoreReader): Promise<Sessions> {
  const [count] = await store.rows(`SELECT count(*) AS total FROM (${SHOWN})`);
  const total = Number(count?.total ?? 0);
  const requests = await countRequests(store);
  return {
    rows: total === 0 ? [] : (await store.rows(NEWEST)).map(sessionOf),
    total,
    ...(requests === undefined ? {} : { requests }),
  };
}

function sessionOf(row: { readonly [column: string]: unknown }): SessionView {
  return present<SessionView>({
    id: row.id,
    startedAt: row.used_at,
    endedAt: row.ended_at,
    identity: row.identity,
    actor: row.actor,
    actorType: row.actor_type,
    job: row.job,
    target: row.target,
    action: row.action,
    via: row.via,
    approval: row.approval,
    masked: row.masked,
    recorded: row.recorded,
    records: row.records,
  });
}
