/*---
id: caller-shared-by-workloads
title: Several workloads come through the gateway as one caller
severity: high
confidence: medium
about: identity
identityFields: [caller, org]
needs: [usage@gateway, 'usage:session-list@gateway?']
population: gateway_sessions WHERE ran AND is_machine(caller_type)
parameters:
  minWorkloads: 2
controls:
  - owasp-nhi-2025:NHI9:2025
  - nist-csf-2.0:PR.AA-01
  - nist-csf-2.0:DE.CM-03
  - csa-maestro:L7
why: >
  "Which job was it?" has no answer where jobs share a key: the trail shows one name for all of them, each has the rights of all, and to take
  the key from one is to take it from all.
fix: >
  Give each workload a caller of its own at the gateway (API key, service account or machine identity), in the groups that it needs.
limits: >
  Workloads are told apart by the names in the ids of their runs, by the repositories that sessions name, by the places where the key lies, by the jobs that are set up with it, or, which is
  less sure, by the programs that it comes with (three sessions on two days) and the addresses that it comes from within one hour (three times); never by two of these together. The static admin key is the matter of static-admin-key-used.
references:
  - https://owasp.org/www-project-non-human-identities-top-10/2025/9-nhi-reuse/
since: '0.1'
---*/
WITH machines AS (
  SELECT caller, org, caller_identity_id, bool_or(is_production(environment)) AS in_production, count(*) AS sessions, count(*) FILTER (coalesce(trim(job), '') = '') AS without_job
  FROM gateway_sessions
  WHERE is_machine(caller_type) AND caller_type <> 'static-admin-key' AND ran
  GROUP BY ALL
)
SELECT
  m.caller,
  m.org,
  max(m.caller_identity_id) AS identity_id,
  concat(
    len(w.workloads), ' workloads come through the gateway as ', m.caller, ' (by ', w.basis, '): ', listed(w.workloads),
    CASE WHEN sum(m.without_job) > 0 THEN concat('; ', sum(m.without_job), ' of its ', counted(sum(m.sessions), 'session'), ' name no job') ELSE '' END, '.') AS message,
  CASE WHEN bool_or(m.in_production) THEN 'high' ELSE 'medium' END AS severity,
  CASE WHEN w.is_sure THEN 'medium' ELSE 'low' END AS confidence,
  w.evidence
FROM machines AS m
JOIN shared_callers AS w ON w.caller = m.caller AND w.org IS NOT DISTINCT FROM m.org
WHERE len(w.workloads) >= $minWorkloads
GROUP BY m.caller, m.org, w.workloads, w.basis, w.is_sure, w.evidence
