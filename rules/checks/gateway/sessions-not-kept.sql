/*---
id: sessions-not-kept
title: Sessions are not kept as long as they must be
severity: medium
confidence: medium
about: usage
identityFields: [org, hole]
needs: [usage:session-list@gateway, 'identity:api-key@gateway?', 'policy:access-rule@gateway?']
population: observed_days WHERE surface = 'gateway' AND records > 0 AND (SELECT retention_days FROM gateway_settings) IS NOT NULL
inconclusive: >
  SELECT concat('the gateway was asked for sessions since ', day_text(max(d.asked_from)), ' alone') FROM observed_days AS d CROSS JOIN gateway_settings AS t
  WHERE d.surface = 'gateway' AND days_since(d.asked_from) < t.retention_days HAVING count(*) > 0
parameters:
  minHoleDays: 7
controls:
  - nist-csf-2.0:PR.PS-04
  - nist-csf-2.0:RS.AN-07
why: >
  The question comes a year later. What the gateway has deleted by then answers nothing, and the duty to keep it was not met.
fix: Keep sessions longer at the gateway, or export them to storage that keeps them (the configuration's gateway.retentionDays says for how long).
limits: >
  Said where something of the gateway is older than its oldest session: keys, rules or connections that were made before. A young gateway has no older sessions. An export that was
  cut by a time window looks the same; a gateway that was asked itself, for less than the days wanted, is not judged. A hole is a time of minHoleDays and more between two exports, of which
  none tells; whether the gateway still has those sessions is not known.
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
  SELECT w.scope AS org, w.first, t.retention_days, min(m.made_at) AS made_at, arg_min(m.evidence, m.made_at) AS evidence
  FROM observed_days AS w
  CROSS JOIN gateway_settings AS t
  JOIN made AS m ON m.org = w.scope OR m.org IS NULL OR w.scope IS NULL
  WHERE w.surface = 'gateway' AND w.records > 0 AND t.retention_days IS NOT NULL AND w.asked_from IS NULL
  GROUP BY ALL
),
-- Exports of single connections fill no hole, and make none.
stretches AS (
  SELECT scope AS org, since, until, lead(since) OVER of_org AS next_since, sources, lead(sources) OVER of_org AS next_sources
  FROM observed_spans
  WHERE surface = 'gateway' AND connection IS NULL
  WINDOW of_org AS (PARTITION BY scope ORDER BY since)
)
SELECT
  org,
  'start' AS hole,
  concat(
    'The oldest session that was given is of ', day_text(first), ', ', days_since(first), ' days ago; ', retention_days, ' days must be kept, and the gateway is in use since ', day_text(made_at), ' at the least.') AS message,
  NULL AS confidence,
  evidence
FROM older
WHERE days_since(first) < retention_days AND made_at < first - INTERVAL 1 DAY
UNION ALL
SELECT
  s.org,
  day_text(s.until) AS hole,
  concat(
    'Between ', strftime(s.until, '%Y-%m-%d %H:%M'), ' and ', strftime(s.next_since, '%Y-%m-%d %H:%M'), ' UTC no session was given: ', date_diff('day', s.until, s.next_since),
    ' days are missing between ', s.sources[-1], ' and ', s.next_sources[1], '; ', t.retention_days, ' days must be kept.') AS message,
  'low' AS confidence,
  (SELECT list(DISTINCT c.observation_id ORDER BY c.observation_id)[1:10] FROM coverage AS c WHERE c.surface = 'gateway' AND list_contains(c.covers, 'usage')) AS evidence
FROM stretches AS s
CROSS JOIN gateway_settings AS t
WHERE t.retention_days IS NOT NULL AND s.next_since - s.until >= to_days($minHoleDays::INTEGER) AND days_since(s.until) < t.retention_days
