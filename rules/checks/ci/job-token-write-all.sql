/*---
id: job-token-write-all
title: A job token may write everything
severity: high
confidence: high
persona: dev
about: identity
identityFields: [identity_id]
needs: [grant@ci]
population: identities WHERE type = 'job-token'
controls:
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:PR.AA-05
  - nist-csf-2.0:PR.PS-01
why: >
  Any action or package that the job runs can push commits, change releases, edit workflows' results and publish packages
  in the name of the repository.
fix: >
  Replace `permissions: write-all` by what the job does: `permissions: contents: read` at the top of the workflow, and
  single write scopes on the job that needs them.
limits: >
  Where a workflow sets no permissions, the repository's setting decides, which its files do not tell.
references:
  - https://docs.github.com/en/actions/tutorials/authenticate-with-github_token
platforms: [github-actions]
equivalents: [zizmor/excessive-permissions]
since: '0.1'
---*/
SELECT
  g.identity_id,
  concat(
    'The token of job ', coalesce(i.detail->>'$.job', i.name), ' in ', coalesce(i.scope || ' ', ''), coalesce(i.detail->>'$.workflow', 'the workflow'),
    ' has write-all', CASE WHEN min(g.via_kind) = 'workflow' THEN ' (set for the whole workflow)' ELSE '' END, '.') AS message,
  list(DISTINCT g.observation_id) AS evidence
FROM grants AS g
JOIN identities AS i USING (identity_id)
WHERE i.type = 'job-token' AND g.permission = 'write-all' AND g.effect = 'allow'
GROUP BY g.identity_id, i.detail, i.name, i.scope
