/*---
id: mesh-without-mutual-tls
title: A mesh takes callers without an identity
severity: medium
confidence: high
about: consumer
identityFields: [consumer_id]
needs: [consumer@k8s]
population: consumers WHERE fact = 'mesh-plaintext'
controls:
  - owasp-nhi-2025:NHI4:2025
  - nist-csf-2.0:PR.DS-02
why: >
  Without mutual TLS a caller has no identity, and policies by principal do not apply to it.
fix: >
  Set `mtls.mode: STRICT` once no caller outside of the mesh is left.
limits: >
  PERMISSIVE is the mesh's default and the way in; written out it is told as low.
fixtures: lowered
platforms: [kubernetes]
since: '0.1'
---*/
SELECT
  c.consumer_id,
  concat('PeerAuthentication ', (c.detail->>'$.namespace'), '/', (c.detail->>'$.name'), ' sets mutual TLS to ', (c.detail->>'$.mode'), '.') AS message,
  CASE WHEN (c.detail->>'$.mode') = 'DISABLE' THEN 'medium' ELSE 'low' END AS severity,
  [c.observation_id] AS evidence
FROM consumers AS c
WHERE c.fact = 'mesh-plaintext'
