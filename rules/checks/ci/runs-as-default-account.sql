/*---
id: runs-as-default-account
title: A run uses the default account of its namespace
severity: medium
confidence: high
persona: security
about: identity
identityFields: [repository, identity_id]
needs: [consumer@ci]
population: consumers WHERE fact = 'runs-as-service-account'
controls:
  - owasp-nhi-2025:NHI5:2025
  - owasp-nhi-2025:NHI9:2025
  - nist-csf-2.0:PR.AA-05
why: >
  Whatever one run needs is given to the default account, and so to every pod of the namespace; nobody can tell in a log which it was.
fix: >
  Make an account for it with the rights it needs, and name it: `serviceAccountName` (Tekton: `taskRunTemplate.serviceAccountName`).
limits: >
  The server may set another default (`default-service-account`, `workflowDefaults`); the file does not tell.
references:
  - https://tekton.dev/docs/pipelines/auth/
  - https://argo-workflows.readthedocs.io/en/latest/service-accounts/
fixtures: lowered
platforms: [tekton, argo]
since: '0.1'
---*/
SELECT
  coalesce(location->>'$.repository', '') AS repository,
  identity_id,
  concat(
    'The default account of ', CASE min(detail->>'$.namespace') WHEN '-' THEN 'its namespace' ELSE concat('the namespace ', min(detail->>'$.namespace')) END,
    ' runs ', listed(list(DISTINCT split_part(consumer_id, '#', -1) ORDER BY split_part(consumer_id, '#', -1))), coalesce(' of ' || (location->>'$.repository'), ''), '.') AS message,
  list(DISTINCT observation_id) AS evidence
FROM consumers
WHERE type = 'workflow-job' AND fact = 'runs-as-service-account' AND NOT TRY_CAST(detail->>'$.accountSet' AS BOOLEAN)
GROUP BY location->>'$.repository', identity_id
