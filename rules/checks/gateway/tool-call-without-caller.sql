/*---
id: tool-call-without-caller
title: Tools were called and nothing tells by whom
severity: medium
confidence: medium
about: usage
identityFields: [connection]
needs: [usage@gateway]
population: gateway_sessions WHERE ran AND (subtype IN ('mcp', 'mcpproxy', 'claude-code') OR regexp_matches(operation, '^(tools|resources|prompts)/'))
controls:
  - owasp-nhi-2025:NHI3:2025
  - nist-csf-2.0:GV.SC-07
  - nist-csf-2.0:DE.CM-06
  - csa-maestro:L7
why: >
  A server of tools acts with its own rights for whoever asks. Where the gateway takes calls from anyone, an agent that was talked into something leaves no trace of whose it was.
fix: Let the gateway ask callers for a token or a key of their own (JWT, API key, mTLS), and log it.
limits: Some gateways of tools log the name of the client alone, which anybody can give; such calls count as without a caller.
since: '0.1'
---*/
SELECT
  coalesce(s.connection, 'tools') AS connection,
  concat(
    counted(sum(coalesce(s.records, 1))::BIGINT, 'call'), ' of ', coalesce(s.connection, 'tools'), coalesce(' (' || nullif(listed(coalesce(list(DISTINCT s.operation ORDER BY s.operation) FILTER (s.operation IS NOT NULL), [])), '') || ')', ''),
    ' came without any identity of a caller, last on ', day_text(max(s.used_at)), '.') AS message,
  arg_max(s.observation_id, (s.used_at, s.observation_id), 10) AS evidence
FROM gateway_sessions AS s
WHERE (s.subtype IN ('mcp', 'mcpproxy', 'claude-code') OR regexp_matches(s.operation, '^(tools|resources|prompts)/'))
  AND s.caller_type = 'unknown' AND s.ran AND s.caller_identity_id IS NULL AND (s.caller IS NULL OR s.caller_confidence = 'low')
GROUP BY coalesce(s.connection, 'tools'), s.connection
