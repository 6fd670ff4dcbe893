/*---
id: access-key-unrotated
title: An active access key is older than allowed
severity: medium
confidence: high
about: credential
identityFields: [credential_id]
needs: [credential:access-key@aws|credential@iac]
population: credentials WHERE provider = 'aws' AND type = 'access-key' AND coalesce(status, 'active') = 'active'
parameters:
  maxAgeDays: 90
  veryOldDays: 365
controls:
  - owasp-nhi-2025:NHI7:2025
  - nist-csf-2.0:PR.AA-01
  - nist-csf-2.0:ID.AM-08
why: >
  Each month a key lies in more places: laptops that were sold, backups, images, the memory of people who left. Rotation is
  the only thing that ends all of those copies at once.
fix: |
  1. `aws iam create-access-key --user-name NAME`, and give the new key to its consumers.
  2. `aws iam update-access-key --user-name NAME --access-key-id OLD --status Inactive`; wait; then delete it.
  3. Better than rotating: no key. Roles for what runs in AWS, OIDC for CI, IAM Roles Anywhere for the rest.
limits: Age is counted from the creation of the key, on the day of the scan.
references:
  - https://docs.aws.amazon.com/IAM/latest/UserGuide/id-credentials-access-keys-update.html
platforms: [terraform]
since: '0.1'
---*/
SELECT
  credential_id,
  identity_id,
  concat(
    'Access key ', short_id(coalesce(public_id, 'in slot ' || (detail->>'$.slot'))), ' of ', coalesce(identity_id, 'an unknown user'),
    ' is ', days_since(coalesce(rotated_at, created_at)), ' days old; ', $maxAgeDays, ' are allowed.') AS message,
  CASE WHEN days_since(coalesce(rotated_at, created_at)) > $veryOldDays THEN 'high' ELSE 'medium' END AS severity,
  evidence,
  numbered([
    coalesce(st.renew, 'Give its consumers a role instead.'),
    st.deactivate,
    'Wait. ' || st.remove,
    'Better than rotating: no key. Roles for what runs in AWS, OIDC for CI, IAM Roles Anywhere for the rest.']) AS fix,
  {'age_days': days_since(coalesce(rotated_at, created_at))} AS detail
FROM credentials
LEFT JOIN credential_steps AS st USING (credential_id)
WHERE provider = 'aws' AND type = 'access-key' AND coalesce(status, 'active') = 'active'
  AND days_since(coalesce(rotated_at, created_at)) > $maxAgeDays
