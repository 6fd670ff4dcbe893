/*---
id: sessions-not-kept
title: Sessions are not kept as long as they must be
severity: medium
confidence: medium
about: usage
identityFields: [org]
needs: [usage:session-list@gateway, 'identity:api-key@gateway?', 'policy:access-rule@gateway?']
population: gateway_windows WHERE (SELECT retention_days FROM gateway_settings) IS NOT NULL
controls:
  - nist-csf-2.0:PR.PS-04
  - nist-csf-2.0:RS.AN-07
why: >
  The question comes a year later. What the gateway has deleted by then answers nothing, and the duty to keep it was not met.
fix: Keep sessions longer at the gateway, or export them to storage that keeps them (the configuration's gateway.retentionDays says for how long).
limits: >
  Said where something of the gateway is older than its oldest session: keys, rules or connections that were made before. A young gateway has no older sessions. An export that was
  cut by a time window looks the same.
since: '0.1'
---*/
WITH made AS (
  SELECT org, min(made_at) AS made_at, arg_min(evidence, made_at) AS evidence
  FROM (
    SELECT url_decode(nullif(identity_scope(identity_id), '-')) AS org, coalesce(created_at, last_used_at) AS made_at, evidence FROM identities WHERE provider = 'hoop'
    UNION ALL
    SELECT scope, created_at, evidence FROM policies WHERE type <> 'approval')
  WHERE made_at IS NOT NULL
  GROUP BY org
),
older AS (
  SELECT w.org, w.first, t.retention_days, min(m.made_at) AS made_at, arg_min(m.evidence, m.made_at) AS evidence
  FROM gateway_windows AS w
  CROSS JOIN gateway_settings AS t
  JOIN made AS m ON m.org = w.org OR m.org IS NULL OR w.org IS NULL
  WHERE t.retention_days IS NOT NULL
  GROUP BY ALL
)
SELECT
  org,
  concat(
    'The oldest session that was given is of ', day_text(first), ', ', days_since(first), ' days ago; ', retention_days, ' days must be kept, and the gateway is in use since ', day_text(made_at), ' at the least.') AS message,
  evidence
FROM older
WHERE days_since(first) < retention_days AND made_at < first - INTERVAL 1 DAY
