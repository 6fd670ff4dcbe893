/*---
id: federated-credential-by-name
title: An application trusts a repository by a name that can pass to somebody else
severity: low
confidence: high
about: trust
identityFields: [identity_id, subject]
needs: [trust:oidc@entra]
population: trusts WHERE starts_with(identity_id, 'entra:') AND principal_type = 'oidc' AND subject IS NOT NULL
controls:
  - owasp-nhi-2025:NHI6:2025
  - nist-csf-2.0:PR.AA-04
why: >
  A name that was given up can be taken by anybody: who registers the old owner or repository gets its tokens and the
  application. And a repository made or renamed since July 2026 has subjects with ids, which this one does not equal.
fix: >
  Use the subject with ids, `repo:OWNER@OWNER_ID/REPO@REPO_ID:…`; `gh api repos/OWNER/REPO --jq '.id, .owner.id'` tells them.
limits: Says nothing of whether the name is still held.
references:
  - https://docs.github.com/en/actions/concepts/security/openid-connect
since: '0.1'
---*/
SELECT
  identity_id,
  subject,
  concat(identity_id, ' trusts ', subject, ', a repository by its name and not by its id.') AS message,
  list(DISTINCT observation_id) AS evidence
FROM trusts
WHERE effect = 'allow' AND starts_with(identity_id, 'entra:') AND issuer = 'token.actions.githubusercontent.com'
  -- What code declares is the matter of the tenant that it becomes.
  AND (detail->>'$.platform') IS NULL
  AND regexp_matches(subject, '^repo:[^/@*?]+/[^:@*?]+:')
GROUP BY identity_id, subject
