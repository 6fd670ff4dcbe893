/*---
id: gateway-admin-identity
title: A machine identity is an administrator of the gateway
severity: high
confidence: high
about: identity
identityFields: [identity_id]
needs: [identity@gateway, grant@gateway, 'identity:api-key@gateway?', 'identity:service-account@gateway?']
population: identities WHERE provider = 'hoop' AND type <> 'static-admin-key'
controls:
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:PR.AA-05
why: >
  It reaches every connection, may change the rules that should hold it back, and rules written for other groups do not
  bind it.
fix: >
  Move it to a group of its own that may use the connections it needs, and take it out of `admin`.
limits: The name of the administrators' group can be changed by the operator; `admin` is assumed.
since: '0.1'
---*/
SELECT
  i.identity_id,
  concat(i.type, ' ', i.name, ' is in the group ', listed(list(DISTINCT g.via ORDER BY g.via)), ' of the gateway.') AS message,
  list_concat(min(i.evidence), list(DISTINCT g.observation_id)) AS evidence
FROM identities AS i
JOIN grants AS g USING (identity_id)
WHERE i.provider = 'hoop' AND i.type <> 'static-admin-key' AND g.capability = 'admin' AND g.effect = 'allow' AND coalesce(i.enabled, true)
GROUP BY i.identity_id, i.type, i.name
