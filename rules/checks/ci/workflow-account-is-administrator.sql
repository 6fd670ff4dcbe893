/*---
id: workflow-account-is-administrator
title: A workflow runs as an administrator of its cluster
severity: critical
confidence: high
persona: security
about: identity
identityFields: [identity_id]
needs: [consumer@ci, grant@k8s]
population: consumers WHERE fact = 'runs-as-service-account'
controls:
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:PR.AA-05
why: >
  Whoever can change a step, its image or its parameters owns the cluster: the token of the account lies in every pod of the run.
fix: >
  Give the account the rights that its steps need in its own namespace (`Role` and `RoleBinding`), and the executor an account of its own.
fixtures: lowered
platforms: [tekton, argo]
since: '0.1'
---*/
SELECT
  a.identity_id,
  concat('The account ', a.identity_id, ', as which ', listed(list(DISTINCT split_part(c.consumer_id, '#', -1) ORDER BY split_part(c.consumer_id, '#', -1))), CASE WHEN count(DISTINCT c.consumer_id) = 1 THEN ' runs' ELSE ' run' END, ', may do everything in its cluster.') AS message,
  list_sort(list_distinct(flatten(list(list_append(a.evidence, c.observation_id))))) AS evidence,
  list(DISTINCT c.observation_id) AS first
FROM consumers AS c
JOIN kubernetes_risks AS a ON a.identity_id = c.identity_id AND a.power = 'everything' AND a.namespace IS NULL
  AND NOT (identity_scope(a.identity_id) = '-' AND in_other_fixtures(c.location->>'$.path', a.binding_path))
WHERE c.type = 'workflow-job' AND c.fact = 'runs-as-service-account'
GROUP BY a.identity_id
