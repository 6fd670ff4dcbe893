/*---
id: token-mounted-without-need
title: A workload carries a cluster token that it has no use for
severity: low
confidence: medium
persona: auditor
about: consumer
identityFields: [consumer_id]
needs: [consumer@k8s, identity@k8s]
population: kubernetes_workloads
controls:
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:PR.AA-05
why: >
  The token lies in every container as a file: whoever reads one file of the pod may talk to the cluster as its account.
  Most programs never talk to the cluster.
fix: >
  `automountServiceAccountToken: false` in the pod template, or on the service account for all its pods.
limits: >
  Told where the pod neither says that it wants the token nor asks for one of its own making (a projected token), and
  its account has rights; without rights the token still tells who is who, and reads what everybody may. Accounts whose
  bindings were not given look like accounts without rights, and are left out.
references:
  - https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/
fixtures: lowered
platforms: [kubernetes]
since: '0.1'
---*/
SELECT
  w.consumer_id,
  w.identity_id,
  concat('The ', w.kind, ' ', w.namespace, '/', w.workload, ' gets the token of the service account ', w.account, ' by default, and with it ', listed(any_value(g.roles)), '.') AS message,
  CASE WHEN any_value(g.is_strong) THEN 'medium' ELSE 'low' END AS severity,
  list_sort(list_distinct(list_append(any_value(g.evidence), min(w.observation_id)))) AS evidence
FROM kubernetes_workloads AS w
JOIN (
  SELECT identity_id, list(DISTINCT concat(role_kind, ' ', role) ORDER BY concat(role_kind, ' ', role)) AS roles,
    list(DISTINCT binding_id) AS evidence, bool_or(len(capabilities) > 0) AS is_strong
  FROM kubernetes_rights WHERE subject_kind = 'ServiceAccount' GROUP BY identity_id) AS g ON g.identity_id = w.identity_id
WHERE w.has_token AND w.pod_automount IS NULL AND w.account_automount IS NULL AND NOT w.is_templated AND w.source = 'manifest'
  AND w.account = 'default'
GROUP BY w.consumer_id, w.identity_id, w.kind, w.namespace, w.workload, w.account
