/*---
id: default-service-account-editor
title: A default service account is editor of its project
severity: high
confidence: high
about: identity
identityFields: [identity_id]
needs: [grant@gcp]
population: grants WHERE regexp_matches(identity_id, '(-compute@developer|@appspot)\.gserviceaccount\.com$')
controls:
  - owasp-nhi-2025:NHI6:2025
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:PR.PS-01
  - nist-csf-2.0:PR.AA-05
why: >
  Every machine and function for which nobody chose an account runs under this one: code execution on the least of them is editor of
  the project.
fix: |
  1. Give each workload an account of its own.
  2. `gcloud projects remove-iam-policy-binding PROJECT --member=serviceAccount:EMAIL --role=roles/editor`.
  3. Keep it from coming back: organisation policy `iam.automaticIamGrantsForDefaultServiceAccounts`.
references:
  - https://cloud.google.com/iam/docs/service-account-types#default
since: '0.1'
---*/
SELECT
  g.identity_id,
  concat(g.identity_id, ', which workloads get by default, has ', listed(list(DISTINCT g.permission ORDER BY g.permission)), ' on ',
    listed(list(DISTINCT g.resource ORDER BY g.resource)), '.') AS message,
  list(DISTINCT g.observation_id) AS evidence
FROM grants AS g
LEFT JOIN identities AS i USING (identity_id)
WHERE g.effect = 'allow' AND g.permission IN ('roles/owner', 'roles/editor')
  AND regexp_matches(g.identity_id, '(-compute@developer|@appspot)\.gserviceaccount\.com$')
  AND coalesce(TRY_CAST(g.detail->>'$.deleted' AS BOOLEAN), false) = false
  AND coalesce(i.enabled, true)
GROUP BY g.identity_id
