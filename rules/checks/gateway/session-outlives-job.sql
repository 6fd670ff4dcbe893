/*---
id: session-outlives-job
title: A session went on after its job
severity: medium
confidence: medium
about: usage
identityFields: [session_id]
needs: [usage@gateway, 'usage:session-list@gateway?']
population: gateway_sessions WHERE records IS NULL AND ended_at IS NOT NULL AND (job IS NOT NULL OR federation IS NOT NULL)
parameters:
  graceMinutes: 10
  maxJobHours: 24
  minRuns: 10
  timesUsual: 3
controls:
  - owasp-nhi-2025:NHI7:2025
  - nist-csf-2.0:PR.AA-05
  - nist-csf-2.0:DE.CM-03
why: >
  Access should end with the job. What is still in when the job is over is a way in that nobody watches: a process that was left behind, or somebody who stayed.
fix: >
  Close the session when the job ends, also where it fails; limit the time of a session on the connection to that of the job.
limits: >
  When a job ended the gateway does not tell. It is taken from the end of the token that the session was opened with, from how long sessions of other runs of the job last (minRuns of them, timesUsual
  times as long and an hour more), and else no job is taken to last maxJobHours. Sessions that were never closed are the matter of session-left-open.
references:
  - https://docs.github.com/en/actions/reference/limits
since: '0.1'
---*/
WITH ended AS (
  SELECT session_id, observation_id, caller, caller_identity_id, org, connection, job, job_name(job) AS name, used_at, ended_at, date_diff('minute', used_at, ended_at) AS minutes,
    TRY_CAST(federation->>'$.token_expires_at' AS TIMESTAMPTZ) AS token_ends
  FROM gateway_sessions
  WHERE records IS NULL AND ended_at IS NOT NULL AND (job IS NOT NULL OR federation IS NOT NULL)
),
usual AS (
  SELECT caller, org, connection, name, count(DISTINCT job) AS runs, quantile_disc(minutes, 0.9) AS minutes
  FROM ended
  WHERE name IS NOT NULL
  GROUP BY ALL
  HAVING count(DISTINCT job) > $minRuns
),
told AS (
  SELECT e.*, u.runs, u.minutes AS usual_minutes,
    CASE
      WHEN make_timestamp(epoch_us(e.token_ends)) BETWEEN e.used_at AND e.ended_at - t.clock_tolerance - to_minutes($graceMinutes::BIGINT) THEN 'token'
      WHEN e.minutes > $timesUsual * u.minutes AND e.minutes > u.minutes + 60 THEN 'usual'
      WHEN e.job IS NOT NULL AND e.minutes > $maxJobHours * 60 THEN 'long' END AS basis
  FROM ended AS e
  CROSS JOIN gateway_settings AS t
  LEFT JOIN usual AS u ON u.caller = e.caller AND u.org IS NOT DISTINCT FROM e.org AND u.connection = e.connection AND u.name = e.name
)
SELECT
  session_id,
  caller_identity_id AS identity_id,
  concat(
    caller, ' was in ', connection, ' for ', CASE WHEN minutes >= 120 THEN counted(minutes // 60, 'hour') ELSE counted(minutes, 'minute') END, coalesce(concat(' (run ', nullif(job, ''), ')'), ''),
    CASE basis
      WHEN 'token' THEN concat(', ', date_diff('minute', make_timestamp(epoch_us(token_ends)), ended_at), ' minutes of them after the token that opened the session had ended: ')
      WHEN 'usual' THEN concat(', where nine of ten sessions of ', runs, ' runs of ', name, ' last ', counted(usual_minutes, 'minute'), ' at most: ')
      ELSE concat(', longer than ', $maxJobHours, ' hours, which no job is taken to last: ') END,
    session_name(session_id, used_at), '.') AS message,
  CASE basis WHEN 'token' THEN 'high' WHEN 'usual' THEN 'medium' ELSE 'low' END AS confidence,
  [observation_id] AS evidence
FROM told
WHERE basis IS NOT NULL
