/*---
id: deployment-environment-without-reviewers
title: An environment of production lets deployments through unasked
severity: medium
confidence: high
about: consumer
identityFields: [consumer_id]
needs: [consumer@iac]
population: consumers WHERE fact = 'deployment-environment'
controls:
  - owasp-nhi-2025:NHI8:2025
  - nist-csf-2.0:PR.IR-01
why: >
  Whoever may push a branch changes the workflow in it, names the environment and has its secrets. Reviewers, or at least a
  rule for branches, are what an environment is for.
fix: >
  Add `reviewers { teams = [...] }` and `deployment_branch_policy { protected_branches = true, custom_branch_policies = false }` to the
  environment, and `prevent_self_review = true`.
limits: >
  Told of environments whose names say production. A rule that asks a service of one's own before a deployment is not seen.
references:
  - https://docs.github.com/en/actions/reference/workflows-and-actions/deployments-and-environments
  - https://registry.terraform.io/providers/integrations/github/latest/docs/resources/repository_environment
platforms: [terraform]
since: '0.1'
---*/
SELECT
  consumer_id,
  concat(
    'The environment ', secret_name, ' (', (detail->>'$.address'), ') has no reviewers',
    CASE WHEN TRY_CAST(detail->>'$.hasBranches' AS BOOLEAN) THEN '.' ELSE ' and no rule for branches.' END) AS message,
  CASE WHEN TRY_CAST(detail->>'$.hasBranches' AS BOOLEAN) THEN 'low' ELSE 'medium' END AS severity,
  [observation_id] AS evidence
FROM consumers
WHERE fact = 'deployment-environment' AND NOT coalesce(TRY_CAST(detail->>'$.hasReviewers' AS BOOLEAN), false)
  AND regexp_matches(lower(secret_name), '(^|[^a-z])(prod|production|prd|live)([^a-z]|$)')
