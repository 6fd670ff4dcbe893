/*---
id: federated-credential-broad-subject
title: An application trusts more of a code host than one branch or environment
severity: high
confidence: high
about: trust
identityFields: [identity_id, subject]
needs: [trust@iac|trust:oidc@entra]
population: trusts WHERE starts_with(identity_id, 'entra:') AND principal_type = 'oidc'
controls:
  - owasp-nhi-2025:NHI6:2025
  - owasp-nhi-2025:NHI8:2025
  - nist-csf-2.0:PR.AA-04
  - nist-csf-2.0:PR.AA-05
  - nist-csf-2.0:PR.IR-01
why: >
  Whoever opens a pull request, or pushes any branch, gets a token of the application before anybody has reviewed the
  change.
fix: >
  Make the subject one protected environment: `repo:OWNER/REPO:environment:production`; give pull requests an identity of
  their own that can only read.
limits: >
  Entra compares a subject as it is; wildcards count in flexible credentials alone, and do nothing elsewhere.
references:
  - https://learn.microsoft.com/en-us/entra/workload-id/workload-identity-federation-create-trust
platforms: [terraform]
equivalents: [checkov/CKV_AZURE_249]
since: '0.1'
---*/
SELECT
  t.identity_id,
  t.subject,
  concat(
    t.identity_id, ' may be taken with tokens of ', t.issuer, ' for ',
    CASE WHEN t.subject LIKE '%:pull_request' THEN 'any pull request' ELSE 'many subjects' END, ' (', t.subject, ').') AS message,
  CASE WHEN t.subject LIKE '%:pull_request' AND a.identity_id IS NULL THEN 'medium' ELSE 'high' END AS severity,
  list_distinct(list_concat([t.observation_id], coalesce(a.evidence, []))) AS evidence
FROM trusts AS t
LEFT JOIN admin_identities AS a ON a.identity_id = t.identity_id
WHERE starts_with(t.identity_id, 'entra:') AND t.principal_type = 'oidc' AND t.effect = 'allow'
  AND regexp_matches(t.issuer, '^(token\.actions\.githubusercontent\.com|gitlab\.com|app\.terraform\.io|agent\.buildkite\.com|oidc\.circleci\.com|api\.bitbucket\.org)')
  -- The tenant says whether wildcards count in a subject; code does not always.
  AND (t.subject LIKE '%:pull_request' OR regexp_matches(t.subject, '\*') AND (t.detail->>'$.flexible') IS DISTINCT FROM 'false')
