/*---
id: ci-run-reaches-administrator
title: A run of a repository becomes an administrator
severity: high
confidence: high
about: identity
identityFields: [entry, reached]
needs: [trust:role@aws|trust@gcp|trust@entra|trust@iac, grant:policy@aws|grant@gcp|grant@entra|grant@iac, consumer@ci]
population: token_subjects WHERE NOT is_workload
controls:
  - owasp-nhi-2025:NHI6:2025
  - owasp-nhi-2025:NHI8:2025
  - nist-csf-2.0:PR.AA-04
  - nist-csf-2.0:PR.AA-05
why: >
  Whoever gets a line into that repository, or into what its workflow fetches, owns the account: no key has to leak for it. The
  repository is then guarded as the account is, or the account only as well as the repository.
fix: >
  Give the run a role with what its steps need. Where it must administer, let the trust ask for an environment with reviewers
  (`sub` with `environment:NAME`), and guard the branch.
limits: >
  Follows the subjects that workflows of this run present, over trusts and impersonation. Whether a guard on the branch or the
  environment stops a stranger is judged by other checks.
references:
  - https://docs.github.com/en/actions/concepts/security/openid-connect
  - https://owasp.org/www-project-non-human-identities-top-10/2025/6-insecure-cloud-deployment-configurations/
since: '0.1'
---*/
WITH ways AS (
  SELECT
    r.identity_id, s.subject, r.path, r.path[2] AS entry, r.path[-1] AS reached, r.capability, r.confidence, r.evidence,
    (r.detail->>'$.path') AS how,
    url_decode(identity_scope(r.identity_id)) AS repository
  FROM identity_reach AS r
  JOIN token_subjects AS s ON s.identity_id = r.identity_id
  WHERE NOT s.is_workload AND r.capability IN ('admin', 'escalates') AND r.hops > 0
  -- Who is an administrator outright need not be told to be one in a roundabout way.
  QUALIFY r.capability = 'admin' OR NOT bool_or(r.capability = 'admin') OVER (PARTITION BY r.identity_id, r.path[-1])
),
steps AS (
  SELECT w.entry, w.reached, list(DISTINCT b.observation_id) AS evidence
  FROM (SELECT entry, reached, unnest(path[:-2]) AS source, unnest(path[2:]) AS target FROM ways) AS w
  JOIN may_become AS b ON b.identity_id = w.source AND b.becomes = w.target
  GROUP BY ALL
)
-- One for each role that the runs begin with, however many may: its trust is what must be narrowed.
SELECT
  w.entry,
  w.reached,
  w.entry AS identity_id,
  concat(
    CASE WHEN count(DISTINCT w.repository) = 1 THEN concat('A run of ', min(w.repository)) ELSE concat('Runs of ', listed(list(DISTINCT w.repository ORDER BY w.repository))) END,
    CASE WHEN bool_or(w.capability = 'admin') THEN CASE WHEN count(DISTINCT w.repository) = 1 THEN ' becomes an administrator: ' ELSE ' become an administrator: ' END
      ELSE ' can become an administrator: ' END,
    arg_min(array_to_string(list_prepend(w.subject, w.path[2:]), ' → '), (len(w.path), w.subject)),
    coalesce(' → ' || arg_min(w.how, (len(w.path), w.subject)), ''), '.') AS message,
  CASE WHEN bool_or(coalesce(w.confidence, 'high') = 'high') THEN 'high' ELSE 'medium' END AS confidence,
  list_distinct(flatten(list(list_concat(coalesce(s.evidence, []), w.evidence)))) AS evidence,
  list_distinct(flatten(list(coalesce(s.evidence, [])))) AS first
FROM ways AS w
LEFT JOIN steps AS s ON s.entry = w.entry AND s.reached = w.reached
GROUP BY w.entry, w.reached
