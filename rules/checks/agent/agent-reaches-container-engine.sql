/*---
id: agent-reaches-container-engine
title: An agent server is given the socket of the container engine
severity: high
confidence: high
persona: dev
about: consumer
identityFields: [consumer_id]
needs: [consumer@agent-config]
population: consumers WHERE type = 'agent'
controls:
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:PR.AA-05
  - nist-csf-2.0:PR.PS-01
why: >
  Who talks to that socket starts containers with the whole disk mounted: the server has every credential of the
  machine, whatever else it was given.
fix: >
  Leave the socket out. Where the server must start containers, give it a rootless engine of its own or a proxy that
  allows the few calls it needs.
limits: >
  Whether the engine runs rootless is not in the file.
references:
  - https://docs.docker.com/engine/security/#docker-daemon-attack-surface
platforms: [agent]
since: '0.1'
---*/
SELECT
  c.consumer_id,
  concat('The server ', c.detail->>'$.server', ' of ', c.detail->>'$.client', ' is given ', min(c.secret_name), ', and with it the machine.') AS message,
  list(DISTINCT c.observation_id) AS evidence
FROM consumers AS c
WHERE c.type = 'agent' AND c.fact = 'container-socket'
GROUP BY c.consumer_id, c.detail->>'$.server', c.detail->>'$.client'
