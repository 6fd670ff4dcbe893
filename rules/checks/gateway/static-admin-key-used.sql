/*---
id: static-admin-key-used
title: Somebody works with the gateway's static admin key
severity: critical
confidence: high
about: identity
identityFields: [identity_id]
needs: [usage@gateway, 'usage:session-list@gateway?']
population: gateway_rows WHERE NOT is_bookkeeping
controls:
  - owasp-nhi-2025:NHI5:2025
  - owasp-nhi-2025:NHI7:2025
  - nist-csf-2.0:PR.AA-01
  - nist-csf-2.0:PR.AA-05
  - csa-maestro:L7
why: >
  The key is an administrator of the gateway, is the same for everyone who knows it, never expires, and its sessions name
  nobody. It ends only with a new deployment.
fix: |
  1. Take the static key out of the gateway's configuration and restart it.
  2. Give each of its users an API key of their own, in the group that they need.
references:
  - https://owasp.org/www-project-non-human-identities-top-10/2025/7-long-lived-secrets/
since: '0.1'
---*/
WITH uses AS (
  SELECT caller_identity_id, used_at, observation_id, connection, NULL::VARCHAR AS operation FROM gateway_sessions WHERE caller_type = 'static-admin-key' AND ran
  UNION ALL
  -- What it did as an administrator, by the gateway's own log.
  SELECT caller_identity_id, used_at, observation_id, NULL, concat(resource_type, ' (', split_part(operation, ' ', 1), ')') FROM gateway_admin_log WHERE caller_type = 'static-admin-key' OR caller = 'API_KEY'
)
SELECT
  coalesce(s.caller_identity_id, 'hoop:-:static-admin-key') AS identity_id,
  concat(
    'The static admin key was used in ',
    array_to_string(list_filter([
      CASE WHEN count(s.connection) > 0 OR count(s.operation) = 0 THEN counted(count(*) - count(s.operation), 'session') END,
      CASE WHEN count(s.operation) > 0 THEN concat(count(s.operation), CASE WHEN count(s.operation) = 1 THEN ' change' ELSE ' changes' END, ' of settings') END], lambda part: part IS NOT NULL), ' and '),
    ', last on ', strftime(max(s.used_at), '%Y-%m-%d %H:%M'), ' UTC (',
    listed(list(DISTINCT coalesce(s.connection, s.operation) ORDER BY coalesce(s.connection, s.operation)) FILTER (coalesce(s.connection, s.operation) IS NOT NULL)), '): nobody can say by whom.') AS message,
  list(DISTINCT s.observation_id)[1:50] AS evidence
FROM uses AS s
GROUP BY 1
