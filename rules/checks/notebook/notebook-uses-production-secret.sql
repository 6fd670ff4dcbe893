/*---
id: notebook-uses-production-secret
title: A notebook uses a secret of production
severity: medium
confidence: medium
persona: security
about: consumer
identityFields: [consumer_id]
needs: [consumer@notebook]
population: consumers WHERE type = 'notebook'
controls:
  - owasp-nhi-2025:NHI8:2025
  - nist-csf-2.0:PR.IR-01
  - nist-csf-2.0:PR.AA-05
why: >
  Notebooks are for trying things out: a cell that is run twice, or in the wrong order, does so in production, and
  what it prints is saved.
fix: >
  Give notebooks a copy of the data, or a read-only identity; let what must reach production go through the gateway,
  where sessions are approved and recorded.
limits: >
  The environment is told by names of the notebook and of the secret.
references:
  - https://owasp.org/www-project-non-human-identities-top-10/2025/8-environment-isolation/
platforms: [notebook]
since: '0.1'
---*/
SELECT
  c.consumer_id,
  concat('The notebook ', c.consumer_id, ' uses ', listed(list(DISTINCT c.secret_name ORDER BY c.secret_name)), ' of production.') AS message,
  list(DISTINCT c.observation_id) AS evidence
FROM consumers AS c
WHERE c.type = 'notebook' AND c.how IN ('secret', 'static-key') AND c.secret_name IS NOT NULL
  AND (is_production(c.environment) OR regexp_matches(lower(c.secret_name), '(^|[^a-z])(prod|production|prd)([^a-z]|$)'))
GROUP BY c.consumer_id
