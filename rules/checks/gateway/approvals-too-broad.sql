/*---
id: approvals-too-broad
title: Approvals are given for too long, for too much, or without a look
severity: medium
confidence: medium
about: usage
identityFields: [what, about]
needs: [policy:approval@gateway, 'usage:session-list@gateway?']
population: gateway_approvals
parameters:
  maxHours: 4
  maxSessions: 50
  minDecisions: 20
  hastySeconds: 30
  hastyPercent: 95
controls:
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:PR.AA-05
  - nist-csf-2.0:GV.OV-03
why: >
  An approval that lasts two days, covers hundreds of sessions, or comes within seconds whatever is asked is no decision: the control is there on paper.
fix: >
  Limit the time of approvals in the rule (access_max_duration), ask for commands that write one by one, and talk to reviewers who approve all within seconds.
limits: >
  Times of decisions are known where reviews were exported with them; fewer than minDecisions of one reviewer are not judged. hoop grants 48 hours at most.
since: '0.1'
---*/
WITH granted AS (
  -- The time runs from the decision on, not from when it was asked for.
  SELECT *, coalesce(seconds, date_diff('second', greatest(opened_at, decided_at), closed_at)) / 60.0 AS minutes FROM gateway_approvals WHERE is_approved
),
lengths AS (
  SELECT 'window' AS what, coalesce(rule, connection, review_id) AS about, count(*) AS n, max(minutes)::BIGINT AS minutes,
    concat(
      counted(count(*), 'approval'), coalesce(' by the rule ' || rule, coalesce(' of ' || connection, '')), CASE WHEN count(*) = 1 THEN ' lasts' ELSE ' last' END, ' longer than ', $maxHours, ' hours, up to ',
      round(max(minutes) / 60.0, 1)::DECIMAL(9, 1), '.') AS message,
    flatten(list(evidence ORDER BY minutes DESC))[1:10] AS evidence
  FROM granted
  -- A minute is lost between the decision and what is written of it.
  WHERE opened_at IS NOT NULL AND minutes > $maxHours * 60 + 1
  GROUP BY rule, connection, CASE WHEN rule IS NULL AND connection IS NULL THEN review_id END, coalesce(rule, connection, review_id)
),
wide AS (
  SELECT 'sessions' AS what, approval_id AS about, count(*) AS n, NULL::BIGINT AS minutes,
    concat('One approval', coalesce(' of ' || max(connection), ''), ' covered ', count(*), ' sessions of ', max(caller),
      CASE WHEN count(*) FILTER (action IN ('write', 'ddl', 'privilege', 'admin')) > 0
        THEN concat(', ', count(*) FILTER (action IN ('write', 'ddl', 'privilege', 'admin')), ' of which changed something') ELSE '' END, '.') AS message,
    list_distinct(list_concat(flatten(list(approval_evidence))[1:5], list(observation_id ORDER BY used_at)[1:5])) AS evidence
  FROM gateway_sessions
  WHERE approval = 'approved' AND approval_id IS NOT NULL AND ran
  GROUP BY approval_id
  HAVING count(*) > $maxSessions
),
decisions AS (
  SELECT unnest(approvers) AS reviewer, is_approved, status, date_diff('second', asked_at, decided_at) AS seconds, evidence
  FROM gateway_approvals
  WHERE decided_at IS NOT NULL AND asked_at IS NOT NULL
),
hasty AS (
  SELECT 'reviewer' AS what, reviewer AS about, count(*) AS n, NULL::BIGINT AS minutes,
    concat(reviewer, ' approved ', count(*) FILTER (is_approved), ' of ', count(*), ' requests, half of them within ', median(seconds)::BIGINT, ' seconds.') AS message,
    flatten(list(evidence))[1:10] AS evidence
  FROM decisions
  GROUP BY reviewer
  HAVING count(*) >= $minDecisions AND median(seconds) < $hastySeconds AND 100 * count(*) FILTER (is_approved) > $hastyPercent * count(*)
)
SELECT what, about, message, evidence FROM lengths
UNION ALL SELECT what, about, message, evidence FROM wide
UNION ALL SELECT what, about, message, evidence FROM hasty
