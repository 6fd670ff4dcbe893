/*---
id: identity-pool-provider-without-condition
title: A workload identity pool takes the tokens of everybody at a shared issuer
severity: critical
confidence: high
about: consumer
identityFields: [consumer_id]
needs: [consumer@iac|consumer@gcp]
population: consumers WHERE fact = 'identity-pool-provider'
controls:
  - owasp-nhi-2025:NHI6:2025
  - owasp-nhi-2025:NHI4:2025
  - nist-csf-2.0:PR.AA-03
  - nist-csf-2.0:PR.AA-04
why: >
  The issuer signs tokens for all its customers. Without a condition any repository there gets an identity of the pool,
  and every binding of the whole pool is theirs.
fix: >
  Set `attribute_condition = "assertion.repository_owner_id == 'NUMBER'"` (the numeric id: names can be taken by others),
  and bind single repositories with `principalSet://…/attribute.repository/OWNER/REPO`.
limits: >
  A condition that everybody meets counts as none (`true`, a claim that is only not empty); whether another is right is not judged. An issuer of one's own (a cluster, an own GitLab) is left alone.
references:
  - https://cloud.google.com/iam/docs/best-practices-for-using-workload-identity-federation
platforms: [terraform]
equivalents: [checkov/CKV_GCP_118, checkov/CKV_GCP_125]
since: '0.1'
---*/
SELECT
  consumer_id,
  identity_id,
  concat(
    'The provider ', (detail->>'$.address'), ' takes every token of ', (detail->>'$.issuer'),
    CASE WHEN (detail->>'$.condition') IS NULL THEN ': it has no attribute condition.' ELSE ': its condition holds for all.' END) AS message,
  [observation_id] AS evidence
FROM consumers
WHERE fact = 'identity-pool-provider'
  AND (detail->>'$.enabled') IS DISTINCT FROM 'false'
  AND regexp_matches((detail->>'$.issuer'), '^(token\.actions\.githubusercontent\.com|gitlab\.com|app\.terraform\.io|agent\.buildkite\.com|oidc\.circleci\.com|api\.bitbucket\.org|api\.pulumi\.com|oidc\.vercel\.com|vstoken\.dev\.azure\.com)')
  AND ((detail->>'$.condition') IS NULL OR (detail->>'$.conditionIdle') = 'true')
