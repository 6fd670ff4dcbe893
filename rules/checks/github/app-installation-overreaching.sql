/*---
id: app-installation-overreaching
title: A GitHub App may write to all repositories of an organisation
severity: high
confidence: high
about: identity
identityFields: [identity_id]
needs: [grant:app-installation@github]
population: identities WHERE provider = 'github' AND type = 'app-installation' AND (detail->>'$.installationId') IS NOT NULL
controls:
  - owasp-nhi-2025:NHI3:2025
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:GV.SC-07
  - nist-csf-2.0:PR.AA-05
why: >
  The key of an app lies with its maker. Who takes it there writes here: to every repository, and those that are made tomorrow.
fix: >
  Let the app in only where it is used: https://github.com/organizations/ORG/settings/installations, "Only select repositories". An app that
  asks for more than it needs is one to ask its maker about.
limits: >
  Who made an app is asked live alone; exports do not tell, and an app of your own is told like a stranger's.
references:
  - https://docs.github.com/en/apps/using-github-apps/reviewing-and-modifying-installed-github-apps
since: '0.1'
---*/
WITH held AS (
  SELECT
    identity_id,
    list(DISTINCT split_part(permission, ':', 1) ORDER BY split_part(permission, ':', 1)) AS permissions,
    list(DISTINCT observation_id ORDER BY observation_id) AS evidence
  FROM grants
  WHERE starts_with(identity_id, 'github:') AND capability IS NULL AND ends_with(resource, '/*')
    AND permission IN (
      'contents:write', 'workflows:write', 'secrets:write', 'administration:write', 'organization_administration:write',
      'organization_secrets:write', 'members:write', 'environments:write', 'actions:write', 'organization_self_hosted_runners:write')
  GROUP BY identity_id
)
SELECT
  i.identity_id,
  concat(
    'The app ', i.name, CASE WHEN (i.detail->>'$.maker') IS NULL THEN '' WHEN (i.detail->>'$.maker') = i.scope THEN ', your own,' ELSE concat(' by ', (i.detail->>'$.maker')) END,
    ' may write ', array_to_string(list_transform(h.permissions, lambda one: replace(one, '_', ' ')), ', '),
    ' in all repositories of ', i.scope, '.') AS message,
  CASE
    WHEN (i.detail->>'$.maker') = i.scope THEN 'medium'
    WHEN list_has_any(h.permissions, ['workflows', 'secrets', 'administration', 'organization_administration', 'organization_secrets', 'members', 'organization_self_hosted_runners'])
      THEN 'high' ELSE 'medium' END AS severity,
  concat(
    'Let the app in only where it is used: https://github.com/organizations/', word_or(i.scope, 'ORG'), '/settings/installations/', word_or(i.detail->>'$.installationId', ''),
    ', "Only select repositories".') AS fix,
  list_concat(i.evidence, h.evidence) AS evidence
FROM identities AS i
JOIN held AS h USING (identity_id)
WHERE i.provider = 'github' AND i.type = 'app-installation' AND coalesce(i.enabled, true)
