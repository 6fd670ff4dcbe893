/*---
id: agent-credential-over-plain-http
title: An agent sends a credential over plain HTTP
severity: high
confidence: high
persona: dev
about: consumer
identityFields: [consumer_id]
needs: [consumer@agent-config]
population: consumers WHERE type = 'agent'
controls:
  - owasp-nhi-2025:NHI4:2025
  - owasp-nhi-2025:NHI2:2025
  - nist-csf-2.0:PR.DS-02
  - nist-csf-2.0:PR.AA-03
why: >
  Everybody on the way reads the credential with the first request: in a café, in the office, at the provider.
fix: >
  Call the server by `https:`; then replace the credential, for it has been sent in the clear.
limits: >
  Whether the server redirects to HTTPS does not matter: the first request already carried it. Addresses of the
  machine itself are left out.
references:
  - https://modelcontextprotocol.io/docs/tutorials/security/security_best_practices
platforms: [agent]
since: '0.1'
---*/
SELECT
  c.consumer_id,
  concat(
    'The server ', c.detail->>'$.server', ' of ', c.detail->>'$.client', ' is called by plain HTTP at ', c.detail->>'$.host', ' with ', listed(list(DISTINCT coalesce(c.secret_name, c.detail->>'$.held') ORDER BY coalesce(c.secret_name, c.detail->>'$.held'))), '.') AS message,
  list(DISTINCT c.observation_id) AS evidence
FROM consumers AS c
WHERE c.type = 'agent' AND (c.detail->>'$.plainHttp') = 'true'
GROUP BY c.consumer_id, c.detail->>'$.server', c.detail->>'$.client', c.detail->>'$.host'
