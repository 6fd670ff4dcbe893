/*---
id: env-file-shared-across-environments
title: Production and another environment read one file of variables
severity: medium
confidence: medium
persona: dev
about: consumer
identityFields: [file]
needs: [consumer@iac]
population: consumers WHERE fact = 'env-file'
controls:
  - owasp-nhi-2025:NHI8:2025
  - owasp-nhi-2025:NHI9:2025
  - nist-csf-2.0:PR.IR-01
why: >
  What is in the file for a test is what production runs with: the same passwords, on machines that more people reach.
fix: >
  Give each environment its own file (`.env.prod`, `.env.dev`) with its own secrets, and keep that of production out of reach of the others.
limits: >
  Environments are told by the names of files and services.
platforms: [compose]
since: '0.1'
---*/
SELECT
  concat(coalesce(location->>'$.repository', ''), ' ', detail->>'$.file') AS file,
  concat(detail->>'$.file', ' is read by services of ', array_to_string(list(DISTINCT environment ORDER BY environment), ' and '), ' (',
    listed(list(DISTINCT consumer_id ORDER BY consumer_id)), ').') AS message,
  list(DISTINCT observation_id) AS evidence
FROM consumers
WHERE fact = 'env-file' AND environment IS NOT NULL
GROUP BY location->>'$.repository', detail->>'$.file'
HAVING bool_or(is_production(environment)) AND NOT bool_and(is_production(environment))
