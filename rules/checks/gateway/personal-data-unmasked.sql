/*---
id: personal-data-unmasked
title: Personal data went through the gateway unmasked
severity: high
confidence: high
about: usage
identityFields: [session_id]
needs: [usage@gateway, 'usage:session-list@gateway?']
population: gateway_sessions WHERE analyzed IS NOT NULL OR mask_errors IS NOT NULL
controls:
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:PR.DS-10
  - nist-csf-2.0:PR.DS-02
  - nist-csf-2.0:DE.CM-09
  - csa-maestro:L2
why: >
  The gateway saw the data and let it pass: it now lies wherever the caller put it: notebooks, logs, the memory of an
  agent.
fix: >
  Add the kinds of data in the message to the masking rule of the connection; where masking failed with errors, set it to strict
  (`DLP_MODE=strict`), so that unmasked output is held back.
limits: >
  Detection is the gateway's. Kinds that are rarely personal (gateway.notPersonal of the configuration) are left out. Counts are those of the session and of the gateway's metrics of sessions. Native database sessions only: terminals are not analysed.
since: '0.1'
---*/
WITH detected AS (
  SELECT
    s.*,
    -- Where each kind was counted, those that were seen and never masked.
    list_sort(list_filter(
      s.personal_kinds,
      lambda kind: NOT list_contains(coalesce(json_keys(s.info_types), []), kind))) AS kinds,
    len(coalesce(json_keys(s.info_types), [])) > 0 AS kinds_are_told,
    coalesce(s.redactions, 0) = 0 AND NOT coalesce(s.masked, false) AS nothing_masked
  FROM gateway_sessions AS s
)
SELECT
  s.session_id,
  s.identity_id,
  concat(
    coalesce(s.caller, 'A caller that the counts do not name'), ' got ', CASE WHEN len(s.kinds) > 0 THEN listed(s.kinds) ELSE 'data' END, ' from ', s.connection,
    CASE WHEN s.mask_errors > 0 THEN concat(' while masking failed ', s.mask_errors, ' times: ') WHEN s.nothing_masked THEN ' without any masking: ' ELSE ', which was not masked as other data was: ' END,
    session_name(s.session_id, s.used_at), '.') AS message,
  CASE WHEN is_production(s.environment) THEN 'high' ELSE 'medium' END AS severity,
  list_filter([s.observation_id, s.counts_evidence], lambda id: id IS NOT NULL) AS evidence,
  {'kinds': s.kinds, 'redactions': s.redactions, 'errors': s.mask_errors} AS detail
FROM detected AS s
WHERE s.mask_errors > 0 OR (len(s.kinds) > 0 AND (s.nothing_masked OR s.kinds_are_told))
