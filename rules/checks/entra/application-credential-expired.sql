/*---
id: application-credential-expired
title: An application keeps credentials that have expired
severity: low
confidence: high
about: identity
identityFields: [identity_id]
needs: [credential@entra]
population: credentials WHERE provider = 'entra'
parameters:
  graceDays: 30
controls:
  - owasp-nhi-2025:NHI1:2025
  - nist-csf-2.0:PR.AA-01
  - nist-csf-2.0:ID.AM-08
why: >
  Nobody sees which of them counts: the next person adds another one to be safe. What expired and was not missed also says
  that nobody may need the application any more.
fix: Remove them; if nothing broke on the day they ended, ask whether the application is still needed.
since: '0.1'
---*/
SELECT
  c.identity_id,
  concat(
    c.identity_id, ' keeps ', counted(count(*), 'expired credential'), ', the last of them ended on ', day_text(max(c.expires_at)), '.') AS message,
  numbered(list(DISTINCT st.deactivate ORDER BY st.deactivate)[1:4]) AS fix,
  list_distinct(flatten(list(c.evidence))) AS evidence
FROM credentials AS c
JOIN identities AS i ON i.identity_id = c.identity_id
LEFT JOIN credential_steps AS st USING (credential_id)
WHERE c.provider = 'entra' AND NOT i.managed AND (c.detail->>'$.saml') IS NULL AND days_since(c.expires_at) > $graceDays
GROUP BY c.identity_id
