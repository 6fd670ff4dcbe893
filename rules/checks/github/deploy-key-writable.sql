/*---
id: deploy-key-writable
title: A deploy key at GitHub may push
severity: medium
confidence: high
about: identity
identityFields: [identity_id]
needs: [identity:deploy-key@github]
population: identities WHERE provider = 'github' AND type = 'deploy-key' AND (detail->>'$.keyId') IS NOT NULL
controls:
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:PR.AA-05
why: >
  Most deploy keys only fetch. One that may push has no end and belongs to nobody: whoever finds its private half changes the code,
  and the commit looks like any other.
fix: >
  Give what only fetches a key that only reads. GitHub does not change the rights of a key: remove it and add it anew,
  `gh repo deploy-key delete ID --repo OWNER/REPO`, then `gh repo deploy-key add KEY.pub --repo OWNER/REPO --title TITLE`. What must push
  uses an app, whose token lives for an hour.
limits: >
  Rules of branches may keep the key from pushing to them; they are not read here.
references:
  - https://docs.github.com/en/authentication/connecting-to-github-with-ssh/managing-deploy-keys
since: '0.1'
---*/
SELECT
  identity_id,
  concat(
    'The deploy key "', name, '" may push to ', coalesce(scope, 'an unknown repository'),
    CASE WHEN len(owners) > 0 THEN concat('; ', owners[1], ' added it') ELSE '' END,
    CASE WHEN last_used_at IS NULL THEN '' ELSE concat('; it was last used on ', day_text(last_used_at)) END, '.') AS message,
  concat(
    'Give what only fetches a key that only reads: `gh repo deploy-key delete ', word_or(detail->>'$.keyId', 'ID'), ' --repo ', word_or(scope, 'OWNER/REPO'),
    '`, then `gh repo deploy-key add KEY.pub --repo ', word_or(scope, 'OWNER/REPO'), ' --title TITLE`. What must push uses an app, whose token lives for an hour.') AS fix,
  evidence
FROM identities
WHERE provider = 'github' AND type = 'deploy-key' AND (detail->>'$.keyId') IS NOT NULL AND coalesce(enabled, true) AND (detail->>'$.mayWrite') = 'true'
