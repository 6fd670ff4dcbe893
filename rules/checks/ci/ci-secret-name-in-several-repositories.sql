/*---
id: ci-secret-name-in-several-repositories
title: Secrets of one name are used in several repositories
severity: low
confidence: low
persona: auditor
about: consumer
identityFields: [owner, secret_name]
needs: [consumer@ci]
population: consumers WHERE type = 'workflow-job' AND secret_name IS NOT NULL
controls:
  - owasp-nhi-2025:NHI9:2025
  - nist-csf-2.0:PR.AA-01
why: >
  Where one value is kept under the name everywhere, whoever reads it in the weakest repository has it in all, and
  nobody can tell in a log which of them acted.
fix: >
  Give each repository an identity of its own. Where the value is one on purpose, keep it once, at the organisation,
  with a list of the repositories that may read it.
limits: >
  Names only, within one owner or group: each repository may keep another value. Said of cloud keys, keys of Apps, tokens of GitHub and of
  package registries, and the logins by which Drone pulls images; SSH keys are the matter of deploy-key-in-several-repositories.
references:
  - https://owasp.org/www-project-non-human-identities-top-10/2025/9-nhi-reuse/
platforms: [github-actions, gitlab-ci, circleci, bitbucket-pipelines, drone]
since: '0.1'
---*/
SELECT
  CASE WHEN contains(location->>'$.repository', '/') THEN lower(split_part(location->>'$.repository', '/', 1)) ELSE '' END AS owner,
  secret_name,
  concat(
    secret_name, ' is used in ', count(DISTINCT (location->>'$.repository')), ' repositories: ', listed(list(DISTINCT (location->>'$.repository') ORDER BY (location->>'$.repository'))), '.') AS message,
  CASE the_platform(platform)
    WHEN 'github-actions' THEN 'Give each repository an identity of its own. Where the value is one on purpose, keep it once, at the organisation, with a list of the repositories that may read it: `gh secret set NAME --org ORG --repos A,B`.'
    WHEN 'gitlab-ci' THEN 'Give each project an identity of its own. Where the value is one on purpose, keep it once, at a group of just these projects: `glab variable set NAME --group GROUP --masked --protected`.'
    WHEN 'circleci' THEN 'Give each project an identity of its own. Where the value is one on purpose, keep it once, in a context that is restricted to these projects (Organization Settings, Contexts).'
  END AS fix,
  list(DISTINCT observation_id) AS evidence
FROM consumers
WHERE type = 'workflow-job' AND secret_name IS NOT NULL AND (location->>'$.repository') IS NOT NULL AND fact IS NULL
  AND ((detail->>'$.holds') IN ('cloud-key', 'app-key', 'github-token', 'package-token') OR TRY_CAST(detail->>'$.pullSecret' AS BOOLEAN))
GROUP BY owner, secret_name
HAVING count(DISTINCT (location->>'$.repository')) > 1
