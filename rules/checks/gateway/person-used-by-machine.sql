/*---
id: person-used-by-machine
title: A program works with a person's account
severity: high
confidence: medium
about: usage
identityFields: [caller, org]
needs: [usage@gateway, 'usage:session-list@gateway?']
population: gateway_sessions WHERE ran AND caller_type = 'human'
parameters:
  minSessions: 24
  minHours: 18
  maxSpread: 5
controls:
  - owasp-nhi-2025:NHI9:2025
  - owasp-nhi-2025:NHI10:2025
  - nist-csf-2.0:PR.AA-01
  - nist-csf-2.0:PR.AA-03
why: >
  A person's account has a person's rights, in every place where they work. Given to a job or an agent, it cannot be told from the person any more, and ends when they leave.
fix: >
  Give the job a caller of its own at the gateway, with the rights that it needs; end the person's sessions, and let them sign in anew.
limits: >
  By the client's own name (that of a CI system), by the id of a CI run, by hours that nobody works (minHours different ones on one day), or by a clock's regularity
  (most pauses within maxSpread percent of each other). An account that several people share keeps long hours too.
since: '0.1'
---*/
WITH people AS (
  SELECT s.*, date_diff('second', lag(s.used_at) OVER (PARTITION BY s.caller, s.org ORDER BY s.used_at), s.used_at) AS pause
  FROM gateway_sessions AS s
  WHERE s.caller_type = 'human' AND s.ran AND s.records IS NULL
),
days AS (
  SELECT caller, org, max(hours) AS hours
  FROM (SELECT caller, org, used_at::DATE AS day, count(DISTINCT hour(used_at)) AS hours FROM people GROUP BY ALL)
  GROUP BY caller, org
),
paces AS (
  SELECT caller, org, median(pause) AS usual FROM people WHERE pause > 0 GROUP BY caller, org
),
habits AS (
  SELECT
    p.caller, p.org, max(p.identity_id) AS identity_id, count(*) AS sessions, any_value(d.hours) AS hours, any_value(c.usual) AS usual,
    count(*) FILTER (abs(p.pause - c.usual) * 100 <= $maxSpread * c.usual) AS regular, count(p.pause) AS pauses,
    arg_max(p.user_agent, p.used_at) FILTER (regexp_matches(p.user_agent, '(?i)github-?actions|gitlab-?runner|jenkins|circleci|buildkite|teamcity|argo|airflow|terraform|\bcron\b')) AS agent,
    arg_max(p.job, p.used_at) FILTER (regexp_matches(p.job, '(?i)^(gha|github|gitlab|jenkins|circleci|buildkite|airflow|argo|ci)[-_:/]')) AS run,
    list(p.observation_id ORDER BY p.used_at DESC)[1:10] AS evidence
  FROM people AS p
  JOIN days AS d ON d.caller = p.caller AND d.org IS NOT DISTINCT FROM p.org
  LEFT JOIN paces AS c ON c.caller = p.caller AND c.org IS NOT DISTINCT FROM p.org
  GROUP BY p.caller, p.org
)
SELECT
  caller,
  org,
  concat(
    caller, ', a person, ', CASE
      WHEN agent IS NOT NULL THEN concat('comes with ', agent)
      WHEN run IS NOT NULL THEN concat('opened a session for the run ', run)
      WHEN hours >= $minHours THEN concat('was at work in ', hours, ' hours of one day')
      ELSE concat('opens a session every ', CASE WHEN usual >= 120 THEN concat(round(usual / 60)::BIGINT, ' minutes') ELSE concat(usual::BIGINT, ' seconds') END) END,
    ': ', counted(sessions, 'session'), ' in all.') AS message,
  CASE WHEN agent IS NOT NULL OR run IS NOT NULL THEN 'high' ELSE 'medium' END AS confidence,
  evidence
FROM habits
WHERE agent IS NOT NULL OR run IS NOT NULL
  OR (sessions >= $minSessions AND (hours >= $minHours OR (usual >= 30 AND regular * 10 >= pauses * 8)))
