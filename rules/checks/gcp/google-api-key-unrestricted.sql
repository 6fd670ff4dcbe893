/*---
id: google-api-key-unrestricted
title: An API key works from anywhere and for every API
severity: medium
confidence: high
about: credential
identityFields: [credential_id]
needs: [credential@gcp]
population: credentials WHERE provider = 'gcp' AND type = 'api-key' AND coalesce(status, 'active') = 'active'
controls:
  - owasp-nhi-2025:NHI5:2025
  - owasp-nhi-2025:NHI4:2025
  - nist-csf-2.0:PR.AA-05
why: >
  A key lies in pages and apps for everybody to read. Without limits it opens every API that is switched on in the project, also
  those that are switched on next year, on your bill.
fix: |
  1. `gcloud services api-keys update KEY --api-target=service=SERVICE.googleapis.com` for each API that it is for.
  2. Limit who may call: `--allowed-referrers`, `--allowed-ips`, `--allowed-application` or `--allowed-bundle-ids`.
  3. For servers use a service account instead of a key.
limits: Keys of other projects that are used here are not listed. Whether a limit is narrow enough is not judged.
references:
  - https://cloud.google.com/docs/authentication/api-keys#securing
since: '0.1'
---*/
SELECT
  credential_id,
  identity_id,
  concat(
    'The API key ', coalesce('"' || (detail->>'$.displayName') || '" ', ''), short_id(public_id), ' of ', (detail->>'$.project'),
    CASE WHEN (detail->>'$.services') IS NULL AND (detail->>'$.callers') IS NULL THEN ' works from anywhere and for every API that is switched on'
      WHEN (detail->>'$.services') IS NULL THEN ' works for every API that is switched on'
      ELSE ' works from anywhere' END,
    CASE WHEN identity_id IS NOT NULL THEN concat(', and acts as ', identity_id) ELSE '' END, '.') AS message,
  CASE WHEN identity_id IS NOT NULL THEN 'high' WHEN (detail->>'$.restricted') = 'true' THEN 'low' ELSE 'medium' END AS severity,
  evidence
FROM credentials
WHERE provider = 'gcp' AND type = 'api-key' AND coalesce(status, 'active') = 'active' AND (detail->>'$.restricted') IS NOT NULL
  AND ((detail->>'$.services') IS NULL OR (detail->>'$.callers') IS NULL)
