/*---
id: okta-token-unrotated
title: An Okta API token was never renewed
severity: medium
confidence: high
about: credential
identityFields: [credential_id]
needs: [credential:api-token@okta]
population: credentials WHERE provider = 'okta' AND type = 'token' AND coalesce(status, 'active') = 'active'
parameters:
  maxDays: 180
  highDays: 365
controls:
  - owasp-nhi-2025:NHI7:2025
  - nist-csf-2.0:PR.AA-01
why: >
  A token that is used lives on for ever: each use moves its end another thirty days away. It is as old as the day on which
  somebody first pasted it somewhere.
fix: >
  Make a new token, give it to its consumers, revoke the old one (Security, API, Tokens); better, a service app with a key, which
  gets a new access token each hour.
references:
  - https://developer.okta.com/docs/guides/create-an-api-token/main/
since: '0.1'
---*/
SELECT
  c.credential_id,
  c.identity_id,
  concat('The API token "', coalesce(i.name, c.public_id), '" is ', days_since(c.created_at), ' days old',
    coalesce(' and was last used on ' || day_text(c.last_used_at), ''), '.') AS message,
  CASE WHEN days_since(c.created_at) > $highDays THEN 'high' ELSE 'medium' END AS severity,
  list_concat(c.evidence, coalesce(i.evidence, [])) AS evidence
FROM credentials AS c
LEFT JOIN identities AS i USING (identity_id)
WHERE c.provider = 'okta' AND c.type = 'token' AND coalesce(c.status, 'active') = 'active' AND days_since(c.created_at) > $maxDays
