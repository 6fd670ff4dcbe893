/*---
id: agent-login-in-repository
title: The login of an agent lies in a repository
severity: critical
confidence: high
persona: dev
about: consumer
identityFields: [consumer_id]
needs: [consumer@agent-config]
population: consumers WHERE type = 'agent'
controls:
  - owasp-nhi-2025:NHI2:2025
  - owasp-nhi-2025:NHI10:2025
  - nist-csf-2.0:PR.DS-01
  - nist-csf-2.0:PR.AA-01
why: >
  The file holds the session of a person at the maker of the agent: who reads it works, and pays, as that person.
fix: >
  Sign out everywhere at the provider, delete the file from the repository and its history, and keep the directory
  in `.gitignore`.
limits: >
  Only tokens of a form that a detector knows; others of the file are not seen.
references:
  - https://owasp.org/www-project-non-human-identities-top-10/2025/2-secret-leakage/
platforms: [agent]
since: '0.1'
---*/
SELECT
  c.consumer_id,
  concat('The login of ', c.detail->>'$.client', ' lies in ', coalesce((c.location->>'$.repository') || ' ', ''), (c.location->>'$.path'), ': ',
    listed(list(DISTINCT (c.detail->>'$.held'))), '.') AS message,
  list(DISTINCT c.observation_id) AS evidence
FROM consumers AS c
WHERE c.type = 'agent' AND c.fact = 'login-file' AND (c.location->>'$.repository') IS NOT NULL
GROUP BY c.consumer_id, c.detail->>'$.client', c.location->>'$.repository', c.location->>'$.path'
