/*---
id: service-account-key-unused
title: A downloaded key of a service account is not used
severity: medium
confidence: high
about: credential
identityFields: [credential_id]
needs: [credential@gcp, usage@gcp]
population: credentials WHERE provider = 'gcp' AND type = 'service-account-key' AND coalesce(status, 'active') = 'active' AND (detail->>'$.observedUntil' IS NOT NULL OR last_used_at IS NOT NULL)
parameters:
  unusedDays: 90
  graceDays: 30
controls:
  - owasp-nhi-2025:NHI1:2025
  - owasp-nhi-2025:NHI7:2025
  - nist-csf-2.0:PR.AA-01
  - nist-csf-2.0:ID.AM-08
why: >
  Nobody would miss it but a thief: it still opens all that the account may do, and whoever finds the file in an old backup
  has it.
fix: |
  1. `gcloud iam service-accounts keys disable KEY --iam-account=EMAIL`, and wait for somebody to complain.
  2. After some weeks `gcloud iam service-accounts keys delete KEY --iam-account=EMAIL`.
limits: >
  Google records an authentication up to some days late, and only calls to its own APIs. A key that is used once a year is
  unused on most days: accept it with a reason, or raise `unusedDays`.
references:
  - https://cloud.google.com/policy-intelligence/docs/activity-analyzer-service-account-authentication
since: '0.1'
---*/
SELECT
  credential_id,
  identity_id,
  concat(
    'Key ', short_id(public_id), ' of ', coalesce(identity_id, 'an unknown service account'),
    CASE WHEN last_used_at IS NULL THEN concat(' is ', days_since(created_at), ' days old and no use of it is on record')
      ELSE concat(' was last used ', days_since(last_used_at), ' days ago, on ', day_text(last_used_at)) END, '.') AS message,
  CASE WHEN never_expires AND days_since(created_at) > 365 THEN 'high' ELSE 'medium' END AS severity,
  evidence
FROM credentials
WHERE provider = 'gcp' AND type = 'service-account-key' AND coalesce(status, 'active') = 'active'
  AND days_since(created_at) > $graceDays
  AND CASE WHEN last_used_at IS NOT NULL
      -- The record ends on the day of the export.
      THEN date_diff('day', last_used_at::TIMESTAMP, coalesce(TRY_CAST(detail->>'$.observedUntil' AS TIMESTAMP), run_now()::TIMESTAMP)) > $unusedDays
    -- Silence says something only of a window that is long enough, or of the whole life of the key.
    ELSE (detail->>'$.observedUntil') IS NOT NULL
      AND (date_diff('day', TRY_CAST(detail->>'$.observedFrom' AS TIMESTAMP), TRY_CAST(detail->>'$.observedUntil' AS TIMESTAMP)) >= $unusedDays
        OR TRY_CAST(detail->>'$.observedFrom' AS TIMESTAMP) <= created_at) END
