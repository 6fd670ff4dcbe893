/*---
id: cloud-key-on-self-hosted-runner
title: A cloud key is used on a machine that other jobs use, too
severity: medium
confidence: low
persona: security
about: consumer
identityFields: [consumer_id, cloud]
needs: [consumer@ci]
population: consumers WHERE type = 'workflow-job' AND how = 'static-key'
controls:
  - owasp-nhi-2025:NHI8:2025
  - owasp-nhi-2025:NHI7:2025
  - nist-csf-2.0:PR.IR-01
  - nist-csf-2.0:PR.AA-01
why: >
  Keys that a login stores in files of the runner (`~/.aws`, `~/.config/gcloud`) are there for the next job, of
  whichever repository, unless the machine is thrown away.
fix: >
  Give the runner a role of its own (instance profile, workload identity) or let the job log in by OIDC; make runners
  ephemeral.
limits: >
  Files do not tell whether a runner is thrown away after the job.
references:
  - https://docs.github.com/en/actions/reference/security/secure-use
platforms: [github-actions, gitlab-ci, buildkite]
since: '0.1'
---*/
SELECT
  consumer_id,
  (detail->>'$.cloud') AS cloud,
  concat('The job ', consumer_id, ' uses ', listed(list(DISTINCT secret_name ORDER BY secret_name)), ' on a self-hosted runner (', min(array_to_string(from_json(detail->'$.runsOn', '["VARCHAR"]'), ', ')), ').') AS message,
  list(DISTINCT observation_id) AS evidence
FROM consumers
WHERE type = 'workflow-job' AND how = 'static-key' AND secret_name IS NOT NULL AND (detail->>'$.cloud') IS NOT NULL AND TRY_CAST(detail->>'$.selfHosted' AS BOOLEAN)
  AND fact IS NULL AND json_array_length(detail->'$.runsOn') > 0
GROUP BY consumer_id, (detail->>'$.cloud')
