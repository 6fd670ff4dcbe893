/*---
id: rbac-moves-pods
title: A subject may drive pods to a node of its choice
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
  Who holds one node closes all others and removes the pods there: their accounts start again under its eyes.
fix: >
  Give node maintenance to one controller on nodes of its own, and to nothing that runs beside workloads.
limits: >
  Cluster autoscalers and node drainers do just this: accept it with a reason for those.
references:
  - https://kubernetes.io/docs/concepts/security/rbac-good-practices/
fixtures: lowered
platforms: [kubernetes]
since: '0.1'
---*/
WITH held AS (
  SELECT
    identity_id,
    any_value(who) AS who,
    list(DISTINCT power) AS powers,
    bool_and(is_templated) AS is_templated,
    list_sort(list_distinct(flatten(list(evidence)))) AS evidence
  FROM kubernetes_risks
  WHERE power IN ('unschedules-nodes', 'removes-pods') AND namespace IS NULL
  GROUP BY identity_id
)
SELECT
  identity_id,
  concat(who, ' may close nodes to pods and remove those that run: pods with strong accounts come to the node that it has.') AS message,
  CASE WHEN is_templated THEN 'low' ELSE 'high' END AS confidence,
  evidence
FROM held
WHERE list_has_all(powers, ['unschedules-nodes', 'removes-pods'])
