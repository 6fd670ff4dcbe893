/*---
id: okta-token-of-administrator
title: An Okta API token has the rights of an administrator
severity: high
confidence: high
about: identity
identityFields: [identity_id]
needs: [credential:api-token@okta, grant:user-role@okta]
population: identities WHERE provider = 'okta' AND type = 'api-token'
controls:
  - owasp-nhi-2025:NHI5:2025
  - owasp-nhi-2025:NHI10:2025
  - nist-csf-2.0:PR.AA-05
why: >
  An API token has no scopes: it may do all that its user may. Whoever copies one of an administrator needs no password and no
  second factor, and can give themselves whatever else they want.
fix: >
  Replace it with a service app that signs with a key and has only the scopes it uses (Applications, "API Services"). Until then let
  the token belong to a service account with the least role, and accept it from its own network only. Revoke the old one under
  Security, API, Tokens.
limits: >
  Roles of one's own (custom) are not weighed. Roles limited to some groups or apps count as the whole role.
references:
  - https://developer.okta.com/docs/guides/create-an-api-token/main/
  - https://developer.okta.com/docs/guides/implement-oauth-for-okta-serviceapp/main/
since: '0.1'
---*/
WITH held AS (
  SELECT
    identity_id,
    list(DISTINCT permission ORDER BY permission) AS roles,
    bool_or(permission = 'SUPER_ADMIN') AS is_super,
    list(DISTINCT observation_id) AS evidence
  FROM grants
  WHERE effect = 'allow' AND capability IS NULL AND regexp_matches(identity_id, '^okta:[^:]*:user/')
    AND permission IN ('SUPER_ADMIN', 'ORG_ADMIN', 'APP_ADMIN', 'USER_ADMIN', 'GROUP_MEMBERSHIP_ADMIN', 'HELP_DESK_ADMIN', 'API_ACCESS_MANAGEMENT_ADMIN')
  GROUP BY identity_id
)
SELECT
  i.identity_id,
  concat(
    'The API token "', i.name, '" acts as ', coalesce(i.owners[1], u.name, identity_local(b.identity_id)), ', who is ', listed(h.roles),
    CASE WHEN coalesce(i.detail->>'$.network', 'ANYWHERE') = 'ANYWHERE' THEN ', and is accepted from anywhere' ELSE '' END, '.') AS message,
  CASE WHEN h.is_super AND coalesce(i.detail->>'$.network', 'ANYWHERE') = 'ANYWHERE' THEN 'critical' ELSE 'high' END AS severity,
  list_concat(i.evidence, h.evidence) AS evidence
FROM identities AS i
JOIN trusts AS b ON b.principal = i.identity_id AND (b.detail->>'$.fact') = 'okta-token'
JOIN held AS h ON h.identity_id = b.identity_id
LEFT JOIN identities AS u ON u.identity_id = b.identity_id
LEFT JOIN credentials AS c ON c.identity_id = i.identity_id
WHERE i.provider = 'okta' AND i.type = 'api-token' AND coalesce(c.status, 'active') = 'active'
