/*---
id: engine-socket-in-service
title: A service that can read all containers runs beside secrets
severity: medium
confidence: high
persona: security
about: consumer
identityFields: [consumer_id]
needs: [consumer@iac]
population: consumers WHERE platform = 'compose' OR fact = 'container-engine-socket'
controls:
  - owasp-nhi-2025:NHI5:2025
  - owasp-nhi-2025:NHI2:2025
  - nist-csf-2.0:PR.AA-05
why: >
  Whoever controls the socket of the container engine controls the host: the variables and mounted secrets of every container, and root.
  `:ro` changes nothing: it protects the file, not the API.
fix: >
  Put a proxy before it that lets through the calls that are needed (`CONTAINERS=1`, no `POST`), or run the service against a rootless engine of
  its own.
references:
  - https://docs.docker.com/engine/security/protect-access/
platforms: [compose]
since: '0.1'
---*/
SELECT
  consumer_id,
  concat('The service ', consumer_id, ' has ', secret_name, ' and so reads ',
    CASE WHEN json_array_length(c.detail->'$.servicesInReach') > 0
      THEN concat('the secrets of ', listed(from_json(c.detail->'$.servicesInReach', '["VARCHAR"]')))
      ELSE concat('its own secrets (', listed(from_json(c.detail->'$.ownSecrets', '["VARCHAR"]')), ') and the whole host') END, '.') AS message,
  list(DISTINCT observation_id) AS evidence
FROM consumers AS c
WHERE fact = 'container-engine-socket' AND (detail->>'$.isProxy') <> 'true'
  AND (json_array_length(c.detail->'$.servicesInReach') > 0 OR json_array_length(c.detail->'$.ownSecrets') > 0)
GROUP BY consumer_id, secret_name, detail
