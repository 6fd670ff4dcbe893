/*---
id: unowned-identity
title: An identity with live credentials has no owner
severity: medium
confidence: high
about: identity
identityFields: [identity_id]
needs: [identity, credential]
population: identities WHERE NOT managed AND coalesce(human, false) = false
controls:
  - owasp-nhi-2025:NHI1:2025
  - nist-csf-2.0:GV.RR-02
  - nist-csf-2.0:ID.AM-02
  - nist-csf-2.0:ID.AM-08
why: >
  Nobody is asked when it is time to rotate, nobody says whether it may go, and an alert about it has no addressee.
fix: >
  Find out who uses it (`nhi-audit trace IDENTITY`), and declare the owner where the identity lives: a tag, a line
  `owner: …` in the description, CODEOWNERS for what a repository makes.
limits: >
  Knows owners from tags, creators, descriptions and CODEOWNERS only; a list kept elsewhere is not seen. Said of
  credentials that an inventory calls active; of Entra only where the owners of applications were read too.
since: '0.1'
---*/
WITH live AS (
  SELECT identity_id, count(*) AS credentials, list_distinct(flatten(list(evidence))) AS evidence
  FROM credentials
  WHERE status = 'active' AND (expires_at IS NULL OR expires_at > run_now())
  GROUP BY identity_id
)
SELECT
  i.identity_id,
  concat(
    i.identity_id, ' has ', counted(live.credentials, 'active credential'), ' and no owner',
    coalesce('; it ' || a.how, ''), '.') AS message,
  CASE WHEN a.identity_id IS NULL THEN 'medium' ELSE 'high' END AS severity,
  'Find out who uses it: `nhi-audit trace IDENTITY`. ' || owner_step(i.identity_id) AS fix,
  list_concat(i.evidence, live.evidence) AS evidence
FROM identity_owners AS o
JOIN identities AS i USING (identity_id)
JOIN live USING (identity_id)
LEFT JOIN admin_identities AS a USING (identity_id)
WHERE o.ownership = 'unowned' AND NOT i.managed AND NOT coalesce(i.human, false) AND coalesce(i.enabled, true)
  AND i.type NOT IN ('root', 'static-admin-key')
  AND owner_is_told(i.provider)
  AND i.identity_id NOT IN (FROM untold_owners)
  -- A template of a chart names nobody yet.
  AND NOT contains(i.identity_id, '{{')
