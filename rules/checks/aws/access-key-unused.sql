/*---
id: access-key-unused
title: An active access key is not used
severity: medium
confidence: high
about: credential
identityFields: [credential_id]
needs: [credential:access-key-use@aws]
population: credentials WHERE provider = 'aws' AND type = 'access-key' AND coalesce(status, 'active') = 'active' AND use_is_told
parameters:
  unusedDays: 90
  graceDays: 30
controls:
  - owasp-nhi-2025:NHI1:2025
  - nist-csf-2.0:PR.AA-01
  - nist-csf-2.0:ID.AM-08
why: >
  Nobody would miss it, so nobody would notice who uses it next. It can go today without breaking anything.
fix: >
  `aws iam update-access-key --user-name NAME --access-key-id ID --status Inactive`; after a month without complaints
  `aws iam delete-access-key --user-name NAME --access-key-id ID`.
limits: >
  A key without a last use is called never used only where a source that tells the last use was given; the provider
  tracks use since April 2015.
references:
  - https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_finding-unused.html
since: '0.1'
---*/
SELECT
  credential_id,
  identity_id,
  concat(
    'Access key ', short_id(coalesce(public_id, 'in slot ' || (detail->>'$.slot'))), ' of ', coalesce(identity_id, 'an unknown user'),
    CASE WHEN last_used_at IS NULL THEN concat(' was never used in the ', days_since(created_at), ' days since it was made')
      ELSE concat(' was last used ', days_since(last_used_at), ' days ago, on ', day_text(last_used_at)) END,
    '.') AS message,
  numbered([
    st.deactivate,
    'After a month without complaints: ' || st.remove]) AS fix,
  evidence
FROM credentials
LEFT JOIN credential_steps AS st USING (credential_id)
WHERE provider = 'aws' AND type = 'access-key' AND coalesce(status, 'active') = 'active' AND use_is_told
  AND (days_since(last_used_at) > $unusedDays OR (last_used_at IS NULL AND days_since(created_at) > $graceDays))
