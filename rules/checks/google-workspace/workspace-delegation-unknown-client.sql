/*---
id: workspace-delegation-unknown-client
title: A client that is not ours may act as any user of Google Workspace
severity: medium
confidence: medium
about: identity
identityFields: [identity_id]
needs: [grant:delegation@google-workspace, identity@gcp]
population: identities WHERE provider = 'google-workspace' AND type = 'oauth-client'
controls:
  - owasp-nhi-2025:NHI3:2025
  - owasp-nhi-2025:NHI1:2025
  - nist-csf-2.0:GV.SC-07
  - nist-csf-2.0:ID.AM-08
why: >
  Its key lies with somebody else, or its service account was deleted and the delegation forgot. In the first case their breach
  is yours; in the second nobody needs it any more.
fix: >
  Ask who set it up (the log of the Admin console tells). Remove it under Security, API controls, Domain-wide delegation where
  nobody answers; declare it as a supplier's where somebody does.
limits: >
  Ours are the service accounts in this run: of projects that were not exported nothing is known. OAuth clients of one's own, which have no
  service account, look the same.
references:
  - https://support.google.com/a/answer/162106
since: '0.1'
---*/
WITH delegated AS (
  SELECT identity_id, list(DISTINCT observation_id) AS evidence
  FROM grants WHERE via_kind = 'domain-wide' AND capability IS NULL AND effect = 'allow' GROUP BY identity_id
)
SELECT
  i.identity_id,
  concat('The client "', i.name, '" may act as any user, and none of the service accounts that were read is it',
    coalesce('; ' || i.owners[1] || ' authorised it', ''), coalesce(' on ' || day_text(i.created_at), ''), '.') AS message,
  list_concat(i.evidence, d.evidence) AS evidence
FROM identities AS i
JOIN delegated AS d USING (identity_id)
WHERE i.provider = 'google-workspace' AND regexp_matches(identity_local(i.identity_id), '^oauth-client/') AND coalesce(i.enabled, true)
  AND identity_local(i.identity_id) NOT IN (
    SELECT concat('oauth-client/', detail->>'$.uniqueId') FROM identities WHERE provider = 'gcp' AND (detail->>'$.uniqueId') IS NOT NULL
    UNION
    SELECT concat('oauth-client/', detail->>'$.oauth2ClientId') FROM identities WHERE provider = 'gcp' AND (detail->>'$.oauth2ClientId') IS NOT NULL)
