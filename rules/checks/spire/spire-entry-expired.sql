/*---
id: spire-entry-expired
title: A SPIRE entry is past its end and still there
severity: low
confidence: high
about: trust
identityFields: [identity_id, entry]
needs: [trust:entry@spire]
population: trusts WHERE starts_with(identity_id, 'spiffe:') AND (detail->>'$.fact') = 'entry'
parameters:
  graceDays: 1
controls:
  - owasp-nhi-2025:NHI1:2025
  - nist-csf-2.0:ID.AM-08
why: >
  It was made to end, and the server takes such entries away by itself: that this one is there says that the clean-up does
  not run, or that a file brings it back. The next change of its end opens it again.
fix: >
  `spire-server entry delete -entryID ID`; take it out of the files that create entries.
references:
  - https://github.com/spiffe/spire/blob/main/doc/spire_server.md
since: '0.1'
---*/
SELECT
  identity_id,
  coalesce(detail->>'$.entry', '') AS entry,
  concat('An entry of ', identity_id, ' ended on ', day_text(detail->>'$.expiresAt'), ', ', counted(days_since(detail->>'$.expiresAt'), 'day'), ' ago, and is still there.') AS message,
  [observation_id] AS evidence
FROM trusts
WHERE starts_with(identity_id, 'spiffe:') AND (detail->>'$.fact') = 'entry'
  AND days_since(detail->>'$.expiresAt') > $graceDays
