/*---
id: mesh-policy-any-principal
title: A mesh policy lets every workload in
severity: medium
confidence: high
about: consumer
identityFields: [consumer_id]
needs: [consumer@k8s]
population: consumers WHERE fact = 'mesh-any-principal'
controls:
  - owasp-nhi-2025:NHI4:2025
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:PR.AA-03
why: >
  A star for the principal is any workload of the mesh with a certificate: the policy checks that there is an identity,
  not which.
fix: >
  Name the callers: `principals: ["cluster.local/ns/NS/sa/NAME"]`.
limits: >
  A rule that also narrows the namespace or the address is left alone; one for some paths or methods only is told as
  low.
references:
  - https://istio.io/latest/docs/reference/config/security/authorization-policy/
fixtures: lowered
platforms: [kubernetes]
since: '0.1'
---*/
SELECT
  c.consumer_id,
  concat('AuthorizationPolicy ', any_value(c.detail->>'$.namespace'), '/', any_value(c.detail->>'$.name'), ' lets in every ', CASE any_value(c.detail->>'$.field') WHEN 'principals' THEN 'workload of the mesh' ELSE 'holder of a token' END, '.') AS message,
  CASE WHEN bool_and((c.detail->>'$.limited')::BOOLEAN OR (c.detail->>'$.conditional')::BOOLEAN OR (c.detail->>'$.field') = 'requestPrincipals') THEN 'low' ELSE 'medium' END AS severity,
  list_sort(list(DISTINCT c.observation_id)) AS evidence
FROM consumers AS c
WHERE c.fact = 'mesh-any-principal' AND NOT (c.detail->>'$.narrowed')::BOOLEAN
GROUP BY c.consumer_id
