/*---
id: automation-logs-in-as-root
title: Automation logs in to hosts as root
severity: low
confidence: high
persona: security
about: consumer
identityFields: [consumer_id]
needs: [consumer@iac]
population: consumers WHERE platform = 'ansible'
controls:
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:PR.AA-05
why: >
  The key of the automation is root on every host, and the logs of the hosts cannot tell its actions from anyone else's.
fix: >
  Log in as an account of its own and become root for the tasks that need it (`become: true`), with `PermitRootLogin no` on the hosts.
limits: >
  Throw-away machines are often set up so at first.
platforms: [ansible]
since: '0.1'
---*/
SELECT
  consumer_id,
  concat(consumer_id, ' logs in to its hosts as ', min(detail->>'$.user'), '.') AS message,
  list(DISTINCT observation_id) AS evidence
FROM consumers
WHERE fact = 'administrator-login' AND (detail->>'$.platform') = 'ansible'
GROUP BY consumer_id
