/*---
id: service-account-key-never-expires
title: A downloaded key of a service account never expires
severity: low
confidence: high
about: credential
identityFields: [credential_id]
needs: [credential@gcp]
population: credentials WHERE type = 'service-account-key' AND coalesce(status, 'active') = 'active'
controls:
  - owasp-nhi-2025:NHI7:2025
  - nist-csf-2.0:PR.AA-01
why: >
  Nothing ends it but somebody's attention. A key with an end date is forgotten safely.
fix: >
  Set an expiry for new keys with the organisation policy `iam.serviceAccountKeyExpiryHours`, and replace this one; better,
  use workload identity federation and no key.
references:
  - https://cloud.google.com/iam/docs/service-account-creds#key-expiry
since: '0.1'
---*/
SELECT
  credential_id,
  identity_id,
  concat('Key ', short_id(public_id), ' of ', coalesce(identity_id, 'an unknown service account'), ' never expires.') AS message,
  evidence
FROM credentials
WHERE type = 'service-account-key' AND provider = 'gcp' AND coalesce(status, 'active') = 'active' AND never_expires
