/*---
id: workspace-app-risky-consent
title: An app holds broad rights that users of Google Workspace gave it
severity: medium
confidence: high
about: identity
identityFields: [identity_id]
needs: [grant:consent@google-workspace]
population: identities WHERE provider = 'google-workspace' AND type = 'oauth-client'
parameters:
  minUsers: 1
  manyUsers: 25
controls:
  - owasp-nhi-2025:NHI3:2025
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:GV.SC-07
  - nist-csf-2.0:PR.AA-05
why: >
  The app's maker keeps a token that works while the user sleeps, and after they have forgotten the app. Who breaks in there reads
  their mail or files here; an administrator's consent opens the organisation.
fix: >
  Admin console, Security, API controls, App access control: block the app or limit it to some services, and let administrators allow
  the restricted scopes of Gmail and Drive only to apps that were looked at. A user's own consent ends with `DELETE
  /admin/directory/v1/users/USER/tokens/CLIENTID`.
limits: >
  Which apps are wanted is not known here. A scope says what an app may do, not what it does.
references:
  - https://support.google.com/a/answer/7281227
  - https://developers.google.com/workspace/admin/directory/reference/rest/v1/tokens
since: '0.1'
---*/
WITH risky AS (
  SELECT
    identity_id,
    list(DISTINCT replace(permission, 'https://www.googleapis.com/auth/', '') ORDER BY replace(permission, 'https://www.googleapis.com/auth/', '')) AS scopes,
    max(TRY_CAST(detail->>'$.count' AS INTEGER)) AS users,
    bool_or(len(json_words(detail->'$.admins')) > 0 AND (detail->>'$.breadth') IN ('administration', 'cloud')) AS by_admin,
    list(DISTINCT observation_id) AS evidence
  FROM grants
  WHERE via_kind = 'consent' AND capability IS NULL AND effect = 'allow' AND identity_id LIKE 'google-workspace:%'
    AND ((detail->>'$.breadth') IN ('administration', 'cloud', 'archive')
      OR (detail->>'$.breadth') IN ('mail', 'files', 'chat') AND NOT regexp_matches(permission, '/(gmail\.(send|insert|metadata)|drive\.metadata(\.readonly)?)$'))
  GROUP BY identity_id
)
SELECT
  i.identity_id,
  concat('"', i.name, '" may use ', listed(r.scopes), ' of ', counted(r.users, 'user'), CASE WHEN r.by_admin THEN ', administrators among them' ELSE '' END, '.') AS message,
  CASE WHEN r.by_admin OR r.users >= $manyUsers THEN 'high' ELSE 'medium' END AS severity,
  list_concat(i.evidence, r.evidence) AS evidence
FROM identities AS i
JOIN risky AS r USING (identity_id)
WHERE i.provider = 'google-workspace' AND r.users >= $minUsers
