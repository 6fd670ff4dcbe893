/*---
id: rbac-masters-group
title: A binding or login uses the group system:masters
severity: high
confidence: high
about: trust
identityFields: [identity_id, binding]
needs: [trust@k8s]
population: (SELECT observation_id FROM kubernetes_bindings UNION ALL SELECT observation_id FROM trusts WHERE ends_with(identity_id, ':rbac-group/system:masters'))
controls:
  - owasp-nhi-2025:NHI5:2025
  - owasp-nhi-2025:NHI10:2025
  - nist-csf-2.0:PR.AA-05
why: >
  Members of system:masters pass every check of the API server, and no binding can be deleted to stop them: only a new
  certificate authority or another mapping does.
fix: >
  Use a group of your own with a binding that can be deleted, and keep system:masters for breaking the glass.
limits: >
  The binding of the same name that every cluster has is left out.
references:
  - https://docs.aws.amazon.com/eks/latest/userguide/grant-k8s-access.html
fixtures: lowered
platforms: [kubernetes]
since: '0.1'
---*/
SELECT
  b.identity_id,
  concat(b.kind, '/', b.binding) AS binding,
  concat(b.kind, ' ', b.binding, ' gives the role ', b.role, ' to system:masters, whose members no binding can stop.') AS message,
  'medium' AS severity,
  CASE WHEN b.is_templated THEN 'low' ELSE 'high' END AS confidence,
  [b.observation_id] AS evidence
FROM kubernetes_bindings AS b
WHERE b.subject = 'system:masters' AND NOT b.is_baseline AND b.binding <> 'cluster-admin'
UNION ALL
SELECT
  t.principal,
  (t.detail->>'$.basis'),
  concat(t.principal, ' is in system:masters (', (t.detail->>'$.basis'), '): it passes every check of the cluster, and no binding can stop it.'),
  'high',
  'high',
  [t.observation_id]
FROM trusts AS t
WHERE ends_with(t.identity_id, ':rbac-group/system:masters') AND (t.detail->>'$.platform') = 'kubernetes' AND (t.detail->>'$.basis') <> 'role binding'
