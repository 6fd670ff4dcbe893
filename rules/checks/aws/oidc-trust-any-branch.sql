/*---
id: oidc-trust-any-branch
title: Any branch or pull request of a repository can take a role with rights to production
severity: high
confidence: medium
about: trust
identityFields: [identity_id, subject]
needs: [trust@aws|trust@iac, grant@aws|grant@iac]
population: trusts WHERE effect = 'allow' AND issuer = 'token.actions.githubusercontent.com'
controls:
  - owasp-nhi-2025:NHI6:2025
  - owasp-nhi-2025:NHI8:2025
  - nist-csf-2.0:PR.AA-04
  - nist-csf-2.0:PR.AA-05
  - nist-csf-2.0:PR.IR-01
why: >
  Everybody who may push a branch, or have a pull request run, works with the role's rights before anyone has reviewed
  their change.
fix: >
  Bind the subject to a protected environment (`repo:OWNER/REPO:environment:production`) or to one branch
  (`repo:OWNER/REPO:ref:refs/heads/main`), and give pull requests a role of their own that can only read.
limits: >
  Said of roles that are tagged or named as production, or that amount to an administrator. Branch protection that limits
  who may push is not seen.
references:
  - https://docs.github.com/en/actions/concepts/security/openid-connect
platforms: [terraform, cloudformation]
equivalents: [checkov/CKV_AWS_358]
since: '0.1'
---*/
SELECT
  t.identity_id,
  t.subject,
  concat(
    t.identity_id, ' may be taken by ',
    CASE WHEN t.subject LIKE '%:pull_request' THEN 'pull requests' ELSE 'any branch, tag and pull request' END,
    ' (', t.subject, ')',
    CASE WHEN a.how IS NOT NULL THEN concat('; it ', a.how) ELSE '; it is a production identity' END, '.') AS message,
  list_concat(list_concat([t.observation_id], i.evidence), coalesce(a.evidence, [])) AS evidence
FROM trusts AS t
JOIN identities AS i ON i.identity_id = t.identity_id
LEFT JOIN admin_identities AS a ON a.identity_id = t.identity_id
WHERE t.effect = 'allow' AND t.issuer = 'token.actions.githubusercontent.com'
  AND regexp_matches(t.subject, '^repo:[^/*?]+/[^:*?]+:(\*|pull_request|ref:\*|ref:refs/(heads/)?\*)$')
  AND (a.identity_id IS NOT NULL OR is_production(i.environment))
