/*---
id: public-impersonation
title: Anybody may become a service account
severity: critical
confidence: high
about: trust
identityFields: [identity_id]
needs: [trust@gcp|trust@iac]
population: trusts WHERE starts_with(identity_id, 'gcp:')
controls:
  - owasp-nhi-2025:NHI6:2025
  - nist-csf-2.0:PR.AA-03
  - nist-csf-2.0:PR.AA-05
  - nist-csf-2.0:PR.PS-01
why: >
  `allUsers` is everybody, `allAuthenticatedUsers` everybody with a Google account of any kind: they can mint tokens of the
  account and do what it may do.
fix: >
  `gcloud iam service-accounts remove-iam-policy-binding ACCOUNT --member=allAuthenticatedUsers --role=…`, and the organisation
  policy `iam.allowedPolicyMemberDomains` against the next one.
references:
  - https://cloud.google.com/iam/docs/principals-overview
platforms: [terraform]
since: '0.1'
---*/
SELECT
  t.identity_id,
  concat(
    string_agg(DISTINCT t.principal, ' and ' ORDER BY t.principal), ' may become ', t.identity_id,
    ' (', listed(list(DISTINCT (t.detail->>'$.role') ORDER BY (t.detail->>'$.role'))), ')', coalesce('; it ' || min(a.how), ''), '.') AS message,
  list(DISTINCT t.observation_id) AS evidence
FROM trusts AS t
LEFT JOIN admin_identities AS a ON a.identity_id = t.identity_id
WHERE starts_with(t.identity_id, 'gcp:') AND t.effect = 'allow' AND t.principal_type = 'any'
GROUP BY t.identity_id
