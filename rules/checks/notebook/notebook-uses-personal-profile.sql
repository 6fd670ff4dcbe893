/*---
id: notebook-uses-personal-profile
title: A notebook works with the cloud profile of a person
severity: medium
confidence: medium
persona: security
about: consumer
identityFields: [consumer_id]
needs: [consumer@notebook]
population: consumers WHERE type = 'notebook'
controls:
  - owasp-nhi-2025:NHI10:2025
  - nist-csf-2.0:PR.AA-01
  - nist-csf-2.0:PR.AA-05
why: >
  What the notebook does stands in the log as that person, with all that the person may do; run by somebody else or
  by a schedule it does something different.
fix: >
  Give the notebook a role of its own (`AssumeRole` with a session name that tells the run), or let the platform
  that runs it log in.
limits: >
  A profile may name a role made for the notebook; its name alone does not tell.
references:
  - https://owasp.org/www-project-non-human-identities-top-10/2025/10-human-use-of-nhi/
platforms: [notebook]
since: '0.1'
---*/
SELECT
  c.consumer_id,
  concat('The notebook ', c.consumer_id, ' works with the profile ', listed(list(DISTINCT c.secret_name ORDER BY c.secret_name)), ' of whoever runs it.') AS message,
  list(DISTINCT c.observation_id) AS evidence
FROM consumers AS c
WHERE c.type = 'notebook' AND c.how = 'profile'
  AND NOT regexp_matches(lower(c.secret_name), 'notebook|batch|job|service|bot|ci|readonly|read-only')
GROUP BY c.consumer_id
