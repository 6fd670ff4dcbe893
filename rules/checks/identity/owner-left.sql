/*---
id: owner-left
title: The owner of an identity has left
severity: high
confidence: high
about: identity
identityFields: [identity_id]
needs: [identity, person:roster@people]
population: identity_owners WHERE owner IS NOT NULL
controls:
  - owasp-nhi-2025:NHI1:2025
  - nist-csf-2.0:GV.RR-02
  - nist-csf-2.0:GV.RR-04
  - nist-csf-2.0:PR.AA-01
  - nist-csf-2.0:PR.AA-05
  - nist-csf-2.0:ID.AM-08
why: >
  Offboarding closed the person's own account; what they made lives on, and they may still hold its keys. Nobody answers
  for it any more.
fix: |
  1. Name a new owner: the team that would notice if it stopped (a tag, the description, CODEOWNERS).
  2. Let them rotate its keys, for the old owner may know them.
  3. If nobody wants it: deactivate, wait a month, delete.
limits: >
  Ownership is what tags, creators, descriptions and CODEOWNERS declare, resolved against the roster given. A date of leaving in the
  future is not yet reported. A use since is told by the provider, by sessions of a gateway and by logs that were given.
references:
  - https://owasp.org/www-project-non-human-identities-top-10/2025/1-improper-offboarding/
since: '0.1'
---*/
WITH live AS (
  SELECT identity_id, count(*) AS credentials, max(last_used_at) AS last_used_at, list_distinct(flatten(list(evidence))) AS evidence,
    list(DISTINCT st.deactivate ORDER BY st.deactivate)[1:4] AS steps
  FROM credentials
  LEFT JOIN credential_steps AS st USING (credential_id)
  WHERE coalesce(status, 'active') = 'active' AND (expires_at IS NULL OR expires_at > run_now())
  GROUP BY identity_id
),
-- What sessions of a gateway and logs tell of it since: as the account that was used, or as the caller.
used AS (
  SELECT o.identity_id, sum(coalesce(u.records, 1))::BIGINT AS times, max(coalesce(u.ended_at, u.used_at)) AS last, arg_max(u.observation_id, (u.used_at, u.observation_id), 5) AS evidence
  FROM identity_owners AS o
  JOIN (
    SELECT row_id, identity_id FROM usage_rows WHERE ran AND NOT is_bookkeeping
    UNION
    SELECT row_id, actor_identity_id FROM usage_rows WHERE ran AND NOT is_bookkeeping) AS k ON k.identity_id = o.identity_id
  JOIN obs.usages AS u ON u.rowid = k.row_id
  WHERE o.ownership = 'owner-left' AND u.used_at > o.left_at
  GROUP BY o.identity_id
)
SELECT
  i.identity_id,
  concat(
    i.identity_id, ' belongs to ', o.owner, ' (', coalesce(o.owner_basis, 'declared'), '), who left',
    coalesce(' on ' || day_text(o.left_at), ''),
    CASE
      WHEN used.times > 0 THEN concat('; it was used ', counted(used.times, 'time'), ' since, last on ', day_text(used.last))
      WHEN greatest(live.last_used_at, i.last_used_at) > o.left_at THEN concat('; it was used since, on ', day_text(greatest(live.last_used_at, i.last_used_at)))
      WHEN live.credentials > 0 THEN concat('; it still has ', counted(live.credentials, 'active credential'))
      ELSE '' END,
    '.') AS message,
  CASE WHEN used.times > 0 THEN 'critical' WHEN live.credentials > 0 THEN 'high' ELSE 'medium' END AS severity,
  list_concat(list_concat(i.evidence, coalesce(live.evidence, [])), list_concat(o.evidence, coalesce(used.evidence, []))) AS evidence,
  CASE WHEN owner_step(i.identity_id) IS NOT NULL OR delete_identity_step(i.identity_id) IS NOT NULL THEN numbered([
    coalesce(owner_step(i.identity_id), 'Name an owner: the team that would notice if it stopped.'),
    CASE WHEN live.credentials > 0 THEN 'Let them rotate its keys, for the old owner may know them. ' || coalesce(array_to_string(live.steps, ' '), '') END,
    'If nobody wants it: deactivate its keys, wait a month. ' || coalesce(delete_identity_step(i.identity_id), 'Then delete it.')]) END AS fix,
  {'owner': o.owner, 'left_at': day_text(o.left_at)} AS detail
FROM identity_owners AS o
JOIN identities AS i USING (identity_id)
LEFT JOIN live USING (identity_id)
LEFT JOIN used USING (identity_id)
WHERE o.ownership = 'owner-left' AND NOT i.managed AND coalesce(i.enabled, true)
