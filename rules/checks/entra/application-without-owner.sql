/*---
id: application-without-owner
title: An application without a credential of its own has rights and no owner
severity: medium
confidence: high
about: identity
identityFields: [identity_id]
needs: [identity@entra, trust:owner@entra]
population: identities WHERE provider = 'entra' AND type = 'app' AND NOT managed
controls:
  - owasp-nhi-2025:NHI1:2025
  - nist-csf-2.0:GV.RR-02
  - nist-csf-2.0:ID.AM-02
  - nist-csf-2.0:ID.AM-08
why: >
  Tokens of another issuer open it, or somebody may add a secret to it tomorrow. Nobody is asked whether it may go, and an
  alert about it has no addressee.
fix: >
  Name an owner (`az ad app owner add --id CLIENTID --owner-object-id USER`) or the service that it belongs to
  (`serviceManagementReference`).
limits: >
  An application with a working credential and no owner is the matter of unowned-identity. Owners are people among the owners
  of the registration, a tag, a word in the notes, or the service reference.
references:
  - https://learn.microsoft.com/en-us/entra/identity/enterprise-apps/overview-assign-app-owners
since: '0.1'
---*/
WITH opened AS (
  SELECT identity_id, list(DISTINCT issuer ORDER BY issuer) AS issuers, list(DISTINCT observation_id) AS evidence
  FROM trusts WHERE effect = 'allow' AND principal_type = 'oidc' AND starts_with(identity_id, 'entra:') GROUP BY identity_id
),
rights AS (
  SELECT identity_id, list(DISTINCT permission ORDER BY permission) AS permissions, list(DISTINCT observation_id) AS evidence
  FROM entra_rights WHERE via_kind <> 'delegated' GROUP BY identity_id
)
SELECT
  i.identity_id,
  concat(
    i.identity_id, ' has no owner',
    CASE WHEN o.issuers IS NULL THEN '' ELSE concat('; tokens of ', listed(o.issuers), ' open it') END,
    CASE WHEN r.permissions IS NULL THEN '' ELSE concat('; it has ', listed(r.permissions)) END, '.') AS message,
  owner_step(i.identity_id) AS fix,
  list_concat(i.evidence, list_concat(coalesce(o.evidence, []), coalesce(r.evidence, []))) AS evidence
FROM identities AS i
JOIN identity_owners AS w ON w.identity_id = i.identity_id AND w.ownership = 'unowned'
LEFT JOIN opened AS o ON o.identity_id = i.identity_id
LEFT JOIN rights AS r ON r.identity_id = i.identity_id
WHERE i.provider = 'entra' AND i.type = 'app' AND NOT i.managed AND coalesce(i.enabled, true)
  AND (o.identity_id IS NOT NULL OR r.identity_id IS NOT NULL)
  AND NOT EXISTS (
    FROM credentials AS c
    WHERE c.identity_id = i.identity_id AND c.status = 'active' AND (c.expires_at IS NULL OR c.expires_at > run_now()))
