/*---
id: machine-operator-becomes-ruler
title: Who may run code on a resource acts as its privileged identity
severity: high
confidence: high
about: identity
identityFields: [identity_id, becomes]
needs: [grant:azure-role@entra, identity:managed-identity@entra|identity:service-principal@entra]
population: may_become WHERE basis = 'acts as the identity of a resource'
controls:
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:PR.AA-05
why: >
  A role over one machine or function looks small. The machine gives a token of its managed identity to any code that runs on
  it, and that identity has more than the role.
fix: >
  Cut the first edge: take the role away, or give the rights of the identity to another one that nobody may run code as.
limits: >
  Counts managed identities whose resource is known: of machines, functions, clusters, and those assigned by users, which take
  the right to assign. Roles at a management group are left out, for it is not known which subscriptions are below.
references:
  - https://learn.microsoft.com/en-us/entra/identity/managed-identities-azure-resources/managed-identity-best-practice-recommendations
since: '0.1'
---*/
WITH power AS (
  SELECT
    identity_id,
    list(DISTINCT concat(permission, ' on ', resource) ORDER BY concat(permission, ' on ', resource)) AS rights,
    list(DISTINCT observation_id) AS evidence
  FROM entra_rights
  WHERE is_tier_0 OR capability IN ('admin', 'escalates')
  GROUP BY identity_id
),
edges AS (
  SELECT m.identity_id, m.becomes, list(DISTINCT m.observation_id) AS observations, listed(list(DISTINCT concat(r.permission, ' on ', r.resource) ORDER BY concat(r.permission, ' on ', r.resource))) AS by_role
  FROM may_become AS m
  JOIN entra_rights AS r USING (observation_id)
  WHERE m.basis = 'acts as the identity of a resource'
  GROUP BY m.identity_id, m.becomes
)
SELECT
  e.identity_id,
  e.becomes,
  concat(
    e.identity_id, ' acts as ', e.becomes, ' by ', e.by_role, '; that identity has ', listed(p.rights), '. Cut this edge: ', e.by_role, '.') AS message,
  list_distinct(list_concat(e.observations, p.evidence)) AS evidence
FROM edges AS e
JOIN power AS p ON p.identity_id = e.becomes
JOIN identities AS i ON i.identity_id = e.identity_id
ANTI JOIN power AS own ON own.identity_id = e.identity_id
WHERE NOT i.managed
