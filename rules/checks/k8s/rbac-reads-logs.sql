/*---
id: rbac-reads-logs
title: A subject may read logs of pods or reach their ports
severity: low
confidence: high
persona: auditor
about: identity
identityFields: [identity_id]
needs: [grant@k8s, trust@k8s]
population: kubernetes_bindings WHERE NOT is_baseline
controls:
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:PR.AA-05
why: >
  Logs hold tokens and personal data, and forwarded ports go past network policies.
fix: >
  Give it in the namespaces whose logs it collects.
limits: >
  Judged through the bindings that were given: a role that is bound elsewhere says nothing. Admission policies that
  narrow what a role allows are not known.
references:
  - https://kubernetes.io/docs/concepts/security/rbac-good-practices/
fixtures: lowered
platforms: [kubernetes]
since: '0.1'
---*/
SELECT
  r.identity_id,
  concat(any_value(r.who), ' may read logs or reach ports of pods ', listed(list(DISTINCT r.place ORDER BY r.place)), ' (', listed(list(DISTINCT concat(r.role, ' by ', r.binding) ORDER BY concat(r.role, ' by ', r.binding))), ').') AS message,
  'low' AS severity,
  CASE WHEN bool_and(r.is_templated) THEN 'low' ELSE 'high' END AS confidence,
  list_sort(list_distinct(flatten(list(r.evidence)))) AS evidence
FROM kubernetes_risks AS r
WHERE r.power IN ('reads-logs', 'forwards-ports')
GROUP BY r.identity_id
