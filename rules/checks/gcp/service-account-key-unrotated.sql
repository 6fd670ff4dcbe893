/*---
id: service-account-key-unrotated
title: A downloaded key of a service account is older than allowed
severity: medium
confidence: high
about: credential
identityFields: [credential_id]
needs: [credential@gcp]
population: credentials WHERE type = 'service-account-key' AND coalesce(status, 'active') = 'active'
parameters:
  maxAgeDays: 90
  veryOldDays: 365
controls:
  - owasp-nhi-2025:NHI7:2025
  - nist-csf-2.0:PR.AA-01
  - nist-csf-2.0:ID.AM-08
why: >
  The key file is a private key in plain JSON, copied with every backup and laptop. Google cannot tell where it went, and
  by default it works until the year 9999.
fix: |
  1. Replace it: workload identity federation for CI and other clouds, an attached service account inside Google Cloud.
  2. Where a key must stay: `gcloud iam service-accounts keys create …`, move the consumers, then
     `gcloud iam service-accounts keys disable KEY --iam-account=EMAIL`, later `delete`.
  3. Keep new ones out: organisation policy `iam.managed.disableServiceAccountKeyCreation`.
limits: Keys that Google makes and rotates itself are left out.
references:
  - https://cloud.google.com/iam/docs/best-practices-for-managing-service-account-keys
since: '0.1'
---*/
SELECT
  credential_id,
  identity_id,
  concat(
    'Key ', short_id(public_id), ' of ', coalesce(identity_id, 'an unknown service account'), ' is ', days_since(created_at), ' days old',
    CASE WHEN never_expires THEN ' and never expires' ELSE '' END, '; ', $maxAgeDays, ' days are allowed.') AS message,
  CASE WHEN days_since(created_at) > $veryOldDays THEN 'high' ELSE 'medium' END AS severity,
  evidence,
  numbered([
    'Replace it: workload identity federation for CI and other clouds, an attached service account inside Google Cloud.',
    'Where a key must stay: ' || st.renew,
    st.deactivate || ' Later delete it.',
    'Keep new ones out: organisation policy `iam.managed.disableServiceAccountKeyCreation`.']) AS fix,
  {'age_days': days_since(created_at), 'never_expires': never_expires} AS detail
FROM credentials
LEFT JOIN credential_steps AS st USING (credential_id)
WHERE type = 'service-account-key' AND provider = 'gcp' AND coalesce(status, 'active') = 'active'
  AND days_since(created_at) > $maxAgeDays
