/*---
id: deploy-key-may-write
title: A deploy key may write
severity: medium
confidence: high
about: consumer
identityFields: [consumer_id]
needs: [consumer@iac]
population: consumers WHERE fact = 'deploy-key'
controls:
  - owasp-nhi-2025:NHI5:2025
  - owasp-nhi-2025:NHI7:2025
  - nist-csf-2.0:PR.AA-05
why: >
  The key has no owner and no end, and whoever has its private half pushes to every branch that is not protected against
  it.
fix: >
  Set `read_only = true` (GitHub) or `can_push = false` (GitLab); let what must push use an app token that lives for an
  hour.
limits: >
  Where a variable decides whether it may write, nothing is said.
references:
  - https://docs.github.com/en/authentication/connecting-to-github-with-ssh/managing-deploy-keys
platforms: [terraform]
since: '0.1'
---*/
SELECT
  consumer_id,
  identity_id,
  concat('The deploy key "', (detail->>'$.title'), '" (', (detail->>'$.address'), ') may write to its repository.') AS message,
  [observation_id] AS evidence
FROM consumers
WHERE fact = 'deploy-key' AND coalesce(TRY_CAST(detail->>'$.mayWrite' AS BOOLEAN), false)
