/*---
id: application-owner-may-take-over
title: The owner of a privileged application can act as it
severity: high
confidence: high
about: trust
identityFields: [identity_id, principal]
needs: [trust:owner@entra, grant@entra]
population: trusts WHERE starts_with(identity_id, 'entra:') AND (detail->>'$.basis') = 'owner'
controls:
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:PR.AA-05
why: >
  An owner adds a secret to the application and signs in as it, without anybody's consent. So the application's rights are
  the owner's, with none of the protection that accounts of administrators have.
fix: >
  Remove the owner (`az ad app owner remove --id CLIENTID --owner-object-id ID`) and keep who is responsible in a tag or the
  service reference; let administrators of applications change its credentials.
limits: >
  Left out where the owner rules the tenant anyway. An application that owns another needs `Application.ReadWrite.OwnedBy` to
  add a secret to it: where its permissions are not known to have that, confidence is medium.
references:
  - https://learn.microsoft.com/en-us/entra/identity/enterprise-apps/overview-assign-app-owners
since: '0.1'
---*/
WITH power AS (
  SELECT
    identity_id,
    list(DISTINCT permission ORDER BY permission) AS permissions,
    arg_min((detail->>'$.path'), (coalesce(length(detail->>'$.path'), 9999), observation_id)) AS path,
    list(DISTINCT observation_id) AS evidence
  FROM entra_rights
  WHERE is_tier_0 OR capability IN ('admin', 'escalates')
  GROUP BY identity_id
),
may_write AS (
  SELECT DISTINCT identity_id FROM entra_rights WHERE reaches_applications OR permission = 'Application.ReadWrite.OwnedBy'
)
SELECT
  t.identity_id,
  t.principal,
  concat(
    t.principal, ' owns ', t.identity_id, ', which has ', listed(p.permissions),
    ': a secret that the owner adds gives all of it. Cut this edge: the ownership.') AS message,
  CASE WHEN t.principal_type = 'identity' AND w.identity_id IS NULL THEN 'medium' ELSE 'high' END AS confidence,
  concat('Remove the owner: `az ad app owner remove --id ', entra_app_word(t.identity_id), ' --owner-object-id ', word_or(t.detail->>'$.objectId', 'ID'), '`.') AS fix,
  list_distinct(list_concat([t.observation_id], p.evidence)) AS evidence
FROM trusts AS t
JOIN power AS p ON p.identity_id = t.identity_id
LEFT JOIN may_write AS w ON w.identity_id = t.principal
LEFT JOIN identities AS i ON i.identity_id = t.identity_id
WHERE t.effect = 'allow' AND (t.detail->>'$.basis') = 'owner' AND NOT coalesce(i.managed, false)
  AND t.principal NOT IN (SELECT identity_id FROM power)
  AND coalesce(concat('entra:', split_part(t.identity_id, ':', 2), ':object/', (t.detail->>'$.objectId')) NOT IN (SELECT identity_id FROM power), true)
  AND coalesce(concat('entra:-:object/', (t.detail->>'$.objectId')) NOT IN (SELECT identity_id FROM power), true)
QUALIFY row_number() OVER (PARTITION BY t.identity_id, t.principal ORDER BY t.observation_id) = 1
