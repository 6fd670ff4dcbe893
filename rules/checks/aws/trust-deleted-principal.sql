/*---
id: trust-deleted-principal
title: A role still trusts a principal that was deleted
severity: low
confidence: high
about: trust
identityFields: [identity_id, principal]
needs: [trust:role@aws]
population: trusts WHERE effect = 'allow'
controls:
  - owasp-nhi-2025:NHI1:2025
  - nist-csf-2.0:ID.AM-08
why: >
  Half of an offboarding: the identity is gone, what was opened for it stays. Nobody can say any more for whom the role
  was made.
fix: >
  Take the bare id (AIDA…, AROA…) out of the trust policy; if it was the only principal, delete the role.
references:
  - https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
since: '0.1'
---*/
SELECT
  identity_id,
  principal,
  concat(identity_id, ' trusts ', short_id(principal), ', an identity that no longer exists.') AS message,
  list(DISTINCT observation_id) AS evidence
FROM trusts
WHERE effect = 'allow' AND TRY_CAST(detail->>'$.deleted' AS BOOLEAN)
GROUP BY identity_id, principal
