/*---
id: secret-in-step-output
title: A job hands a secret on as an output
severity: medium
confidence: medium
persona: dev
about: consumer
identityFields: [consumer_id, secret_name]
needs: [consumer@ci]
population: consumers WHERE type = 'workflow-job' AND secret_name IS NOT NULL
controls:
  - owasp-nhi-2025:NHI2:2025
  - nist-csf-2.0:PR.DS-10
  - nist-csf-2.0:PR.PS-04
why: >
  Outputs are kept with the run and shown by its API; what is transformed on the way is not masked, and other jobs read
  it without the secret standing in them.
fix: >
  Let the job that needs the secret name it itself (`${{ secrets.NAME }}`), or pass a token of minutes.
references:
  - https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
platforms: [github-actions]
since: '0.1'
---*/
SELECT
  consumer_id,
  secret_name,
  concat('The job ', consumer_id, ' writes ', secret_name, ' to an output.') AS message,
  list(DISTINCT observation_id) AS evidence
FROM consumers
WHERE type = 'workflow-job' AND secret_name IS NOT NULL AND secret_name NOT IN ('*', 'GITHUB_TOKEN') AND TRY_CAST(detail->>'$.outputsSecret' AS BOOLEAN)
  AND NOT coalesce(TRY_CAST(detail->>'$.public' AS BOOLEAN), false)
GROUP BY consumer_id, secret_name
