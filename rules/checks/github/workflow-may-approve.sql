/*---
id: workflow-may-approve
title: Workflows may approve pull requests
severity: medium
confidence: high
about: identity
identityFields: [identity_id]
needs: [identity:workflow-token@github]
population: identities WHERE provider = 'github' AND type = 'workflow-token' AND (detail->>'$.mayApprove') IS NOT NULL
controls:
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:PR.AA-05
why: >
  A rule that asks for one approval is met by a workflow: who may change a workflow, or an action that it runs, merges without a second
  person.
fix: >
  `gh api -X PUT /orgs/ORG/actions/permissions/workflow -F can_approve_pull_request_reviews=false`. The same setting lets workflows open
  pull requests: those that do use an app.
limits: >
  The setting also allows to open pull requests, which may be all that is wanted. Where the organisation allows it, its repositories are
  not told one by one.
references:
  - https://docs.github.com/en/organizations/managing-organization-settings/disabling-or-limiting-github-actions-for-your-organization
since: '0.1'
---*/
WITH tokens AS (
  SELECT *, split_part(scope, '/', 1) AS org, (detail->>'$.level') = 'organisation' AS is_of_org
  FROM identities
  WHERE provider = 'github' AND type = 'workflow-token' AND (detail->>'$.mayApprove') = 'true'
    AND coalesce(detail->>'$.repositoryArchived', 'false') = 'false'
)
SELECT
  identity_id,
  concat('Workflows of ', CASE WHEN is_of_org THEN 'the organisation ' ELSE '' END, coalesce(scope, 'an unknown place'), ' may approve pull requests.') AS message,
  concat(
    '`gh api -X PUT /', CASE WHEN is_of_org THEN 'orgs/' ELSE 'repos/' END, word_or(scope, CASE WHEN is_of_org THEN 'ORG' ELSE 'OWNER/REPO' END),
    '/actions/permissions/workflow -F can_approve_pull_request_reviews=false`. Workflows that open pull requests use an app.') AS fix,
  evidence
FROM tokens AS t
WHERE is_of_org OR NOT EXISTS (SELECT 1 FROM tokens AS o WHERE o.is_of_org AND o.org = t.org)
