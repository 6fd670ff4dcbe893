/*---
id: host-key-check-off
title: Ansible logs in to hosts without knowing them
severity: low
confidence: high
persona: security
about: consumer
identityFields: [consumer_id, setting]
needs: [consumer@iac]
population: consumers WHERE platform = 'ansible' OR fact = 'no-host-key-check'
controls:
  - owasp-nhi-2025:NHI4:2025
  - nist-csf-2.0:PR.AA-03
why: >
  Whoever answers in a host's place gets the session: passwords, forwarded agents and every secret that the playbook puts there.
fix: >
  Leave `host_key_checking` on and distribute host keys: signed by an SSH CA, in `known_hosts`, or from the cloud's API.
limits: >
  New hosts are often met for the first time so; throw-away machines lose little by it.
references:
  - https://docs.ansible.com/ansible/latest/inventory_guide/connection_details.html
platforms: [ansible]
since: '0.1'
---*/
SELECT
  consumer_id,
  (detail->>'$.setting') AS setting,
  concat(consumer_id, ' switches the check of host keys off (', detail->>'$.setting', ').') AS message,
  list(DISTINCT observation_id) AS evidence
FROM consumers
WHERE fact = 'no-host-key-check'
GROUP BY consumer_id, detail
