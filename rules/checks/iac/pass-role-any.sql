/*---
id: pass-role-any
title: An identity may hand any role to a service
severity: medium
confidence: high
about: identity
identityFields: [identity_id]
needs: [grant@aws|grant@iac]
population: grants WHERE lower(permission) IN ('iam:passrole', 'iam:pass*')
controls:
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:PR.AA-05
why: >
  With the right to start anything that runs under a role, it gets the rights of every role of the account that a service
  may take, of those to come too.
fix: >
  Name the roles (`arn:aws:iam::ACCOUNT:role/app-*`) and the service: `"Condition": {"StringEquals":
  {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}`.
limits: >
  Administrators can do this too and are the matter of other checks.
references:
  - https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
platforms: [terraform, cloudformation]
since: '0.1'
---*/
SELECT
  g.identity_id,
  concat(g.identity_id, ' may pass any role to ', CASE WHEN bool_or(g.condition IS NULL) THEN 'any service' ELSE 'a service' END, ' (via ', listed(list(DISTINCT coalesce(regexp_extract(g.via, '([^/]+)$', 1), 'a policy'))), ').') AS message,
  list(DISTINCT g.observation_id) AS evidence
FROM grants AS g
LEFT JOIN admin_identities AS a ON a.identity_id = g.identity_id
WHERE starts_with(g.identity_id, 'aws:') AND g.effect = 'allow' AND g.capability IS NULL AND a.identity_id IS NULL
  AND lower(g.permission) IN ('iam:passrole', 'iam:pass*') AND regexp_matches(g.resource, '(^|, )(\*|arn:aws[a-z-]*:iam::[^:]*:role/\*)($|, )')
  AND NOT contains(lower(coalesce(g.condition::VARCHAR, '')), 'iam:passedtoservice')
GROUP BY g.identity_id
