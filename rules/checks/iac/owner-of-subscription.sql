/*---
id: owner-of-subscription
title: A machine identity rules a whole subscription
severity: high
confidence: high
about: identity
identityFields: [identity_id]
needs: [grant@iac|grant@entra]
population: grants WHERE starts_with(identity_id, 'entra:')
controls:
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:PR.AA-05
why: >
  Whoever gets its secret or token has every resource of the subscription, and with Owner or User Access Administrator can
  give that to others.
fix: >
  Assign a role that names what it does, at the resource group it does it in; for roles it must assign itself use Role
  Based Access Control Administrator with a condition.
limits: >
  Conditions of an assignment are not judged.
references:
  - https://learn.microsoft.com/en-us/azure/role-based-access-control/best-practices
platforms: [terraform]
since: '0.1'
---*/
SELECT
  identity_id,
  concat(identity_id, ' is ', listed(list(DISTINCT permission ORDER BY permission)), ' of ', listed(list(DISTINCT resource ORDER BY resource)), '.') AS message,
  list(DISTINCT observation_id) AS evidence
FROM grants
WHERE starts_with(identity_id, 'entra:') AND effect = 'allow' AND capability IN ('admin', 'escalates')
GROUP BY identity_id
