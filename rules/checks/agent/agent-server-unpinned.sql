/*---
id: agent-server-unpinned
title: An agent starts whatever is newest of a server and hands it a credential
severity: high
confidence: high
persona: dev
about: consumer
identityFields: [consumer_id]
needs: [consumer@agent-config]
population: consumers WHERE type = 'agent'
controls:
  - owasp-nhi-2025:NHI3:2025
  - owasp-nhi-2025:NHI2:2025
  - nist-csf-2.0:GV.SC-07
  - nist-csf-2.0:PR.PS-01
why: >
  Each start fetches the newest release of the package and runs it with the credential in its environment. Whoever
  can publish that package, by right or with a stolen login, has the credential with the next start.
fix: >
  Name one version (`npx -y @scope/server@1.4.2`, `uvx server==1.4.2`, an image by its digest), and raise it on
  purpose.
limits: >
  A version that is named can still be replaced in registries that allow it; a digest cannot. Servers that were
  installed before, and are started by a path, are not judged.
references:
  - https://modelcontextprotocol.io/docs/tutorials/security/security_best_practices
platforms: [agent]
since: '0.1'
---*/
SELECT
  c.consumer_id,
  concat(
    'The server ', c.detail->>'$.server', ' of ', c.detail->>'$.client', ' runs the newest ', c.detail->>'$.package', ' (', c.detail->>'$.runner',
    ') and gets ', listed(list(DISTINCT coalesce(c.secret_name, c.detail->>'$.held') ORDER BY coalesce(c.secret_name, c.detail->>'$.held'))), '.') AS message,
  list(DISTINCT c.observation_id) AS evidence
FROM consumers AS c
WHERE c.type = 'agent' AND (c.detail->>'$.pinned') = 'false' AND c.how <> 'mount'
  AND NOT coalesce(TRY_CAST(c.detail->>'$.disabled' AS BOOLEAN), false)
GROUP BY c.consumer_id, c.detail->>'$.server', c.detail->>'$.client', c.detail->>'$.package', c.detail->>'$.runner'
