/*---
id: gateway-credential-in-repository
title: A credential that the gateway holds also lies in a repository
severity: critical
confidence: high
about: credential
identityFields: [credential_id]
needs: [sighting, consumer@gateway]
population: gateway_connections
controls:
  - owasp-nhi-2025:NHI2:2025
  - nist-csf-2.0:PR.AA-01
  - nist-csf-2.0:PR.DS-01
  - nist-csf-2.0:PR.IR-01
why: >
  The gateway is there so that nobody has to know this secret. Whoever has read access to the repository can go straight
  to the target: no approval, no masking, no recording.
fix: |
  1. Rotate the secret at the target, and give the new one to the gateway connection only.
  2. Let the target accept the account from the gateway's addresses only (`pg_hba.conf`, security group, `aws:SourceIp`).
  3. Point the workload in the repository at the gateway.
limits: >
  The fingerprints are the proof, so matches of low confidence count too. Needs the connection's settings (one export for each connection; lists do not hold them), made with the same fingerprint key as the scan.
since: '0.1'
---*/
WITH held AS (
  SELECT credential_id, connection, evidence FROM gateway_connections WHERE credential_id IS NOT NULL
),
outside AS (
  SELECT credential_id, sighting_place(place, location) AS place_words, provider, type, detector, confidence, masked, observation_id, fingerprint
  FROM sightings
  WHERE place <> 'session-log'
),
met AS (
  SELECT h.credential_id, h.connection, h.evidence, o.place_words, o.provider, o.type, o.detector, o.confidence, o.masked, o.observation_id
  FROM held AS h
  JOIN outside AS o ON o.credential_id = h.credential_id
  UNION
  SELECT h.credential_id, h.connection, h.evidence, o.place_words, o.provider, o.type, o.detector, o.confidence, o.masked, o.observation_id
  FROM held AS h
  JOIN credentials AS c ON c.credential_id = h.credential_id
  JOIN outside AS o ON o.fingerprint = c.fingerprint
)
SELECT
  m.credential_id,
  max(ci.identity_id) AS identity_id,
  concat(
    seen_as(m.provider, m.type, m.detector, m.confidence, m.masked), of_identity(max(ci.identity_id)), ', which the gateway holds for ',
    listed(list(DISTINCT m.connection ORDER BY m.connection)), ', also lies in ', listed(list(DISTINCT m.place_words ORDER BY m.place_words)), '.') AS message,
  list_distinct(list_concat(list(m.observation_id), flatten(list(m.evidence)))) AS evidence
FROM met AS m
LEFT JOIN credential_identities AS ci USING (credential_id)
GROUP BY m.credential_id
