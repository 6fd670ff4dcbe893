/*---
id: identity-shared-by-workloads
title: Workloads of several repositories share one identity
severity: medium
confidence: high
about: identity
identityFields: [identity_id]
needs: [consumer]
population: identities WHERE (type NOT IN ('ci-secret', 'job-token', 'app') OR provider = 'entra') AND NOT regexp_matches(identity_id, '^(k8s|aws):-[:@]')
parameters:
  minWorkloads: 2
controls:
  - owasp-nhi-2025:NHI9:2025
  - nist-csf-2.0:PR.AA-01
  - nist-csf-2.0:PR.AA-05
why: >
  Its rights are the sum of what all of them need, so each has too many; and what it did cannot be ascribed to one.
fix: One identity for each workload and purpose; a role costs nothing.
limits: >
  Counts repositories, gateway connections, and service accounts of a cluster that become it, not jobs of one repository. Made for cloud identities; secrets of the CI system and job
  tokens belong to one repository anyway, and an App of a code host is made for several.
  A service account whose cluster is not known and a role whose account is not are left out: that of the same name in another repository may be another.
references:
  - https://owasp.org/www-project-non-human-identities-top-10/2025/9-nhi-reuse/
platforms: [jenkins, azure-pipelines, circleci]
since: '0.1'
---*/
WITH used AS (
  SELECT
    c.identity_id,
    CASE
      WHEN c.type = 'gateway-connection' THEN concat('the gateway (', regexp_extract(c.consumer_id, 'connection/(.*)$', 1), ')')
      WHEN c.through LIKE 'k8s:%' THEN concat('the cluster (', identity_local(c.through), ')')
      ELSE coalesce(c.location->>'$.repository', split_part(c.consumer_id, '#', 1)) END AS workload,
    c.observation_id
  FROM identity_consumers AS c
)
SELECT
  i.identity_id,
  concat(
    count(DISTINCT u.workload), ' workloads share ', i.identity_id, ': ', listed(list(DISTINCT u.workload ORDER BY u.workload)), '.') AS message,
  list(DISTINCT u.observation_id) AS evidence
FROM used AS u
JOIN identities AS i ON i.identity_id = u.identity_id
WHERE (i.type NOT IN ('ci-secret', 'job-token', 'app') OR i.provider = 'entra') AND NOT i.managed
  -- Of one name, in a cluster or account that nothing tells: each repository may mean its own.
  AND NOT regexp_matches(i.identity_id, '^(k8s|aws):-[:@]')
GROUP BY i.identity_id
HAVING count(DISTINCT u.workload) >= $minWorkloads AND count(DISTINCT u.workload) FILTER (NOT starts_with(u.workload, 'the gateway')) >= 1
