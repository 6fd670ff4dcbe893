/*---
id: approved-by-requester
title: An approval came from the requester, from a machine, or was forced
severity: high
confidence: high
about: usage
identityFields: [approval_id]
needs: [policy:approval@gateway]
population: gateway_approvals WHERE is_approved
controls:
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:PR.AA-05
why: >
  Four eyes are the point of an approval. Where the one who asks also decides, or a key signs for itself, or a review is forced past its reviewers, one pair has seen it.
fix: >
  Let nobody review what they asked for, keep API keys out of the groups of reviewers, and look at each forced review: who forced it, and why.
limits: >
  Who asked is known where the session of the review was exported. An approver without an e-mail is taken for a machine where the inventory has one of the name or the id.
since: '0.1'
---*/
WITH requesters AS (
  SELECT user_id, min(lower(email)) AS email
  FROM (SELECT email, (detail->>'$.userId') AS user_id FROM obs.people SEMI JOIN current_parts USING (part_id) WHERE (detail->>'$.userId') IS NOT NULL)
  GROUP BY user_id
),
asked AS (
  SELECT a.approval_id, max(lower(s.caller)) AS asked_by, max(s.caller_identity_id) AS caller_identity_id, max(s.connection) AS session_connection
  FROM gateway_approvals AS a
  JOIN gateway_sessions AS s ON s.session_id = a.session_id
  GROUP BY a.approval_id
),
machines AS (SELECT DISTINCT lower(name) AS name, (detail->>'$.userId') AS user_id FROM identities WHERE provider = 'hoop'),
judged AS (
  SELECT
    a.*, coalesce(r.email, k.asked_by, a.user_id) AS requester, k.caller_identity_id, coalesce(a.connection, k.session_connection) AS target,
    list_filter(a.approvers, lambda one: NOT contains(one, '@')) AS unnamed,
    -- E-mails are left out of some answers, and written in more than one way: the ids of users are not.
    coalesce(list_contains(list_transform(a.approvers, lambda one: lower(one)), coalesce(r.email, k.asked_by)), false) OR coalesce(list_contains(a.approver_ids, a.user_id), false) AS is_own
  FROM gateway_approvals AS a
  LEFT JOIN requesters AS r ON r.user_id = a.user_id
  LEFT JOIN asked AS k USING (approval_id)
  WHERE a.is_approved
),
signed AS (
  SELECT j.approval_id, list(DISTINCT m.name ORDER BY m.name) AS machines
  FROM (
    SELECT approval_id, unnest(unnamed) AS name, NULL AS user_id FROM judged
    UNION ALL SELECT approval_id, NULL, unnest(approver_ids) FROM judged) AS j
  JOIN machines AS m ON m.name = lower(j.name) OR m.user_id = j.user_id
  GROUP BY j.approval_id
)
SELECT
  j.approval_id,
  j.caller_identity_id AS identity_id,
  concat(
    'The review ', left(j.review_id, 8), coalesce(' of ' || j.target, ''), coalesce(' asked for by ' || j.requester, ''), ' was ',
    CASE WHEN j.is_own THEN 'approved by the one who asked'
      WHEN s.machines IS NOT NULL THEN concat('approved by a machine (', listed(s.machines), ')')
      ELSE concat('forced past its reviewers', CASE WHEN len(j.approvers) > 0 THEN concat(' by ', listed(j.approvers)) ELSE '' END) END, '.') AS message,
  CASE WHEN j.is_own OR s.machines IS NOT NULL THEN 'high' ELSE 'medium' END AS severity,
  j.evidence
FROM judged AS j
LEFT JOIN signed AS s USING (approval_id)
WHERE j.is_own OR s.machines IS NOT NULL OR j.is_forced
