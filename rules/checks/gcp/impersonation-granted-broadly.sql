/*---
id: impersonation-granted-broadly
title: An identity may become every service account of a project
severity: high
confidence: high
about: identity
identityFields: [identity_id]
needs: [grant@gcp|grant@iac]
population: grants WHERE capability = 'impersonates'
controls:
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:PR.AA-05
  - csa-maestro:Cross-Layer
why: >
  Granted on the project rather than on one account, the role reaches all of its service accounts, also those that are
  made next year, and with them all that they may do.
fix: >
  Grant it on the one account that is needed
  (`gcloud iam service-accounts add-iam-policy-binding ACCOUNT --member=… --role=roles/iam.serviceAccountTokenCreator`), and remove it from
  the project.
limits: >
  Grants to people and groups on a project are not listed among machine identities and so not seen here. Owners and editors
  are the matter of service-account-basic-role.
references:
  - https://cloud.google.com/iam/docs/service-account-permissions
platforms: [terraform]
since: '0.1'
---*/
SELECT
  g.identity_id,
  concat(
    g.identity_id, ' may become every service account of ', listed(list(DISTINCT CASE WHEN g.resource LIKE '%projects/-' THEN 'its project' ELSE g.resource END ORDER BY 1)),
    ' (', listed(list(DISTINCT g.permission ORDER BY g.permission)), ').') AS message,
  CASE WHEN bool_or(coalesce(g.confidence, 'high') = 'high') THEN 'high' ELSE 'medium' END AS confidence,
  list(DISTINCT g.observation_id) AS evidence
FROM grants AS g
LEFT JOIN identities AS i USING (identity_id)
WHERE starts_with(g.identity_id, 'gcp:') AND g.capability = 'impersonates' AND g.effect = 'allow'
  AND regexp_matches(g.resource, '^(//cloudresourcemanager\.googleapis\.com/)?(projects|folders|organizations)/[^/]+$')
  AND g.permission NOT IN ('roles/owner', 'roles/editor')
  -- Agents of Google's services have it by Google's own instructions.
  AND NOT regexp_matches(g.identity_id, '@gcp-sa-[a-z0-9-]+\.iam\.gserviceaccount\.com$')
  AND NOT coalesce(i.managed, false) AND coalesce(i.enabled, true)
GROUP BY g.identity_id
