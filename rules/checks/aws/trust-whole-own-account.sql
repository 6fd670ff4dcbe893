/*---
id: trust-whole-own-account
title: A privileged role leaves it to its account who may take it
severity: low
confidence: high
about: trust
identityFields: [identity_id]
needs: [trust:role@aws, grant:policy@aws]
population: trusts WHERE effect = 'allow' AND principal_type = 'account' AND starts_with(identity_id, 'aws:')
controls:
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:PR.AA-05
why: >
  The trust policy names the whole account, so that every user and role with `sts:AssumeRole` on `*` is as good as this one, today
  and after the next policy somebody attaches.
fix: >
  Name the roles that need it in the trust policy, or bind it with a condition on `aws:PrincipalArn` or a tag:
  `aws iam update-assume-role-policy --role-name NAME --policy-document file://trust.json`.
limits: >
  Only roles that are administrators or can become one. A condition or a Deny that some of the account do not pass, or that hangs on
  the call, lets the check pass.
references:
  - https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-accounts
since: '0.1'
---*/
SELECT
  t.identity_id,
  concat(t.identity_id, ' trusts its whole account, whoever is in it; it ', min(a.how), '.') AS message,
  list_distinct(flatten(list([t.observation_id]) || list(a.evidence))) AS evidence
FROM trusts AS t
JOIN identities AS i ON i.identity_id = t.identity_id
JOIN admin_identities AS a ON a.identity_id = t.identity_id
WHERE t.effect = 'allow' AND t.principal_type = 'account' AND (t.detail->>'$.anyOfAccount') = 'yes'
  AND t.principal = identity_scope(t.identity_id) AND starts_with(t.identity_id, 'aws:') AND NOT i.managed
GROUP BY t.identity_id
