/*---
id: github-token-never-expires
title: A token at GitHub never expires
severity: medium
confidence: high
about: credential
identityFields: [credential_id]
needs: [credential:token@github]
population: credentials WHERE provider = 'github' AND type = 'token' AND regexp_matches(credential_id, '^github:(personal-access-token|token)/') AND coalesce(status, 'active') = 'active'
controls:
  - owasp-nhi-2025:NHI7:2025
  - nist-csf-2.0:PR.AA-01
why: >
  Nothing ends it but somebody's attention. A copy in a log, a notebook or a build of years ago works as well as on the first day.
fix: >
  Set a longest life for tokens (organisation, Settings, Personal access tokens, "Set maximum lifetimes"), and let its owner make a new
  one that ends. What runs without a person uses a GitHub App: its tokens live for an hour.
limits: >
  Fine-grained tokens are listed to GitHub Apps only; classic ones only where members sign in through single sign-on of Enterprise Cloud.
references:
  - https://docs.github.com/en/organizations/managing-programmatic-access-to-your-organization/setting-a-personal-access-token-policy-for-your-organization
since: '0.1'
---*/
WITH strong AS (
  SELECT identity_id, list(DISTINCT observation_id) AS evidence
  FROM grants
  WHERE starts_with(identity_id, 'github:') AND capability IN ('admin', 'manages-identities', 'reads-secrets', 'writes-data')
  GROUP BY identity_id
)
SELECT
  c.credential_id,
  c.identity_id,
  concat(
    'The token "', coalesce(i.name, c.public_id), '"', coalesce(' of ' || i.owners[1], ''), ' in ', coalesce(i.scope, 'an unknown organisation'),
    ' never expires', CASE WHEN s.identity_id IS NULL THEN '' ELSE ', and may write' END, '.') AS message,
  CASE WHEN s.identity_id IS NULL THEN 'medium' ELSE 'high' END AS severity,
  list_concat(c.evidence, s.evidence) AS evidence
FROM credentials AS c
LEFT JOIN identities AS i USING (identity_id)
LEFT JOIN strong AS s USING (identity_id)
WHERE c.provider = 'github' AND c.type = 'token' AND regexp_matches(c.credential_id, '^github:(personal-access-token|token)/')
  AND coalesce(c.status, 'active') = 'active' AND c.never_expires
