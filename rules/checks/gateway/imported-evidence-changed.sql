/*---
id: imported-evidence-changed
title: Sessions or records of logs changed after they were done, are gone or came late, or the store was changed
severity: high
confidence: high
about: usage
identityFields: [what, change]
needs: ['usage:session-list@gateway|usage@audit-log|usage@aws']
population: usages
inconclusive: SELECT 'nothing was imported before that it could be compared with' WHERE NOT EXISTS (FROM runs WHERE sequence < (SELECT sequence FROM current_run))
controls:
  - nist-csf-2.0:RS.AN-07
  - nist-csf-2.0:PR.DS-01
why: >
  Gateways and clouds sign little of what they log, and hoop nothing. What an export said of a session that was done must be what the next one says; else one of the two was tampered with, or the record was
  cleared away. What was imported is bound by a chain under the store's key: rows that were changed in the store itself show, too.
fix: >
  Keep both exports. Look at who can write to the gateway's database or where the log lies, and at the gateway's log of administrators between the two runs. Turn on what makes logs immutable (log file validation,
  object lock).
limits: >
  Compared with earlier runs in the same store. A session counts as gone where this run was given others of that day, before it and after it; a log that was rotated or cut lacks records too. Records that came late (severity low) may be slow delivery, or files that were given later. Names of jobs can be
  overwritten by the owner of a session (PATCH of its metadata), which the gateway does not log. The chain holds against who has the store without its key: keep the key elsewhere
  (NHI_AUDIT_FINGERPRINT_KEY). Against who puts an older copy of the store back, compare the last link with that of the last report (`run.evidence`).
since: '0.1'
---*/
SELECT
  c.session_id AS what,
  c.change,
  concat(
    upper(left(session_name(c.session_id, c.used_at), 1)), substr(session_name(c.session_id, c.used_at), 2), coalesce(' (' || c.caller || ' on ' || c.connection || ')', ''),
    CASE c.change WHEN 'vanished' THEN ' is gone: an earlier export has it, and the newest has those around it.'
      ELSE concat(' was done, and says something else now: ', listed(c.what), '.') END) AS message,
  CASE WHEN c.what = ['the job it names'] THEN 'medium' ELSE 'high' END AS severity,
  c.evidence
FROM session_changes AS c
UNION ALL
SELECT
  c.path,
  c.change,
  concat(
    counted(c.records, 'record'), ' of ', c.path, ' (', strftime(c.first_at, '%Y-%m-%d %H:%M'), ' to ', strftime(c.last_at, '%Y-%m-%d %H:%M'), ' UTC) ',
    CASE c.change
      WHEN 'vanished' THEN concat(CASE WHEN c.records = 1 THEN 'is' ELSE 'are' END, ' gone since the log was imported.')
      WHEN 'changed' THEN concat(CASE WHEN c.records = 1 THEN 'says' ELSE 'say' END, ' something else since the log was imported.')
      WHEN 'late' THEN concat('came late: an import of that time, and of what came after it, did not have ', CASE WHEN c.records = 1 THEN 'it' ELSE 'them' END, '.')
      ELSE concat(CASE WHEN c.records = 1 THEN 'says' ELSE 'say' END, ' something else than in another file or line that was read with it.') END),
  CASE WHEN c.change = 'late' THEN 'low' ELSE 'high' END,
  c.evidence
FROM log_changes AS c
WHERE c.change IN ('vanished', 'changed', 'conflict', 'late') AND len(c.evidence) > 0
UNION ALL
SELECT
  subject,
  concat('store-', detail->>'$.evidenceChain'),
  concat('The store was changed since the run before: ', subject, ': ', why, '.'),
  'high',
  [observation_id]
FROM coverage
WHERE (detail->>'$.evidenceChain') IS NOT NULL
