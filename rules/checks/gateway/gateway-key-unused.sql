/*---
id: gateway-key-unused
title: A key of the gateway is not used
severity: medium
confidence: high
about: identity
identityFields: [identity_id]
needs: [identity:api-key@gateway, 'identity:agent@gateway?']
population: identities WHERE provider = 'hoop' AND type IN ('api-key', 'agent')
parameters:
  unusedDays: 90
  graceDays: 30
controls:
  - owasp-nhi-2025:NHI1:2025
  - nist-csf-2.0:PR.AA-01
  - nist-csf-2.0:ID.AM-08
why: >
  Its job is gone; the key opens the same connections as ever, and never expires.
fix: Revoke it in the gateway (API keys, Revoke). It can be made active again if somebody misses it.
limits: >
  The last use is what the gateway tells in its inventory, and the sessions given. Where sessions were given, the last use of all is the day that counts: exports of last year say nothing of this one.
since: '0.1'
---*/
WITH seen AS (
  -- A key that asks for a session is used, if it was refused or not.
  SELECT caller_identity_id AS identity_id, max(used_at) AS last FROM gateway_sessions GROUP BY ALL
),
-- How far what was given tells of uses.
known AS (
  SELECT least(run_now(), CASE WHEN d.last IS NULL THEN run_now() ELSE greatest(d.last, (SELECT max(last_used_at) FROM identities WHERE provider = 'hoop')) END) AS until
  FROM session_days AS d
)
SELECT
  i.identity_id,
  concat(
    i.type, ' ', i.name, ' of the gateway ',
    CASE WHEN greatest(i.last_used_at, seen.last) IS NULL THEN concat('was never used in the ', date_diff('day', i.created_at, k.until), ' days since it was made')
      ELSE concat('was last used ', days_since(greatest(i.last_used_at, seen.last)), ' days ago, on ', day_text(greatest(i.last_used_at, seen.last))) END,
    CASE WHEN days_since(k.until) > 30 THEN concat(', of what was given up to ', day_text(k.until)) ELSE '' END,
    '.') AS message,
  concat('Revoke the ', hoop_key_words(i.identity_id), ' in the gateway. It can be made active again if somebody misses it.') AS fix,
  i.evidence
FROM identities AS i
CROSS JOIN known AS k
LEFT JOIN seen USING (identity_id)
WHERE i.provider = 'hoop' AND i.type IN ('api-key', 'agent') AND coalesce(i.enabled, true)
  AND CASE WHEN greatest(i.last_used_at, seen.last) IS NULL THEN date_diff('day', i.created_at, k.until) > $graceDays
    ELSE date_diff('day', greatest(i.last_used_at, seen.last), k.until) > $unusedDays END
