/*---
id: secret-in-git-url
title: A job writes a token into the address of a repository
severity: medium
confidence: high
persona: dev
about: consumer
identityFields: [consumer_id, secret_name]
needs: [consumer@ci]
population: consumers WHERE type = 'workflow-job' AND secret_name IS NOT NULL
controls:
  - owasp-nhi-2025:NHI2:2025
  - nist-csf-2.0:PR.DS-01
  - nist-csf-2.0:PR.DS-10
why: >
  git keeps the address with the token in `.git/config`, prints it in error messages, and carries it into every copy of
  the directory: artifacts, images, caches.
fix: >
  Let the CI system fetch with a token of minutes (GitHub: `repository:` and `token:` of `actions/checkout`; GitLab: `CI_JOB_TOKEN`), or
  hand it to git by a helper: `git -c http.extraheader=…`.
limits: >
  The job's own token is left alone: it ends with the job.
references:
  - https://git-scm.com/docs/gitcredentials
platforms: [github-actions, gitlab-ci, circleci]
since: '0.1'
---*/
SELECT
  consumer_id,
  secret_name,
  concat('The job ', consumer_id, ' writes ', secret_name, ' into the address of a repository.') AS message,
  CASE the_platform(platform)
    WHEN 'github-actions' THEN 'Let `actions/checkout` fetch (`repository:` and `token:`), or use `git -c http.extraheader=…` and a token of minutes.'
    WHEN 'gitlab-ci' THEN 'Let the other project accept the job''s own token (Settings, CI/CD, Job token permissions) and fetch with `CI_JOB_TOKEN`, by `git -c http.extraheader=…`.'
    WHEN 'circleci' THEN 'Give the project a deploy key for reading (`add_ssh_keys`), or use `git -c http.extraheader=…` and a token of minutes.'
  END AS fix,
  list(DISTINCT observation_id) AS evidence
FROM consumers
WHERE type = 'workflow-job' AND secret_name IS NOT NULL AND secret_name NOT IN ('*', 'GITHUB_TOKEN') AND NOT coalesce(TRY_CAST(detail->>'$.jobToken' AS BOOLEAN), false) AND TRY_CAST(detail->>'$.secretInGitUrl' AS BOOLEAN)
GROUP BY consumer_id, secret_name
