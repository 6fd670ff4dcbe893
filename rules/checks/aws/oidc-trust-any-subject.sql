/*---
id: oidc-trust-any-subject
title: A role trusts tokens of a shared issuer, whoever they are for
severity: critical
confidence: high
about: trust
identityFields: [identity_id, issuer]
needs: [trust:role@aws|trust@iac]
population: trusts WHERE effect = 'allow' AND principal_type = 'oidc'
controls:
  - owasp-nhi-2025:NHI6:2025
  - owasp-nhi-2025:NHI4:2025
  - nist-csf-2.0:PR.AA-03
  - nist-csf-2.0:PR.AA-04
  - nist-csf-2.0:PR.PS-01
  - csa-maestro:L4
why: >
  The issuer signs tokens for all its customers. Without a test of the subject, or with a wildcard for the owner, any
  repository or workspace there can ask for a token and take the role.
fix: |
  Test the whole subject in the trust policy, for example
  `"StringEquals": {"token.actions.githubusercontent.com:sub": "repo:OWNER/REPO:environment:production"}`,
  and the audience (`sts.amazonaws.com`). Write it as a list where several repositories need the role.
limits: >
  Issuers that serve many customers are listed in the query; an issuer of one's own (a cluster, an own GitLab) is left
  alone, and so is one identity pool of Cognito, which its audience names. `ForAllValues:` counts as no test, for it also holds when the claim is absent.
references:
  - https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-idp_oidc.html
  - https://docs.github.com/en/actions/security-for-github-actions/security-hardening-your-deployments/about-security-hardening-with-openid-connect
platforms: [terraform, cloudformation]
equivalents: [checkov/CKV_AWS_358]
since: '0.1'
---*/
WITH shared_issuers AS (
  SELECT unnest([
    'token.actions.githubusercontent.com', 'gitlab.com', 'app.terraform.io', 'agent.buildkite.com', 'oidc.circleci.com',
    'api.bitbucket.org', 'oidc.vercel.com', 'accounts.google.com', 'cognito-identity.amazonaws.com', 'vstoken.dev.azure.com',
    'api.pulumi.com']) AS host
),
judged AS (
  SELECT
    t.*,
    CASE
      -- An identity pool has no customers but its own users; the audience is the pool.
      WHEN subject IS NULL AND t.issuer = 'cognito-identity.amazonaws.com' AND audience IS NOT NULL THEN NULL
      WHEN subject IS NULL THEN 'none'
      WHEN EXISTS (
        SELECT 1 FROM (SELECT unnest(from_json(coalesce(t.detail->'$.claims', '[]'), '["VARCHAR"]')) AS claim)
        WHERE regexp_matches(lower(claim), '^forallvalues:.* sub$')) THEN 'none'
      WHEN is_wildcard_read_plainly(subject, t.detail) THEN NULL
      WHEN regexp_matches(subject, '^[*?]+$') THEN 'any'
      -- `repo:*`, `repo:*/app:*`, `repo:org*`: the owner is open.
      WHEN regexp_matches(subject, '^[a-z_]+:[^/:]*[*?]') THEN 'any owner'
      WHEN regexp_matches(subject, '^[a-z_]+:[^/:*?]+/[*?]') THEN 'any repository of one owner'
      WHEN regexp_matches(subject, '^[a-z_]+:[^/:*?]+/[^:]*[*?]') THEN 'repositories by pattern'
    END AS weakness
  FROM trusts AS t
  SEMI JOIN shared_issuers AS s ON t.issuer = s.host OR starts_with(t.issuer, concat(s.host, '/'))
  WHERE t.effect = 'allow' AND t.principal_type = 'oidc'
    -- A whole pool of Google Cloud is the matter of workload-pool-open.
    AND NOT ends_with(t.principal, '/*')
)
SELECT
  j.identity_id,
  j.issuer,
  concat(
    j.identity_id, ' trusts tokens of ', j.issuer,
    CASE min(weakness)
      WHEN 'none' THEN ' without a test of their subject: anybody there can take it'
      WHEN 'any' THEN ' with any subject: anybody there can take it'
      WHEN 'any owner' THEN concat(' for ', string_agg(DISTINCT subject, ', ' ORDER BY subject), ': the owner is left open')
      WHEN 'repositories by pattern' THEN concat(' for ', string_agg(DISTINCT subject, ', ' ORDER BY subject), ': every repository whose name fits can take it')
      ELSE concat(' for ', string_agg(DISTINCT subject, ', ' ORDER BY subject), ': every repository of that owner can take it') END,
    coalesce('; it ' || min(a.how), ''), '.') AS message,
  CASE WHEN bool_and(weakness IN ('any repository of one owner', 'repositories by pattern')) THEN 'high' ELSE 'critical' END AS severity,
  list_distinct(flatten(list([j.observation_id]) || list(coalesce(a.evidence, [])))) AS evidence
FROM judged AS j
LEFT JOIN admin_identities AS a ON a.identity_id = j.identity_id
WHERE weakness IS NOT NULL
GROUP BY j.identity_id, j.issuer
