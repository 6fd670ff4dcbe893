/*---
id: static-admin-key-used
title: Somebody works with the gateway's static admin key
severity: critical
confidence: high
about: identity
identityFields: [identity_id]
needs: [usage@gateway, 'usage:session-list@gateway?']
population: gateway_sessions
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
SELECT
  coalesce(s.caller_identity_id, 'hoop:-:static-admin-key') AS identity_id,
  concat(
    'The static admin key was used in ', counted(count(*), 'session'), ', last on ', strftime(max(s.used_at), '%Y-%m-%d %H:%M'), ' UTC (',
    listed(list(DISTINCT s.connection ORDER BY s.connection)), '): nobody can say by whom.') AS message,
  list(DISTINCT s.observation_id) AS evidence
FROM gateway_sessions AS s
WHERE s.caller_type = 'static-admin-key'
GROUP BY 1
