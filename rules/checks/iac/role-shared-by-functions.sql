/*---
id: role-shared-by-functions
title: Several functions share one role
severity: medium
confidence: high
about: identity
identityFields: [identity_id]
needs: [consumer@iac]
population: consumers WHERE type = 'function' AND fact = 'runs-as'
parameters:
  minFunctions: 3
controls:
  - owasp-nhi-2025:NHI9:2025
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:PR.AA-05
  - nist-csf-2.0:PR.AA-01
why: >
  Each function has the rights of all of them, and what one did cannot be told from what another did.
fix: >
  Give each function a role of its own with what it calls; a role costs nothing.
limits: >
  Counts functions that name the role in code of this run.
references:
  - https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html
platforms: [terraform, cloudformation]
since: '0.1'
---*/
SELECT
  identity_id,
  concat(count(DISTINCT consumer_id), ' functions share ', identity_id, ': ', listed(list(DISTINCT (detail->>'$.address') ORDER BY (detail->>'$.address'))), '.') AS message,
  CASE WHEN count(DISTINCT consumer_id) > 4 THEN 'medium' ELSE 'low' END AS severity,
  list(DISTINCT observation_id) AS evidence
FROM consumers
WHERE type = 'function' AND fact = 'runs-as' AND (detail->>'$.platform') IN ('terraform', 'cloudformation', 'pulumi') AND identity_id IS NOT NULL
GROUP BY identity_id
HAVING count(DISTINCT consumer_id) >= $minFunctions
