/*---
id: cloud-role-by-annotation-of-pod
title: A pod gets its cloud role from an annotation that nobody checks
severity: medium
confidence: medium
about: consumer
identityFields: [identity_id, becomes]
needs: [trust@k8s]
population: trusts WHERE (detail->>'$.basis') = 'iam.amazonaws.com/role'
controls:
  - owasp-nhi-2025:NHI4:2025
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:PR.AA-05
why: >
  kube2iam and kiam give the role that the pod's own annotation names: whoever may start a pod chooses, and the node
  must be able to become every role.
fix: >
  Move to EKS Pod Identity or to annotations of service accounts, whose roles trust one account by name; then take the
  role of the node its right to become others.
limits: >
  Namespaces may be limited to roles by annotations of their own, which are not read.
fixtures: lowered
platforms: [kubernetes]
since: '0.1'
---*/
SELECT
  t.principal AS identity_id,
  t.identity_id AS becomes,
  concat('Pods of the service account ', identity_local(t.principal), ' become ', t.identity_id, ' by an annotation of the pod (iam.amazonaws.com/role).') AS message,
  list_sort(list(DISTINCT t.observation_id)) AS evidence
FROM trusts AS t
WHERE (t.detail->>'$.basis') = 'iam.amazonaws.com/role'
GROUP BY t.principal, t.identity_id
