/*---
id: okta-client-secrets-kept
title: An Okta client keeps two secrets
severity: low
confidence: high
about: identity
identityFields: [identity_id]
needs: [credential:client-secret@okta]
population: credentials WHERE provider = 'okta' AND type = 'client-secret' AND coalesce(status, 'active') = 'active'
parameters:
  graceDays: 14
controls:
  - owasp-nhi-2025:NHI7:2025
  - nist-csf-2.0:PR.AA-01
why: >
  The second is there to change the first. A change that was never finished leaves the old one open, and nobody knows any more who uses which.
fix: >
  Find out by a trial: deactivate the older one (Applications, the app, General), which can be undone; after a week delete it.
references:
  - https://developer.okta.com/docs/guides/client-secret-rotation-key/main/
since: '0.1'
---*/
SELECT
  c.identity_id,
  concat(coalesce('"' || min(i.name) || '"', c.identity_id), ' has had ', count(*), ' active secrets for ', min(days_since(c.created_at)), ' days; the oldest is of ',
    day_text(min(c.created_at)), '.') AS message,
  list_distinct(flatten(list(c.evidence))) AS evidence
FROM credentials AS c
LEFT JOIN identities AS i USING (identity_id)
WHERE c.provider = 'okta' AND c.type = 'client-secret' AND coalesce(c.status, 'active') = 'active' AND c.identity_id IS NOT NULL
GROUP BY c.identity_id
HAVING count(*) > 1 AND min(days_since(c.created_at)) > $graceDays
