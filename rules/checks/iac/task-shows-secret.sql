/*---
id: task-shows-secret
title: A task writes a secret into the log of the run
severity: medium
confidence: medium
persona: dev
about: consumer
identityFields: [consumer_id, secret_name]
needs: [consumer@iac]
population: consumers WHERE platform = 'ansible' OR fact = 'task-without-no-log'
controls:
  - owasp-nhi-2025:NHI2:2025
  - nist-csf-2.0:PR.PS-04
  - nist-csf-2.0:PR.DS-10
why: >
  Ansible prints commands, items of loops, requests and differences of files: on failure, with `-v`, with `--diff`, and into the logs of AWX and of
  CI. Modules hide only the parameters that they know to be secret.
fix: >
  Set `no_log: true` on the task; for loops `loop_control: {label: …}` shows a name instead of the item.
limits: >
  Told by the names of variables. A secret that a command reads from a file is not seen.
references:
  - https://docs.ansible.com/ansible/latest/reference_appendices/logging.html
platforms: [ansible]
since: '0.1'
---*/
SELECT
  consumer_id,
  secret_name,
  concat('The task ', consumer_id, ' shows ', secret_name, CASE min(detail->>'$.through')
    WHEN 'debug' THEN ' in the log: it prints it.' WHEN 'loop' THEN ' in the log: items of a loop are printed.'
    WHEN 'command' THEN ' in the log: commands are printed.' WHEN 'request' THEN ' in the log: the request is printed.'
    ELSE ' in the log: with --diff the file is printed.' END) AS message,
  CASE min(detail->>'$.through') WHEN 'debug' THEN 'high' WHEN 'file' THEN 'low' ELSE 'medium' END AS severity,
  list(DISTINCT observation_id) AS evidence
FROM consumers
WHERE fact = 'task-without-no-log'
GROUP BY consumer_id, secret_name
