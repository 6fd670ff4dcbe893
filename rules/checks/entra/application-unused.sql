/*---
id: application-unused
title: Nobody signs in as an application that has rights
severity: medium
confidence: high
about: identity
identityFields: [identity_id]
needs: [identity:service-principal@entra, usage:service-principal@entra]
population: identities WHERE provider = 'entra' AND NOT managed AND coalesce(enabled, true)
parameters:
  unusedDays: 90
  graceDays: 30
controls:
  - owasp-nhi-2025:NHI1:2025
  - nist-csf-2.0:ID.AM-08
  - nist-csf-2.0:PR.AA-05
why: >
  What it was made for is over, its rights and credentials are not. Nobody looks at its sign-ins, so nobody would notice the
  next one.
fix: >
  Switch sign-in off (`az ad sp update --id CLIENTID --set accountEnabled=false`), wait a month, delete it.
limits: >
  Rests on the sign-in report of service principals (worldwide cloud, licence P1). Only applications with a right or a
  credential that works are told. An application that only serves others as an API may stay without sign-ins of its own.
references:
  - https://learn.microsoft.com/en-us/graph/api/resources/serviceprincipalsigninactivity
since: '0.1'
---*/
WITH report AS (
  SELECT bool_and(outcome = 'complete') AS is_whole
  FROM coverage
  WHERE surface = 'entra' AND list_contains(covers, 'usage')
    AND ((detail->'$.types') IS NULL OR list_contains(json_words(detail->'$.types'), 'service-principal'))
),
keys AS (
  SELECT identity_id, max(last_used_at) AS last_used_at, count(*) AS credentials, list_distinct(flatten(list(evidence))) AS evidence
  FROM credentials
  WHERE provider = 'entra' AND coalesce(status, 'active') = 'active' AND (expires_at IS NULL OR expires_at > run_now())
  GROUP BY identity_id
),
rights AS (
  SELECT identity_id, list(DISTINCT permission ORDER BY permission) AS permissions, list(DISTINCT observation_id) AS evidence
  FROM entra_rights
  WHERE via_kind <> 'delegated'
  GROUP BY identity_id
)
SELECT
  i.identity_id,
  concat(
    'Nobody has signed in as ', i.identity_id,
    CASE WHEN greatest(i.last_used_at, k.last_used_at) IS NULL THEN concat(' in the ', days_since(i.created_at), ' days since it was made')
      ELSE concat(' since ', day_text(greatest(i.last_used_at, k.last_used_at))) END,
    '; it has ', concat_ws(' and ', CASE WHEN r.permissions IS NOT NULL THEN listed(r.permissions) END, CASE WHEN k.credentials IS NOT NULL THEN counted(k.credentials, 'active credential') END), '.') AS message,
  delete_identity_step(i.identity_id) AS fix,
  list_concat(i.evidence, list_concat(coalesce(k.evidence, []), coalesce(r.evidence, []))) AS evidence
FROM identities AS i
CROSS JOIN report
LEFT JOIN keys AS k ON k.identity_id = i.identity_id
LEFT JOIN rights AS r ON r.identity_id = i.identity_id
WHERE i.provider = 'entra' AND NOT i.managed AND coalesce(i.enabled, true)
  AND (k.identity_id IS NOT NULL OR r.identity_id IS NOT NULL)
  AND (days_since(greatest(i.last_used_at, k.last_used_at)) > $unusedDays
    OR (greatest(i.last_used_at, k.last_used_at) IS NULL AND report.is_whole AND i.type <> 'managed-identity' AND days_since(i.created_at) > $graceDays))
