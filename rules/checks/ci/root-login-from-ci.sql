/*---
id: root-login-from-ci
title: A job logs in to a server as root
severity: medium
confidence: high
persona: security
about: consumer
identityFields: [consumer_id]
needs: [consumer@ci]
population: consumers WHERE fact = 'root-login'
controls:
  - owasp-nhi-2025:NHI5:2025
  - owasp-nhi-2025:NHI10:2025
  - nist-csf-2.0:PR.AA-05
why: >
  Whoever can change the pipeline, or reads its key, owns the server. Logs of the server show root, not which job it was.
fix: >
  Make an account for deployments with the commands it needs (`sudoers`, `command=` in `authorized_keys`), and turn root logins off (`PermitRootLogin no`).
limits: >
  Told by the names of servers in `ssh`, `scp` and `rsync`. What a script that the job calls does, or `User root` in a file of SSH's
  settings, is not seen.
platforms: [gitlab-ci, circleci]
since: '0.1'
---*/
SELECT
  consumer_id,
  concat('The job ', consumer_id, ' logs in as root', coalesce(' with ' || min(secret_name) FILTER (secret_name <> '*'), ''), '.') AS message,
  list(DISTINCT observation_id) AS evidence
FROM consumers
WHERE type = 'workflow-job' AND fact = 'root-login'
GROUP BY consumer_id
