/*---
id: public-principal-on-resource
title: Anybody has a role on a resource
severity: high
confidence: high
about: identity
identityFields: [identity_id, resource]
needs: [grant@gcp]
population: (SELECT DISTINCT resource FROM grants WHERE starts_with(identity_id, 'gcp:') AND effect = 'allow')
controls:
  - owasp-nhi-2025:NHI6:2025
  - nist-csf-2.0:PR.AA-05
  - nist-csf-2.0:PR.PS-01
why: >
  `allUsers` is everybody on the internet, `allAuthenticatedUsers` everybody with a Google account of any kind, which anybody
  can make. Machine identities that work on the resource then work on what strangers read or wrote.
fix: >
  Remove the binding, and keep the next one out: organisation policy `iam.allowedPolicyMemberDomains`, and
  `storage.publicAccessPrevention` for buckets. A public website belongs behind a load balancer or into a bucket of its own.
limits: >
  A page or service that is meant to be public is reported too: accept it with a reason. Access lists of single objects are not
  in IAM policies.
references:
  - https://cloud.google.com/iam/docs/principals-overview
  - https://cloud.google.com/storage/docs/public-access-prevention
since: '0.1'
---*/
SELECT
  g.identity_id,
  g.resource,
  concat(
    CASE WHEN ends_with(g.identity_id, ':allUsers') THEN 'Everybody' ELSE 'Everybody with a Google account' END, ' has ',
    listed(coalesce(list(DISTINCT g.permission ORDER BY g.permission) FILTER (g.capability IS NULL), list(DISTINCT g.permission ORDER BY g.permission))), ' on ', g.resource, '.') AS message,
  CASE
    WHEN bool_or(g.capability IN ('admin', 'escalates', 'impersonates', 'manages-identities', 'reads-secrets', 'writes-data')) THEN 'critical'
    WHEN bool_or(g.capability = 'reads-data') THEN 'high'
    ELSE 'medium' END AS severity,
  list(DISTINCT g.observation_id) AS evidence
FROM grants AS g
WHERE starts_with(g.identity_id, 'gcp:') AND g.effect = 'allow' AND (g.detail->>'$.public') = 'true'
  -- Who may become a service account is the matter of public-impersonation.
  AND NOT contains(g.resource, '/serviceAccounts/')
GROUP BY g.identity_id, g.resource
