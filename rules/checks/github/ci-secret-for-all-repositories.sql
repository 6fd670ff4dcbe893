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
limits: >
  Which repositories use it is told of those whose workflows were scanned, as they are checked out.
references:
  - https://docs.github.com/en/actions/how-tos/write-workflows/choose-what-workflows-do/use-secrets
since: '0.1'
---*/
WITH read AS (
  SELECT split_part(lower(location->>'$.repository'), '/', 1) AS owner, count(DISTINCT lower(location->>'$.repository')) AS repositories
  FROM consumers WHERE type IN ('workflow-job', 'pipeline') AND platform = 'github-actions' AND contains(location->>'$.repository', '/')
  GROUP BY ALL
),
used AS (
  SELECT identity_id, is_dependabots, list(DISTINCT repository ORDER BY repository) AS repositories, list(DISTINCT observation_id) AS evidence
  FROM ci_secret_consumers WHERE rank = 3 GROUP BY ALL
)
SELECT
  c.credential_id,
  c.identity_id,
  concat(
    'The ', CASE detail->>'$.store' WHEN 'dependabot' THEN 'Dependabot secret ' ELSE 'secret ' END, (detail->>'$.secretName'), ' is handed to ',
    CASE detail->>'$.visibility' WHEN 'all' THEN 'all' ELSE 'all private' END, ' repositories of ', coalesce(nullif(identity_scope(c.identity_id), '-'), 'an unknown organisation'),
    -- Who needs it, as far as the workflows were read.
    CASE WHEN r.repositories IS NULL THEN ''
      ELSE concat('; of ', r.repositories, CASE WHEN r.repositories = 1 THEN ' repository' ELSE ' repositories' END, ' whose workflows were read, ',
        CASE WHEN u.repositories IS NULL THEN 'none uses it' WHEN len(u.repositories) = 1 THEN concat(u.repositories[1], ' uses it') ELSE concat(listed(u.repositories), ' use it') END) END,
    '.') AS message,
  CASE detail->>'$.visibility' WHEN 'all' THEN 'medium' ELSE 'low' END AS severity,
  concat(
    'Choose the repositories that need it: https://github.com/organizations/', word_or(identity_scope(c.identity_id), 'ORG'), '/settings/secrets/',
    CASE detail->>'$.store' WHEN 'dependabot' THEN 'dependabot' ELSE 'actions' END,
    ', "Selected repositories"; better, keep it at the one environment that needs it.') AS fix,
  list_concat(c.evidence, coalesce(u.evidence, [])) AS evidence
FROM credentials AS c
LEFT JOIN used AS u ON u.identity_id = c.identity_id AND u.is_dependabots = ((c.detail->>'$.store') = 'dependabot')
LEFT JOIN read AS r ON r.owner = identity_scope(c.identity_id)
WHERE c.provider = 'github' AND c.type = 'ci-secret' AND (detail->>'$.level') = 'organisation' AND (detail->>'$.visibility') IN ('all', 'private')
