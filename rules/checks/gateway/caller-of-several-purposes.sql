/*---
id: caller-of-several-purposes
title: One machine serves several purposes
severity: medium
confidence: medium
about: usage
identityFields: [caller_key]
needs: [usage@gateway, policy:connection@gateway, 'usage:session-list@gateway?']
population: machine_calls
parameters:
  tagNames: purpose,service,app,application,team,domain,workload,component
  minPurposes: 2
controls:
  - owasp-nhi-2025:NHI9:2025
  - nist-csf-2.0:PR.AA-05
why: >
  Its rights are the sum of what a retriever, a training job and an orchestrator need, and each of them has all of it.
fix: Give each workload a key of its own, in groups for the connections that it needs.
limits: >
  A purpose is what the tags of connections say (tagNames); without such tags nothing is told. A job that is meant to bring two services together looks the same.
inconclusive: >
  SELECT 'no connection has a tag that tells its purpose (tagNames)' WHERE NOT EXISTS (
    FROM connection_settings WHERE len(list_intersect(list_transform(map_keys(coalesce(tags, MAP {})), lambda key: lower(key)), string_split($tagNames, ','))) > 0)
since: '0.1'
---*/
WITH tagged AS (
  SELECT connection, org, lower(own.key) AS tag, lower(own.value) AS purpose, evidence
  FROM (SELECT connection, org, unnest(map_entries(tags)) AS own, evidence FROM connection_settings WHERE tags IS NOT NULL)
  WHERE list_contains(string_split($tagNames, ','), lower(own.key))
),
places AS (
  SELECT caller_key, connection, org, any_value(caller) AS caller, max(caller_identity_id) AS identity_id, arg_max(observation_id, (used_at, observation_id), 3) AS evidence
  FROM machine_calls
  WHERE caller_type <> 'static-admin-key'
  GROUP BY caller_key, connection, org
),
ways AS (
  SELECT s.caller_key, t.tag, min(s.caller) AS caller, max(s.identity_id) AS identity_id, list(DISTINCT t.purpose ORDER BY t.purpose) AS purposes,
    list(DISTINCT s.connection ORDER BY s.connection) AS connections, list_sort(list_distinct(list_concat(flatten(list(s.evidence)), flatten(list(t.evidence))))) AS evidence
  FROM places AS s
  JOIN tagged AS t ON t.connection = s.connection AND same_org(t.org, s.org)
  GROUP BY s.caller_key, t.tag
)
SELECT
  caller_key,
  identity_id,
  concat(caller, ' serves ', len(purposes), ' purposes by the tag ', tag, ' (', listed(purposes), '), through ', listed(connections), '.') AS message,
  evidence[1:20] AS evidence
FROM ways
WHERE len(purposes) >= $minPurposes
QUALIFY row_number() OVER (PARTITION BY caller_key ORDER BY len(purposes) DESC, tag) = 1
