/*---
id: service-account-basic-role
title: A service account is owner or editor
severity: high
confidence: high
about: identity
identityFields: [identity_id]
needs: [grant@gcp|grant@iac]
population: (SELECT identity_id FROM identities WHERE provider = 'gcp' AND type = 'service-account' AND NOT managed UNION SELECT identity_id FROM grants WHERE starts_with(identity_id, 'gcp:') AND effect = 'allow')
controls:
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:PR.AA-05
why: >
  Editor may change nearly everything in the project, run code as its other service accounts and make keys of them; owner
  may also decide who else can.
fix: >
  `gcloud recommender recommendations list --recommender=google.iam.policy.Recommender --location=global` names the roles that it uses;
  grant those, then remove the basic role: `gcloud projects remove-iam-policy-binding PROJECT --member=… --role=roles/editor`.
limits: >
  The default accounts of Compute and App Engine are the matter of default-service-account-editor; Google's own agent
  (cloudservices) needs the role.
references:
  - https://cloud.google.com/iam/docs/understanding-roles#basic
platforms: [terraform]
since: '0.1'
---*/
SELECT
  g.identity_id,
  concat(
    g.identity_id, ' has ', listed(list(DISTINCT g.permission ORDER BY g.permission)), ' on ',
    listed(list(DISTINCT CASE WHEN g.resource LIKE '%projects/-' THEN 'its project' ELSE g.resource END ORDER BY 1)),
    CASE WHEN bool_and(g.condition IS NOT NULL) THEN concat(', where ', listed(list(DISTINCT g.condition->>'$.expression' ORDER BY 1))) ELSE '' END, '.') AS message,
  CASE WHEN bool_or(g.permission = 'roles/owner' AND g.condition IS NULL) THEN 'critical' ELSE 'high' END AS severity,
  CASE WHEN bool_and(g.condition IS NOT NULL) THEN 'medium' ELSE 'high' END AS confidence,
  list(DISTINCT g.observation_id) AS evidence
FROM grants AS g
LEFT JOIN identities AS i USING (identity_id)
WHERE starts_with(g.identity_id, 'gcp:') AND g.effect = 'allow' AND g.permission IN ('roles/owner', 'roles/editor')
  AND NOT coalesce(i.managed, false)
  AND coalesce(TRY_CAST(g.detail->>'$.deleted' AS BOOLEAN), false) = false
  AND NOT regexp_matches(g.identity_id, '(-compute@developer|@appspot|@cloudservices)\.gserviceaccount\.com$')
  AND coalesce(i.enabled, true)
  -- Of a condition that can no longer hold nothing is derived.
  AND (g.condition IS NULL OR EXISTS (
    SELECT 1 FROM grants AS d WHERE d.identity_id = g.identity_id AND d.capability IS NOT NULL AND d.condition = g.condition))
GROUP BY g.identity_id
