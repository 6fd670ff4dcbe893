/*---
id: crosses-trust-zones
title: One job reached into several trust zones
severity: medium
confidence: medium
about: usage
identityFields: [caller_key, zones]
needs: [usage@gateway, 'usage:session-list@gateway?']
population: machine_calls
parameters:
  windowHours: 24
controls:
  - owasp-nhi-2025:NHI8:2025
  - owasp-nhi-2025:NHI9:2025
  - nist-csf-2.0:DE.AE-03
why: >
  This is the way of an intruder who has one key: from where it lies, on to what it opens next.
fix: Give each zone identities of its own; let data pass at one place that is made for it.
limits: >
  Zones are those of the configuration (gateway.trustZones); one run of a job is told by its caller and its correlation id, with no pause of more than windowHours; sessions without one by their caller within windowHours.
inconclusive: >
  SELECT 'the configuration names no trust zones (gateway.trustZones)' FROM gateway_settings WHERE cardinality(trust_zones) = 0
since: '0.1'
---*/
WITH zones AS (
  SELECT own.key AS zone, unnest(own.value) AS pattern FROM (SELECT unnest(map_entries(trust_zones)) AS own FROM gateway_settings)
),
hops AS (
  SELECT s.caller_key, s.caller, s.caller_identity_id, nullif(trim(s.job), '') AS job, s.used_at, s.connection, z.zone, s.observation_id,
    CASE WHEN coalesce(trim(s.job), '') = '' THEN time_bucket(to_hours($windowHours::BIGINT), s.used_at) END AS bucket
  FROM machine_calls AS s
  JOIN zones AS z ON s.connection GLOB z.pattern
),
-- Numbers of jobs come again: in another pipeline, under another key, next year.
marked AS (
  SELECT *, coalesce(used_at - lag(used_at) OVER in_order > to_hours($windowHours::BIGINT), true) AS begins
  FROM hops
  WINDOW in_order AS (PARTITION BY caller_key, job, bucket ORDER BY used_at, observation_id)
),
numbered AS (
  SELECT *, count(*) FILTER (begins) OVER (PARTITION BY caller_key, job, bucket ORDER BY used_at, observation_id ROWS UNBOUNDED PRECEDING) AS run FROM marked
),
runs AS (
  SELECT caller_key, min(caller) AS caller, max(caller_identity_id) AS identity_id, max(job) AS job, list(DISTINCT zone ORDER BY zone) AS zones,
    list(DISTINCT connection ORDER BY connection) AS connections, min(used_at) AS first, arg_min(observation_id, (used_at, observation_id), 10) AS evidence
  FROM numbered
  GROUP BY caller_key, job, bucket, run
  HAVING count(DISTINCT zone) > 1
)
SELECT
  caller_key,
  array_to_string(zones, ' and ') AS zones,
  max(identity_id) AS identity_id,
  concat(any_value(caller), ' reached from ', array_to_string(zones, ' into '), ' in ', counted(count(*), 'run'), coalesce(', for one ' || max(job), ''), ', last on ', day_text(max(first)), ': ',
    listed(list_sort(list_distinct(flatten(list(connections))))), '.') AS message,
  list_distinct(flatten(list(evidence)))[1:10] AS evidence
FROM runs
GROUP BY caller_key, zones
