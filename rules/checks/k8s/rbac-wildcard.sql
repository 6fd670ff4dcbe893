/*---
id: rbac-wildcard
title: A role is written with wildcards
severity: medium
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
  A wildcard gives what nobody has thought of: subresources, and every resource that an operator brings tomorrow.
fix: >
  Write the verbs and resources out; `kubectl auth can-i --list` and the audit log tell which are used.
limits: >
  Wildcards over all resources are the matter of rbac-administrator and rbac-all-resources. In groups that an operator
  owns itself a wildcard is common, and low.
references:
  - https://kubernetes.io/docs/concepts/security/rbac-good-practices/
fixtures: lowered
platforms: [kubernetes]
equivalents: [checkov/CKV_K8S_49]
since: '0.1'
---*/
SELECT
  r.identity_id,
  concat(rbac_subject(r.subject_kind, r.subject, r.subject_namespace), ' has wildcards ', listed(list(DISTINCT r.place ORDER BY r.place)), ': ',
    listed(list(DISTINCT concat(r.permission, ' on ', r.resource) ORDER BY concat(r.permission, ' on ', r.resource))), ' (', listed(list(DISTINCT concat(r.role_kind, ' ', r.role))), ').') AS message,
  CASE WHEN bool_or(list_has_any(r.groups, ['', '*'])) AND bool_or(r.namespace IS NULL) THEN 'medium' ELSE 'low' END AS severity,
  CASE WHEN bool_and(r.is_templated) THEN 'low' ELSE 'high' END AS confidence,
  list_sort(list_distinct(flatten(list([r.rule_id, r.binding_id])))) AS evidence
FROM kubernetes_rights AS r
WHERE NOT r.is_baseline AND NOT is_all_resources(r.groups, r.resources, r.names) AND len(r.names) = 0 AND len(r.resources) > 0
  AND (list_contains(r.verbs, '*') OR list_contains(r.resources, '*'))
  AND NOT (r.role_kind = 'ClusterRole' AND r.role IN ('admin', 'edit', 'view', 'cluster-admin'))
GROUP BY r.identity_id, r.subject_kind, r.subject, r.subject_namespace
