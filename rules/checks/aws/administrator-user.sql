/*---
id: administrator-user
title: An IAM user of a machine is an administrator
severity: medium
confidence: high
about: identity
identityFields: [identity_id]
needs: [identity@aws|identity@iac, grant:policy@aws|grant@iac]
population: identities WHERE provider = 'aws' AND type = 'user' AND NOT coalesce(human, false)
controls:
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:PR.AA-05
why: >
  An IAM user lives on keys and passwords that do not expire. Whoever gets hold of one, now or in years, has the account.
fix: |
  1. Give the workload a role with the rights it uses (the last accessed data tells them: `aws iam generate-service-last-accessed-details --arn ARN`).
  2. Take the administrator policy off the user, then its keys, then the user.
limits: >
  People with a console password and a second factor are left out. Whether the user has a key is told by
  `aws iam list-access-keys` and the credential report: with a key it is the matter of admin-user-key as well.
platforms: [terraform, cloudformation]
since: '0.1'
---*/
WITH unsure AS (
  SELECT identity_id, list_sort(list_distinct(flatten(list(from_json(detail->'$.unknown', '["VARCHAR"]'))))) AS keys
  FROM grants
  WHERE capability = 'admin' AND effect = 'allow' AND (detail->>'$.method') IS NULL AND (detail->'$.unknown') IS NOT NULL
  GROUP BY identity_id
)
SELECT
  i.identity_id,
  concat(
    i.identity_id, ' ', a.how,
    CASE WHEN a.confidence = 'high' OR u.keys IS NULL THEN '' ELSE '; hangs on ' || listed(u.keys) END,
    coalesce('; last used ' || day_text(i.last_used_at), ''), '.') AS message,
  a.confidence,
  list_concat(i.evidence, a.evidence) AS evidence
FROM identities AS i
JOIN admin_identities AS a USING (identity_id)
LEFT JOIN unsure AS u USING (identity_id)
WHERE i.provider = 'aws' AND i.type = 'user' AND NOT coalesce(i.human, false) AND a.is_admin
