/*---
id: service-account-unused
title: A service account is not used
severity: medium
confidence: medium
about: identity
identityFields: [identity_id]
needs: [identity@gcp, usage@gcp]
population: identities WHERE provider = 'gcp' AND type = 'service-account' AND NOT managed AND coalesce(enabled, true) AND (detail->>'$.observedUntil' IS NOT NULL OR last_used_at IS NOT NULL)
parameters:
  unusedDays: 90
  graceDays: 30
controls:
  - owasp-nhi-2025:NHI1:2025
  - nist-csf-2.0:ID.AM-08
  - nist-csf-2.0:PR.AA-05
why: >
  Its job is gone, its rights are not. Whoever may deploy in the project, or has an old key, can still act as it, and nobody
  looks at what it does.
fix: |
  1. `gcloud iam service-accounts disable EMAIL`: what still needed it fails, and can be helped by `enable`.
  2. After some weeks remove its bindings and `gcloud iam service-accounts delete EMAIL`.
limits: >
  Google does not record calls that are made with an API key bound to the account, nor calls to other services than its own.
  Accounts of which no use is on record are reported only where the record covers the whole time asked for. When an account
  was made Google does not tell: the age of its keys and the record stand for it.
references:
  - https://cloud.google.com/policy-intelligence/docs/activity-analyzer-service-account-authentication
  - https://cloud.google.com/iam/docs/service-account-overview#identify-unused
since: '0.1'
---*/
WITH bound_keys AS (
  SELECT identity_id, count(*) AS keys
  FROM credentials
  WHERE provider = 'gcp' AND type = 'api-key' AND coalesce(status, 'active') = 'active' AND identity_id IS NOT NULL
  GROUP BY identity_id
)
SELECT
  i.identity_id,
  concat(
    i.identity_id,
    CASE WHEN i.last_used_at IS NULL
      THEN concat(' has not authenticated between ', day_text(TRY_CAST(i.detail->>'$.observedFrom' AS TIMESTAMP)), ' and ', day_text(TRY_CAST(i.detail->>'$.observedUntil' AS TIMESTAMP)))
      ELSE concat(' was last used ', days_since(i.last_used_at), ' days ago, on ', day_text(i.last_used_at)) END,
    coalesce('; it ' || a.how, ''),
    CASE WHEN k.keys IS NOT NULL THEN '; calls with the API keys that are bound to it are not on record' ELSE '' END, '.') AS message,
  CASE WHEN a.identity_id IS NOT NULL THEN 'high' ELSE 'medium' END AS severity,
  CASE WHEN k.keys IS NOT NULL THEN 'low' WHEN i.last_used_at IS NULL THEN 'medium' ELSE 'high' END AS confidence,
  i.evidence
FROM identities AS i
LEFT JOIN admin_identities AS a ON a.identity_id = i.identity_id
LEFT JOIN bound_keys AS k ON k.identity_id = i.identity_id
WHERE i.provider = 'gcp' AND i.type = 'service-account' AND NOT i.managed AND coalesce(i.enabled, true)
  AND (i.created_at IS NULL OR days_since(i.created_at) > $graceDays)
  -- An account with a young key was made, or is used anew, lately.
  AND NOT EXISTS (
    SELECT 1 FROM credentials AS c
    WHERE c.identity_id = i.identity_id AND c.provider = 'gcp' AND days_since(c.created_at) <= $graceDays)
  AND CASE WHEN i.last_used_at IS NOT NULL
      -- The record ends on the day of the export.
      THEN date_diff('day', i.last_used_at::TIMESTAMP, coalesce(TRY_CAST(i.detail->>'$.observedUntil' AS TIMESTAMP), run_now()::TIMESTAMP)) > $unusedDays
    ELSE date_diff('day', TRY_CAST(i.detail->>'$.observedFrom' AS TIMESTAMP), TRY_CAST(i.detail->>'$.observedUntil' AS TIMESTAMP)) >= $unusedDays END
