/*---
id: account-token-automounted
title: Workloads get the token of an account with strong rights unasked
severity: medium
confidence: medium
about: identity
identityFields: [identity_id]
needs: [consumer@k8s, identity@k8s, grant@k8s]
population: kubernetes_workloads
controls:
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:PR.AA-05
why: >
  What the account may do, every container of these pods may do, and so may whoever reads one file in one of them.
fix: >
  Where the program does not talk to the cluster: `automountServiceAccountToken: false`. Where it does: say `true` in
  its own pod template, `false` on the account, so that the next pod does not get it by accident.
limits: >
  Programs that do need the token look the same; a pod template that says `automountServiceAccountToken: true` is taken
  at its word.
references:
  - https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/
fixtures: lowered
platforms: [kubernetes]
equivalents: [checkov/CKV_K8S_38]
since: '0.1'
---*/
SELECT
  w.identity_id,
  concat('The service account ', w.namespace, '/', w.account, ' amounts to ', listed(any_value(g.capabilities)), ', and its token is put unasked into ',
    listed(list(DISTINCT concat(w.kind, ' ', w.workload) ORDER BY concat(w.kind, ' ', w.workload))), '.') AS message,
  list_sort(list_distinct(list_concat(any_value(g.evidence), list(w.observation_id)))) AS evidence
FROM kubernetes_workloads AS w
JOIN (
  SELECT identity_id, list_sort(list_distinct(flatten(list(capabilities)))) AS capabilities, list(DISTINCT binding_id) AS evidence
  FROM kubernetes_rights WHERE subject_kind = 'ServiceAccount' AND NOT is_baseline GROUP BY identity_id) AS g ON g.identity_id = w.identity_id
WHERE w.has_token AND w.pod_automount IS NULL AND w.account_automount IS NULL AND NOT w.is_templated AND w.account <> 'default'
  AND list_has_any(g.capabilities, ['admin', 'escalates', 'impersonates', 'reads-secrets'])
GROUP BY w.identity_id, w.namespace, w.account
