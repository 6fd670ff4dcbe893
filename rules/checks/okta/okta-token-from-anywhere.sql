/*---
id: okta-token-from-anywhere
title: An Okta API token is accepted from any network
severity: medium
confidence: high
about: identity
identityFields: [identity_id]
needs: [identity:api-token@okta]
population: identities WHERE provider = 'okta' AND type = 'api-token'
parameters:
  graceDays: 7
controls:
  - owasp-nhi-2025:NHI4:2025
  - owasp-nhi-2025:NHI2:2025
  - nist-csf-2.0:PR.AA-03
  - nist-csf-2.0:PR.IR-01
why: >
  The token is all that is asked for. Bound to the network of the job, a copy of it opens nothing elsewhere.
fix: >
  Security, API, Tokens, the token, "API calls made with this token must originate from": the zone of the job. Okta tells
  the addresses of the last use in the System Log.
limits: Organisations whose answers tell nothing about networks have the feature switched off; then a token is accepted from anywhere.
references:
  - https://help.okta.com/oie/en-us/content/topics/security/api.htm
since: '0.1'
---*/
SELECT
  i.identity_id,
  concat('The API token "', i.name, '"', coalesce(' of ' || i.owners[1], ''), ' is accepted from any network',
    coalesce('; it was last used from ' || c.last_used_for, ''), '.') AS message,
  list_concat(i.evidence, coalesce(c.evidence, [])) AS evidence
FROM identities AS i
LEFT JOIN credentials AS c ON c.identity_id = i.identity_id
WHERE i.provider = 'okta' AND i.type = 'api-token' AND (i.detail->>'$.network') = 'ANYWHERE' AND coalesce(c.status, 'active') = 'active'
  AND coalesce(days_since(i.created_at), $graceDays + 1) > $graceDays
