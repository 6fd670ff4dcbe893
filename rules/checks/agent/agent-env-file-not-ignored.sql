/*---
id: agent-env-file-not-ignored
title: The file with an agent's secrets is not ignored by Git
severity: medium
confidence: medium
persona: dev
about: consumer
identityFields: [consumer_id, file]
needs: [consumer@agent-config]
population: consumers WHERE type = 'agent' AND fact = 'secret-file'
controls:
  - owasp-nhi-2025:NHI2:2025
  - nist-csf-2.0:PR.DS-01
  - nist-csf-2.0:PR.IR-01
why: >
  The configuration keeps its secrets in a file of their own, as it should, and the next `git add .` publishes that file.
fix: >
  Add the file to `.gitignore`. If it was committed before, take it out (`git rm --cached FILE`) and replace every secret
  in it: the history keeps them.
limits: >
  Only `.gitignore` files of the repository are looked at, not the ignore files of a person. A directory without any is not
  judged.
references:
  - https://code.visualstudio.com/docs/copilot/customization/mcp-servers
  - https://git-scm.com/docs/gitignore
platforms: [agent]
since: '0.1'
---*/
SELECT
  c.consumer_id,
  c.secret_name AS file,
  concat('The server ', c.detail->>'$.server', ' of ', c.detail->>'$.client', ' takes its secrets from ', c.secret_name, ', which Git does not ignore',
    CASE WHEN bool_or((c.detail->>'$.present') = 'true') THEN ' and which lies there' ELSE '' END, '.') AS message,
  list(DISTINCT c.observation_id) AS evidence
FROM consumers AS c
WHERE c.type = 'agent' AND c.fact = 'secret-file' AND (c.detail->>'$.ignored') = 'false'
GROUP BY c.consumer_id, c.secret_name, c.detail->>'$.server', c.detail->>'$.client'
