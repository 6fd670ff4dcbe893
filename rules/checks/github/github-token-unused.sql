/*---
id: github-token-unused
title: A token at GitHub is not used
severity: medium
confidence: high
about: credential
identityFields: [credential_id]
needs: [credential:token@github]
population: credentials WHERE provider = 'github' AND type = 'token' AND regexp_matches(credential_id, '^github:(personal-access-token|token)/') AND (detail->>'$.useIsTold') = 'true'
parameters:
  unusedDays: 90
  graceDays: 30
controls:
  - owasp-nhi-2025:NHI1:2025
  - nist-csf-2.0:PR.AA-01
  - nist-csf-2.0:ID.AM-08
why: >
  Nobody would miss it, so nobody would notice who uses it next. It can go today without breaking anything.
fix: >
  Take its access away, `gh api -X POST /orgs/ORG/personal-access-tokens/GRANT -f action=revoke` (as a GitHub App), or for a classic token
  `gh api -X DELETE /orgs/ORG/credential-authorizations/ID`. Its owner sees it at https://github.com/settings/tokens.
limits: >
  Age counts from the day when the organisation let the token in; GitHub does not tell when it was made.
references:
  - https://docs.github.com/en/rest/orgs/personal-access-tokens
since: '0.1'
---*/
SELECT
  c.credential_id,
  c.identity_id,
  concat(
    'The token "', coalesce(i.name, c.public_id), '"', coalesce(' of ' || i.owners[1], ''), ' in ', coalesce(i.scope, 'an unknown organisation'),
    CASE WHEN c.last_used_at IS NULL THEN concat(' was never used in the ', days_since(c.created_at), ' days since it was let in')
      ELSE concat(' was last used ', days_since(c.last_used_at), ' days ago, on ', day_text(c.last_used_at)) END, '.') AS message,
  CASE
    WHEN (i.detail->>'$.grantId') IS NOT NULL THEN concat(
      'Take its access away: `gh api -X POST /orgs/', word_or(i.scope, 'ORG'), '/personal-access-tokens/', word_or(i.detail->>'$.grantId', 'GRANT'),
      ' -f action=revoke` (as a GitHub App).')
    ELSE concat(
      'Take its access away: `gh api -X DELETE /orgs/', word_or(i.scope, 'ORG'), '/credential-authorizations/', word_or(c.detail->>'$.authorizationId', 'ID'), '`.')
  END AS fix,
  c.evidence
FROM credentials AS c
LEFT JOIN identities AS i USING (identity_id)
WHERE c.provider = 'github' AND c.type = 'token' AND regexp_matches(c.credential_id, '^github:(personal-access-token|token)/')
  AND coalesce(c.status, 'active') = 'active' AND (c.expires_at IS NULL OR c.expires_at > run_now()) AND (c.detail->>'$.useIsTold') = 'true'
  AND (days_since(c.last_used_at) > $unusedDays OR (c.last_used_at IS NULL AND days_since(c.created_at) > $graceDays))
