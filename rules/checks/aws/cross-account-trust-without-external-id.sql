/*---
id: cross-account-trust-without-external-id
title: A role trusts a foreign account without an external id
severity: medium
confidence: high
about: trust
identityFields: [identity_id, principal]
needs: [trust:role@aws|trust@iac, identity@aws|identity@iac]
population: trusts WHERE principal_type IN ('account', 'identity', 'unknown') AND starts_with(identity_id, 'aws:')
parameters:
  ownAccounts: ''
controls:
  - owasp-nhi-2025:NHI3:2025
  - nist-csf-2.0:GV.SC-07
  - nist-csf-2.0:PR.AA-05
  - nist-csf-2.0:ID.AM-04
why: >
  A vendor holds the role of many customers. Without an external id another of its customers can name your role and have
  the vendor act on it (the confused deputy); and whoever breaks into that account is in yours.
fix: |
  1. Find out whose account it is and whether the contract still runs; if not, delete the role.
  2. Require the external id that the vendor gives: `"Condition": {"StringEquals": {"sts:ExternalId": "…"}}`.
  3. Trust the vendor's one role instead of its whole account.
limits: >
  Accounts are one's own when identities of them are in this run, when the organisation lists them, or when they stand in
  ownAccounts (separated by commas). The whole policy is judged for a caller of the account that brings no external id, or one of
  its own; a condition on an organisation lets the check pass. Vendors are named where their documentation tells the account.
references:
  - https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
platforms: [terraform]
since: '0.1'
---*/
WITH own AS (
  SELECT DISTINCT scope AS account FROM identities WHERE provider = 'aws' AND scope IS NOT NULL
  UNION
  SELECT trim(account) FROM (SELECT unnest(string_split($ownAccounts, ',')) AS account) WHERE trim(account) <> ''
  UNION
  SELECT unnest(json_words(detail->'$.accounts')) FROM coverage WHERE surface = 'aws' AND (detail->'$.accounts') IS NOT NULL
),
foreign_trusts AS (
  SELECT *, coalesce(nullif(regexp_extract(principal, '(\d{12})', 1), ''), principal) AS account
  FROM trusts
  WHERE effect = 'allow' AND principal_type IN ('account', 'identity', 'unknown') AND starts_with(identity_id, 'aws:')
    AND coalesce(TRY_CAST(detail->>'$.crossAccount' AS BOOLEAN), false)
)
SELECT
  t.identity_id,
  t.principal,
  concat(
    t.identity_id, ' may be assumed from account ', t.account, coalesce(' of ' || min(t.detail->>'$.vendor'), ''),
    CASE WHEN t.principal_type = 'account' THEN ' (everybody there who is allowed to)' ELSE concat(' (', t.principal, ')') END,
    ' without an external id', coalesce('; it ' || min(a.how), ''), '.') AS message,
  CASE WHEN bool_or(a.identity_id IS NOT NULL) THEN 'high' ELSE 'medium' END AS severity,
  list_distinct(flatten(list([t.observation_id]) || list(coalesce(a.evidence, [])))) AS evidence,
  {'account': t.account, 'vendor': min(t.detail->>'$.vendor')} AS detail
FROM foreign_trusts AS t
LEFT JOIN admin_identities AS a ON a.identity_id = t.identity_id
WHERE t.account NOT IN (SELECT account FROM own)
  AND coalesce((t.detail->>'$.inOrganisation') <> 'true', true)
  AND coalesce((t.detail->>'$.withoutExternalId') <> 'no', true)
GROUP BY t.identity_id, t.principal, t.principal_type, t.account
