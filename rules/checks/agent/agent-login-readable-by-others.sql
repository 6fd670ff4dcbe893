/*---
id: agent-login-readable-by-others
title: Others on the machine can read the login of an agent
severity: medium
confidence: high
persona: security
about: consumer
identityFields: [consumer_id]
needs: [consumer@agent-config]
population: consumers WHERE type = 'agent'
controls:
  - owasp-nhi-2025:NHI2:2025
  - owasp-nhi-2025:NHI4:2025
  - nist-csf-2.0:PR.DS-01
  - nist-csf-2.0:PR.AA-01
why: >
  Every account and every process of the machine reads the session and works as its person.
fix: >
  `chmod 600` the file and `chmod 700` its directory; then sign out everywhere, once.
limits: >
  Told by the permission bits of the file on disk; not on Windows, nor for files of a commit.
references:
  - https://owasp.org/www-project-non-human-identities-top-10/2025/2-secret-leakage/
since: '0.1'
---*/
SELECT
  c.consumer_id,
  concat('The login of ', c.detail->>'$.client', ' in ', (c.location->>'$.path'), ' can be read by others on the machine.') AS message,
  list(DISTINCT c.observation_id) AS evidence
FROM consumers AS c
WHERE c.type = 'agent' AND c.fact = 'login-file' AND (c.detail->>'$.othersMayRead') = 'true'
GROUP BY c.consumer_id, c.detail->>'$.client', c.location->>'$.path'
