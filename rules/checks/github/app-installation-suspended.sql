/*---
id: app-installation-suspended
title: A suspended GitHub App is still installed
severity: low
confidence: high
about: identity
identityFields: [identity_id]
needs: [identity:app-installation@github]
population: identities WHERE provider = 'github' AND type = 'app-installation' AND (detail->>'$.installationId') IS NOT NULL
parameters:
  suspendedDays: 30
controls:
  - owasp-nhi-2025:NHI1:2025
  - nist-csf-2.0:GV.SC-10
  - nist-csf-2.0:ID.AM-08
why: >
  Nobody has missed it, and one click gives it all of its rights back.
fix: Uninstall it at https://github.com/organizations/ORG/settings/installations.
references:
  - https://docs.github.com/en/apps/using-github-apps/reviewing-and-modifying-installed-github-apps
since: '0.1'
---*/
SELECT
  identity_id,
  concat(
    'The app ', name, ' has been suspended in ', coalesce(scope, 'an unknown organisation'), ' for ', days_since(detail->>'$.suspendedAt'), ' days, since ',
    day_text(detail->>'$.suspendedAt'), ', and is still installed.') AS message,
  concat(
    'Uninstall it: https://github.com/organizations/', word_or(scope, 'ORG'), '/settings/installations/', word_or(detail->>'$.installationId', ''), '.') AS fix,
  evidence
FROM identities
WHERE provider = 'github' AND type = 'app-installation' AND days_since(detail->>'$.suspendedAt') > $suspendedDays
