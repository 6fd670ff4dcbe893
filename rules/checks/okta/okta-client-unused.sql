/*---
id: okta-client-unused
title: An Okta client that nobody uses is still open
severity: medium
confidence: medium
about: identity
identityFields: [identity_id]
needs: [usage:event@okta]
population: identities WHERE provider = 'okta' AND (type IN ('api-service', 'agent') OR type = 'app' AND (detail->>'$.service') = 'true')
parameters:
  unusedDays: 80
  graceDays: 30
controls:
  - owasp-nhi-2025:NHI1:2025
  - nist-csf-2.0:ID.AM-08
  - nist-csf-2.0:PR.AA-01
why: >
  Its job has ended and its secret lives on. Nobody would notice who signs in with it next.
fix: >
  Deactivate it (Applications, the app, Active, Deactivate; an integration or agent likewise); after a month without complaints delete it.
limits: >
  The System Log is kept for ninety days: what runs less often looks unused. Saved answers of the log tell of those uses that are in
  them.
references:
  - https://developer.okta.com/docs/api/openapi/okta-management/management/tag/SystemLog/
since: '0.1'
---*/
SELECT
  i.identity_id,
  concat(CASE i.type WHEN 'api-service' THEN 'The integration' WHEN 'agent' THEN 'The AI agent' ELSE 'The service app' END, ' "', i.name, '" ',
    CASE WHEN i.last_used_at IS NULL THEN concat('has not been used since ', day_text(i.detail->>'$.noUseSince'), ' at the latest')
      ELSE concat('was last used on ', day_text(i.last_used_at)) END,
    CASE WHEN r.n > 0 THEN concat(', and may use ', counted(r.n, 'scope')) ELSE '' END, '.') AS message,
  list_concat(i.evidence, coalesce(r.evidence, [])) AS evidence
FROM identities AS i
LEFT JOIN (
  SELECT identity_id, count(DISTINCT permission) AS n, list(DISTINCT observation_id ORDER BY observation_id)[1:10] AS evidence
  FROM grants WHERE capability IS NULL AND via_kind = 'consent' AND starts_with(identity_id, 'okta:') GROUP BY identity_id
) AS r ON r.identity_id = i.identity_id
WHERE i.provider = 'okta' AND (i.type IN ('api-service', 'agent') OR i.type = 'app' AND (i.detail->>'$.service') = 'true')
  AND coalesce(i.enabled, true) AND NOT i.managed
  AND coalesce(days_since(i.created_at), $graceDays + 1) > $graceDays
  AND (days_since(i.last_used_at) > $unusedDays OR i.last_used_at IS NULL AND days_since(i.detail->>'$.noUseSince') > $unusedDays)
