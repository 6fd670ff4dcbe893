/*---
id: workflow-token-writes-by-default
title: Workflows may write unless they say otherwise
severity: medium
confidence: high
about: identity
identityFields: [identity_id]
needs: [identity:workflow-token@github]
population: identities WHERE provider = 'github' AND type = 'workflow-token'
controls:
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:PR.AA-05
why: >
  Every workflow that does not name its rights has a token that pushes code and makes releases, and so has every action that it runs.
fix: >
  `gh api -X PUT /orgs/ORG/actions/permissions/workflow -f default_workflow_permissions=read`; workflows that write then name it under
  `permissions:`.
limits: >
  A workflow that names its rights is not affected. Where the organisation's default writes, its repositories are not told one by one.
references:
  - https://docs.github.com/en/organizations/managing-organization-settings/disabling-or-limiting-github-actions-for-your-organization
since: '0.1'
---*/
WITH tokens AS (
  SELECT *, split_part(scope, '/', 1) AS org, (detail->>'$.level') = 'organisation' AS is_of_org
  FROM identities
  WHERE provider = 'github' AND type = 'workflow-token' AND (detail->>'$.defaultPermissions') = 'write'
    AND coalesce(detail->>'$.repositoryArchived', 'false') = 'false'
)
SELECT
  t.identity_id,
  concat(
    'The token of a workflow may write by default in ', CASE WHEN t.is_of_org THEN 'the organisation ' ELSE '' END, coalesce(t.scope, 'an unknown place'),
    CASE WHEN t.is_of_org AND count(r.identity_id) > 0 THEN concat(', and so it may in ', count(r.identity_id), ' of its repositories') ELSE '' END,
    '.') AS message,
  CASE WHEN t.is_of_org
    THEN concat('`gh api -X PUT /orgs/', word_or(t.scope, 'ORG'), '/actions/permissions/workflow -f default_workflow_permissions=read`; workflows that write then name it under `permissions:`.')
    ELSE concat('`gh api -X PUT /repos/', word_or(t.scope, 'OWNER/REPO'), '/actions/permissions/workflow -f default_workflow_permissions=read`; workflows that write then name it under `permissions:`.')
  END AS fix,
  list_concat(any_value(t.evidence), flatten(list(r.evidence) FILTER (r.evidence IS NOT NULL))) AS evidence
FROM tokens AS t
LEFT JOIN tokens AS r ON t.is_of_org AND NOT r.is_of_org AND r.org = t.org
WHERE t.is_of_org OR NOT EXISTS (SELECT 1 FROM tokens AS o WHERE o.is_of_org AND o.org = t.org)
GROUP BY t.identity_id, t.scope, t.is_of_org
