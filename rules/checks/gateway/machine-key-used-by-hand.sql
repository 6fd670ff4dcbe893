/*---
id: machine-key-used-by-hand
title: A machine's key looks used by a person
severity: medium
confidence: low
about: identity
identityFields: [caller, org]
needs: [usage@gateway, 'usage:session-list@gateway?']
population: gateway_sessions WHERE ran AND is_machine(caller_type)
parameters:
  minSessions: 10
  minKinds: 5
  officeFrom: 6
  officeUntil: 20
controls:
  - owasp-nhi-2025:NHI10:2025
  - nist-csf-2.0:PR.AA-01
  - nist-csf-2.0:DE.CM-03
why: >
  Machines do the same few things, at any hour. This one asks something else each time, on working days, and names no job: somebody works with a key that is not theirs, and
  what they do is written down under the name of a machine.
fix: >
  Ask whose work it was; give people access of their own, and change the key.
limits: >
  A guess by habit: machines that run on working days alone and do many things look the same. Office hours are UTC, from officeFrom to officeUntil. Sessions from the
  web app are by hand, whatever their hours; only an import of the gateway's database tells that (origin).
references:
  - https://owasp.org/www-project-non-human-identities-top-10/2025/10-human-use-of-nhi/
since: '0.1'
---*/
WITH habits AS (
  SELECT
    caller, org, max(caller_identity_id) AS identity_id, count(*) AS sessions,
    count(*) FILTER (coalesce(trim(job), '') = '') AS without_job,
    count(*) FILTER (hour(used_at) >= $officeFrom AND hour(used_at) < $officeUntil AND isodow(used_at) <= 5) AS in_office,
    count(DISTINCT used_at::DATE) AS days,
    count(DISTINCT concat_ws(chr(31), connection, action, operation, array_to_string(objects, ','))) AS kinds,
    -- Started by a clock, sessions begin at the same few minutes of the hour.
    count(DISTINCT minute(used_at)) AS minutes,
    count(*) FILTER (origin = 'webapp') AS in_browser,
    list(observation_id ORDER BY used_at DESC)[1:10] AS evidence
  FROM gateway_sessions
  WHERE is_machine(caller_type) AND caller_type NOT IN ('static-admin-key', 'agent') AND ran AND records IS NULL
  GROUP BY caller, org
)
SELECT
  caller,
  org,
  identity_id,
  concat(
    caller, ' ', CASE WHEN in_browser > 0 THEN concat('opened ', counted(in_browser, 'session'), ' in a browser')
      ELSE concat('did ', kinds, ' different things in ', sessions, ' sessions on ', days, ' days, all in office hours of working days and none for a job') END, '.') AS message,
  CASE WHEN in_browser > 0 THEN 'high' ELSE 'low' END AS confidence,
  evidence
FROM habits
WHERE in_browser > 0
  OR (sessions >= $minSessions AND without_job = sessions AND in_office = sessions AND days >= 3 AND kinds >= $minKinds AND minutes >= least(sessions, 60) / 2)
