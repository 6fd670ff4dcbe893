/*---
id: agent-token-where-sign-in-is-offered
title: An agent carries a token to a server that offers a sign-in
severity: medium
confidence: medium
persona: security
about: consumer
identityFields: [consumer_id]
needs: [consumer@agent-config]
population: consumers WHERE type = 'agent'
controls:
  - owasp-nhi-2025:NHI7:2025
  - owasp-nhi-2025:NHI4:2025
  - nist-csf-2.0:PR.AA-03
  - nist-csf-2.0:PR.AA-01
why: >
  The server knows OAuth: a sign-in gives the agent a short-lived token with the rights that its person agreed to. A
  token in the configuration lives until somebody revokes it, and is copied with the file.
fix: >
  Take the header or token out; the client opens the sign-in with the first call. Then revoke the token.
limits: >
  Judged by a list of hosts whose makers document a sign-in. Automation without a person may need a token: accept it
  there with a reason.
references:
  - https://modelcontextprotocol.io/specification/2025-06-18/basic/authorization
platforms: [agent]
since: '0.1'
---*/
SELECT
  c.consumer_id,
  concat(
    'The server ', c.detail->>'$.server', ' of ', c.detail->>'$.client', ' at ', c.detail->>'$.host', ' offers a sign-in, and gets ', listed(list(DISTINCT coalesce(c.secret_name, c.detail->>'$.held') ORDER BY coalesce(c.secret_name, c.detail->>'$.held'))), '.') AS message,
  CASE WHEN bool_or(coalesce(TRY_CAST(c.detail->>'$.literal' AS BOOLEAN), false)) THEN 'medium' ELSE 'low' END AS severity,
  list(DISTINCT c.observation_id) AS evidence
FROM consumers AS c
WHERE c.type = 'agent' AND (c.detail->>'$.offersSignIn') = 'true' AND (c.detail->>'$.transport') = 'remote'
GROUP BY c.consumer_id, c.detail->>'$.server', c.detail->>'$.client', c.detail->>'$.host'
