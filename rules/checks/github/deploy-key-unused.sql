/*---
id: deploy-key-unused
title: A deploy key at GitHub is not used
severity: medium
confidence: high
about: identity
identityFields: [identity_id]
needs: [identity:deploy-key@github]
population: identities WHERE provider = 'github' AND type = 'deploy-key' AND (detail->>'$.useIsTold') = 'true'
parameters:
  unusedDays: 90
  graceDays: 30
controls:
  - owasp-nhi-2025:NHI1:2025
  - nist-csf-2.0:PR.AA-01
  - nist-csf-2.0:ID.AM-08
why: >
  What it was for is gone, and its private half still lies somewhere. It opens the repository until somebody removes it.
fix: Remove it, `gh repo deploy-key delete ID --repo OWNER/REPO`; keep the public half for a month, to add it again if something misses it.
limits: >
  Servers that do not tell the last use are not judged.
references:
  - https://docs.github.com/en/rest/deploy-keys/deploy-keys
since: '0.1'
---*/
SELECT
  identity_id,
  concat(
    'The deploy key "', name, '" of ', coalesce(scope, 'an unknown repository'),
    CASE WHEN last_used_at IS NULL THEN concat(' was never used in the ', days_since(created_at), ' days since it was added')
      ELSE concat(' was last used ', days_since(last_used_at), ' days ago, on ', day_text(last_used_at)) END, '.') AS message,
  concat(
    'Remove it, `gh repo deploy-key delete ', word_or(detail->>'$.keyId', 'ID'), ' --repo ', word_or(scope, 'OWNER/REPO'),
    '`; keep the public half for a month, to add it again if something misses it.') AS fix,
  evidence
FROM identities
WHERE provider = 'github' AND type = 'deploy-key' AND coalesce(enabled, true) AND (detail->>'$.useIsTold') = 'true'
  AND (days_since(last_used_at) > $unusedDays OR (last_used_at IS NULL AND days_since(created_at) > $graceDays))
