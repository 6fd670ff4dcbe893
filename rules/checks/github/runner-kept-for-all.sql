/*---
id: runner-kept-for-all
title: A machine that is kept runs the workflows of all repositories
severity: high
confidence: high
about: identity
identityFields: [identity_id]
needs: [identity:runner@github, identity:runner-group@github]
population: identities WHERE provider = 'github' AND type = 'runner' AND (detail->>'$.groupId') IS NOT NULL
controls:
  - owasp-nhi-2025:NHI8:2025
  - nist-csf-2.0:PR.IR-01
why: >
  What one job leaves on the machine, the next one runs into: a workflow of any repository takes the credentials of the deployment that
  comes after it.
fix: >
  Register runners for one job each (`./config.sh --ephemeral`), and give machines that deploy a group of their own with the repositories
  that need them.
limits: >
  Machines that are made anew by other means than `--ephemeral` look as if they were kept.
references:
  - https://docs.github.com/en/actions/reference/security/secure-use
  - https://docs.github.com/en/actions/how-tos/manage-runners/self-hosted-runners/manage-access
since: '0.1'
---*/
SELECT
  r.identity_id,
  concat(
    'The runner ', r.name, ' of ', coalesce(r.scope, 'an unknown organisation'), ' is kept between jobs, and its group "', g.name, '" is open to ',
    CASE g.detail->>'$.visibility' WHEN 'all' THEN 'all' ELSE 'all private' END, ' repositories.') AS message,
  list_concat(r.evidence, g.evidence) AS evidence
FROM identities AS r
JOIN identities AS g
  ON g.provider = 'github' AND g.type = 'runner-group' AND g.scope IS NOT DISTINCT FROM r.scope AND (g.detail->>'$.groupId') = (r.detail->>'$.groupId')
WHERE r.provider = 'github' AND r.type = 'runner' AND (r.detail->>'$.ephemeral') = 'false'
  AND (g.detail->>'$.visibility') IN ('all', 'private') AND coalesce(g.detail->>'$.restrictedToWorkflows', 'false') = 'false'
