/*---
id: rbac-foreign-account
title: A binding lets accounts of another namespace in
severity: medium
confidence: high
about: trust
identityFields: [identity_id, namespace]
needs: [trust@k8s]
population: kubernetes_bindings WHERE kind = 'RoleBinding'
controls:
  - owasp-nhi-2025:NHI8:2025
  - nist-csf-2.0:PR.IR-01
why: >
  Namespaces are the walls between teams and environments; an account of the other side brings everybody who may start a
  pod there.
fix: >
  Give the workload an account in this namespace, or keep the binding and say in an exception who it is for.
limits: >
  Accounts of kube-system are left out. Whether the two namespaces belong to one team is not known; different
  environments are told as high.
fixtures: lowered
platforms: [kubernetes]
since: '0.1'
---*/
SELECT
  b.identity_id,
  b.namespace,
  concat('The service account ', b.subject_namespace, '/', b.subject, ' has ', listed(list(DISTINCT concat(b.role_kind, ' ', b.role) ORDER BY concat(b.role_kind, ' ', b.role))),
    ' in the namespace ', b.namespace, ', which is not its own.') AS message,
  CASE WHEN any_value(i.environment) IS NOT NULL AND any_value(o.environment) IS NOT NULL AND any_value(i.environment) <> any_value(o.environment) THEN 'high' ELSE 'medium' END AS severity,
  CASE WHEN bool_and(b.is_templated) THEN 'low' ELSE 'high' END AS confidence,
  list_sort(list(DISTINCT b.observation_id)) AS evidence
FROM kubernetes_bindings AS b
LEFT JOIN identities AS i ON i.identity_id = b.identity_id
LEFT JOIN (
  SELECT split_part(identity_local(identity_id), '/', 1) AS namespace, max(environment) AS environment
  FROM identities WHERE provider = 'k8s' AND type = 'service-account' GROUP BY 1) AS o ON o.namespace = b.namespace
WHERE b.kind = 'RoleBinding' AND b.subject_kind = 'ServiceAccount' AND b.subject_namespace <> b.namespace AND b.subject_namespace <> 'kube-system'
  AND NOT b.is_baseline AND NOT starts_with(b.role, 'system:') AND b.role <> 'extension-apiserver-authentication-reader' AND NOT b.is_templated
GROUP BY b.identity_id, b.subject_namespace, b.subject, b.namespace
