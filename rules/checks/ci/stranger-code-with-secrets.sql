/*---
id: stranger-code-with-secrets
title: A workflow that strangers can start has secrets at hand
severity: high
confidence: medium
persona: dev
about: consumer
identityFields: [consumer_id]
needs: [consumer@ci]
population: consumers WHERE type = 'workflow-job'
controls:
  - owasp-nhi-2025:NHI6:2025
  - owasp-nhi-2025:NHI8:2025
  - owasp-nhi-2025:NHI2:2025
  - nist-csf-2.0:PR.IR-01
  - nist-csf-2.0:PR.PS-06
why: >
  `pull_request_target`, `workflow_run` and comments start the workflow with the secrets of the base repository, whoever
  opened the pull request. If it then builds or runs what that person wrote, they have the secrets.
fix: |
  - Build and test pull requests on `pull_request`, which has no secrets for forks.
  - Do what needs a secret in a second workflow that only reads the first one's result as data.
  - Or put the job behind an environment with required reviewers.
limits: >
  Critical where the job checks out the head of the pull request; otherwise a way for the stranger's text to be run must
  be looked for by a person.
references:
  - https://securitylab.github.com/resources/github-actions-preventing-pwn-requests/
since: '0.1'
---*/
SELECT
  c.consumer_id,
  concat(
    'The job ', c.consumer_id, ' is started by ', min(c.trigger), ', so by strangers, and has ',
    listed(list(DISTINCT CASE c.secret_name WHEN '*' THEN 'all secrets' ELSE c.secret_name END
      ORDER BY CASE c.secret_name WHEN '*' THEN 'all secrets' ELSE c.secret_name END)),
    CASE WHEN bool_or((c.detail->>'$.prHeadCheckout')::BOOLEAN) THEN '; it checks out the code of the pull request.' ELSE '.' END) AS message,
  CASE
    WHEN bool_or((c.detail->>'$.prHeadCheckout')::BOOLEAN) AND NOT bool_and((c.detail->>'$.environmentDeclared')::BOOLEAN) THEN 'critical'
    WHEN bool_and((c.detail->>'$.environmentDeclared')::BOOLEAN) THEN 'medium'
    ELSE 'high' END AS severity,
  CASE WHEN bool_or((c.detail->>'$.prHeadCheckout')::BOOLEAN) THEN 'high' ELSE 'medium' END AS confidence,
  list(DISTINCT c.observation_id) AS evidence
FROM consumers AS c
WHERE c.type = 'workflow-job' AND c.secret_name IS NOT NULL AND c.secret_name <> 'GITHUB_TOKEN'
  AND list_has_any(string_split(c.trigger, ','), ['pull_request_target', 'workflow_run', 'issue_comment'])
GROUP BY c.consumer_id
