/*---
id: context-without-guard
title: A job takes a context on any branch, and nobody is asked
severity: medium
confidence: medium
persona: security
about: consumer
identityFields: [consumer_id, secret_name]
needs: [consumer@ci]
population: consumers WHERE platform = 'circleci' AND TRY_CAST(detail->>'$.context' AS BOOLEAN)
controls:
  - owasp-nhi-2025:NHI8:2025
  - owasp-nhi-2025:NHI9:2025
  - nist-csf-2.0:PR.IR-01
  - nist-csf-2.0:PR.AA-05
why: >
  A context holds the secrets of a team or an environment. Everybody who can push a branch can change the job in that branch and read them all.
fix: >
  Filter the job to the branches that need it (`filters: branches: only: main`), put an approval before it (`type: approval`), and restrict the context to a security group or by an expression.
limits: >
  Restrictions of the context itself stand in no file.
references:
  - https://circleci.com/docs/guides/security/contexts/
platforms: [circleci]
since: '0.1'
---*/
SELECT
  consumer_id,
  secret_name,
  concat('The job ', consumer_id, ' takes the context ', secret_name, ' on every branch, without approval.') AS message,
  CASE WHEN bool_or(is_production(environment) OR regexp_matches(lower(secret_name), '(^|[^a-z])prod') OR json_array_length(detail->'$.deploys') > 0) THEN 'medium' ELSE 'low' END AS severity,
  list(DISTINCT observation_id) AS evidence
FROM consumers
WHERE type = 'workflow-job' AND platform = 'circleci' AND TRY_CAST(detail->>'$.context' AS BOOLEAN) AND fact IS NULL
  AND NOT TRY_CAST(detail->>'$.approved' AS BOOLEAN) AND NOT TRY_CAST(detail->>'$.refsLimited' AS BOOLEAN)
GROUP BY consumer_id, secret_name
