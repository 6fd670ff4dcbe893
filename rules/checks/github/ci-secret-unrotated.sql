/*---
id: ci-secret-unrotated
title: A secret at GitHub has not been changed for long
severity: medium
confidence: high
about: credential
identityFields: [credential_id]
needs: [credential:ci-secret@github]
population: credentials WHERE provider = 'github' AND type = 'ci-secret' AND rotated_at IS NOT NULL
parameters:
  maxDays: 180
controls:
  - owasp-nhi-2025:NHI7:2025
  - nist-csf-2.0:PR.AA-01
why: >
  All who ever ran a workflow with it may have a copy: former colleagues, actions that were taken over, logs. A copy works until the
  value is changed.
fix: >
  Make a new one where it was made, set it with `gh secret set NAME`, and revoke the old one there. Better, let the job sign in with OIDC
  and delete the secret.
limits: >
  What a secret holds is not known: a setting that is no credential is told as well; except it by name.
references:
  - https://docs.github.com/en/actions/how-tos/write-workflows/choose-what-workflows-do/use-secrets
since: '0.1'
---*/
SELECT
  credential_id,
  identity_id,
  concat(
    'The ', CASE detail->>'$.store' WHEN 'dependabot' THEN 'Dependabot secret ' ELSE 'secret ' END, (detail->>'$.secretName'), ' of ',
    coalesce(nullif(identity_scope(identity_id), '-'), 'an unknown place'),
    CASE WHEN (detail->>'$.githubEnvironment') IS NULL THEN '' ELSE concat(', environment ', (detail->>'$.githubEnvironment')) END,
    ' was last changed ', days_since(rotated_at), ' days ago, on ', day_text(rotated_at), '.') AS message,
  concat(
    'Make a new one where it was made, set it with `gh secret set ', word_or(detail->>'$.secretName', 'NAME'),
    CASE detail->>'$.level' WHEN 'organisation' THEN concat(' --org ', word_or(identity_scope(identity_id), 'ORG'))
      ELSE concat(' --repo ', word_or(identity_scope(identity_id), 'OWNER/REPO')) END,
    CASE WHEN (detail->>'$.githubEnvironment') IS NULL THEN '' ELSE concat(' --env ', word_or(detail->>'$.githubEnvironment', 'ENVIRONMENT')) END,
    CASE detail->>'$.store' WHEN 'dependabot' THEN ' --app dependabot' ELSE '' END,
    '`, and revoke the old one there. Better, let the job sign in with OIDC and delete the secret.') AS fix,
  evidence
FROM credentials
WHERE provider = 'github' AND type = 'ci-secret' AND days_since(rotated_at) > $maxDays
