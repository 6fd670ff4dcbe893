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
  alone, and so is one identity pool of Cognito, which its audience names. The whole policy of a role is judged, denials and the
  other claims that AWS tests (repository, its id, ref, environment …) with it. Who started a run (`actor`) and a workflow that
  others may call (`job_workflow_ref`) do not say whose token it is: then the finding is high and says what it hangs on.
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
      -- A trust of AWS was judged where it was read.
      WHEN tokens = 'anybody' AND len(hangs_on) > 0 THEN 'perhaps'
      WHEN tokens = 'anybody' THEN CASE WHEN subject IS NULL THEN 'none' WHEN regexp_matches(subject, '^[*?]+$') THEN 'any' ELSE 'any owner' END
      WHEN tokens = 'owner' THEN 'any repository of one owner'
      WHEN tokens = 'names' THEN 'repositories by pattern'
      WHEN tokens IS NOT NULL THEN NULL
      -- An identity pool has no customers but its own users; the audience is the pool.
      WHEN subject IS NULL AND t.issuer = 'cognito-identity.amazonaws.com' AND audience IS NOT NULL THEN NULL
      WHEN subject IS NULL THEN 'none'
      WHEN is_wildcard_read_plainly(subject, t.detail) THEN NULL
      WHEN regexp_matches(subject, '^[*?]+$') THEN 'any'
      -- `repo:*`, `repo:*/app:*`, `repo:org*`: the owner is open.
      WHEN regexp_matches(subject, '^[a-z_]+:[^/:]*[*?]') THEN 'any owner'
      WHEN regexp_matches(subject, '^[a-z_]+:[^/:*?]+/[*?]') THEN 'any repository of one owner'
      WHEN regexp_matches(subject, '^[a-z_]+:[^/:*?]+/[^:]*[*?]') THEN 'repositories by pattern'
    END AS weakness
  FROM (SELECT *, (detail->>'$.tokens') AS tokens, json_words(detail->'$.tokensIf') AS hangs_on FROM trusts) AS t
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
    CASE min_by(weakness, rank)
      WHEN 'none' THEN ' without a test of their subject: anybody there can take it'
      WHEN 'any' THEN ' with any subject: anybody there can take it'
      WHEN 'any owner' THEN concat(' for ', string_agg(DISTINCT subject, ', ' ORDER BY subject), ': the owner is left open')
      WHEN 'perhaps' THEN concat(', whosever they are, as far as ', listed(list_distinct(flatten(list(hangs_on)))), ' lets them; that could not be judged')
      WHEN 'repositories by pattern' THEN concat(coalesce(' for ' || string_agg(DISTINCT subject, ', ' ORDER BY subject), ''), ': every repository whose name fits can take it')
      ELSE concat(coalesce(' for ' || string_agg(DISTINCT subject, ', ' ORDER BY subject), ''), ': every repository of that owner can take it') END,
    coalesce('; it ' || min(a.how), ''), '.') AS message,
  CASE WHEN min(rank) >= 4 THEN 'high' ELSE 'critical' END AS severity,
  CASE WHEN min(rank) = 4 THEN 'medium' ELSE 'high' END AS confidence,
  list_distinct(flatten(list([j.observation_id]) || list(coalesce(a.evidence, [])))) AS evidence
FROM (
  SELECT *, list_position(['none', 'any', 'any owner', 'perhaps', 'any repository of one owner', 'repositories by pattern'], weakness) AS rank
  FROM judged
  WHERE weakness IS NOT NULL) AS j
LEFT JOIN admin_identities AS a ON a.identity_id = j.identity_id
GROUP BY j.identity_id, j.issuer
