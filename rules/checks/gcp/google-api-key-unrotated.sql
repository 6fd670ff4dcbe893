/*---
id: google-api-key-unrotated
title: An API key or HMAC key of Google Cloud is older than allowed
severity: medium
confidence: high
about: credential
identityFields: [credential_id]
needs: [credential@gcp]
population: credentials WHERE provider = 'gcp' AND type IN ('api-key', 'hmac-key') AND coalesce(status, 'active') = 'active' AND created_at IS NOT NULL
parameters:
  maxAgeDays: 90
  veryOldDays: 730
controls:
  - owasp-nhi-2025:NHI7:2025
  - nist-csf-2.0:PR.AA-01
why: >
  Neither kind ends by itself. An HMAC key reads and writes buckets as its account through the S3-compatible API, beside all
  logs that go by the account's other keys.
fix: |
  1. API key: make a new one with the same limits, move the callers, then `gcloud services api-keys delete KEY`.
  2. HMAC key: `gcloud storage hmac create EMAIL`, move the callers, `gcloud storage hmac update ACCESS_ID --deactivate`, later `delete`.
limits: When a key was last used is not on record for either kind.
references:
  - https://cloud.google.com/docs/authentication/api-keys#securing
  - https://cloud.google.com/storage/docs/authentication/hmackeys
since: '0.1'
---*/
SELECT
  credential_id,
  identity_id,
  concat(
    CASE type WHEN 'api-key' THEN 'The API key ' ELSE 'The HMAC key ' END, coalesce('"' || (detail->>'$.displayName') || '" ', ''), short_id(public_id),
    coalesce(' of ' || coalesce(identity_id, detail->>'$.project'), ''), ' is ', days_since(created_at), ' days old; ', $maxAgeDays, ' days are allowed.') AS message,
  CASE WHEN days_since(created_at) > $veryOldDays AND type = 'hmac-key' THEN 'high' ELSE 'medium' END AS severity,
  evidence,
  {'age_days': days_since(created_at)} AS detail
FROM credentials
WHERE provider = 'gcp' AND type IN ('api-key', 'hmac-key') AND coalesce(status, 'active') = 'active'
  AND days_since(created_at) > $maxAgeDays
