/*---
id: okta-token-of-person
title: A person's Okta API token does the work of a machine
severity: medium
confidence: medium
about: identity
identityFields: [identity_id]
needs: [credential:api-token@okta, person@okta]
population: identities WHERE provider = 'okta' AND type = 'api-token'
parameters:
  graceDays: 14
controls:
  - owasp-nhi-2025:NHI10:2025
  - nist-csf-2.0:PR.AA-01
why: >
  The log says that the person did it. The token ends with the account when they leave, and takes the work with it; until then
  it has every right that they gather.
fix: >
  Make a service app for the job (Applications, "API Services") with the scopes it needs, or a service account that owns the token;
  then revoke this one under Security, API, Tokens.
limits: >
  A user counts as a person unless Privileged Access keeps it as a service account or its login says so (`svc-`, `bot`,
  `automation` …). A token younger than the grace may be somebody's trial. Told where the users were read.
references:
  - https://developer.okta.com/docs/guides/create-an-api-token/main/
since: '0.1'
---*/
SELECT
  i.identity_id,
  concat('The API token "', i.name, '" acts as ', u.name, ', a person', coalesce(', for ' || counted(days_since(i.created_at), 'day') || ' now', ''), '.') AS message,
  list_concat(i.evidence, u.evidence) AS evidence
FROM identities AS i
JOIN trusts AS b ON b.principal = i.identity_id AND (b.detail->>'$.fact') = 'okta-token'
JOIN identities AS u ON u.identity_id = b.identity_id
LEFT JOIN credentials AS c ON c.identity_id = i.identity_id
WHERE i.provider = 'okta' AND i.type = 'api-token' AND u.human AND coalesce(c.status, 'active') = 'active'
  AND coalesce(days_since(i.created_at), $graceDays + 1) > $graceDays
