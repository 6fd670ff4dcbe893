/*---
id: rbac-reads-secrets
title: A subject may read every Secret
severity: critical
confidence: high
about: identity
identityFields: [identity_id]
needs: [grant@k8s, trust@k8s]
population: kubernetes_bindings WHERE NOT is_baseline
controls:
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:PR.AA-05
why: >
  Secrets hold the passwords of databases, keys of clouds and tokens of other accounts. Leave to list them gives their
  values, too.
fix: >
  Name the Secrets it needs (`resourceNames`) with `get` alone in a Role of the one namespace, or mount them into the
  pod, which needs no right at all.
limits: >
  Secrets by their names are told (lower) where a binding gives them in every namespace.
  Judged through the bindings that were given: a role that is bound elsewhere says nothing. Admission policies that
  narrow what a role allows are not known.
references:
  - https://kubernetes.io/docs/concepts/security/rbac-good-practices/
fixtures: lowered
platforms: [kubernetes]
equivalents: [checkov/CKV2_K8S_5]
since: '0.1'
---*/
SELECT
  r.identity_id,
  concat(any_value(r.who), ' may read ', CASE WHEN bool_or(r.power = 'reads-secrets') THEN 'every Secret' ELSE by_name('Secrets', list(r.names)) END, ' ', listed(list(DISTINCT r.place ORDER BY r.place)), ' (', listed(list(DISTINCT concat(r.role, ' by ', r.binding) ORDER BY concat(r.role, ' by ', r.binding))), ').') AS message,
  CASE WHEN bool_and(r.is_templated OR r.power <> 'reads-secrets') THEN 'medium' WHEN bool_or(r.namespace IS NULL AND r.power = 'reads-secrets') THEN 'critical' ELSE 'high' END AS severity,
  CASE WHEN bool_and(r.is_templated) THEN 'low' ELSE 'high' END AS confidence,
  list_sort(list_distinct(flatten(list(r.evidence)))) AS evidence
FROM kubernetes_risks AS r
WHERE r.power IN ('reads-secrets', 'reads-named-secrets')
GROUP BY r.identity_id
