/*---
id: client-secret-long-lived
title: A client secret of an application lives long or for ever
severity: high
confidence: high
about: consumer
identityFields: [consumer_id]
needs: [consumer@iac]
population: consumers WHERE fact = 'declared-key' AND (detail->>'$.keyType') = 'client-secret'
parameters:
  maxDays: 180
controls:
  - owasp-nhi-2025:NHI7:2025
  - nist-csf-2.0:PR.AA-01
  - nist-csf-2.0:ID.AM-08
why: >
  A secret that nobody has to renew is copied from one system to the next, and works long after the last of them was
  forgotten. Without an end date it lives for two years.
fix: >
  Use a federated credential instead (`azuread_application_federated_identity_credential`): no secret at all. Else set
  `end_date_relative = "2160h"` and rotate with `rotate_when_changed` and `time_rotating`.
limits: >
  An end date that a variable brings is not known and left alone.
references:
  - https://registry.terraform.io/providers/hashicorp/azuread/latest/docs/resources/application_password
platforms: [terraform]
since: '0.1'
---*/
SELECT
  consumer_id,
  identity_id,
  concat(
    'The client secret ', (detail->>'$.address'),
    CASE WHEN (detail->>'$.days') IS NULL THEN ' has no end date' ELSE concat(' lives for ', (detail->>'$.days'), ' days') END,
    coalesce(' (' || identity_id || ')', ''), '.') AS message,
  CASE WHEN coalesce(TRY_CAST(detail->>'$.rotated' AS BOOLEAN), false) THEN 'low' ELSE 'high' END AS severity,
  [observation_id] AS evidence
FROM consumers
WHERE fact = 'declared-key' AND (detail->>'$.keyType') = 'client-secret'
  AND (coalesce(TRY_CAST(detail->>'$.noEnd' AS BOOLEAN), false) OR TRY_CAST(detail->>'$.days' AS INTEGER) > $maxDays)
