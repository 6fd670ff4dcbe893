/*---
id: oidc-login-from-any-branch
title: A job that any branch can start logs in to a cloud by OIDC without an environment
severity: medium
confidence: medium
persona: security
about: consumer
identityFields: [consumer_id, cloud]
needs: [consumer@ci]
population: consumers WHERE type = 'workflow-job' AND how = 'oidc'
controls:
  - owasp-nhi-2025:NHI5:2025
  - owasp-nhi-2025:NHI8:2025
  - nist-csf-2.0:PR.AA-05
  - nist-csf-2.0:PR.IR-01
why: >
  Whoever may push a branch changes what the job does with the cloud role before anybody has reviewed it. The subject of
  the token names no environment, so that the trust policy has only the branch to go by.
fix: |
  1. Name a GitHub environment on the job (`environment: production`) and give it reviewers or a rule for branches.
  2. Let the role trust that environment only: `repo:OWNER/REPO:environment:production`.
  3. Or start the job from one branch: `on: push: branches: [main]`.
limits: >
  A role whose trust policy names one branch refuses the others; that is judged where the cloud's own export was
  scanned. Jobs that only read with a role of their own are told, too.
references:
  - https://docs.github.com/en/actions/concepts/security/openid-connect
platforms: [github-actions]
since: '0.1'
---*/
SELECT
  consumer_id,
  (detail->>'$.cloud') AS cloud,
  concat(
    'The job ', consumer_id, ' logs in to ', CASE (detail->>'$.cloud') WHEN 'aws' THEN 'AWS' WHEN 'gcp' THEN 'Google Cloud' ELSE 'Azure' END,
    coalesce(' as ' || min(identity_id) FILTER (NOT starts_with(identity_id, 'github:')), ''), ' and is started by ',
    CASE WHEN bool_or(TRY_CAST(detail->>'$.pushAnyBranch' AS BOOLEAN)) THEN 'a push to any branch' ELSE 'pull requests' END,
    '; it names no environment.') AS message,
  CASE WHEN bool_or(is_production(environment)) THEN 'high' ELSE 'medium' END AS severity,
  CASE WHEN bool_or(TRY_CAST(detail->>'$.pushAnyBranch' AS BOOLEAN)) THEN 'medium' ELSE 'low' END AS confidence,
  list(DISTINCT observation_id) AS evidence
FROM consumers
WHERE type = 'workflow-job' AND how = 'oidc' AND (detail->>'$.cloud') IS NOT NULL
  AND NOT coalesce(TRY_CAST(detail->>'$.environmentDeclared' AS BOOLEAN), false)
  AND NOT coalesce(TRY_CAST(detail->>'$.refRequired' AS BOOLEAN), false)
  AND (TRY_CAST(detail->>'$.pushAnyBranch' AS BOOLEAN) OR list_contains(string_split(trigger, ','), 'pull_request'))
GROUP BY consumer_id, (detail->>'$.cloud')
