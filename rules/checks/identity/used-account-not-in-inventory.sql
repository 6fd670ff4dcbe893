/*---
id: used-account-not-in-inventory
title: An account that logs tell of is in no inventory
severity: medium
confidence: medium
about: identity
identityFields: [account]
needs: [usage@audit-log, 'identity@aws|identity@gcp|identity@postgres|identity@k8s|identity@entra']
population: (SELECT identity_id FROM direct_usage_rows WHERE identity_id IS NOT NULL)
controls:
  - owasp-nhi-2025:NHI1:2025
  - nist-csf-2.0:ID.AM-02
  - nist-csf-2.0:GV.SC-07
why: >
  It works, and nobody who reviews the inventory sees it: made since the export, deleted since, or kept out of it.
fix: Find it at its provider. Is it gone, note who had it; is it there, find out why the export does not have it.
limits: >
  Said where an inventory of the same account, project, cluster or server was read in full, with others of its kind. Accounts that came and went between log and export look
  the same.
since: '0.1'
---*/
WITH inventories AS (
  SELECT DISTINCT split_part(i.identity_id, ':', 1) AS provider, identity_scope(i.identity_id) AS scope, split_part(identity_local(i.identity_id), '/', 1) AS kind
  FROM obs.identities AS i
  SEMI JOIN current_parts USING (part_id)
  SEMI JOIN (SELECT part_id FROM obs.coverage WHERE surface IN ('aws', 'gcp', 'postgres', 'k8s', 'entra') AND outcome = 'complete' AND list_contains(covers, 'identity')) AS c ON c.part_id = i.part_id
),
used AS (
  SELECT k.identity_id, sum(coalesce(u.records, 1))::BIGINT AS times, max(coalesce(u.ended_at, u.used_at)) AS last, list(u.observation_id ORDER BY u.used_at DESC)[1:5] AS evidence
  FROM direct_usage_rows AS k
  JOIN obs.usages AS u ON u.rowid = k.row_id
  WHERE k.identity_id IS NOT NULL AND NOT k.is_bookkeeping AND coalesce(u.actor_type, '') <> 'human' AND u.outcome IS DISTINCT FROM 'denied'
  GROUP BY k.identity_id
)
SELECT
  u.identity_id AS account,
  u.identity_id,
  concat(u.identity_id, ' was used ', counted(u.times, 'time'), ', last on ', day_text(u.last), ', and the inventory of ',
    CASE WHEN v.scope = '-' THEN concat(spoken_word(v.provider), ' that was read') ELSE v.scope END, ' does not have it.') AS message,
  u.evidence
FROM used AS u
JOIN inventories AS v ON v.provider = split_part(u.identity_id, ':', 1) AND v.scope = identity_scope(u.identity_id) AND v.kind = split_part(identity_local(u.identity_id), '/', 1)
ANTI JOIN identities AS i ON i.identity_id = u.identity_id
WHERE NOT regexp_matches(identity_local(u.identity_id), '/(aws-service-role|aws-reserved)/|/AWSServiceRoleFor|/AWSReservedSSO_')
