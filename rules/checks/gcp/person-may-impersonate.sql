/*---
id: person-may-impersonate
title: A person may act as a service account
severity: medium
confidence: high
about: trust
identityFields: [identity_id, principal]
needs: [trust@gcp|trust@iac]
population: trusts WHERE starts_with(identity_id, 'gcp:')
controls:
  - owasp-nhi-2025:NHI10:2025
  - nist-csf-2.0:PR.AA-05
  - nist-csf-2.0:DE.CM-03
why: >
  What the person then does stands in the log under the name of the machine, with the machine's rights.
fix: >
  Grant people the roles they need themselves. Where impersonation is meant for emergencies, grant it through an approval
  for a limited time (Privileged Access Manager), and watch for `GenerateAccessToken` in the log.
limits: >
  What is inherited from a project, folder or organisation is told only where the account is, or can become, an administrator.
references:
  - https://cloud.google.com/iam/docs/service-account-impersonation
platforms: [terraform]
since: '0.1'
---*/
SELECT
  t.identity_id,
  t.principal,
  concat(
    CASE WHEN min(t.principal_type) = 'group' THEN 'The group ' ELSE '' END, t.principal, ' may act as ', t.identity_id,
    ' (', listed(list(DISTINCT (t.detail->>'$.role') ORDER BY (t.detail->>'$.role'))), ')', coalesce('; it ' || min(a.how), ''), '.') AS message,
  CASE WHEN bool_or(a.identity_id IS NOT NULL) THEN 'high' ELSE 'medium' END AS severity,
  list(DISTINCT t.observation_id) AS evidence
FROM trusts AS t
LEFT JOIN admin_identities AS a ON a.identity_id = t.identity_id
WHERE starts_with(t.identity_id, 'gcp:') AND t.effect = 'allow' AND t.principal_type IN ('person', 'group')
  AND (t.detail->>'$.role') IN ('roles/iam.serviceAccountTokenCreator', 'roles/iam.serviceAccountOpenIdTokenCreator',
    'roles/iam.serviceAccountKeyAdmin', 'roles/iam.serviceAccountUser')
  AND ((t.detail->>'$.inheritedFrom') IS NULL OR a.identity_id IS NOT NULL)
GROUP BY t.identity_id, t.principal
