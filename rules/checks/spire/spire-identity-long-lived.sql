/*---
id: spire-identity-long-lived
title: A SPIRE entry gives out identities that live long
severity: medium
confidence: high
about: trust
identityFields: [identity_id, entry]
needs: [trust:entry@spire]
population: trusts WHERE starts_with(identity_id, 'spiffe:') AND (detail->>'$.fact') = 'entry'
parameters:
  x509Hours: 24
  jwtHours: 1
controls:
  - owasp-nhi-2025:NHI7:2025
  - owasp-nhi-2025:NHI4:2025
  - nist-csf-2.0:PR.AA-04
why: >
  Nothing revokes a certificate or token of SPIRE: that it ends soon is what protects it. A JWT-SVID is a bearer token,
  so whoever copies it from a log is the workload until it ends.
fix: >
  `spire-server entry update -entryID ID -x509SVIDTTL 3600 -jwtSVIDTTL 300` with the rest of the entry, or leave both to the
  server's default. Agents renew at half of the lifetime by themselves.
limits: Lifetimes that an entry leaves to the server are not known; the authority's own end caps the rest.
references:
  - https://spiffe.io/docs/latest/deploying/spire_server/
since: '0.1'
---*/
WITH lives AS (
  SELECT
    *,
    TRY_CAST(detail->>'$.x509Seconds' AS DOUBLE) / 3600 AS x509_hours,
    TRY_CAST(detail->>'$.jwtSeconds' AS DOUBLE) / 3600 AS jwt_hours
  FROM trusts
  WHERE starts_with(identity_id, 'spiffe:') AND (detail->>'$.fact') = 'entry'
    AND NOT coalesce(TRY_CAST(detail->>'$.expiresAt' AS TIMESTAMP) < run_now(), false)
)
SELECT
  identity_id,
  coalesce(detail->>'$.entry', '') AS entry,
  concat(
    CASE WHEN x509_hours > $x509Hours THEN concat('Certificates of ', identity_id, ' live ', format('{:.0f}', x509_hours), ' hours') ELSE '' END,
    CASE WHEN x509_hours > $x509Hours AND jwt_hours > $jwtHours THEN concat(', its tokens ', format('{:.0f}', jwt_hours))
      WHEN jwt_hours > $jwtHours THEN concat('Tokens of ', identity_id, ' live ', CASE WHEN jwt_hours < 10 THEN format('{:.1f}', jwt_hours) ELSE format('{:.0f}', jwt_hours) END, ' hours') ELSE '' END,
    '.') AS message,
  CASE WHEN x509_hours > 30 * $x509Hours OR jwt_hours > 24 * $jwtHours THEN 'high' ELSE 'medium' END AS severity,
  [observation_id] AS evidence
FROM lives
WHERE x509_hours > $x509Hours OR jwt_hours > $jwtHours
