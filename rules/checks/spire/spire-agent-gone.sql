/*---
id: spire-agent-gone
title: SPIRE still trusts the place of an agent that is gone
severity: low
confidence: high
about: identity
identityFields: [identity_id]
needs: [identity:node-agent@spire]
population: identities WHERE provider = 'spiffe' AND type = 'node-agent'
parameters:
  goneDays: 30
controls:
  - owasp-nhi-2025:NHI1:2025
  - nist-csf-2.0:ID.AM-08
  - nist-csf-2.0:PR.AA-04
why: >
  Entries that stand below it wait for an agent of that name. Where it proved itself by a token that was used once, nobody can
  come back under it; where it can prove itself anew, whatever next has the machine's name or image gets its workloads' identities.
fix: >
  `spire-server agent evict -spiffeID ID`, and delete or move the entries that have it as their parent
  (`spire-server entry show -parentID ID`).
limits: A machine that is switched off for long looks the same.
references:
  - https://github.com/spiffe/spire/blob/main/doc/spire_server.md
since: '0.1'
---*/
SELECT
  i.identity_id,
  concat(
    'The agent ', i.name, ' has not been there since ', day_text(i.detail->>'$.expiresAt'), ' (', counted(days_since(i.detail->>'$.expiresAt'), 'day'),
    '), and is still registered', CASE WHEN t.n > 0 THEN concat(' with ', t.n, CASE WHEN t.n = 1 THEN ' entry' ELSE ' entries' END, ' below it') ELSE '' END, '.') AS message,
  list_concat(i.evidence, coalesce(t.evidence, [])) AS evidence
FROM identities AS i
LEFT JOIN (
  SELECT principal, count(*) AS n, list(DISTINCT observation_id ORDER BY observation_id)[1:20] AS evidence
  FROM trusts WHERE (detail->>'$.fact') = 'issued-by' AND starts_with(identity_id, 'spiffe:') GROUP BY principal
) AS t ON t.principal = i.identity_id
WHERE i.provider = 'spiffe' AND i.type = 'node-agent' AND coalesce(i.enabled, true)
  AND days_since(i.detail->>'$.expiresAt') > $goneDays
