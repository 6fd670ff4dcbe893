/*---
id: okta-app-may-manage
title: An Okta app may change the organisation
severity: high
confidence: high
about: identity
identityFields: [identity_id]
needs: [grant:scope@okta]
population: identities WHERE provider = 'okta' AND type = 'app'
controls:
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:PR.AA-05
why: >
  Scopes that end in `manage` make and change users, groups, apps and their secrets: whoever has the app's secret lets themselves in
  wherever Okta is the door.
fix: >
  Applications, the app, "Okta API Scopes": revoke those it does not use (the System Log tells what it does), and give it the smallest role
  under "Admin roles", limited to the groups and apps it works on.
limits: >
  The scopes count as far as the roles of the app allow; where roles were not read, or are one's own, it is less sure. Scopes that
  an app was granted by each of its users alone are left out.
references:
  - https://developer.okta.com/docs/api/oauth2/
  - https://developer.okta.com/docs/concepts/role-assignment/
since: '0.1'
---*/
WITH amounts AS (
  SELECT
    identity_id,
    list(DISTINCT capability) AS capabilities,
    bool_or(confidence = 'high') AS is_sure
  FROM grants
  WHERE capability IN ('admin', 'escalates', 'manages-identities') AND regexp_matches(identity_id, '^okta:[^:]*:app/')
  GROUP BY identity_id
),
scopes AS (
  SELECT identity_id, list(DISTINCT permission ORDER BY permission) AS scopes, list(DISTINCT observation_id) AS evidence
  FROM grants
  WHERE capability IS NULL AND effect = 'allow' AND resource = '*' AND regexp_matches(permission, '^okta\..*\.manage$')
  GROUP BY identity_id
)
SELECT
  i.identity_id,
  concat('"', i.name, '" was granted ', listed(s.scopes),
    CASE WHEN list_contains(a.capabilities, 'admin') THEN ' and is super administrator: it may do anything'
      WHEN list_contains(a.capabilities, 'escalates') THEN ': it may give itself other roles'
      ELSE '' END, '.') AS message,
  CASE WHEN list_contains(a.capabilities, 'admin') THEN 'critical' ELSE 'high' END AS severity,
  CASE WHEN a.is_sure THEN 'high' ELSE 'medium' END AS confidence,
  list_concat(i.evidence, s.evidence) AS evidence
FROM identities AS i
JOIN amounts AS a USING (identity_id)
JOIN scopes AS s USING (identity_id)
WHERE i.provider = 'okta' AND i.type = 'app' AND coalesce(i.enabled, true) AND NOT i.managed
