/*---
id: inline-secret-in-gateway
title: The gateway keeps a secret itself that it could fetch
severity: low
confidence: high
about: consumer
identityFields: [connection]
needs: [consumer:connection@gateway]
population: gateway_connections WHERE json_array_length(detail, '$.settings') > 0
controls:
  - owasp-nhi-2025:NHI7:2025
  - nist-csf-2.0:PR.DS-01
why: >
  A secret in the gateway's database is in its backups and its API, and is changed by hand; one in a store is rotated there, and never leaves it for longer than
  a session.
fix: >
  Put the secret into Vault or Secrets Manager and give the connection the reference (`_vaultkv2:…`, `_aws:…`); for RDS let it use IAM (`_aws_iam_rds:…`).
limits: Needs one export for each connection; lists do not hold the settings, and gateways can hide them (hide_role_info).
inconclusive: >
  SELECT concat('the settings of ', count(*), ' of the connections are not told: give one export for each') FROM gateway_connections WHERE coalesce(json_array_length(detail, '$.settings'), 0) = 0 HAVING count(*) > 0
since: '0.1'
---*/
SELECT
  g.connection,
  g.identity_id,
  g.credential_id,
  concat('The connection ', g.connection, ' holds its secret', of_identity(g.identity_id), ' itself, and no reference to a store of secrets.') AS message,
  g.evidence
FROM gateway_connections AS g
WHERE json_array_length(g.detail, '$.settings') > 0 AND g.credential_id IS NOT NULL AND coalesce(json_array_length(g.detail, '$.references'), 0) = 0
