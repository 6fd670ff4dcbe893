/*---
id: agent-credential-in-permissions
title: A credential was kept with a permission that was granted for ever
severity: critical
confidence: high
persona: dev
about: consumer
identityFields: [consumer_id, credential_id]
needs: [consumer@agent-config]
population: consumers WHERE type = 'agent'
controls:
  - owasp-nhi-2025:NHI2:2025
  - owasp-nhi-2025:NHI10:2025
  - nist-csf-2.0:PR.DS-01
  - nist-csf-2.0:PR.AA-01
why: >
  Somebody answered "always allow" to a command that held the credential in clear, and the agent wrote it down with
  its permissions: a file that is committed, synchronised and packed into releases.
fix: >
  Revoke the credential, delete the entry, and keep the file out of git and packages (`.claude/settings.local.json`
  belongs into `.gitignore`, `.npmignore` or `files`).
limits: >
  Only credentials of a form that a detector knows.
references:
  - https://code.claude.com/docs/en/settings
platforms: [agent]
since: '0.1'
---*/
SELECT
  c.consumer_id,
  c.credential_id,
  concat(
    'The permissions of ', c.detail->>'$.client', ' keep ', min(c.detail->>'$.held'), ' in ', (c.location->>'$.path'), '.') AS message,
  list(DISTINCT c.observation_id) AS evidence
FROM consumers AS c
WHERE c.type = 'agent' AND c.fact = 'permission-list'
GROUP BY c.consumer_id, c.credential_id, c.detail->>'$.client', c.location->>'$.path'
