/*---
id: conflicting-owners
title: Sources disagree on who owns an identity
severity: low
confidence: medium
about: identity
identityFields: [identity_id]
needs: [identity]
population: identity_owners WHERE owner IS NOT NULL
controls:
  - owasp-nhi-2025:NHI1:2025
  - nist-csf-2.0:GV.RR-02
why: >
  Each of them believes that the other one looks after it.
fix: Agree on one owner, a team rather than a person, and correct the other source.
limits: Two names of the same person (an alias, a handle without an entry on the roster) look like two owners.
since: '0.1'
---*/
SELECT
  i.identity_id,
  concat('Sources name ', len(i.owners), ' owners of ', i.identity_id, ': ', listed(i.owners), '.') AS message,
  list_concat(i.evidence, o.evidence) AS evidence
FROM identity_owners AS o
JOIN identities AS i USING (identity_id)
WHERE o.ownership = 'conflicting' AND NOT i.managed AND coalesce(i.enabled, true)
