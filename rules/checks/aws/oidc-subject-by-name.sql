/*---
id: oidc-subject-by-name
title: A role trusts a repository by a name that can pass to somebody else
severity: low
confidence: high
about: trust
identityFields: [identity_id, subject]
needs: [trust:role@aws]
population: trusts WHERE effect = 'allow' AND issuer = 'token.actions.githubusercontent.com' AND subject IS NOT NULL
controls:
  - owasp-nhi-2025:NHI6:2025
  - nist-csf-2.0:PR.AA-04
why: >
  A name that was given up can be taken by anybody: who registers the old owner or repository gets its tokens and the role.
  And a repository made or renamed since July 2026 has subjects with ids, which this pattern does not match any more.
fix: >
  Test the ids too: `repo:OWNER@OWNER_ID/REPO@REPO_ID:…` as the subject, or beside it
  `"token.actions.githubusercontent.com:repository_id"`. `gh api repos/OWNER/REPO --jq '.id, .owner.id'` tells them.
limits: >
  Says nothing of whether the name is still held. A subject with a wildcard for the owner or repository is the matter of
  oidc-trust-any-subject.
references:
  - https://docs.github.com/en/actions/concepts/security/openid-connect
  - https://aws.amazon.com/about-aws/whats-new/2026/01/aws-sts-supports-validation-identity-provider-claims/
since: '0.1'
---*/
SELECT
  identity_id,
  subject,
  concat(identity_id, ' trusts ', subject, ', a repository by its name and not by its id.') AS message,
  list(DISTINCT observation_id) AS evidence
FROM trusts
WHERE effect = 'allow' AND issuer = 'token.actions.githubusercontent.com' AND starts_with(identity_id, 'aws:')
  AND regexp_matches(subject, '^repo:[^/@*?]+/[^:@*?]+:')
  AND NOT regexp_matches(coalesce(condition::VARCHAR, ''), ':(repository_id|repository_owner_id|enterprise_id)"')
  AND coalesce((detail->>'$.tokens') <> 'nobody', true)
GROUP BY identity_id, subject
