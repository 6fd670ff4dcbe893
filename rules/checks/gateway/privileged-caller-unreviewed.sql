/*---
id: privileged-caller-unreviewed
title: Nobody has reviewed the access of a machine to personal data or to the gateway itself
severity: medium
confidence: medium
about: identity
identityFields: [identity_id]
needs: [identity@gateway, usage:session-list@gateway, policy:approval@gateway, 'grant@gateway?']
population: (SELECT identity_id FROM identities WHERE provider = 'hoop' AND type IN ('api-key', 'agent', 'service-account', 'machine-identity'))
parameters:
  reviewDays: 180
  tagNames: reviewed,reviewed-at,last-review,last_review,access-review,review-date
controls:
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:PR.AA-05
  - nist-csf-2.0:GV.OV-01
why: >
  Rights are decided once, at deployment, and the job goes on changing. What nobody looks at again stays as wide as it was on the first day.
fix: Let the owner of the data confirm or narrow the access, and note the day (a tag of the identity, or an access request that a reviewer decides).
limits: >
  A review is what the gateway and tags tell: an access request that somebody decided for this caller, or a date in one of the tags (tagNames). Reviews that are kept in another
  tool are not seen. Machines that are younger than reviewDays are left alone.
since: '0.1'
---*/
WITH privileged AS (
  SELECT i.identity_id, 'is an administrator of the gateway' AS why_so, list(DISTINCT g.observation_id) AS evidence
  FROM identities AS i
  JOIN grants AS g ON g.identity_id = i.identity_id AND g.capability = 'admin' AND g.effect = 'allow'
  WHERE i.provider = 'hoop'
  GROUP BY i.identity_id
  UNION ALL
  SELECT caller_identity_id, concat('used ', listed(list(DISTINCT connection ORDER BY connection)), ', which holds personal data'), arg_max(observation_id, (used_at, observation_id), 5)
  FROM machine_calls
  WHERE tagged_sensitive AND caller_identity_id IS NOT NULL
  GROUP BY caller_identity_id
),
reviewed AS (
  SELECT i.identity_id, max(coalesce(a.decided_at, a.opened_at, a.asked_at)) AS last
  FROM gateway_approvals AS a
  JOIN identities AS i ON i.provider = 'hoop' AND (i.detail->>'$.userId') = a.user_id
  WHERE a.is_approved AND len(a.approvers) > 0
  GROUP BY i.identity_id
),
tagged AS (
  SELECT identity_id, max(TRY_CAST(tag.value AS TIMESTAMP)) AS last
  FROM (SELECT identity_id, unnest(map_entries(TRY_CAST(tags AS MAP(VARCHAR, VARCHAR)))) AS tag FROM identities WHERE provider = 'hoop' AND tags IS NOT NULL)
  WHERE list_contains(string_split($tagNames, ','), lower(tag.key))
  GROUP BY identity_id
)
SELECT
  i.identity_id,
  concat(
    replace(i.type, '-', ' '), ' ', i.name, ' ', string_agg(p.why_so, ' and ' ORDER BY p.why_so), '; ',
    CASE WHEN greatest(any_value(r.last), any_value(t.last)) IS NULL THEN 'nobody has reviewed that' ELSE concat('that was last reviewed on ', day_text(greatest(any_value(r.last), any_value(t.last)))) END, '.') AS message,
  list_distinct(list_concat(any_value(i.evidence), flatten(list(p.evidence)))) AS evidence
FROM privileged AS p
JOIN identities AS i USING (identity_id)
LEFT JOIN reviewed AS r USING (identity_id)
LEFT JOIN tagged AS t USING (identity_id)
WHERE i.type IN ('api-key', 'agent', 'service-account', 'machine-identity') AND coalesce(i.enabled, true) AND coalesce(days_since(i.created_at) > $reviewDays, true)
GROUP BY i.identity_id, i.type, i.name
HAVING coalesce(days_since(greatest(any_value(r.last), any_value(t.last))) > $reviewDays, true)
