/*---
id: service-wildcard
title: A grant allows every action of a service on every resource
severity: medium
confidence: high
about: identity
identityFields: [identity_id]
needs: [identity@aws|identity@iac, grant@aws|grant@iac]
population: identities WHERE provider = 'aws' AND NOT managed
controls:
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:PR.AA-05
why: >
  A job that reads one bucket can delete all of them, and their backups. The wildcard also grows by itself: each new action
  of the service is granted on the day it appears.
fix: >
  List the actions and resources that are used; `aws iam generate-service-last-accessed-details --arn ARN
  --granularity ACTION_LEVEL` tells them.
limits: >
  Administrators are the matter of other checks. A deny elsewhere or a boundary may narrow the grant: look at the identity's
  capabilities.
platforms: [terraform, cloudformation]
since: '0.1'
---*/
SELECT
  g.identity_id,
  concat(
    g.identity_id, ' may do everything with ',
    listed(list(DISTINCT split_part(g.permission, ':', 1) ORDER BY split_part(g.permission, ':', 1))),
    ' on every resource (via ', listed(list_sort(list(DISTINCT coalesce(regexp_extract(g.via, '([^/]+)$', 1), 'a policy')))), ').') AS message,
  list(DISTINCT g.observation_id) AS evidence
FROM grants AS g
JOIN identities AS i USING (identity_id)
LEFT JOIN admin_identities AS a USING (identity_id)
WHERE i.provider = 'aws' AND NOT i.managed AND a.identity_id IS NULL
  AND g.capability IS NULL AND g.effect = 'allow' AND g.condition IS NULL
  AND g.resource = '*' AND regexp_matches(g.permission, '^[a-z0-9-]+:\*$')
GROUP BY g.identity_id
