/*---
id: grant-to-deleted-account
title: A deleted service account still has roles
severity: low
confidence: high
about: identity
identityFields: [identity_id, uid]
needs: [grant@gcp]
population: (SELECT DISTINCT identity_id FROM grants WHERE starts_with(identity_id, 'gcp:') AND effect = 'allow')
controls:
  - owasp-nhi-2025:NHI1:2025
  - nist-csf-2.0:ID.AM-08
why: >
  The offboarding stopped half way. Within thirty days the account can be brought back, and has its roles again; later the
  bindings hide the living ones from whoever reviews them.
fix: >
  `gcloud projects remove-iam-policy-binding PROJECT --member='deleted:serviceAccount:EMAIL?uid=UID' --role=ROLE`, for each.
limits: An account that was made again under the name does not get these roles, and is not meant here.
references:
  - https://cloud.google.com/iam/docs/service-accounts-delete-undelete
since: '0.1'
---*/
SELECT
  g.identity_id,
  coalesce(g.detail->>'$.uid', '') AS uid,
  concat(
    g.identity_id, ' was deleted and still has ', listed(list(DISTINCT g.permission || ' on ' || g.resource ORDER BY g.permission || ' on ' || g.resource)),
    '.') AS message,
  CASE WHEN bool_or(g.permission IN ('roles/owner', 'roles/editor') OR g.permission LIKE 'roles/iam.%') THEN 'medium' ELSE 'low' END AS severity,
  list(DISTINCT g.observation_id) AS evidence
FROM grants AS g
WHERE starts_with(g.identity_id, 'gcp:') AND g.effect = 'allow' AND (g.detail->>'$.deleted') = 'true'
GROUP BY g.identity_id, g.detail->>'$.uid'
