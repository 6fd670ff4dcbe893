-- What every view stands on. All of them show ONE run: the newest one that was loaded, or the one that `SET VARIABLE nhi_run = '…'`
-- names; `obs.*` has every run. Views hold no data, and are made anew when a store is opened by another version.

-- This and the next stand a thousand times in the plan of one view, and the engine walks the whole plan at each join, grouping and subquery
-- of it: with three subqueries in these two, to plan direct_uses took 20 s of processor time, and takes 1.3 s without them.
CREATE OR REPLACE VIEW current_run AS
SELECT *
FROM runs
WHERE run_id = getvariable('nhi_run') OR getvariable('nhi_run') IS NULL AND status IN ('loaded', 'complete')
ORDER BY sequence DESC
LIMIT 1;
COMMENT ON VIEW current_run IS 'The run that every other view shows';

CREATE OR REPLACE VIEW current_parts AS
SELECT part_id FROM run_parts SEMI JOIN current_run USING (run_id)
UNION
-- What an earlier run imported of a log need not be read again to be known.
SELECT f.part_id
FROM obs.log_files AS f
JOIN run_parts AS rp USING (part_id)
JOIN runs AS r ON r.run_id = rp.run_id
JOIN current_run AS c ON r.sequence <= c.sequence;
COMMENT ON VIEW current_parts IS 'Units of work of the current run, and imports of logs by those before it';

-- Ages are counted from the start of the run, not from the day of the report: a report made again says the same.
CREATE OR REPLACE MACRO run_now() AS (SELECT started_at FROM current_run);
CREATE OR REPLACE MACRO days_since(moment) AS date_diff('day', TRY_CAST(moment AS TIMESTAMP), run_now());

CREATE OR REPLACE VIEW current_findings AS
SELECT * FROM findings WHERE run_id = (SELECT run_id FROM current_run);
COMMENT ON VIEW current_findings IS 'Findings of the current run';

CREATE OR REPLACE VIEW observations AS
SELECT observation_id, 'identity' AS kind, concat('identity ', identity_id) AS summary, location FROM obs.identities
UNION ALL SELECT observation_id, 'credential', concat(type, ' ' || coalesce(public_id, left(fingerprint, 12)), ' of ' || identity_id), location FROM obs.credentials
UNION ALL SELECT observation_id, 'sighting', concat('seen: ', masked, ' (', detector, ')'), location FROM obs.sightings
UNION ALL SELECT observation_id, 'grant', coalesce(capability || coalesce(': ' || (detail->>'$.path'), ''), concat(effect, ' ', permission, ' on ', resource, ' via ' || via)), location FROM obs.grants
UNION ALL SELECT observation_id, 'trust', concat(principal, ' may become ', identity_id), location FROM obs.trusts
UNION ALL SELECT observation_id, 'consumer', concat(type, ' ', consumer_id, ' (', how, ')'), location FROM obs.consumers
UNION ALL SELECT observation_id, 'usage', concat(via, ' ' || session_id, ' by ', coalesce(actor, '?'), ' at ', strftime(used_at, '%Y-%m-%dT%H:%M:%SZ')), location FROM obs.usages
UNION ALL SELECT observation_id, 'policy', concat(type, ' ', name, ' of ' || provider), location FROM obs.policies
UNION ALL SELECT observation_id, 'person', concat(email, ', left ' || strftime(left_at, '%Y-%m-%d')), location FROM obs.people
UNION ALL SELECT observation_id, 'coverage', concat(surface, ' ', subject, ': ', outcome), location FROM obs.coverage;
COMMENT ON VIEW observations IS 'Every observation of every run in one line: resolves evidence ids';

CREATE OR REPLACE VIEW observation_parts AS
SELECT observation_id, part_id FROM obs.identities
UNION ALL SELECT observation_id, part_id FROM obs.credentials
UNION ALL SELECT observation_id, part_id FROM obs.sightings
UNION ALL SELECT observation_id, part_id FROM obs.grants
UNION ALL SELECT observation_id, part_id FROM obs.trusts
UNION ALL SELECT observation_id, part_id FROM obs.consumers
UNION ALL SELECT observation_id, part_id FROM obs.usages
UNION ALL SELECT observation_id, part_id FROM obs.policies
UNION ALL SELECT observation_id, part_id FROM obs.people
UNION ALL SELECT observation_id, part_id FROM obs.coverage;
COMMENT ON VIEW observation_parts IS 'Which unit of work yielded an observation, in every run';
