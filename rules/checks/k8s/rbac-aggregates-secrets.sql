/*---
id: rbac-aggregates-secrets
title: A role widens a built-in role by aggregation
severity: high
confidence: high
about: trust
identityFields: [role, becomes]
needs: [grant@k8s]
population: kubernetes_rules WHERE NOT is_baseline
controls:
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:PR.AA-05
why: >
  A label makes the rules part of view, edit or admin: everybody who has the built-in role, in every namespace, has them
  too, and no binding shows it.
fix: >
  Take the label off, or the rule out; bind the role itself where it is needed.
limits: >
  Told for rights that the built-in role was made without: Secrets, tokens and impersonation, commands in pods for view.
references:
  - https://kubernetes.io/docs/reference/access-authn-authz/rbac/#aggregated-clusterroles
fixtures: lowered
platforms: [kubernetes]
since: '0.1'
---*/
SELECT
  r.part_of AS role,
  r.role AS becomes,
  concat('ClusterRole ', r.part_of, ' adds "', r.permission, ' on ', r.resource, '" to the built-in role ', r.role, ' by its label: whoever has that role has this.') AS message,
  CASE WHEN r.is_templated THEN 'low' ELSE 'high' END AS confidence,
  [r.observation_id] AS evidence
FROM kubernetes_rules AS r
WHERE r.part_of IS NOT NULL AND NOT r.is_baseline
  AND (r.role = 'view' AND list_has_any(r.powers, ['reads-secrets', 'creates-secrets', 'mints-tokens', 'creates-pods', 'writes-workloads', 'writes-jobs', 'execs-in-pods', 'adds-containers', 'impersonates-accounts', 'everything'])
    OR r.role IN ('edit', 'admin') AND list_has_any(r.powers, ['impersonates-users', 'binds-roles', 'escalates-roles', 'proxies-nodes', 'writes-webhooks', 'everything']))
QUALIFY row_number() OVER (PARTITION BY r.part_of, r.role ORDER BY r.observation_id) = 1
