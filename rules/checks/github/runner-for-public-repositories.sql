/*---
id: runner-for-public-repositories
title: A machine of your own runs workflows of public repositories
severity: high
confidence: high
about: identity
identityFields: [identity_id]
needs: [identity:runner@github|identity:runner-group@github]
population: identities WHERE provider = 'github' AND type IN ('runner', 'runner-group')
controls:
  - owasp-nhi-2025:NHI8:2025
  - owasp-nhi-2025:NHI6:2025
  - nist-csf-2.0:PR.IR-01
why: >
  A pull request of anybody on the internet runs its own commands on the machine, inside the network, with whatever the machine may do.
fix: >
  Take public repositories out of the group (organisation, Settings, Actions, Runner groups, "Allow public repositories"), and run them on
  hosted runners.
limits: >
  Runs of outsiders may wait for an approval; that setting is not read. A group without machines is not told.
references:
  - https://docs.github.com/en/actions/reference/security/secure-use
since: '0.1'
---*/
WITH machines AS (
  SELECT *, (detail->>'$.groupId') AS group_id FROM identities WHERE provider = 'github' AND type = 'runner'
)
SELECT
  g.identity_id,
  concat(
    'The runner group "', g.name, '" of ', coalesce(g.scope, 'an unknown organisation'), ' lets in public repositories, on ',
    counted(count(m.identity_id), 'machine'), CASE WHEN bool_and((m.detail->>'$.ephemeral') = 'true') THEN ' that each run one job' ELSE '' END, '.') AS message,
  CASE WHEN bool_and((m.detail->>'$.ephemeral') = 'true') THEN 'medium' ELSE 'high' END AS severity,
  list_concat(any_value(g.evidence), flatten(list(m.evidence))) AS evidence
FROM identities AS g
JOIN machines AS m ON m.scope IS NOT DISTINCT FROM g.scope AND m.group_id = (g.detail->>'$.groupId')
WHERE g.provider = 'github' AND g.type = 'runner-group' AND (g.detail->>'$.allowsPublic') = 'true'
  AND coalesce(g.detail->>'$.restrictedToWorkflows', 'false') = 'false'
GROUP BY g.identity_id, g.name, g.scope
UNION ALL
SELECT
  identity_id,
  concat('The runner ', name, ' runs workflows of ', scope, ', which is public.'),
  CASE WHEN (detail->>'$.ephemeral') = 'true' THEN 'medium' ELSE 'high' END,
  evidence
FROM machines
WHERE (detail->>'$.level') = 'repository' AND (detail->>'$.repositoryVisibility') = 'public'
