/*---
id: role-shared-by-services
title: One role serves workloads of several services
severity: medium
confidence: medium
about: identity
identityFields: [identity_id]
needs: [trust:role@aws]
population: identities WHERE provider = 'aws' AND type = 'role' AND NOT managed
parameters:
  minServices: 3
controls:
  - owasp-nhi-2025:NHI9:2025
  - nist-csf-2.0:PR.AA-05
  - nist-csf-2.0:PR.AA-01
why: >
  Functions, machines and tasks under one role each have the rights of all of them, and what the role did cannot be ascribed to
  one. A hole in the least of them is a hole in all.
fix: One role for each workload, which trusts one service and has only the rights that it uses; a role costs nothing.
limits: >
  Tells services that may take the role, not what really runs under it. Two of them often belong together (a function and what
  starts it), so minServices of them count; those of one product (`lambda` and `edgelambda`) count once.
references:
  - https://owasp.org/www-project-non-human-identities-top-10/2025/9-nhi-reuse/
since: '0.1'
---*/
WITH served AS (
  SELECT
    identity_id,
    principal,
    replace(replace(split_part(replace(principal, 'delivery.logs', 'logs'), '.', 1), 'edgelambda', 'lambda'), 'ecs-tasks', 'ecs') AS service,
    observation_id
  FROM trusts
  WHERE effect = 'allow' AND principal_type = 'service' AND starts_with(identity_id, 'aws:')
)
SELECT
  s.identity_id,
  concat(s.identity_id, ' may be taken by ', counted(count(DISTINCT s.service), 'service'), ': ', listed(list(DISTINCT s.principal ORDER BY s.principal)), '.') AS message,
  list(DISTINCT s.observation_id) AS evidence
FROM served AS s
JOIN identities AS i USING (identity_id)
WHERE i.type = 'role' AND NOT i.managed
GROUP BY s.identity_id
HAVING count(DISTINCT s.service) >= $minServices
