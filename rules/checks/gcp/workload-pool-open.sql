/*---
id: workload-pool-open
title: A whole workload identity pool may become a service account
severity: high
confidence: high
about: trust
identityFields: [identity_id, principal]
needs: [trust@gcp|trust@iac]
population: trusts WHERE starts_with(identity_id, 'gcp:') AND principal_type = 'oidc'
controls:
  - owasp-nhi-2025:NHI6:2025
  - nist-csf-2.0:PR.AA-04
  - nist-csf-2.0:PR.AA-05
  - csa-maestro:L4
why: >
  Every workload whose tokens the pool accepts can take the account: each repository of the organisation, or, where the
  provider has no condition, everybody's.
fix: >
  Bind one attribute instead of the pool:
  `principalSet://iam.googleapis.com/projects/N/locations/global/workloadIdentityPools/POOL/attribute.repository/OWNER/REPO`,
  and give the provider an attribute condition on the owner's numeric id.
limits: >
  A provider's condition that everybody meets (`true`, a claim that is only not empty) counts as none; whether any other is right is
  not judged. Where the providers of the pool are not in the input it is not known.
references:
  - https://cloud.google.com/iam/docs/best-practices-for-using-workload-identity-federation
platforms: [terraform]
since: '0.1'
---*/
SELECT
  t.identity_id,
  t.principal,
  concat(
    'Everything in the pool ', coalesce((t.detail->>'$.pool'), t.principal), ' may become ', t.identity_id,
    CASE WHEN max(t.lets_in) IS NOT NULL THEN concat(', where its provider lets it in (', max(t.lets_in), ')') ELSE '' END,
    coalesce('; it ' || min(a.how), ''), '.') AS message,
  CASE WHEN max(t.lets_in) IS NOT NULL THEN 'medium'
    WHEN max(t.detail->>'$.provider') IS NOT NULL AND regexp_matches(coalesce(max(t.issuer), ''), '^(token\.actions\.githubusercontent\.com|gitlab\.com|app\.terraform\.io|oidc\.circleci\.com|agent\.buildkite\.com|api\.bitbucket\.org)') THEN 'critical'
    ELSE 'high' END AS severity,
  list(DISTINCT t.observation_id) AS evidence
FROM (
  SELECT *, CASE WHEN (detail->>'$.providerConditionIdle') IS NULL THEN (detail->>'$.providerCondition') END AS lets_in
  FROM trusts) AS t
LEFT JOIN admin_identities AS a ON a.identity_id = t.identity_id
WHERE starts_with(t.identity_id, 'gcp:') AND t.effect = 'allow' AND t.principal_type = 'oidc' AND ends_with(t.principal, '/*')
  AND ((t.detail->>'$.inheritedFrom') IS NULL OR a.identity_id IS NOT NULL)
GROUP BY t.identity_id, t.principal, t.detail->>'$.pool'
