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
  The trust policy names `*`: every AWS account in the world can take the role, with one call and no secret.
fix: >
  Name the accounts or roles that need it in the trust policy, or bind it to your organisation with the condition
  `aws:PrincipalOrgID`: `aws iam update-assume-role-policy --role-name NAME --policy-document file://trust.json`.
limits: >
  A condition on the organisation, the calling account, the principal's ARN or the source lets the check pass: whether its
  value is right is not judged. An external id alone is a shared password; it lowers the severity only.
references:
  - https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
platforms: [terraform, cloudformation]
since: '0.1'
---*/
WITH open_trusts AS (
  SELECT *, lower(coalesce(condition::VARCHAR, '')) AS tests
  FROM trusts
  WHERE effect = 'allow' AND principal_type = 'any' AND starts_with(identity_id, 'aws:')
)
SELECT
  identity_id,
  concat(
    identity_id, ' may be assumed by any AWS principal',
    CASE WHEN bool_and(contains(tests, 'sts:externalid')) THEN ' that knows its external id.' ELSE ', without any condition that names it.' END,
    coalesce(' It ' || min(a.how) || '.', '')) AS message,
  CASE WHEN bool_and(contains(tests, 'sts:externalid')) THEN 'high' ELSE 'critical' END AS severity,
  list(DISTINCT observation_id) AS evidence
FROM open_trusts
LEFT JOIN admin_identities AS a USING (identity_id)
WHERE NOT regexp_matches(tests, 'aws:principal(orgid|orgpaths|account|arn)|aws:source(account|arn|orgid|orgpaths)|aws:userid')
GROUP BY identity_id
