/*---
id: foreign-application-privileged
title: An application of another organisation has wide rights in the tenant
severity: high
confidence: medium
about: identity
identityFields: [identity_id]
needs: [identity:service-principal@entra, grant:app-role@entra]
population: identities WHERE provider = 'entra' AND NOT managed AND (detail->>'$.homeTenant') IS NOT NULL
controls:
  - owasp-nhi-2025:NHI3:2025
  - nist-csf-2.0:GV.SC-07
  - nist-csf-2.0:PR.AA-05
why: >
  Its secrets lie with somebody else: who breaks in there is in here, and no rotation of ours helps. A publisher whom
  Microsoft has not verified may be anybody.
fix: >
  Ask who agreed to it and whether it is needed; take the permission away (Enterprise applications, Permissions), or limit it
  to what the service needs. Let only administrators consent to application permissions.
limits: >
  Told by the organisation that the application is registered in. Medium where Microsoft has verified the publisher, and only
  if the application then rules the tenant. Another tenant of one's own looks foreign: accept it with a reason.
references:
  - https://learn.microsoft.com/en-us/entra/identity-platform/publisher-verification-overview
since: '0.1'
---*/
WITH power AS (
  SELECT identity_id, list(DISTINCT permission ORDER BY permission) AS permissions, bool_or(is_tier_0 OR capability IN ('admin', 'escalates')) AS rules,
    list(DISTINCT observation_id) AS evidence
  FROM entra_rights
  WHERE via_kind <> 'delegated' AND (is_tier_0 OR capability IS NOT NULL)
  GROUP BY identity_id
)
SELECT
  i.identity_id,
  concat(
    i.identity_id, ' of tenant ', (i.detail->>'$.homeTenant'),
    coalesce(' (' || (i.detail->>'$.verifiedPublisher') || ')', ', whose publisher is not verified,'),
    ' has ', listed(p.permissions), '.') AS message,
  CASE WHEN (i.detail->>'$.verifiedPublisher') IS NULL THEN 'high' ELSE 'medium' END AS severity,
  list_concat(i.evidence, p.evidence) AS evidence
FROM identities AS i
JOIN power AS p ON p.identity_id = i.identity_id
WHERE i.provider = 'entra' AND NOT i.managed AND coalesce(i.enabled, true) AND i.type <> 'managed-identity'
  AND (i.detail->>'$.homeTenant') NOT IN (SELECT tenant FROM entra_own_tenants)
  AND EXISTS (FROM entra_own_tenants)
  AND ((i.detail->>'$.verifiedPublisher') IS NULL OR p.rules)
