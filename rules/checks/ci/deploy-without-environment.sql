/*---
id: deploy-without-environment
title: A job deploys with credentials and names no environment
severity: medium
confidence: medium
persona: security
about: consumer
identityFields: [consumer_id]
needs: [consumer@ci]
population: consumers WHERE type = 'workflow-job' AND json_array_length(detail->'$.deploys') > 0
controls:
  - owasp-nhi-2025:NHI8:2025
  - nist-csf-2.0:PR.IR-01
why: >
  Only an environment can ask for a reviewer, hold the credential back from other branches, and say in a log who let the
  deployment through.
fix: >
  Make an environment with reviewers and a rule for branches, keep the credential there, and name it on the job (GitHub, GitLab:
  `environment: production`; Bitbucket: `deployment: production` on the step).
limits: >
  Told by the commands and actions that deploy. Called workflows may name the environment; jobs that only call are left
  alone. Throw-away clusters of tests are left alone where the job has no credential for a cloud.
references:
  - https://docs.github.com/en/actions/how-tos/deploy/configure-and-manage-deployments/control-deployments
platforms: [github-actions, gitlab-ci, bitbucket-pipelines]
since: '0.1'
---*/
WITH jobs AS (
  SELECT
    consumer_id,
    min(detail->'$.deploys') AS deploys,
    min(platform) AS platform,
    listed(list(DISTINCT coalesce(secret_name, identity_id) ORDER BY coalesce(secret_name, identity_id))) AS holds,
    bool_or(is_production(environment)) AS in_production,
    list(DISTINCT observation_id) AS evidence
  FROM consumers
  WHERE type = 'workflow-job' AND json_array_length(detail->'$.deploys') > 0 AND fact IS NULL
    AND NOT coalesce(TRY_CAST(detail->>'$.environmentDeclared' AS BOOLEAN), false)
    AND NOT coalesce(TRY_CAST(detail->>'$.onlyCalled' AS BOOLEAN), false)
    AND NOT coalesce(TRY_CAST(detail->>'$.composite' AS BOOLEAN), false)
    -- Only where a job can name one.
    AND (detail->>'$.platform') IN ('github-actions', 'gitlab-ci', 'bitbucket-pipelines')
    AND ((detail->>'$.cloud') IS NOT NULL OR (detail->>'$.holds') IN ('cloud-key', 'ssh-key')
      OR regexp_matches(coalesce(secret_name, ''), '(^|_)(KUBE_?CONFIG|FLY_API_TOKEN|VERCEL_TOKEN|NETLIFY_AUTH_TOKEN|HEROKU_API_KEY|CLOUDFLARE_API_TOKEN|CF_API_TOKEN|PULUMI_ACCESS_TOKEN|TF_API_TOKEN|FIREBASE_TOKEN|DIGITALOCEAN_(ACCESS_)?TOKEN|PUBLISH_PROFILE)'))
  GROUP BY consumer_id
)
SELECT
  consumer_id,
  concat('The job ', consumer_id, ' deploys (', listed(from_json(deploys, '["VARCHAR"]')), ') with ', holds, ' and names no environment.') AS message,
  CASE WHEN in_production THEN 'high' ELSE 'medium' END AS severity,
  CASE platform
    WHEN 'github-actions' THEN 'Make an environment with reviewers and a rule for branches (Settings, Environments), keep the credential there ('
      || keep_at_environment(platform) || '), and name it on the job: `environment: production`.'
    WHEN 'gitlab-ci' THEN 'Name the environment on the job (`environment: production`), protect it (Settings, CI/CD, Protected environments), and keep the credential for it alone: '
      || keep_at_environment(platform) || '.'
    WHEN 'bitbucket-pipelines' THEN 'Name the deployment on the step (`deployment: production`), limit it to branches, and keep the credential there: ' || keep_at_environment(platform) || '.'
  END AS fix,
  evidence
FROM jobs
