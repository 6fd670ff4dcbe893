/*---
id: secret-in-process-arguments
title: A container gets a secret on its command line
severity: low
confidence: medium
persona: security
about: consumer
identityFields: [consumer_id, secret_name]
needs: [consumer@iac|consumer@image]
population: consumers WHERE platform IN ('compose', 'dockerfile', 'image') OR fact = 'secret-in-argument'
controls:
  - owasp-nhi-2025:NHI2:2025
  - nist-csf-2.0:PR.DS-10
why: >
  Arguments stand in the process list of the container and of its host, in `docker inspect`, in health-check logs and in crash reports.
fix: >
  Let the program read a file or a variable: `--password-file /run/secrets/NAME`, `REDISCLI_AUTH`, `MYSQL_PWD` from a mounted file, a
  configuration file.
platforms: [compose, dockerfile, image]
since: '0.1'
---*/
SELECT
  consumer_id,
  secret_name,
  concat('The ', lower(min(detail->>'$.instruction')), ' of ', consumer_id, ' puts ', secret_name, ' on a command line.') AS message,
  list(DISTINCT observation_id) AS evidence
FROM consumers
WHERE fact = 'secret-in-argument'
GROUP BY consumer_id, secret_name
