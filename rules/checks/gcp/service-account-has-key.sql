/*---
id: service-account-has-key
title: A service account has a key that can be copied
severity: medium
confidence: high
about: credential
identityFields: [credential_id]
needs: [credential@gcp]
population: credentials WHERE type = 'service-account-key' AND provider = 'gcp' AND status = 'active' AND created_at IS NOT NULL
parameters:
  oldDays: 90
controls:
  - owasp-nhi-2025:NHI7:2025
  - nist-csf-2.0:PR.AA-01
why: >
  Whoever has a copy of the file is the account, from anywhere, and Google cannot tell the copy from the original. That it ends
  one day bounds the harm; an attached account or a federated token leaves nothing to copy.
fix: |
  1. Inside Google Cloud attach the account to what runs; in CI and other clouds use workload identity federation; on a laptop
     `gcloud auth application-default login --impersonate-service-account=EMAIL`.
  2. `gcloud iam service-accounts keys disable KEY --iam-account=EMAIL`, after some weeks `delete`.
  3. Keep new ones out: organisation policy `iam.managed.disableServiceAccountKeyCreation`.
limits: >
  Keys that never expire, or are older than oldDays, are the matter of other checks. Keys that Google makes and rotates itself
  are left out. Where nothing but a key is possible, accept it with a reason.
references:
  - https://cloud.google.com/iam/docs/best-practices-for-managing-service-account-keys
since: '0.1'
---*/
SELECT
  credential_id,
  identity_id,
  concat(
    coalesce(identity_id, 'A service account'), ' has the key ', short_id(public_id), ', made ', days_since(created_at), ' days ago',
    coalesce(', which ends on ' || day_text(expires_at), ''), '.') AS message,
  evidence
FROM credentials
WHERE type = 'service-account-key' AND provider = 'gcp' AND status = 'active' AND created_at IS NOT NULL
  AND NOT coalesce(never_expires, false) AND days_since(created_at) <= $oldDays
