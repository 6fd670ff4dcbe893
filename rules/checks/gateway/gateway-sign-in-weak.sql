/*---
id: gateway-sign-in-weak
title: The sign-in of the gateway is weaker than what stands behind it
severity: medium
confidence: high
about: consumer
identityFields: [server]
needs: [policy:server@gateway, 'person:user@gateway?']
population: policies WHERE provider = 'hoop' AND type = 'server' AND json_exists(settings, '$.authMethod')
controls:
  - owasp-nhi-2025:NHI4:2025
  - nist-csf-2.0:PR.AA-03
why: >
  The gateway holds every account behind it: who gets in there needs none of them. Passwords of its own know no second factor and nobody switches them off when
  somebody leaves; without TLS, tokens can be read on the way.
fix: >
  Let people sign in by the identity provider (OIDC or SAML), and serve API and agents over TLS alone.
limits: >
  Whether a proxy in front adds TLS is told by the address that the gateway gives for itself. Tokens are bearer tokens in every configuration: the gateway knows no
  proof of possession.
since: '0.1'
---*/
WITH members AS (
  SELECT count(DISTINCT email) AS people FROM obs.people SEMI JOIN current_parts USING (part_id) WHERE (detail->>'$.source') = 'gateway'
),
judged AS (
  SELECT p.policy_id, p.name, p.evidence, regexp_matches(p.policy_id, ':server/(localhost|127\.|\[?::1)') AS is_own,
    (p.settings->>'$.authMethod') = 'local' AND m.people > 1 AS is_local, (p.settings->>'$.tls') = 'false' AS is_plain, (p.settings->>'$.agentsTls') = 'false' AS agents_plain, m.people
  FROM policies AS p CROSS JOIN members AS m
  WHERE p.provider = 'hoop' AND p.type = 'server' AND json_exists(p.settings, '$.authMethod')
)
SELECT
  policy_id AS server,
  concat(
    'The gateway ', name, ': ',
    array_to_string(list_filter([
      CASE WHEN is_local THEN concat(people, ' people sign in with passwords that the gateway keeps itself') END,
      CASE WHEN is_plain AND NOT is_own THEN 'its API is served without TLS' END,
      CASE WHEN agents_plain AND NOT is_own THEN 'its agents connect without TLS' END], lambda text: text IS NOT NULL), '; '), '.') AS message,
  CASE WHEN (is_plain OR agents_plain) AND NOT is_own THEN 'high' ELSE 'medium' END AS severity,
  evidence
FROM judged
WHERE is_local OR (is_plain OR agents_plain) AND NOT is_own
