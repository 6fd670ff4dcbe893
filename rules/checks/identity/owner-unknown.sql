/*---
id: owner-unknown
title: The owner of an identity is nobody on the roster
severity: low
confidence: medium
about: identity
identityFields: [identity_id]
needs: [identity, person@people]
population: identity_owners WHERE owner IS NOT NULL
controls:
  - owasp-nhi-2025:NHI1:2025
  - nist-csf-2.0:GV.RR-02
  - nist-csf-2.0:ID.AM-02
why: >
  A typing error, a mailbox that was given up, or somebody who left before the roster begins: mail about this identity reaches
  nobody.
fix: >
  Correct the tag or description, or add the shared mailbox to the roster that you give to the scan.
limits: Said only where a roster was given. A mailing list that is not on it looks the same.
since: '0.1'
---*/
SELECT
  i.identity_id,
  concat(i.identity_id, ' belongs to ', o.owner, ' (', coalesce(o.owner_basis, 'declared'), '), who is not on the roster.') AS message,
  i.evidence
FROM identity_owners AS o
JOIN identities AS i USING (identity_id)
WHERE o.ownership = 'owner-unknown' AND NOT i.managed AND coalesce(i.enabled, true)
