/*---
id: masking-list-incomplete
title: A kind of data that must be masked is in no masking rule
severity: medium
confidence: high
about: consumer
identityFields: [connection]
needs: [policy:connection@gateway, policy:masking-rule@gateway, 'policy:attribute@gateway?', 'usage:session-list@gateway?']
population: connection_masks WHERE len(masked_types) > 0
controls:
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:PR.DS-10
  - nist-csf-2.0:PR.DS-02
why: >
  A rule that masks e-mail addresses lets card numbers pass; what the list does not name is handed out as it is.
fix: Add the kinds in the message to the masking rule of the connection.
limits: >
  What must be masked is what the configuration asks for by the tag of the connection (gateway.requiredMasks), and what the gateway itself
  saw there in sessions. A kind that another name of the same rule covers (a custom type) is taken for missing.
since: '0.1'
---*/
WITH wanted AS (
  SELECT m.policy_id, upper(unnest(w.own.value)) AS kind, 'asked for by its tags' AS because, NULL::VARCHAR AS observation_id
  FROM connection_masks AS m
  JOIN (SELECT unnest(map_entries(required_masks)) AS own FROM gateway_settings) AS w
    ON list_contains(list_transform(map_values(coalesce(m.tags, MAP {})), lambda value: lower(value)), lower(w.own.key))
  UNION ALL
  SELECT m.policy_id, upper(s.kind), 'seen in sessions', s.observation_id
  FROM connection_masks AS m
  JOIN (
    SELECT connection, org, kind, max(observation_id) AS observation_id
    FROM (SELECT connection, org, unnest(json_keys(analyzed)) AS kind, observation_id FROM gateway_sessions WHERE analyzed IS NOT NULL)
    GROUP BY ALL) AS s ON s.connection = m.connection AND same_org(s.org, m.org)
  WHERE NOT list_contains((SELECT not_personal FROM gateway_settings), s.kind)
),
missing AS (
  SELECT w.policy_id, list(DISTINCT w.kind ORDER BY w.kind) AS kinds, list(DISTINCT w.because ORDER BY w.because) AS because, list(DISTINCT w.observation_id) FILTER (w.observation_id IS NOT NULL) AS seen
  FROM wanted AS w
  JOIN connection_masks AS m USING (policy_id)
  WHERE NOT list_contains(m.masked_types, w.kind)
  GROUP BY w.policy_id
)
SELECT
  m.connection,
  m.identity_id,
  concat(
    'On ', m.connection, ' ', listed(list_sort(m.masked_types)), ' is masked', coalesce(' (' || nullif(listed(m.rules), '') || ')', ''),
    ', and ', array_to_string(x.kinds, ', '), ' is not: ', array_to_string(x.because, ', '), '.') AS message,
  CASE WHEN is_production(m.environment) AND m.is_sensitive THEN 'high' ELSE 'medium' END AS severity,
  list_distinct(list_concat(m.all_evidence, coalesce(x.seen[1:10], []))) AS evidence,
  {'missing': x.kinds} AS detail
FROM connection_masks AS m
JOIN missing AS x USING (policy_id)
WHERE len(m.masked_types) > 0
