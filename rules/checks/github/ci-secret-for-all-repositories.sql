/*---
id: ci-secret-for-all-repositories
title: A secret of an organisation is handed to all its repositories
severity: medium
confidence: high
about: credential
identityFields: [credential_id]
needs: [credential:ci-secret@github]
population: credentials WHERE provider = 'github' AND type = 'ci-secret' AND (detail->>'$.level') = 'organisation' AND (detail->>'$.visibility') IS NOT NULL
controls:
  - owasp-nhi-2025:NHI9:2025
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:PR.AA-05
  - nist-csf-2.0:PR.IR-01
why: >
  Everybody who may push to any repository of the organisation, the forgotten experiment included, reads the secret with one workflow.
fix: >
  Choose the repositories that need it: https://github.com/organizations/ORG/settings/secrets/actions, "Selected repositories"; better,
  keep it at the one environment that needs it.
references:
  - https://docs.github.com/en/actions/how-tos/write-workflows/choose-what-workflows-do/use-secrets
since: '0.1'
---*/
SELECT
  credential_id,
  identity_id,
  concat(
    'The ', CASE detail->>'$.store' WHEN 'dependabot' THEN 'Dependabot secret ' ELSE 'secret ' END, (detail->>'$.secretName'), ' is handed to ',
    CASE detail->>'$.visibility' WHEN 'all' THEN 'all' ELSE 'all private' END, ' repositories of ', coalesce(nullif(identity_scope(identity_id), '-'), 'an unknown organisation'), '.') AS message,
  CASE detail->>'$.visibility' WHEN 'all' THEN 'medium' ELSE 'low' END AS severity,
  concat(
    'Choose the repositories that need it: https://github.com/organizations/', word_or(identity_scope(identity_id), 'ORG'), '/settings/secrets/',
    CASE detail->>'$.store' WHEN 'dependabot' THEN 'dependabot' ELSE 'actions' END,
    ', "Selected repositories"; better, keep it at the one environment that needs it.') AS fix,
  evidence
FROM credentials
WHERE provider = 'github' AND type = 'ci-secret' AND (detail->>'$.level') = 'organisation' AND (detail->>'$.visibility') IN ('all', 'private')
