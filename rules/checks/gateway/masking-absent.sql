/*---
id: masking-absent
title: Nothing is masked on a connection with personal data
severity: high
confidence: high
about: consumer
identityFields: [connection]
needs: [policy:connection@gateway, policy:masking-rule@gateway, 'policy:attribute@gateway?', 'policy:server@gateway?']
population: connection_settings WHERE is_sensitive
controls:
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:PR.DS-10
  - nist-csf-2.0:PR.DS-02
  - csa-maestro:L2
why: >
  Whatever a job or an agent reads there it gets in clear, and keeps: in its output, its notebook, its memory.
fix: >
  Give the connection an attribute that a masking rule has, or name it in the rule; and configure a provider of masking for the gateway.
inconclusive: >
  SELECT 'whether the gateway has a provider of masking is not known: what it says of itself (serverinfo) was not given, or names none'
  WHERE NOT EXISTS (FROM policies WHERE provider = 'hoop' AND type = 'server' AND coalesce(settings->>'$.redactProvider', settings->>'$.hasRedactCredentials') IS NOT NULL)
    AND EXISTS (FROM connection_settings WHERE is_sensitive)
limits: >
  Which tags mean personal data is the configuration's to say (gateway.personalData). The open edition of hoop allows one masking rule
  in all: where it is in use elsewhere, the edition is the limit.
since: '0.1'
---*/
WITH server AS (
  -- Where neither is told, nobody knows.
  SELECT bool_and((settings->>'$.hasRedactCredentials') = 'false' OR (settings->>'$.redactProvider') = '') AS is_off, max(settings->>'$.licence') AS licence, flatten(list(evidence)) AS evidence
  FROM policies
  WHERE provider = 'hoop' AND type = 'server' AND json_exists(settings, '$.authMethod')
)
SELECT
  m.connection,
  m.identity_id,
  concat(
    m.connection, ' holds personal data (', listed(m.data_tags), ')',
    CASE
      WHEN len(m.masked_types) = 0 AND len(m.rules) = 0 THEN ', and no rule masks anything there'
      WHEN len(m.masked_types) = 0 THEN concat(', and the rules for it (', listed(m.rules), ') name no kind of data')
      ELSE concat('; ', coalesce('the rules ' || nullif(listed(m.rules), ''), 'its own list'), ' would mask it, but the gateway has no provider that does') END,
    CASE WHEN s.licence = 'oss' THEN '; its edition allows one masking rule in all' ELSE '' END, '.') AS message,
  CASE WHEN coalesce(is_production(m.environment), true) THEN 'high' ELSE 'medium' END AS severity,
  list_concat(m.all_evidence, CASE WHEN len(m.masked_types) > 0 THEN s.evidence ELSE [] END) AS evidence,
  {'data': m.data_tags, 'rules': m.rules} AS detail
FROM connection_masks AS m
CROSS JOIN server AS s
WHERE m.is_sensitive AND (len(m.masked_types) = 0 OR coalesce(s.is_off, false))
