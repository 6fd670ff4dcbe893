/*---
id: spire-entry-administers
title: A workload may administer SPIRE or sign identities for it
severity: high
confidence: high
about: trust
identityFields: [identity_id, entry]
needs: [trust:entry@spire]
population: trusts WHERE starts_with(identity_id, 'spiffe:') AND (detail->>'$.fact') = 'entry'
controls:
  - owasp-nhi-2025:NHI4:2025
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:PR.AA-05
  - nist-csf-2.0:PR.AA-04
why: >
  With `admin` it writes entries, so it can give itself any identity of the trust domain; with `downstream` it is handed a
  certificate authority, and signs any identity itself. Whoever gets into that workload is everybody.
fix: >
  `spire-server entry update -entryID ID` with the rest of the entry and without `-admin` or `-downstream`. Keep `admin` to the
  controller that writes entries, `downstream` to nested servers, each selected by namespace and account.
limits: >
  A nested server needs `downstream`, and some controllers need `admin`: where the entry names one account, it is medium.
references:
  - https://spiffe.io/docs/latest/deploying/registering/
  - https://spiffe.io/docs/latest/architecture/nested/readme/
since: '0.1'
---*/
SELECT
  identity_id,
  coalesce(detail->>'$.entry', '') AS entry,
  concat(
    'The entry of ', identity_id, ' lets whatever matches ', listed(json_words(detail->'$.selectors')), ' ',
    CASE WHEN (detail->>'$.admin')::BOOLEAN AND (detail->>'$.downstream')::BOOLEAN THEN 'administer SPIRE and sign any identity'
      WHEN (detail->>'$.admin')::BOOLEAN THEN 'administer SPIRE: it can write itself any entry'
      ELSE 'sign any identity of the trust domain, as a downstream server' END,
    '.') AS message,
  CASE WHEN principal_type = 'identity' AND NOT ends_with(principal, '/default') THEN 'medium' ELSE 'high' END AS severity,
  [observation_id] AS evidence
FROM trusts
WHERE starts_with(identity_id, 'spiffe:') AND (detail->>'$.fact') = 'entry'
  AND ((detail->>'$.admin')::BOOLEAN OR (detail->>'$.downstream')::BOOLEAN)
  AND NOT coalesce(TRY_CAST(detail->>'$.expiresAt' AS TIMESTAMP) < run_now(), false)
