/*---
id: trust-any-principal
title: A role may be assumed by anyone
severity: critical
confidence: high
about: trust
identityFields: [identity_id]
needs: [trust:role@aws|trust@iac]
population: trusts WHERE effect = 'allow' AND starts_with(identity_id, 'aws:')
controls:
  - owasp-nhi-2025:NHI6:2025
  - nist-csf-2.0:PR.AA-03
  - nist-csf-2.0:PR.AA-05
  - nist-csf-2.0:PR.PS-01
why: >
  The trust policy lets in whoever asks: every AWS account in the world can take the role, with one call and no secret.
fix: >
  Name the accounts or roles that need it in the trust policy, or bind it to your organisation with the condition
  `aws:PrincipalOrgID`: `aws iam update-assume-role-policy --role-name NAME --policy-document file://trust.json`.
limits: >
  The whole policy is judged, denials and resource control policies of the organisation with it, for a stranger: a user or role of
  an account of his own, who chooses his name, tags and session. Where that hangs on what nobody can tell beforehand the finding
  says on what: an external id, which is a shared password, leaves it high; an address range, a VPC endpoint or any other key
  medium. Whose organisation or account a condition names is not judged here.
references:
  - https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
  - https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
platforms: [terraform, cloudformation]
since: '0.1'
---*/
WITH open_trusts AS (
  SELECT *, (detail->>'$.stranger') AS stranger, json_words(detail->'$.strangerIf') AS hangs_on
  FROM trusts
  WHERE effect = 'allow' AND principal_type = 'any' AND starts_with(identity_id, 'aws:')
),
judged AS (
  SELECT
    *,
    CASE WHEN stranger = 'yes' THEN 'critical' WHEN hangs_on = ['sts:ExternalId'] THEN 'high' ELSE 'medium' END AS severity
  FROM open_trusts
  WHERE stranger IN ('yes', 'maybe')
)
SELECT
  identity_id,
  concat(
    identity_id, ' may be assumed by any AWS principal',
    CASE min(severity)
      WHEN 'critical' THEN ', without any condition that a stranger does not meet.'
      WHEN 'high' THEN ' that knows its external id.'
      ELSE concat(', as far as ', listed(list_distinct(flatten(list(hangs_on)))), ' lets it; that could not be judged.') END,
    coalesce(' It ' || min(a.how) || '.', '')) AS message,
  min(severity) AS severity,
  CASE WHEN min(severity) = 'medium' THEN 'medium' ELSE 'high' END AS confidence,
  list(DISTINCT observation_id) AS evidence
FROM judged
LEFT JOIN admin_identities AS a USING (identity_id)
GROUP BY identity_id
