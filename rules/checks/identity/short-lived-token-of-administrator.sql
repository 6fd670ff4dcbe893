/*---
id: short-lived-token-of-administrator
title: Short-lived tokens carry the rights of an administrator
severity: high
confidence: medium
about: identity
identityFields: [identity_id]
needs: [usage@audit-log, grant]
population: (SELECT k.identity_id FROM direct_usage_rows AS k JOIN obs.usages AS u ON u.rowid = k.row_id WHERE u.via = 'cloud' AND k.credential_id IS NULL AND k.identity_id IS NOT NULL AND NOT k.is_bookkeeping)
controls:
  - owasp-nhi-2025:NHI5:2025
  - owasp-nhi-2025:NHI7:2025
  - nist-csf-2.0:PR.AA-05
why: >
  The token ends in an hour, what it may do in that hour has no end; and its parent makes another one whenever it is asked.
fix: Give the parent the rights that its log shows it needs, and let jobs that need more become another identity for that step.
limits: >
  Counts uses without a static key, as logs of the cloud tell them. Whether the identity is an administrator is worked out from its grants.
since: '0.1'
---*/
SELECT
  a.identity_id,
  concat(
    a.identity_id, ' ', a.how, ', and was used with short-lived tokens ', counted(sum(coalesce(u.records, 1))::BIGINT, 'time'),
    coalesce(' by ' || nullif(listed(coalesce(list(DISTINCT k.actor_identity_id ORDER BY k.actor_identity_id) FILTER (k.actor_identity_id IS NOT NULL AND k.actor_identity_id <> k.identity_id), [])), ''), ''),
    ', last on ', day_text(max(coalesce(u.ended_at, u.used_at))), '.') AS message,
  list_distinct(list_concat(any_value(a.evidence), list(u.observation_id ORDER BY u.used_at DESC)[1:5])) AS evidence
FROM direct_usage_rows AS k
JOIN obs.usages AS u ON u.rowid = k.row_id
JOIN admin_identities AS a ON a.identity_id = k.identity_id
LEFT JOIN identities AS i ON i.identity_id = k.identity_id
WHERE u.via = 'cloud' AND k.credential_id IS NULL AND NOT k.is_bookkeeping AND coalesce(u.actor_type, '') <> 'human' AND NOT coalesce(i.human, false) AND NOT coalesce(i.managed, false)
  AND u.outcome IS DISTINCT FROM 'denied'
GROUP BY a.identity_id, a.how
