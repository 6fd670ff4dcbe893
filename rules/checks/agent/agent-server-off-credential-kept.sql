/*---
id: agent-server-off-credential-kept
title: A server is switched off or has lost its command, and its credential is still there
severity: low
confidence: high
persona: security
about: consumer
identityFields: [consumer_id]
needs: [consumer@agent-config]
population: consumers WHERE type = 'agent'
controls:
  - owasp-nhi-2025:NHI1:2025
  - nist-csf-2.0:ID.AM-08
  - nist-csf-2.0:PR.AA-01
why: >
  Nobody uses the credential, nobody would notice that somebody else does, and it is live.
fix: >
  Revoke the credential and delete the entry.
limits: >
  A server may be switched off for a while only. Whether the program of a command is there is not looked up.
references:
  - https://owasp.org/www-project-non-human-identities-top-10/2025/1-improper-offboarding/
platforms: [agent]
since: '0.1'
---*/
SELECT
  c.consumer_id,
  concat('The server ', c.detail->>'$.server', ' of ', c.detail->>'$.client', CASE WHEN bool_or((c.detail->>'$.disabled') = 'true') THEN ' is switched off' ELSE ' has neither a command nor an address' END, ' and keeps ', listed(list(DISTINCT coalesce(c.secret_name, c.detail->>'$.held') ORDER BY coalesce(c.secret_name, c.detail->>'$.held'))), '.') AS message,
  list(DISTINCT c.observation_id) AS evidence
FROM consumers AS c
WHERE c.type = 'agent' AND ((c.detail->>'$.disabled') = 'true' OR (c.detail->>'$.transport') = 'none') AND coalesce(TRY_CAST(c.detail->>'$.literal' AS BOOLEAN), false)
GROUP BY c.consumer_id, c.detail->>'$.server', c.detail->>'$.client'
