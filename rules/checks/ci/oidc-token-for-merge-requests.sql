/*---
id: oidc-token-for-merge-requests
title: A job of merge requests may ask for an identity token
severity: medium
confidence: medium
persona: security
about: consumer
identityFields: [consumer_id]
needs: [consumer@ci]
population: consumers WHERE fact = 'oidc-subject'
controls:
  - owasp-nhi-2025:NHI4:2025
  - owasp-nhi-2025:NHI8:2025
  - nist-csf-2.0:PR.AA-04
  - nist-csf-2.0:PR.IR-01
why: >
  What a merge request changes runs before anybody has reviewed it. Where a trust looks at the project alone, the token opens the same doors as that of the main branch.
fix: >
  Ask for the token only in jobs of protected branches (`rules: - if: $CI_COMMIT_REF_PROTECTED == "true"`), or let the trust test `ref_type` and `ref` in the subject, or `environment`.
limits: >
  Trusts that test the branch refuse such a token; those in the same scan are judged by themselves.
references:
  - https://docs.gitlab.com/ci/cloud_services/
platforms: [gitlab-ci]
since: '0.1'
---*/
SELECT
  consumer_id,
  concat('The job ', consumer_id, ' runs for merge requests and may ask for ', listed(list(DISTINCT (detail->>'$.token') ORDER BY (detail->>'$.token'))), '.') AS message,
  list(DISTINCT observation_id) AS evidence
FROM consumers
WHERE type = 'workflow-job' AND fact = 'oidc-subject' AND TRY_CAST(detail->>'$.mergeRequests' AS BOOLEAN)
  AND NOT coalesce(TRY_CAST(detail->>'$.environmentDeclared' AS BOOLEAN), false)
GROUP BY consumer_id
