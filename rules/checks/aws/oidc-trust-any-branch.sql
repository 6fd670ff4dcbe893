/*---
id: oidc-trust-any-branch
title: Any branch or pull request of a repository can take a role
severity: high
confidence: medium
about: trust
identityFields: [identity_id, subject]
needs: [trust:role@aws|trust@iac, grant:policy@aws|grant@iac]
population: trusts WHERE effect = 'allow' AND issuer IN ('token.actions.githubusercontent.com', 'gitlab.com')
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
  (`repo:OWNER/REPO:ref:refs/heads/main`; at GitLab `project_path:GROUP/PROJECT:ref_type:branch:ref:main`), and give pull
  requests a role of their own that can only read.
limits: >
  The whole policy is judged, with the claims that AWS tests beside the subject: one on the branch or environment lets the check
  pass. A pattern that some names of branches fit (`refs/heads/release-*`) does too, as they may be protected together. High where the role is tagged or named as production or amounts to an administrator; medium where it may change or read
  what is secret, low where it only has other rights; nothing where no right of it is known. Branch protection that limits
  who may push is not seen.
references:
  - https://docs.github.com/en/actions/concepts/security/openid-connect
platforms: [terraform, cloudformation]
equivalents: [checkov/CKV_AWS_358]
since: '0.1'
---*/
WITH told AS (
  SELECT identity_id, bool_or(capability IN ('escalates', 'reads-secrets', 'writes-data', 'manages-identities', 'impersonates')) AS is_grave, list(DISTINCT observation_id)[:5] AS evidence
  FROM grants
  WHERE effect = 'allow'
  GROUP BY identity_id
),
-- Policies of AWS whose content the code does not have: their names tell enough.
named AS (
  SELECT identity_id, policies, regexp_matches(policies, 'FullAccess|PowerUser|ReadWrite|Administrator|[a-z]Admin\b|Contributor|SecretsManager') AS is_grave
  FROM (SELECT identity_id, array_to_string(CAST(detail->'$.policiesWithoutDocument' AS VARCHAR[]), ', ') AS policies FROM identities)
  WHERE policies <> ''
),
-- A trust of AWS was judged where it was read; what others say of subjects is read here.
judged AS (
  SELECT
    * EXCLUDE (is_plain),
    CASE
      WHEN issuer = 'token.actions.githubusercontent.com' AND tokens IS NOT NULL THEN tokens = 'repository' AND len(refs) > 0
      WHEN is_plain OR tokens <> 'repository' THEN false
      WHEN issuer = 'token.actions.githubusercontent.com' THEN regexp_matches(subject, '^repo:[^/*?]+/[^:*?]+:(\*|pull_request|ref:\*|ref:refs/(heads/)?\*)$')
      -- https://docs.gitlab.com/ci/secrets/id_token_authentication/#token-payload
      WHEN issuer = 'gitlab.com' THEN regexp_matches(subject, '^project_path:[^:*?]+:(\*|ref_type:\*|ref_type:\*:ref:\*|ref_type:branch:ref:\*)$')
      ELSE false END AS is_open
  FROM (
    SELECT
      *, (detail->>'$.tokens') AS tokens, CASE WHEN (detail->'$.refs') IS NOT NULL THEN json_words(detail->'$.refs') END AS refs,
      coalesce(is_wildcard_read_plainly(subject, detail), false) AS is_plain
    FROM trusts
    WHERE effect = 'allow' AND principal_type = 'oidc')
),
rights AS (
  SELECT identity_id, coalesce(t.is_grave, false) OR coalesce(n.is_grave, false) AS is_grave, n.policies, coalesce(t.evidence, []) AS evidence
  FROM told AS t
  FULL JOIN named AS n USING (identity_id)
)
SELECT
  t.identity_id,
  t.subject,
  concat(
    t.identity_id, ' may be taken by ',
    CASE WHEN t.refs IS NOT NULL THEN concat(
          CASE WHEN t.refs @> ['branch', 'tag', 'pull_request'] THEN 'any branch, tag and pull request'
            ELSE array_to_string(list_filter([
              CASE WHEN t.refs @> ['branch'] THEN 'any branch' END, CASE WHEN t.refs @> ['tag'] THEN 'any tag' END,
              CASE WHEN t.refs @> ['pull_request'] THEN 'pull requests' END,
              CASE WHEN t.refs @> ['environment'] AND NOT t.refs @> ['branch'] THEN 'jobs of any branch that name an environment' END],
              lambda word: word IS NOT NULL), ' and ') END)
      WHEN t.subject LIKE '%:pull_request' THEN 'pull requests'
      WHEN t.subject LIKE '%:ref:refs/heads/*' OR t.subject LIKE '%:ref_type:branch:ref:*' THEN 'any branch'
      WHEN t.subject LIKE '%:ref:%' THEN 'any branch and tag' ELSE 'any branch, tag and pull request' END,
    coalesce(' (' || t.subject || ')', ''),
    CASE WHEN a.how IS NOT NULL THEN concat('; it ', a.how) WHEN is_production(i.environment) THEN '; it is a production identity'
      WHEN r.policies IS NOT NULL THEN concat('; it has ', r.policies)
      WHEN r.is_grave THEN '; it may change data, read secrets or act as others' ELSE '' END, '.') AS message,
  CASE WHEN a.identity_id IS NOT NULL OR is_production(i.environment) THEN 'high' WHEN r.is_grave THEN 'medium' ELSE 'low' END AS severity,
  list_concat(list_concat([t.observation_id], i.evidence), coalesce(a.evidence, r.evidence, [])) AS evidence
FROM judged AS t
JOIN identities AS i ON i.identity_id = t.identity_id
LEFT JOIN admin_identities AS a ON a.identity_id = t.identity_id
LEFT JOIN rights AS r ON r.identity_id = t.identity_id
WHERE t.is_open AND (a.identity_id IS NOT NULL OR is_production(i.environment) OR r.identity_id IS NOT NULL)
