/*---
id: unused-permissions
title: An identity does not use much of what it was granted
severity: medium
confidence: medium
about: identity
identityFields: [identity_id]
needs: [grant:policy@aws, usage@aws]
population: identities WHERE provider = 'aws' AND type IN ('user', 'role') AND NOT managed
parameters:
  windowDays: 90
  minServices: 1
controls:
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:PR.AA-05
why: >
  Rights that nobody uses serve one party only: whoever gets hold of the identity. AWS remembers what was used, so they can
  go without a guess.
fix: >
  Take the services away that were never used; `nhi-audit` writes the policy that is left into the detail of the finding, to be
  reviewed. `aws iam simulate-custom-policy` tries it on the calls you know.
limits: >
  AWS remembers 400 days, of most services the service alone and not its actions, and does not record iam:PassRole. A job that
  runs once a year looks unused. Where the record is shorter than windowDays nothing is said.
references:
  - https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_last-accessed.html
since: '0.1'
---*/
WITH told AS (
  SELECT
    identity_id,
    observation_id,
    detail,
    TRY_CAST(detail->>'$.windowDays' AS INTEGER) AS window_days,
    coalesce(TRY_CAST(detail->>'$.unusedServiceCount' AS INTEGER), 0) AS services,
    coalesce(TRY_CAST(detail->>'$.unusedActionCount' AS INTEGER), 0) AS actions,
    json_words(detail->'$.unusedServices') AS service_names,
    json_words(detail->'$.unusedActions') AS action_names,
    json_words(detail->'$.usedServices') AS used
  FROM grants
  WHERE via_kind = 'unused' AND starts_with(identity_id, 'aws:')
),
summed AS (
  SELECT
    identity_id,
    max(window_days) AS window_days,
    -- Findings of Access Analyzer come one a service, the answer of IAM as a whole.
    greatest(max(services), sum(services) FILTER (window_days IS NULL)) AS services,
    greatest(max(actions), sum(actions) FILTER (window_days IS NULL)) AS actions,
    list_distinct(flatten(list(service_names))) AS service_names,
    list_distinct(flatten(list(action_names))) AS action_names,
    list_distinct(flatten(list(used))) AS used,
    -- A policy, what keeps it from being sure and its day are of one answer: the newest.
    arg_max({'trimmed': detail->>'$.trimmedPolicy', 'inconclusive': detail->>'$.inconclusive', 'taken_at': detail->>'$.takenAt'},
      (detail->>'$.takenAt', observation_id)) FILTER ((detail->>'$.takenAt') IS NOT NULL) AS newest,
    list(DISTINCT observation_id) AS evidence
  FROM told
  WHERE window_days IS NULL OR window_days >= $windowDays
  GROUP BY identity_id
)
SELECT
  s.identity_id,
  concat(
    s.identity_id, ' may use ',
    CASE WHEN s.services > 0 THEN concat(counted(s.services, 'service'), ' (', listed(list_sort(s.service_names)), ')') ELSE '' END,
    CASE WHEN s.services > 0 AND s.actions > 0 THEN ' and ' ELSE '' END,
    CASE WHEN s.actions > 0 THEN concat(counted(s.actions, 'action'), ' (', listed(list_sort(s.action_names)), ')') ELSE '' END,
    ' that it did not use',
    coalesce(' in ' || s.window_days || ' days', ''),
    CASE WHEN len(s.used) > 0 THEN concat('; it used ', listed(list_sort(s.used))) ELSE '' END, '.') AS message,
  CASE WHEN s.newest.trimmed IS NOT NULL THEN concat(
    'Review this policy, which allows what was used up to ', day_text(s.newest.taken_at),
    coalesce(' (not certain: ' || s.newest.inconclusive || ')', ''),
    ', and put it in the place of its policies:', chr(10), s.newest.trimmed) END AS fix,
  {'windowDays': s.window_days, 'unusedServices': s.service_names, 'unusedActions': s.action_names, 'trimmedPolicy': s.newest.trimmed,
    'inconclusive': s.newest.inconclusive} AS detail,
  list_concat(s.evidence, i.evidence) AS evidence
FROM summed AS s
JOIN identities AS i USING (identity_id)
WHERE NOT i.managed AND (s.services >= $minServices OR s.actions > 0)
  AND coalesce(days_since(i.created_at), $windowDays + 1) > $windowDays
