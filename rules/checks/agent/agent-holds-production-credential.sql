/*---
id: agent-holds-production-credential
title: A developer's agent holds a credential of production
severity: high
confidence: medium
persona: security
about: consumer
identityFields: [consumer_id]
needs: [consumer@agent-config]
population: consumers WHERE type = 'agent'
controls:
  - owasp-nhi-2025:NHI8:2025
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:PR.IR-01
  - nist-csf-2.0:PR.AA-05
why: >
  The agent reads whatever its person looks at: pages, issues, code of strangers. One sentence in there that it
  follows, and it acts in production.
fix: >
  Give agents a staging or read-only copy; let what must reach production go through the gateway, where each session
  is approved and recorded.
limits: >
  The environment is told by names: of the server, its host, profile or database.
references:
  - https://owasp.org/www-project-non-human-identities-top-10/2025/8-environment-isolation/
platforms: [agent]
since: '0.1'
---*/
SELECT
  c.consumer_id,
  concat('The server ', c.detail->>'$.server', ' of ', c.detail->>'$.client', ' reaches production with ', listed(list(DISTINCT coalesce(c.secret_name, c.detail->>'$.held') ORDER BY coalesce(c.secret_name, c.detail->>'$.held'))), '.') AS message,
  list(DISTINCT c.observation_id) AS evidence
FROM consumers AS c
WHERE c.type = 'agent' AND is_production(c.environment)
  AND NOT coalesce(TRY_CAST(c.detail->>'$.disabled' AS BOOLEAN), false)
GROUP BY c.consumer_id, c.detail->>'$.server', c.detail->>'$.client'
