/*---
id: agent-credential-in-several-clients
title: Several agents share one credential
severity: high
confidence: high
persona: security
about: credential
identityFields: [credential_id]
needs: [consumer@agent-config]
population: consumers WHERE type = 'agent' AND credential_id IS NOT NULL
controls:
  - owasp-nhi-2025:NHI9:2025
  - nist-csf-2.0:PR.AA-01
  - nist-csf-2.0:ID.AM-02
why: >
  The provider's log cannot say which agent did something, and the credential cannot be taken from one of them
  without stopping all.
fix: >
  Give each agent, and each project, a credential of its own with the rights its tools need.
limits: >
  Copies of one project count once for each client; whether two files are of the same person is not known.
references:
  - https://owasp.org/www-project-non-human-identities-top-10/2025/9-nhi-reuse/
platforms: [agent]
since: '0.1'
---*/
SELECT
  c.credential_id,
  concat(min(c.detail->>'$.held'), ' is given to ', count(DISTINCT split_part(c.consumer_id, '#', 1)), ' agent configurations: ',
    listed(list(DISTINCT c.consumer_id ORDER BY c.consumer_id)), '.') AS message,
  list(DISTINCT c.observation_id) AS evidence
FROM consumers AS c
WHERE c.type = 'agent' AND c.credential_id IS NOT NULL
GROUP BY c.credential_id
HAVING count(DISTINCT split_part(c.consumer_id, '#', 1)) >= 2
