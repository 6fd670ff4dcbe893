/*---
id: rbac-open-to-everybody
title: A role is bound to everybody
severity: critical
confidence: high
about: trust
identityFields: [subject, binding, namespace]
needs: [trust@k8s, grant@k8s]
population: kubernetes_bindings WHERE NOT is_baseline
controls:
  - owasp-nhi-2025:NHI4:2025
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:PR.AA-03
  - nist-csf-2.0:PR.AA-05
why: >
  The groups system:unauthenticated and system:authenticated hold whoever reaches the API, with or without an account;
  on some clouds any account of the cloud is authenticated. Every pod is in system:serviceaccounts.
fix: >
  Delete the binding, and bind the accounts that need the role by name: `kubectl delete clusterrolebinding NAME`.
limits: >
  What the cluster binds by itself (system:public-info-viewer, kubeadm's cluster-info) is left out.
references:
  - https://kubernetes.io/docs/reference/access-authn-authz/rbac/#default-roles-and-role-bindings
fixtures: lowered
platforms: [kubernetes]
since: '0.1'
---*/
SELECT
  b.subject,
  b.binding,
  coalesce(b.namespace, '') AS namespace,
  concat(
    CASE b.subject WHEN 'system:anonymous' THEN 'Anybody, without a login,' WHEN 'system:unauthenticated' THEN 'Anybody, without a login,'
      WHEN 'system:authenticated' THEN 'Every authenticated user and pod'
      WHEN 'system:serviceaccounts' THEN 'Every pod of the cluster' ELSE concat('Every pod of the namespace ', split_part(b.subject, ':', 3)) END,
    ' has the role ', b.role, CASE WHEN b.namespace IS NULL THEN ' in the whole cluster' ELSE concat(' in the namespace ', b.namespace) END,
    ' by ', b.kind, ' ', b.binding, '.') AS message,
  CASE
    WHEN b.subject IN ('system:anonymous', 'system:unauthenticated') THEN 'critical'
    WHEN b.subject = 'system:authenticated' AND coalesce(bool_or(len(r.powers) > 0), true) THEN 'critical'
    WHEN bool_or(list_has_any(r.capabilities, ['admin', 'escalates', 'reads-secrets', 'impersonates', 'manages-identities']))
      THEN CASE WHEN b.namespace IS NULL THEN 'critical' ELSE 'high' END
    -- The pods of one namespace are fewer.
    WHEN coalesce(bool_or(len(r.powers) > 0), true) AND NOT starts_with(b.subject, 'system:serviceaccounts:') THEN 'high'
    ELSE 'medium' END AS severity,
  CASE WHEN b.is_templated THEN 'low' ELSE 'high' END AS confidence,
  list_concat([b.observation_id], coalesce(list_distinct(list(r.rule_id) FILTER (r.rule_id IS NOT NULL)), [])) AS evidence
FROM kubernetes_bindings AS b
LEFT JOIN kubernetes_rights AS r ON r.binding_id = b.observation_id
WHERE is_everybody(b.subject) AND NOT b.is_baseline AND b.role NOT IN ('system:public-info-viewer', 'system:service-account-issuer-discovery', 'kubeadm:bootstrap-signer-clusterinfo')
GROUP BY b.observation_id, b.subject, b.binding, b.namespace, b.role, b.kind, b.is_templated
