/*---
id: gateway-agent-with-static-token
title: An agent of the gateway uses a static token where workload identity is set up
severity: medium
confidence: medium
about: sighting
identityFields: [credential_id]
needs: [sighting, policy:workload-mapping@gateway]
population: sightings WHERE detector IN ('hoop-agent-key', 'hoop-agent-token')
controls:
  - owasp-nhi-2025:NHI7:2025
  - owasp-nhi-2025:NHI4:2025
  - nist-csf-2.0:PR.AA-03
  - nist-csf-2.0:PR.AA-04
why: >
  The token makes whoever has it the agent, to whom the gateway hands the secrets of its connections; a workload's own identity cannot be copied out of a file.
fix: Start the agent with its SPIFFE identity, then remove the token from where it lies and register the agent anew.
limits: The gateway tells that it maps workload identities, not which agent already uses one.
since: '0.1'
---*/
SELECT
  s.credential_id,
  max(ci.identity_id) AS identity_id,
  concat(
    'A token of an agent of the gateway, ', min(s.masked), ', lies in ', listed(list(DISTINCT sighting_place(s.place, s.location) ORDER BY sighting_place(s.place, s.location))),
    ', while the gateway takes the workload identities of ', (SELECT listed(list(DISTINCT settings->>'$.trustDomain' ORDER BY settings->>'$.trustDomain')) FROM policies WHERE type = 'workload-mapping'), '.') AS message,
  list_concat(list(DISTINCT s.observation_id), (SELECT flatten(list(evidence)) FROM policies WHERE type = 'workload-mapping')) AS evidence
FROM sightings AS s
LEFT JOIN credential_identities AS ci USING (credential_id)
WHERE s.detector IN ('hoop-agent-key', 'hoop-agent-token') AND s.confidence <> 'low' AND EXISTS (FROM policies WHERE type = 'workload-mapping')
GROUP BY s.credential_id
