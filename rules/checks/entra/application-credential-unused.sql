/*---
id: application-credential-unused
title: A credential of an application is not used
severity: medium
confidence: high
about: credential
identityFields: [credential_id]
needs: [credential@entra, usage:credential@entra]
population: credentials WHERE provider = 'entra' AND coalesce(status, 'active') = 'active'
parameters:
  unusedDays: 90
  graceDays: 30
controls:
  - owasp-nhi-2025:NHI1:2025
  - nist-csf-2.0:ID.AM-08
  - nist-csf-2.0:PR.AA-01
why: Nobody would miss it, so nobody would notice who uses it next. It can go today without breaking anything.
fix: Remove it; keep the application if another credential of it is used.
limits: >
  Rests on the report of application credentials, which Entra keeps in its worldwide cloud alone and with a licence (P1). A
  credential that is not in it is called never used where the whole report was read.
references:
  - https://learn.microsoft.com/en-us/graph/api/resources/appcredentialsigninactivity
since: '0.1'
---*/
WITH report AS (
  SELECT bool_and(outcome = 'complete') AS is_whole
  FROM coverage
  WHERE surface = 'entra' AND list_contains(covers, 'usage')
    AND ((detail->'$.types') IS NULL OR list_contains(json_words(detail->'$.types'), 'credential'))
)
SELECT
  c.credential_id,
  c.identity_id,
  concat(
    type_words(c.type), ' ', short_id(coalesce(c.public_id, c.credential_id)), ' of ', c.identity_id,
    CASE WHEN c.last_used_at IS NULL THEN concat(' was never used in the ', days_since(c.created_at), ' days since it was made')
      ELSE concat(' was last used ', days_since(c.last_used_at), ' days ago, on ', day_text(c.last_used_at)) END,
    '.') AS message,
  numbered([st.deactivate]) AS fix,
  c.evidence
FROM credentials AS c
JOIN identities AS i ON i.identity_id = c.identity_id
CROSS JOIN report AS r
LEFT JOIN credential_steps AS st USING (credential_id)
WHERE c.provider = 'entra' AND c.in_inventory AND NOT i.managed AND (c.detail->>'$.saml') IS NULL
  AND coalesce(c.status, 'active') = 'active' AND (c.expires_at IS NULL OR c.expires_at > run_now())
  AND (days_since(c.last_used_at) > $unusedDays OR (c.last_used_at IS NULL AND r.is_whole AND days_since(c.created_at) > $graceDays))
