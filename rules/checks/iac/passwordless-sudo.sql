/*---
id: passwordless-sudo
title: An account becomes root without a password
severity: low
confidence: high
persona: security
about: consumer
identityFields: [consumer_id]
needs: [consumer@iac]
population: consumers WHERE platform IN ('ansible', 'dockerfile') OR fact = 'passwordless-sudo'
controls:
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:PR.AA-05
why: >
  The account is root in all but name: whoever takes over its process or key has the machine.
fix: >
  Name the commands that are needed (`NOPASSWD: /usr/bin/systemctl restart shop`); in an image run as the user and take `sudo` out.
platforms: [ansible, dockerfile]
since: '0.1'
---*/
SELECT
  consumer_id,
  concat(consumer_id, ' lets an account become root without a password, for every command.') AS message,
  list(DISTINCT observation_id) AS evidence
FROM consumers
WHERE fact = 'passwordless-sudo' AND (detail->>'$.inFinalImage') IS DISTINCT FROM 'false'
GROUP BY consumer_id
