/*---
id: gateway-account-unused
title: A machine account of the gateway has opened no session
severity: medium
confidence: medium
about: identity
identityFields: [identity_id]
needs: ['identity:service-account@gateway|identity:machine-identity@gateway', usage:session-list@gateway]
population: identities WHERE provider = 'hoop' AND type IN ('service-account', 'machine-identity')
parameters:
  unusedDays: 90
controls:
  - owasp-nhi-2025:NHI1:2025
  - nist-csf-2.0:PR.AA-01
  - nist-csf-2.0:ID.AM-08
why: >
  Whoever holds its token still gets to every connection of its groups, and nobody would miss it.
fix: Deactivate the account in the gateway; delete it when a month has passed.
limits: >
  The gateway tells neither when a service account was made nor when it was used last, so this rests on the sessions given alone, up to the last of them.
inconclusive: >
  SELECT concat('sessions of ', counted(days, 'day'), ' were given; ', $unusedDays, ' are needed to tell that an account is not used') FROM session_days WHERE days < $unusedDays
since: '0.1'
---*/
WITH seen AS (
  -- Whoever asked for a session is there, if it was refused or not.
  SELECT caller_identity_id AS identity_id, max(used_at) AS asked, max(used_at) FILTER (ran) AS last FROM gateway_sessions GROUP BY ALL
)
SELECT
  i.identity_id,
  concat(
    'The ', replace(i.type, '-', ' '), ' ', i.name, ' of the gateway has opened no session since ',
    CASE WHEN s.last IS NULL THEN concat('at least ', day_text(d.first)) ELSE day_text(s.last) END,
    CASE WHEN days_since(d.last) > 30 THEN concat(', up to ', day_text(d.last), ', the end of what was given') ELSE '' END, '.') AS message,
  i.evidence
FROM identities AS i
CROSS JOIN session_days AS d
LEFT JOIN seen AS s USING (identity_id)
WHERE i.provider = 'hoop' AND i.type IN ('service-account', 'machine-identity') AND coalesce(i.enabled, true)
  AND d.days >= $unusedDays AND coalesce(date_diff('day', s.asked, d.last) > $unusedDays, true)
  AND coalesce(date_diff('day', i.created_at, d.last) > 30, true)
