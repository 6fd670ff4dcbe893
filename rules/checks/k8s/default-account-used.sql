/*---
id: default-account-used
title: Workloads share the default account of their namespace
severity: low
confidence: high
persona: auditor
about: identity
identityFields: [identity_id]
needs: [consumer@k8s]
population: kubernetes_workloads
parameters:
  minWorkloads: 2
controls:
  - owasp-nhi-2025:NHI9:2025
  - nist-csf-2.0:PR.AA-05
why: >
  They are one to the cluster and its audit log: rights given to one are given to all, and what one did cannot be told
  apart.
fix: >
  An account for each workload (`kubectl create serviceaccount NAME`) and `serviceAccountName: NAME` in its pod
  template.
limits: >
  Told from two workloads on whose manifests name the namespace. Pods that take no token are left out.
fixtures: lowered
platforms: [kubernetes]
equivalents: [checkov/CKV_K8S_41]
since: '0.1'
---*/
SELECT
  w.identity_id,
  concat(count(DISTINCT w.consumer_id), ' workloads of the namespace ', w.namespace, ' run under its default account: ',
    listed(list(DISTINCT concat(w.kind, ' ', w.workload) ORDER BY concat(w.kind, ' ', w.workload))), '.') AS message,
  list_sort(list(DISTINCT w.observation_id)) AS evidence
FROM kubernetes_workloads AS w
WHERE w.account = 'default' AND w.has_token AND NOT w.is_templated AND w.namespace_declared
GROUP BY w.identity_id, w.namespace
HAVING count(DISTINCT w.consumer_id) >= $minWorkloads
