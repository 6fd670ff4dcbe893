/*---
id: deploy-key-adder-gone
title: Who added a deploy key is no longer in the organisation
severity: medium
confidence: high
about: identity
identityFields: [identity_id]
needs: [identity:deploy-key@github, identity:member@github]
population: identities WHERE provider = 'github' AND type = 'deploy-key' AND len(owners) > 0
controls:
  - owasp-nhi-2025:NHI1:2025
  - nist-csf-2.0:PR.AA-01
  - nist-csf-2.0:GV.RR-02
why: >
  A token ends with the membership of its owner; a deploy key does not. Its private half may have left with them, and it still
  opens the repository.
fix: >
  Find out what uses the key, add a new one for it whose private half is made where it is used, and remove this one:
  `gh repo deploy-key delete ID --repo OWNER/REPO`.
limits: >
  Said where the list of members and the one of outside collaborators were read in whole. A member who changed their login looks gone.
references:
  - https://docs.github.com/en/authentication/connecting-to-github-with-ssh/managing-deploy-keys
since: '0.1'
---*/
WITH listed AS (
  SELECT lower(detail->>'$.org') AS org
  FROM coverage
  WHERE surface = 'github' AND outcome = 'complete' AND (detail->>'$.export') IN ('members', 'outside-collaborators')
  GROUP BY ALL
  HAVING count(DISTINCT detail->>'$.export') = 2
),
members AS (
  SELECT lower(scope) AS org, lower(name) AS login FROM identities WHERE provider = 'github' AND type = 'member'
),
keys AS (
  SELECT identity_id, name, scope, lower(split_part(scope, '/', 1)) AS org, lower(unnest(owners)) AS owner, detail, evidence
  FROM identities
  WHERE provider = 'github' AND type = 'deploy-key' AND coalesce(enabled, true) AND len(owners) > 0
)
SELECT
  k.identity_id,
  concat(k.owner, ' added the deploy key "', k.name, '" of ', k.scope, ', and is no longer in ', k.org, '.') AS message,
  concat(
    'Find out what uses the key, add a new one for it, and remove this one: `gh repo deploy-key delete ',
    word_or(k.detail->>'$.keyId', 'ID'), ' --repo ', word_or(k.scope, 'OWNER/REPO'), '`.') AS fix,
  k.evidence
FROM keys AS k
SEMI JOIN listed AS l ON l.org = k.org
ANTI JOIN members AS m ON m.org = k.org AND m.login = k.owner
WHERE NOT ends_with(k.owner, '[bot]')
