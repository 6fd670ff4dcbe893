/*---
id: connection-secret-unrotated
title: The secret that the gateway holds has not been changed for long
severity: medium
confidence: high
about: consumer
identityFields: [connection]
needs: [consumer:connection@gateway]
population: gateway_connections WHERE (detail->>'$.secretsUpdatedAt') IS NOT NULL
parameters:
  maxAgeDays: 180
controls:
  - owasp-nhi-2025:NHI7:2025
  - nist-csf-2.0:PR.AA-01
why: >
  Behind the gateway nobody needs to know this secret, so nothing breaks when it changes; until then, every copy from before the gateway works.
fix: Change the secret at the target and in the connection; better, let the connection refer to a store that rotates it (Vault, Secrets Manager, RDS IAM).
limits: >
  Gateways before 1.113 do not tell when the settings of a connection were changed; those connections are not judged. A connection that refers to another store is rotated there.
since: '0.1'
---*/
SELECT
  g.connection,
  g.identity_id,
  g.credential_id,
  concat(
    'The secret of ', g.connection, coalesce(' (' || g.identity_id || ')', ''), ' was last changed ', days_since(g.detail->>'$.secretsUpdatedAt'), ' days ago, on ',
    day_text(g.detail->>'$.secretsUpdatedAt'), '.') AS message,
  CASE WHEN is_production(g.environment) THEN 'medium' ELSE 'low' END AS severity,
  g.evidence
FROM gateway_connections AS g
WHERE days_since(g.detail->>'$.secretsUpdatedAt') > $maxAgeDays AND coalesce(json_array_length(g.detail, '$.references'), 0) = 0
