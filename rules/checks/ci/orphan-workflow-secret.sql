/*---
id: orphan-workflow-secret
title: A reusable workflow and its callers do not agree on a secret
severity: low
confidence: high
persona: security
about: consumer
identityFields: [repository, path, secret_name]
needs: [consumer@ci]
population: consumers WHERE type = 'pipeline' AND fact = 'declared-secret' OR type = 'workflow-job' AND fact IS NULL AND (detail->>'$.calleePath') IS NOT NULL
controls:
  - owasp-nhi-2025:NHI1:2025
  - nist-csf-2.0:ID.AM-08
why: >
  A secret that is passed on and not used is one more place it can leak from, and nobody dares to delete it because it
  looks used.
fix: >
  Take it out of `on.workflow_call.secrets` and of the callers; if nothing else uses it, `gh secret delete NAME`.
limits: >
  A secret that is declared and passed by no caller is told where at least one caller was scanned, and no caller
  inherits.
references:
  - https://docs.github.com/en/actions/how-tos/reuse-automations/reuse-workflows
platforms: [github-actions]
since: '0.1'
---*/
WITH declared AS (
  SELECT
    (location->>'$.repository') AS repository, lower(location->>'$.repository') AS key, (location->>'$.path') AS path, secret_name,
    TRY_CAST(detail->>'$.used' AS BOOLEAN) AS used, TRY_CAST(detail->>'$.required' AS BOOLEAN) AS required,
    TRY_CAST(detail->>'$.onlyCalled' AS BOOLEAN) AS only_called, observation_id
  FROM consumers
  WHERE type = 'pipeline' AND fact = 'declared-secret'
),
calls AS (
  SELECT
    consumer_id, secret_name, (detail->>'$.calleeRepository') AS callee, (detail->>'$.calleePath') AS path, observation_id, location,
    list_transform(coalesce(from_json(detail->'$.inputs', '["VARCHAR"]'), []), lambda name: upper(name)) AS passed
  FROM consumers
  WHERE type = 'workflow-job' AND (detail->>'$.calleePath') IS NOT NULL AND fact IS NULL
),
callers AS (
  SELECT callee, path, count(DISTINCT consumer_id) AS callers, bool_or(secret_name = '*') AS inherits, list_distinct(flatten(list(passed))) AS passed
  FROM calls
  GROUP BY callee, path
)
SELECT
  coalesce(d.repository, '') AS repository,
  d.path,
  d.secret_name,
  concat(coalesce(d.repository || ':', ''), d.path, ' declares the secret ', d.secret_name, ' and does not use it.') AS message,
  [d.observation_id] AS evidence
FROM declared AS d
WHERE NOT d.used
UNION ALL
SELECT
  coalesce(d.repository, ''),
  d.path,
  d.secret_name,
  concat('None of the ', c.callers, ' callers of ', coalesce(d.repository || ':', ''), d.path, ' passes the secret ', d.secret_name, '.'),
  [d.observation_id]
FROM declared AS d
JOIN callers AS c ON c.callee = d.key AND c.path = d.path
WHERE d.used AND NOT d.required AND d.only_called AND NOT c.inherits AND NOT list_contains(c.passed, d.secret_name)
UNION ALL
SELECT
  coalesce(p.location->>'$.repository', ''),
  (p.location->>'$.path'),
  p.secret_name,
  concat('The job ', p.consumer_id, ' passes ', p.secret_name, ' to ', p.path, ', which declares no such secret.'),
  [p.observation_id]
FROM (SELECT *, unnest(passed) AS passed_as FROM calls WHERE secret_name <> '*') AS p
SEMI JOIN (SELECT DISTINCT lower(location->>'$.repository') AS key, (location->>'$.path') AS path FROM consumers WHERE secret_name = 'GITHUB_TOKEN') AS s
  ON s.key = p.callee AND s.path = p.path
ANTI JOIN declared AS d ON d.key = p.callee AND d.path = p.path AND d.secret_name = p.passed_as
