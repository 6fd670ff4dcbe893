/*---
id: trust-unknown-account
title: A role trusts an account that nobody knows
severity: medium
confidence: medium
about: trust
identityFields: [account]
needs: [trust:role@aws, identity@aws]
population: >
  trusts WHERE effect = 'allow' AND starts_with(identity_id, 'aws:') AND (detail->>'$.crossAccount') = 'true'
  AND EXISTS (FROM coverage WHERE surface = 'aws' AND (detail->'$.accounts') IS NOT NULL)
parameters:
  ownAccounts: ''
  knownAccounts: ''
controls:
  - owasp-nhi-2025:NHI3:2025
  - nist-csf-2.0:GV.SC-07
  - nist-csf-2.0:ID.AM-04
why: >
  It is not of your organisation and not a vendor's that says so. It may be a partner's, a company's that was sold, a
  consultant's who left; whoever has it today is in yours.
fix: >
  Ask the owner of the role whose account it is, and write it down (`knownAccounts` in the configuration). If nobody can say,
  take it out of the trust policy.
limits: >
  Judged only where the accounts of the organisation were given (`aws organizations list-accounts`). Vendors are known by
  the accounts that their documentation names; many have more.
references:
  - https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-external-access.html
since: '0.1'
---*/
WITH listed_accounts AS (
  SELECT unnest(json_words(detail->'$.accounts')) AS account
  FROM coverage
  WHERE surface = 'aws' AND (detail->'$.accounts') IS NOT NULL
),
own AS (
  FROM listed_accounts
  UNION
  SELECT DISTINCT scope FROM identities WHERE provider = 'aws' AND scope IS NOT NULL
  UNION
  SELECT trim(account) FROM (SELECT unnest(string_split(concat($ownAccounts, ',', $knownAccounts), ',')) AS account) WHERE trim(account) <> ''
),
foreign_trusts AS (
  SELECT *, nullif(regexp_extract(principal, '(\d{12})', 1), '') AS account
  FROM trusts
  WHERE effect = 'allow' AND starts_with(identity_id, 'aws:') AND (detail->>'$.crossAccount') = 'true' AND (detail->>'$.vendor') IS NULL
)
SELECT
  t.account,
  min(t.identity_id) AS identity_id,
  concat(
    'Account ', t.account, ' may take ',
    CASE WHEN count(DISTINCT t.identity_id) = 1 THEN min(t.identity_id)
      ELSE concat(count(DISTINCT t.identity_id), ' roles: ', listed(list(DISTINCT t.identity_id ORDER BY t.identity_id))) END,
    '; it is none of the organisation and of no vendor that is known', coalesce('. ' || min(t.identity_id || ' ' || a.how), ''), '.') AS message,
  CASE WHEN bool_or(a.identity_id IS NOT NULL) THEN 'high' ELSE 'medium' END AS severity,
  list(DISTINCT t.observation_id) AS evidence
FROM foreign_trusts AS t
LEFT JOIN admin_identities AS a ON a.identity_id = t.identity_id
WHERE t.account IS NOT NULL AND t.account NOT IN (SELECT account FROM own) AND EXISTS (FROM listed_accounts)
GROUP BY t.account
