/*---
id: per-job-account-left
title: An account that was made for one run is still there
severity: low
confidence: medium
about: identity
identityFields: [identity_id]
needs: [identity]
population: identities WHERE created_at IS NOT NULL AND NOT managed AND coalesce(human, false) = false
parameters:
  afterDays: 1
controls:
  - owasp-nhi-2025:NHI1:2025
  - nist-csf-2.0:PR.AA-01
  - nist-csf-2.0:ID.AM-08
why: >
  An account for each run is worth it only when it goes with the run: what stays are a hundred forgotten accounts with the rights of the job.
fix: Let the step that makes the account delete it at the end of the run, also of a run that fails; delete those that are left.
limits: >
  Told by the name: a word such as run, job, build or pipeline with a number of four digits or more, or with a UUID. An account that somebody named so for another reason looks the same.
since: '0.1'
---*/
SELECT
  i.identity_id,
  concat(i.identity_id, ' looks like the account of one run, and is ', days_since(i.created_at), ' days old', coalesce('; last used on ' || day_text(i.last_used_at), ''), '.') AS message,
  i.evidence
FROM identities AS i
WHERE i.created_at IS NOT NULL AND NOT i.managed AND NOT coalesce(i.human, false) AND coalesce(i.enabled, true) AND i.type NOT IN ('ci-secret', 'job-token')
  AND regexp_matches(lower(i.name), '(^|[-_./])(run|job|build|pipeline|workflow|ci|gha|task|ephemeral|tmp|temp)[-_.]?(id[-_.]?)?([0-9]{4,}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})([-_.@]|$)')
  AND days_since(i.created_at) > $afterDays
