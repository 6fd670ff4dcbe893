/*---
id: service-credential-without-expiry
title: A key for one AWS service does not end
severity: high
confidence: high
about: credential
identityFields: [credential_id]
needs: [credential:service-credential@aws]
population: credentials WHERE provider = 'aws' AND type = 'service-specific-credential' AND coalesce(status, 'active') = 'active'
parameters:
  maxDays: 90
controls:
  - owasp-nhi-2025:NHI7:2025
  - nist-csf-2.0:PR.AA-01
why: >
  Keys for Bedrock, CodeCommit, Keyspaces and others are passwords of their own. The credential report does not list them, so
  that no review finds them, and a copied key for Bedrock is spent on somebody else's models.
fix: |
  1. Let the program use a role and short-lived keys instead (a Bedrock key can be made for hours).
  2. Deactivate it: `aws iam update-service-specific-credential --user-name NAME --service-specific-credential-id ID --status Inactive`.
  3. After a month delete it: `aws iam delete-service-specific-credential --user-name NAME --service-specific-credential-id ID`.
limits: Only what the lists tell; when it was last used they do not.
references:
  - https://docs.aws.amazon.com/IAM/latest/APIReference/API_ServiceSpecificCredentialMetadata.html
  - https://docs.aws.amazon.com/bedrock/latest/userguide/api-keys.html
since: '0.1'
---*/
SELECT
  credential_id,
  identity_id,
  concat(
    coalesce(detail->>'$.service', 'A service'), ' credential ', short_id(coalesce(public_id, credential_id)), ' of ',
    coalesce(identity_id, 'an unknown user'),
    CASE WHEN expires_at IS NULL THEN ' never expires'
      ELSE concat(' lasts ', date_diff('day', coalesce(created_at, run_now()), expires_at), ' days, until ', day_text(expires_at)) END,
    CASE WHEN created_at IS NULL THEN '' ELSE concat('; it was made ', days_since(created_at), ' days ago') END, '.') AS message,
  evidence
FROM credentials
WHERE provider = 'aws' AND type = 'service-specific-credential' AND coalesce(status, 'active') = 'active'
  AND (expires_at IS NULL
    OR expires_at > run_now() AND date_diff('day', coalesce(created_at, run_now()), expires_at) > $maxDays)
