/*---
id: leaked-key-used-from-new-address
title: A leaked credential was used from an address it had not come from before
severity: critical
confidence: medium
about: credential
identityFields: [credential_id]
needs: [sighting, usage@audit-log|usage@gateway]
population: (SELECT DISTINCT u.credential_id FROM usages AS u JOIN leaked_credentials AS l ON u.credential_id IN (l.credential_id, l.inventory_id) WHERE u.source_ip IS NOT NULL AND u.ran)
parameters:
  minUsesBefore: 3
controls:
  - owasp-nhi-2025:NHI2:2025
  - nist-csf-2.0:DE.AE-02
  - nist-csf-2.0:DE.AE-03
why: >
  It was copied out of the repository, and somebody who is not the job logs in with it.
fix: |
  1. Deactivate the credential now.
  2. Read what was done from the addresses in the message, and what was made there: users, keys, roles.
  3. Give the job a new identity, without a static key if its platform can.
limits: >
  The leak is dated by the commit it first lies in. Said where the log has uses from before it; addresses of one /24 network, and those of the gateway's
  agents, count as one. A job that moved to another network looks the same.
inconclusive: >
  SELECT 'the logs given do not reach back before the leak, so that no address can be called new' WHERE NOT EXISTS (
    FROM usages AS u JOIN leaked_credentials AS l ON u.credential_id IN (l.credential_id, l.inventory_id) JOIN sightings AS s ON s.credential_id = l.credential_id
    WHERE u.source_ip IS NOT NULL AND u.used_at < TRY_CAST(s.location->>'$.date' AS TIMESTAMP))
since: '0.1'
---*/
WITH leaks AS (
  SELECT l.credential_id, l.inventory_id, l.identity_id, l.name, l.places, l.evidence, l.id_only, min(TRY_CAST(s.location->>'$.date' AS TIMESTAMP)) AS since
  FROM leaked_credentials AS l
  JOIN sightings AS s ON s.credential_id = l.credential_id
  WHERE s.place <> 'session-log'
  GROUP BY ALL
  HAVING since IS NOT NULL
),
uses AS (
  SELECT l.credential_id, u.used_at, u.source_ip, coalesce(regexp_extract(u.source_ip, '^(\d+\.\d+\.\d+)\.\d+$', 1), '') AS network, coalesce(u.records, 1) AS times, u.observation_id,
    coalesce(u.ended_at, u.used_at) < l.since AS is_before
  FROM leaks AS l
  JOIN usages AS u ON u.credential_id IN (l.credential_id, l.inventory_id)
  WHERE u.source_ip IS NOT NULL AND u.ran AND NOT coalesce(u.bookkeeping, false)
),
known AS (
  SELECT credential_id, list(DISTINCT source_ip) AS addresses, list(DISTINCT network) FILTER (network <> '') AS networks, sum(times) AS times FROM uses WHERE is_before GROUP BY credential_id
),
strange AS (
  SELECT u.credential_id, list(DISTINCT u.source_ip ORDER BY u.source_ip) AS addresses, sum(u.times)::BIGINT AS times, min(u.used_at) AS first, list(u.observation_id ORDER BY u.used_at)[1:10] AS evidence
  FROM uses AS u
  JOIN known AS k ON k.credential_id = u.credential_id AND k.times >= $minUsesBefore
  WHERE NOT u.is_before AND NOT list_contains(k.addresses, u.source_ip) AND NOT list_contains(coalesce(k.networks, []), u.network)
    AND NOT EXISTS (FROM gateway_addresses AS g WHERE is_within(u.source_ip, g.address))
  GROUP BY u.credential_id
)
SELECT
  l.credential_id,
  l.identity_id,
  concat(
    l.name, of_identity(l.identity_id), ' has lain in ', listed(l.places), ' since ', day_text(l.since), ', and was used ', s.times, ' times since ', day_text(s.first),
    ' from ', listed(s.addresses), ', where it had never come from.') AS message,
  list_distinct(list_concat(l.evidence, s.evidence)) AS evidence
FROM leaks AS l
JOIN strange AS s USING (credential_id)
