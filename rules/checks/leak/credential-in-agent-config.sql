/*---
id: credential-in-agent-config
title: A credential lies in the configuration of an AI agent or MCP server
severity: critical
confidence: high
persona: dev
about: credential
identityFields: [credential_id, place]
needs: [sighting@agent-config|sighting@work-tree]
population: sightings WHERE place IN ('agent-config')
controls:
  - owasp-nhi-2025:NHI2:2025
  - nist-csf-2.0:PR.AA-01
  - nist-csf-2.0:PR.DS-01
  - nist-csf-2.0:PR.PS-06
  - csa-maestro:L3
  - csa-maestro:L7
  - nist-csf-2.0:RS.MI-02
why: >
  Whatever talks the agent into reading its own configuration, or any tool it starts, gets the key with all its rights;
  and everyone who shares the configuration acts under one name.
fix: |
  1. Revoke or rotate the credential.
  2. Refer to the environment (`${NAME}`) or a credential helper in the configuration instead of the value.
  3. Give each agent an identity of its own, with only the rights its tools need, or let it go through the gateway.
limits: >
  Keys that the agent's host passes at start, from outside of any file, are not seen.
references:
  - https://owasp.org/www-project-non-human-identities-top-10/2025/2-secret-leakage/
platforms: [agent]
since: '0.1'
---*/
WITH open_today AS (
  SELECT *, regexp_matches(coalesce(location->>'$.path', ''), '(?i)(^|/)(\.claude\.json|claude_desktop_config\.json|settings\.local\.json|\.credentials\.json|auth\.json|oauth_creds\.json|(cline_)?mcp_settings\.json)$|(^|/)(\.codeium|\.config|\.copilot|globalStorage|Code/User|User|Application Support|AppData|goose|opencode)/|(^|/)(home|Users)/[^/]+/') AS is_own_file, coalesce(location->>'$.repository', location->>'$.path', location->>'$.pointer', '') AS of_place
  FROM sightings
  WHERE place IN ('agent-config') AND confidence <> 'low' AND at_head(place, location)
)
SELECT
  s.credential_id,
  max(ci.identity_id) AS identity_id,
  of_place AS place,
  concat(
    seen_as(s.provider, s.type, s.detector, s.confidence, s.masked), of_identity(max(ci.identity_id)),
    ' lies in ', listed(list(DISTINCT sighting_place(s.place, s.location) ORDER BY sighting_place(s.place, s.location))), place_note(s.location->>'$.path'), changed_note(gone.credential_id), '.') AS message,
  leak_confidence(s.detector, s.confidence, ci.basis, (s.location->>'$.path')) AS confidence,
  -- A person's own file is read by fewer than one that lies in a project; there the place leaves less doubt than the form.
  unless_changed(CASE
    WHEN NOT bool_and(s.is_own_file) THEN leak_severity('critical', s.detector, s.confidence, ci.basis, (s.location->>'$.path'))
    WHEN leak_severity('critical', s.detector, s.confidence, ci.basis, (s.location->>'$.path')) IN ('critical', 'high') THEN 'high'
    ELSE leak_severity('high', s.detector, s.confidence, ci.basis, (s.location->>'$.path')) END, gone.credential_id) AS severity,
  changed_fix(gone.credential_id) AS fix,
  list(DISTINCT s.observation_id) AS evidence
FROM open_today AS s
LEFT JOIN credential_identities AS ci USING (credential_id)
LEFT JOIN changed_passwords AS gone ON gone.credential_id = s.credential_id
GROUP BY s.credential_id, of_place
