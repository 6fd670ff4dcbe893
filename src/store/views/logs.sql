-- Logs that were imported in bulk: their records, and what was found when they were imported again.

CREATE OR REPLACE MACRO usage_id(usage_key) AS printf('%016x', usage_key);

-- A record and the row of usages that sums it up: for what goes by the exact time. `usages` has the row itself, by its observation_id.
CREATE OR REPLACE VIEW log_events AS
SELECT
  r.used_at, usage_id(r.usage_key) AS observation_id, r.record_key, u.via, u.identity_id, u.credential_id, u.target, u.action, u.actor,
  u.source_ip, u.operation, u.outcome, f.format, f.path
FROM obs.log_records AS r
SEMI JOIN current_parts USING (part_id)
JOIN (SELECT *, ('0x' || observation_id)::UBIGINT AS usage_key FROM obs.usages WHERE records IS NOT NULL AND length(observation_id) = 16) AS u USING (usage_key)
JOIN (SELECT part_id, min(format) AS format, min(path) AS path FROM obs.log_files GROUP BY part_id) AS f ON f.part_id = r.part_id;
COMMENT ON VIEW log_events IS 'Every record of imported logs with its exact time, and the observation_id of the row of usages that sums it up';

CREATE OR REPLACE VIEW log_files_replaced AS
SELECT part_id
FROM obs.log_files
SEMI JOIN current_parts USING (part_id)
QUALIFY sequence < max(sequence) OVER (PARTITION BY format, path);
COMMENT ON VIEW log_files_replaced IS 'Imports of log files that a later import of the same path stands for';

CREATE OR REPLACE VIEW log_changes AS
SELECT
  f.format, f.path, c.change, count(DISTINCT c.record_key) AS records, min(c.used_at) AS first_at, max(c.used_at) AS last_at,
  list_sort(list(DISTINCT usage_id(c.usage_key)))[1:10] AS evidence
FROM obs.log_changes AS c
SEMI JOIN current_parts USING (part_id)
JOIN obs.log_files AS f USING (part_id)
GROUP BY f.format, f.path, c.change;
COMMENT ON VIEW log_changes IS 'Records of logs that were gone, changed or late when the log was imported again; evidence: rows of usages they were counted in';
