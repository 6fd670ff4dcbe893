/*---
id: rbac-proxies-nodes
title: A subject may reach the API of the kubelets
severity: high
confidence: high
about: identity
identityFields: [identity_id]
needs: [grant@k8s, trust@k8s]
population: kubernetes_bindings WHERE NOT is_baseline
controls:
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:PR.AA-05
why: >
  The API of a kubelet runs commands in every pod of its node, past audit and admission. Leave to read nodes/proxy is
  enough, over a web socket.
fix: >
  Use nodes/metrics, nodes/stats and nodes/log, which monitoring needs, in place of nodes/proxy.
limits: >
  Bound in one namespace it gives nothing: nodes have none.
references:
  - https://kubernetes.io/docs/concepts/security/rbac-good-practices/
fixtures: lowered
platforms: [kubernetes]
equivalents: [checkov/CKV2_K8S_2]
since: '0.1'
---*/
SELECT
  r.identity_id,
  concat(any_value(r.who), ' may talk to every kubelet ', listed(list(DISTINCT r.place ORDER BY r.place)), ' (', listed(list(DISTINCT concat(r.role, ' by ', r.binding) ORDER BY concat(r.role, ' by ', r.binding))), ').') AS message,
  CASE WHEN bool_and(r.is_templated) THEN 'medium' ELSE 'high' END AS severity,
  CASE WHEN bool_and(r.is_templated) THEN 'low' ELSE 'high' END AS confidence,
  list_sort(list_distinct(flatten(list(r.evidence)))) AS evidence
FROM kubernetes_risks AS r
WHERE r.power IN ('proxies-nodes')
GROUP BY r.identity_id
