/*---
id: role-of-missing-principal
title: An Azure role is assigned to a service principal that no longer exists
severity: low
confidence: medium
about: identity
identityFields: [identity_id, resource]
needs: [grant:azure-role@entra, identity:service-principal@entra]
population: entra_rights WHERE via_kind = 'binding' AND coalesce(principal_type, 'ServicePrincipal') = 'ServicePrincipal'
controls:
  - owasp-nhi-2025:NHI1:2025
  - nist-csf-2.0:ID.AM-08
why: >
  Half of an offboarding: the identity is gone, what was opened for it stays. Nobody can say any more for whom it was made,
  and a subscription has room for only so many assignments.
fix: Delete the assignment with `az role assignment delete --ids ID`.
limits: >
  Said where the whole list of service principals was read; one of another tenant that was read apart may be meant.
since: '0.1'
---*/
SELECT
  r.identity_id,
  r.resource,
  concat(
    'The role ', r.permission, ' on ', r.resource, ' is assigned to ', identity_local(r.identity_id), ', which is no service principal of the tenant.') AS message,
  list(DISTINCT r.observation_id) AS evidence,
  concat(
    'Delete the assignment: `az role assignment delete --ids ',
    coalesce(min(r.location->>'$.pointer') FILTER (regexp_full_match(r.location->>'$.pointer', '/[A-Za-z0-9/._-]{1,400}')), 'ID'), '`.') AS fix
FROM entra_rights AS r
WHERE r.via_kind = 'binding' AND r.capability IS NULL AND r.is_of_nobody
GROUP BY r.identity_id, r.permission, r.resource
