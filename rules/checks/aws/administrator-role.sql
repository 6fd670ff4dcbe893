/*---
id: administrator-role
title: A role of a workload is an administrator
severity: medium
confidence: high
about: identity
identityFields: [identity_id]
needs: [identity@aws|identity@iac, grant:policy@aws|grant@iac]
population: identities WHERE provider = 'aws' AND type = 'role' AND NOT managed
controls:
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:PR.AA-05
why: >
  Whoever gets into one job, function or machine that runs under the role has the account.
fix: >
  Replace the administrator policy by what the role uses (`aws accessanalyzer start-policy-generation`, or the service's
  last accessed data: `aws iam generate-service-last-accessed-details --arn ROLE`), or put a permissions boundary on it.
limits: >
  Break-glass roles are administrators on purpose: accept them with a reason. Roles that AWS itself made are left out.
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
    CASE WHEN i.last_used_at IS NULL THEN '' ELSE concat('; last used ', day_text(i.last_used_at)) END, '.') AS message,
  a.confidence,
  list_concat(i.evidence, a.evidence) AS evidence
FROM identities AS i
JOIN admin_identities AS a USING (identity_id)
LEFT JOIN unsure AS u USING (identity_id)
WHERE i.provider = 'aws' AND i.type = 'role' AND NOT i.managed AND a.is_admin
