/*---
id: okta-app-administrator
title: An Okta app has the role of a super or organisation administrator
severity: high
confidence: high
about: identity
identityFields: [identity_id]
needs: [grant:client-role@okta]
population: identities WHERE provider = 'okta' AND type = 'app'
controls:
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:PR.AA-05
why: >
  Each scope that anybody grants the app from now on works in full. No job of a machine needs that role; it was the one that
  made the error message go away.
fix: >
  Applications, the app, "Admin roles": a role of one's own with the few permissions it needs, on the resource set it works on; then take the
  standard role away.
limits: What the app may do now is told by its scopes too.
references:
  - https://developer.okta.com/docs/concepts/role-assignment/
since: '0.1'
---*/
SELECT
  g.identity_id,
  concat(coalesce('"' || min(i.name) || '"', g.identity_id), ' has the role ', listed(list(DISTINCT g.permission ORDER BY g.permission)), ' of the whole organisation.') AS message,
  CASE WHEN bool_or(g.permission = 'SUPER_ADMIN') THEN 'high' ELSE 'medium' END AS severity,
  list(DISTINCT g.observation_id) AS evidence
FROM grants AS g
LEFT JOIN identities AS i USING (identity_id)
WHERE g.capability IS NULL AND g.effect = 'allow' AND g.via_kind = 'role' AND g.resource = '*'
  AND regexp_matches(g.identity_id, '^okta:[^:]*:app/') AND g.permission IN ('SUPER_ADMIN', 'ORG_ADMIN') AND coalesce(i.enabled, true)
GROUP BY g.identity_id
