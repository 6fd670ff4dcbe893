/*---
id: service-user-with-key
title: A program signs in with the static key of an IAM user
severity: medium
confidence: medium
about: identity
identityFields: [identity_id]
needs: [identity@aws, credential:access-key@aws, credential:console-password@aws]
population: identities WHERE provider = 'aws' AND type = 'user' AND NOT coalesce(human, false)
parameters:
  graceDays: 90
controls:
  - owasp-nhi-2025:NHI4:2025
  - owasp-nhi-2025:NHI7:2025
  - nist-csf-2.0:PR.AA-03
  - nist-csf-2.0:PR.AA-01
why: >
  The key works for whoever has a copy, from anywhere, until somebody rotates it. A role gives the same program rights that
  end within the hour, and nothing to copy.
fix: |
  1. Let the program take a role: an instance profile or task role within AWS, an OIDC provider for CI and clusters, IAM Roles
     Anywhere for machines elsewhere.
  2. Deactivate the key: `aws iam update-access-key --user-name NAME --access-key-id ID --status Inactive`.
  3. After a month delete the user.
limits: >
  A user without a password in the credential report, whose key is active, is taken for a program's. Administrators and keys
  that are not used are the matter of other checks. A key that is renewed within graceDays is let pass, unless a CI job or a
  pod has it.
references:
  - https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#bp-workloads-use-roles
since: '0.1'
---*/
WITH active_keys AS (
  SELECT
    identity_id, count(*) AS keys, max(last_used_at) AS last_used_at, min(created_at) AS created_at,
    list_distinct(flatten(list(evidence))) AS evidence
  FROM credentials
  WHERE provider = 'aws' AND type = 'access-key' AND coalesce(status, 'active') = 'active'
  GROUP BY identity_id
),
passwords AS (
  SELECT DISTINCT identity_id FROM credentials WHERE provider = 'aws' AND type = 'password' AND coalesce(status, 'active') = 'active'
),
uses AS (
  SELECT identity_id, list(DISTINCT type ORDER BY type) AS types FROM identity_consumers GROUP BY identity_id
)
SELECT
  i.identity_id,
  concat(
    i.identity_id, ' has no password and ', counted(k.keys, 'active access key'),
    coalesce(', last used on ' || day_text(k.last_used_at), ''),
    CASE WHEN len(u.types) > 0 THEN concat('; used by a ', replace(listed(u.types), '-', ' ')) ELSE '' END, '.') AS message,
  CASE WHEN list_contains(u.types, 'workflow-job') OR list_contains(u.types, 'pipeline') THEN numbered([
    'Let the CI system take a role with its own OIDC token (an IAM OIDC provider and a trust policy that tests the subject).',
    'Remove the key from its secrets, then deactivate and delete it.'])
    WHEN list_contains(u.types, 'pod') THEN numbered([
      'Let the service account of the pod take a role (EKS Pod Identity, or a role for service accounts).',
      'Remove the key from the cluster, then deactivate and delete it.']) END AS fix,
  list_concat(i.evidence, k.evidence) AS evidence
FROM identities AS i
JOIN active_keys AS k USING (identity_id)
ANTI JOIN passwords AS p ON p.identity_id = i.identity_id
LEFT JOIN admin_identities AS a ON a.identity_id = i.identity_id
LEFT JOIN uses AS u ON u.identity_id = i.identity_id
WHERE i.provider = 'aws' AND i.type = 'user' AND NOT coalesce(i.human, false) AND NOT i.managed
  AND NOT coalesce(a.is_admin, false)
  AND (coalesce(days_since(coalesce(k.created_at, i.created_at)), $graceDays + 1) > $graceDays
    OR list_has_any(u.types, ['workflow-job', 'pipeline', 'pod']))
