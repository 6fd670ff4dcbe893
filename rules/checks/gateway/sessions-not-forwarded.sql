/*---
id: sessions-not-forwarded
title: Nothing tells the monitoring what happens at the gateway
severity: medium
confidence: medium
about: usage
identityFields: [org]
needs: [usage:session-list@gateway, 'policy:server@gateway', 'policy:plugin@gateway?']
population: observed_days WHERE surface = 'gateway' AND records > 0
inconclusive: >
  SELECT 'where the events of the gateway go is not known: it does not say whether it has webhooks, and its list of them was not read'
  WHERE NOT EXISTS (FROM policies WHERE provider = 'hoop' AND type = 'server' AND (settings->>'$.hasWebhooks') IS NOT NULL)
    AND NOT EXISTS (FROM policies WHERE provider = 'hoop' AND type = 'forwarding')
    AND NOT EXISTS (FROM coverage WHERE surface = 'gateway' AND outcome = 'complete' AND list_contains(words_of(detail->'$.types'), 'forwarding'))
controls:
  - nist-csf-2.0:DE.AE-03
  - nist-csf-2.0:PR.PS-04
why: >
  The records lie in the gateway's own database alone. Who gets hold of that has the trail too, and an alert can only come from somebody who looks.
fix: >
  Send the gateway's events to your SIEM: event routing, webhooks, or runbook hooks at the opening and close of sessions; or export the sessions by a job, each day.
limits: >
  Webhooks and what the gateway calls forwarding are seen; runbook hooks and jobs that export sessions are not. Whether what is sent arrives is not told.
since: '0.1'
---*/
WITH given AS (
  -- Those of other gateways are not told by its settings.
  SELECT r.org AS scope, count(*) AS records, min(u.used_at) AS first
  FROM gateway_rows AS r
  JOIN obs.usages AS u ON u.rowid = r.row_id
  JOIN parts AS p ON p.part_id = u.part_id
  WHERE NOT r.is_admin_audit AND NOT r.is_counts_only AND NOT r.is_bookkeeping AND r.ran AND (NOT starts_with(p.scanner, 'log-') OR starts_with(p.scanner, 'log-hoop'))
  GROUP BY r.org
)
SELECT
  w.scope AS org,
  concat(
    'No forwarding of events is set up at the gateway', coalesce(' of the organisation ' || left(w.scope, 8), ''), '; its ', counted(w.records, 'session'), ' since ', day_text(w.first), ' are kept there alone.') AS message,
  (SELECT list_distinct(flatten(list(p.evidence)))[1:10] FROM policies AS p WHERE p.type = 'server') AS evidence
FROM given AS w
WHERE (EXISTS (FROM policies AS p WHERE p.provider = 'hoop' AND p.type = 'server' AND (p.settings->>'$.hasWebhooks') = 'false')
    OR EXISTS (FROM coverage WHERE surface = 'gateway' AND outcome = 'complete' AND list_contains(words_of(detail->'$.types'), 'forwarding')))
  AND NOT EXISTS (
    FROM policies AS p
    WHERE (p.scope = w.scope OR p.scope IS NULL OR w.scope IS NULL) AND coalesce(p.enabled, true)
      AND (p.type = 'forwarding' OR p.type = 'server' AND (p.settings->>'$.hasWebhooks') = 'true'))
