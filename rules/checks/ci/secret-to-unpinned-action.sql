/*---
id: secret-to-unpinned-action
title: A third-party action that can change overnight is given a secret
severity: high
confidence: high
persona: dev
about: consumer
identityFields: [file, action]
needs: [consumer@ci]
population: consumers WHERE type = 'workflow-job' AND secret_name IS NOT NULL AND secret_name <> 'GITHUB_TOKEN'
controls:
  - owasp-nhi-2025:NHI3:2025
  - nist-csf-2.0:GV.SC-07
  - nist-csf-2.0:DE.CM-06
  - nist-csf-2.0:PR.PS-06
why: >
  A tag or branch points to whatever its owner, or whoever took over the owner's account, puts there. The next run hands
  them the secret.
fix: >
  Pin it to the full commit id (`uses: owner/action@0123…  # v1.2.3`) and let Dependabot raise it; give it a token that can
  only do what the step needs.
limits: >
  Counts actions that the secret reaches: as an input, or through the environment of the step or job. Actions of the repository's own owner
  and GitHub's are left alone, and so are names of accounts, roles and tenants that are kept as secrets.
references:
  - https://docs.github.com/en/actions/reference/security/secure-use
platforms: [github-actions, circleci, bitbucket-pipelines, buildkite, drone, tekton, azure-pipelines, cloud-build]
equivalents: [zizmor/unpinned-uses]
since: '0.1'
---*/
WITH given AS (
  SELECT
    *,
    -- The steps that hand it over have rows of their own, by which they are found in the file.
    unnest(CASE WHEN fact = 'secret-to-action' THEN [detail->>'$.action'] ELSE list_intersect(
      coalesce(from_json(detail->'$.thirdParty', '["VARCHAR"]'), []),
      coalesce(from_json(detail->'$.unpinned', '["VARCHAR"]'), [])) END) AS action
  FROM consumers
  WHERE type = 'workflow-job' AND secret_name IS NOT NULL AND secret_name NOT IN ('GITHUB_TOKEN', '*') AND how NOT IN ('oidc', 'impersonation')
    AND NOT coalesce(TRY_CAST(detail->>'$.public' AS BOOLEAN), false)
    AND NOT coalesce(TRY_CAST(detail->>'$.jobToken' AS BOOLEAN), false) AND (fact IS NULL OR fact = 'secret-to-action' AND NOT TRY_CAST(detail->>'$.pinned' AS BOOLEAN))
)
SELECT
  split_part(consumer_id, '#', 1) AS file,
  action,
  concat(
    CASE WHEN count(DISTINCT consumer_id) = 1 THEN concat('The job ', min(consumer_id), ' gives ')
      ELSE concat(count(DISTINCT consumer_id), ' jobs of ', split_part(consumer_id, '#', 1), ' give ') END,
    listed(list(DISTINCT secret_name ORDER BY secret_name)), ' to ', action,
    CASE coalesce(min(detail->>'$.platform'), 'github-actions') WHEN 'github-actions' THEN ', which is not pinned to a commit.' ELSE ', which is not pinned.' END) AS message,
  -- Makers of clouds and of the tools that log in to them are not strangers, but their tags move too.
  CASE WHEN regexp_matches(lower(action), '^(aws-actions|google-github-actions|azure|docker|hashicorp|microsoft|atlassian)/') THEN 'medium' ELSE 'high' END AS severity,
  CASE coalesce(min(detail->>'$.platform'), 'github-actions')
    WHEN 'github-actions' THEN NULL
    WHEN 'circleci' THEN 'Name the full version of the orb (`owner/orb@1.2.3`): it never changes.'
    WHEN 'buildkite' THEN 'Name the plugin by commit: `owner/plugin#<commit id>`.'
    WHEN 'azure-pipelines' THEN 'Tasks of the marketplace follow their publisher within a major version: do the step by a script of your own, or give it a token that can only do what it needs.'
    ELSE 'Name it by digest (`image@sha256:…`) or commit, and let a bot raise it.'
  END AS fix,
  coalesce(list(DISTINCT observation_id) FILTER (fact = 'secret-to-action'), []) AS first,
  list(DISTINCT observation_id) AS evidence
FROM given
-- To pin it is one change of the file, however many jobs use it.
GROUP BY split_part(consumer_id, '#', 1), action
HAVING bool_or(fact IS NULL)
