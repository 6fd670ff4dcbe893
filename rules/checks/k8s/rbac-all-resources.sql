/*---
id: rbac-all-resources
title: A subject has a verb on every resource
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
  Leave to read everything reads every Secret; leave to create or patch everything is the cluster itself, by way of any
  workload, role or webhook.
fix: |
  1. See what it uses in the audit log of the cluster, and write those resources out.
  2. Leave Secrets, pods/exec, nodes/proxy and everything of rbac.authorization.k8s.io out of what it reads.
limits: >
  Every verb on every resource is the matter of rbac-administrator.
references:
  - https://kubernetes.io/docs/concepts/security/rbac-good-practices/
fixtures: lowered
platforms: [kubernetes]
since: '0.1'
---*/
SELECT
  r.identity_id,
  concat(rbac_subject(r.subject_kind, r.subject, r.subject_namespace), ' may ', listed(list_sort(list_distinct(flatten(list(r.verbs))))), ' every resource ',
    listed(list(DISTINCT r.place ORDER BY r.place)), ', Secrets included (', listed(list(DISTINCT concat(r.role_kind, ' ', r.role))), ').') AS message,
  CASE
    WHEN bool_and(r.is_templated) THEN 'medium'
    WHEN bool_or(r.namespace IS NULL AND list_has_any(r.verbs, ['create', 'update', 'patch'])) THEN 'critical'
    WHEN bool_or(r.namespace IS NULL OR list_has_any(r.verbs, ['create', 'update', 'patch'])) THEN 'high'
    ELSE 'medium' END AS severity,
  CASE WHEN bool_and(r.is_templated) THEN 'low' ELSE 'high' END AS confidence,
  list_sort(list_distinct(flatten(list([r.rule_id, r.binding_id])))) AS evidence
FROM kubernetes_rights AS r
WHERE NOT r.is_baseline AND NOT is_everybody(r.subject) AND r.subject <> 'system:masters' AND is_all_resources(r.groups, r.resources, r.names)
  AND NOT list_contains(r.powers, 'everything') AND len(r.powers) > 0
GROUP BY r.identity_id, r.subject_kind, r.subject, r.subject_namespace
