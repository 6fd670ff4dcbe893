/*---
id: service-token-without-end
title: A token of a service never ends, or lives for more than half a year
severity: medium
confidence: high
parameters:
  maxDays: 180
about: consumer
identityFields: [consumer_id]
needs: [consumer@iac]
population: consumers WHERE fact = 'service-token'
controls:
  - owasp-nhi-2025:NHI7:2025
  - nist-csf-2.0:PR.AA-01
  - nist-csf-2.0:ID.AM-08
why: >
  The token is in the state and wherever it was handed to, and works until somebody remembers it.
fix: >
  Set the end of its life (`expires_at`, `expired_at`, `lifetime_seconds`, `ttl`, `expiry`, `expiration_seconds`) and rotate it with `time_rotating`.
limits: >
  An end that a variable brings is not known and left alone. Some services end tokens by a rule of the organisation, which the code does not tell.
references:
  - https://docs.gitlab.com/user/project/settings/project_access_tokens/
platforms: [terraform]
since: '0.1'
---*/
SELECT
  consumer_id,
  concat('The ', (detail->>'$.service'), ' ', coalesce(detail->>'$.kind', 'token'), ' "', (detail->>'$.title'), '" (', (detail->>'$.address'), ') ',
    CASE WHEN (detail->>'$.days') IS NULL THEN 'has no end.' ELSE concat('lives for ', (detail->>'$.days'), ' days.') END) AS message,
  CASE WHEN coalesce(TRY_CAST(detail->>'$.endsNever' AS BOOLEAN), false) THEN 'low' ELSE 'medium' END AS severity,
  [observation_id] AS evidence
FROM consumers
WHERE fact = 'service-token' AND (coalesce(TRY_CAST(detail->>'$.noEnd' AS BOOLEAN), false) OR TRY_CAST(detail->>'$.days' AS INTEGER) > $maxDays)
