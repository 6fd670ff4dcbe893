/*---
id: credential-in-several-repositories
title: One credential lies in several repositories
severity: high
confidence: high
about: credential
identityFields: [credential_id]
needs: [sighting]
population: leaked_credentials
controls:
  - owasp-nhi-2025:NHI9:2025
  - owasp-nhi-2025:NHI2:2025
  - nist-csf-2.0:PR.AA-01
  - nist-csf-2.0:ID.AM-02
why: >
  Several workloads share one identity: the log cannot say which of them did something, rotating the key breaks all of
  them at once, and it leaks from the weakest.
fix: >
  Give each workload an identity of its own, with its own rights; then revoke this one. `nhi-audit trace KEY` lists the
  places to change.
limits: Forks and copies of one repository count as several. A directory that is no git repository (an export, a download) is not counted.
references:
  - https://owasp.org/www-project-non-human-identities-top-10/2025/9-nhi-reuse/
since: '0.1'
---*/
WITH plain AS (
  SELECT location->>'$.repository' AS name
  FROM coverage
  WHERE surface = 'work-tree'
  GROUP BY ALL
  HAVING bool_and(coalesce(detail->>'$.isPlain', '') = 'true')
),
counted AS (
  SELECT l.* EXCLUDE (repositories), list_filter(l.repositories, lambda r: NOT list_contains(p.names, r)) AS repositories
  FROM leaked_credentials AS l CROSS JOIN (SELECT coalesce(list(name), []) AS names FROM plain) AS p
)
SELECT
  credential_id,
  identity_id,
  concat(
    name, of_identity(identity_id), ' lies in ', len(repositories), ' repositories: ', listed(repositories), '.') AS message,
  evidence,
  {'repositories': repositories} AS detail
FROM counted
WHERE len(repositories) > 1
