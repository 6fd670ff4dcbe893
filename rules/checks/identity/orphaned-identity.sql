/*---
id: orphaned-identity
title: Nobody owns an identity and nothing uses it
severity: medium
confidence: medium
about: identity
identityFields: [identity_id]
needs: [identity, credential:access-key-use@aws|credential@gcp|credential@entra|credential@github|credential@gateway|credential@okta|credential@postgres, consumer]
population: identities WHERE NOT managed AND coalesce(human, false) = false AND (type IN ('user', 'service-account', 'api-key', 'agent') OR provider = 'entra')
parameters:
  unusedDays: 90
controls:
  - owasp-nhi-2025:NHI1:2025
  - nist-csf-2.0:ID.AM-08
  - nist-csf-2.0:PR.AA-05
why: >
  Left over from something that no longer exists. It can go today; kept, it is the account whose misuse nobody would notice.
fix: Deactivate its credentials, wait a month, delete the identity.
limits: >
  "Nothing uses it" rests on the repositories and gateway exports in this run and on the provider's last use. Said only
  where a source tells the last use, or that there was none.
since: '0.1'
---*/
WITH keys AS (
  SELECT
    identity_id,
    max(last_used_at) AS last_used_at,
    min(created_at) AS created_at,
    bool_or(use_is_told) AS use_is_told,
    list(DISTINCT st.deactivate ORDER BY st.deactivate)[1:4] AS steps,
    list_distinct(flatten(list(evidence))) AS evidence
  FROM credentials
  LEFT JOIN credential_steps AS st USING (credential_id)
  WHERE coalesce(status, 'active') = 'active' AND (expires_at IS NULL OR expires_at > run_now())
  GROUP BY identity_id
),
wanted AS (
  SELECT identity_id FROM consumers WHERE identity_id IS NOT NULL
  UNION
  SELECT ci.identity_id FROM consumers JOIN credential_identities AS ci USING (credential_id)
  UNION
  SELECT identity_id FROM usages WHERE ran AND days_since(used_at) <= $unusedDays
  UNION
  -- Whoever asked for a session is there, if it was refused or not.
  SELECT actor_identity_id FROM usages WHERE days_since(used_at) <= $unusedDays
)
SELECT
  i.identity_id,
  concat(
    'Nobody owns ', i.identity_id, ', nothing that was scanned uses it, and ',
    CASE WHEN greatest(i.last_used_at, k.last_used_at) IS NULL THEN 'it was never used'
      ELSE concat('its last use was on ', day_text(greatest(i.last_used_at, k.last_used_at))) END,
    '.') AS message,
  CASE WHEN len(list_filter(k.steps, lambda step: step IS NOT NULL)) > 0 THEN numbered(list_concat(k.steps, [
    'Wait a month for complaints.',
    coalesce(delete_identity_step(i.identity_id), 'Delete the identity.')])) END AS fix,
  list_concat(i.evidence, k.evidence) AS evidence
FROM identities AS i
JOIN identity_owners AS o USING (identity_id)
JOIN keys AS k USING (identity_id)
ANTI JOIN wanted AS w ON w.identity_id = i.identity_id
WHERE o.ownership = 'unowned' AND NOT i.managed AND NOT coalesce(i.human, false) AND coalesce(i.enabled, true)
  AND (i.type IN ('user', 'service-account', 'api-key', 'agent') OR i.provider = 'entra')
  AND owner_is_told(i.provider)
  AND (i.last_used_at IS NOT NULL OR k.use_is_told)
  AND days_since(coalesce(greatest(i.last_used_at, k.last_used_at), k.created_at, i.created_at)) > $unusedDays
