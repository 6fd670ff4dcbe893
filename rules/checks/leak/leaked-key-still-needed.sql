/*---
id: leaked-key-still-needed
title: A leaked credential is in use, and revoking it stops what uses it
severity: info
confidence: high
about: credential
identityFields: [credential_id]
needs: [sighting, credential, consumer]
population: leaked_credentials WHERE inventory_id IS NOT NULL
controls:
  - owasp-nhi-2025:NHI9:2025
  - nist-csf-2.0:ID.AM-05
  - nist-csf-2.0:RS.MI-01
why: >
  Who fears to break a build leaves a leaked key alone. Knowing what uses it makes revoking it a matter of an hour.
fix: >
  Give each of the consumers in the message a credential of its own, then deactivate this one; `nhi-audit trace KEY` has the full list.
limits: >
  Consumers are those of the repositories, gateways and logs that were given. One that is in none of them breaks unannounced.
since: '0.1'
---*/
WITH consuming AS (
  SELECT l.credential_id, CASE WHEN c.type = 'gateway-connection' THEN 'the gateway (' || connection_name(c.consumer_id) || ')' ELSE c.consumer_id END AS consumer, c.observation_id
  FROM leaked_credentials AS l
  JOIN consumers AS c ON c.credential_id IN (l.credential_id, l.inventory_id)
  WHERE l.inventory_id IS NOT NULL
  UNION
  SELECT l.credential_id, i.consumer_id, i.observation_id
  FROM leaked_credentials AS l
  JOIN identity_consumers AS i ON i.identity_id = l.identity_id
  WHERE l.inventory_id IS NOT NULL AND i.how IN ('static-key', 'secret') AND i.type <> 'gateway-connection'
),
used AS (
  SELECT l.credential_id, max(u.used_at) AS last, arg_max(u.observation_id, u.used_at, 3) AS evidence
  FROM leaked_credentials AS l
  JOIN usages AS u ON u.credential_id = l.inventory_id AND u.ran
  WHERE l.inventory_id IS NOT NULL
  GROUP BY l.credential_id
),
known AS (
  SELECT credential_id, list(DISTINCT consumer ORDER BY consumer) AS consumers, list(DISTINCT observation_id) AS evidence FROM consuming GROUP BY credential_id
)
SELECT
  l.credential_id,
  l.identity_id,
  concat(
    l.name, of_identity(l.identity_id), ' lies in ', listed(l.places), '. Revoking it stops ', listed(k.consumers),
    coalesce('; last used on ' || day_text(greatest(l.last_used_at, u.last)), ''), '.') AS message,
  list_distinct(list_concat(l.evidence, list_concat(k.evidence, coalesce(u.evidence, [])))) AS evidence,
  {'consumers': k.consumers} AS detail
FROM leaked_credentials AS l
JOIN known AS k USING (credential_id)
LEFT JOIN used AS u USING (credential_id)
WHERE l.inventory_id IS NOT NULL AND coalesce(l.status, 'active') = 'active' AND (l.expires_at IS NULL OR l.expires_at > run_now())
