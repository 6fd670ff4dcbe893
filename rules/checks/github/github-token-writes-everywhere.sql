/*---
id: github-token-writes-everywhere
title: A token may write to all repositories of an organisation
severity: high
confidence: high
about: identity
identityFields: [identity_id]
needs: [grant:token@github]
population: identities WHERE provider = 'github' AND type IN ('pat', 'token') AND coalesce(enabled, true)
controls:
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:PR.AA-05
why: >
  A token is for one task, and hardly any task writes to every repository there is. Who finds this one changes the code of all, and
  those that are made tomorrow.
fix: >
  Let its owner make a fine-grained token for the repositories and rights that the task needs, or an app; then take this one's access
  away: `gh api -X POST /orgs/ORG/personal-access-tokens/GRANT -f action=revoke` (as a GitHub App).
limits: >
  A classic token reaches what its owner reaches, which is not read here: it is taken for all. Rules of branches are not read.
references:
  - https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/managing-your-personal-access-tokens
since: '0.1'
---*/
WITH strong AS (
  SELECT
    identity_id,
    string_agg(DISTINCT (detail->>'$.path'), ', ' ORDER BY (detail->>'$.path')) AS does,
    list(DISTINCT observation_id ORDER BY observation_id) AS evidence
  FROM grants
  WHERE starts_with(identity_id, 'github:') AND ends_with(resource, '/*')
    AND capability IN ('admin', 'manages-identities', 'reads-secrets', 'writes-data')
  GROUP BY identity_id
)
SELECT
  i.identity_id,
  concat(
    CASE i.type WHEN 'pat' THEN 'The fine-grained token "' ELSE 'The classic token "' END, i.name, '"', coalesce(' of ' || i.owners[1], ''),
    CASE i.type WHEN 'pat' THEN concat(' may, in all repositories of ', i.scope, ', do this: ')
      ELSE concat(' may, wherever its owner may in ', i.scope, ', do this: ') END,
    s.does, '.') AS message,
  CASE i.type WHEN 'pat' THEN 'high' ELSE 'medium' END AS confidence,
  concat(
    'Let its owner make a fine-grained token for the repositories and rights that the task needs, or an app; then take this one''s access away: ',
    CASE i.type
      WHEN 'pat' THEN concat(
        '`gh api -X POST /orgs/', word_or(i.scope, 'ORG'), '/personal-access-tokens/', word_or(i.detail->>'$.grantId', 'GRANT'), ' -f action=revoke` (as a GitHub App).')
      ELSE concat(
        '`gh api -X DELETE /orgs/', word_or(i.scope, 'ORG'), '/credential-authorizations/', word_or(i.detail->>'$.authorizationId', 'ID'), '`.') END) AS fix,
  list_concat(i.evidence, s.evidence) AS evidence
FROM identities AS i
JOIN strong AS s USING (identity_id)
WHERE i.provider = 'github' AND i.type IN ('pat', 'token') AND coalesce(i.enabled, true)
