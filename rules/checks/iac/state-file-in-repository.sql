/*---
id: state-file-in-repository
title: A state file lies in the repository
severity: high
confidence: high
about: consumer
identityFields: [consumer_id]
needs: [consumer@iac]
population: consumers WHERE fact = 'state-file'
controls:
  - owasp-nhi-2025:NHI2:2025
  - nist-csf-2.0:PR.DS-01
  - nist-csf-2.0:PR.AA-05
why: >
  A state holds every generated password and key in plain text, and git keeps each version of it for everybody who ever
  clones.
fix: >
  Move the state to an encrypted remote backend (`terraform init -migrate-state`, `pulumi login`), add `*.tfstate*` to
  .gitignore, take the file out of the history and rotate what it held.
limits: >
  A state without secrets among test data is left alone. In a directory that is no git repository it is of medium severity: nobody clones that. Old versions in the history are searched for credentials, not read as states.
references:
  - https://developer.hashicorp.com/terraform/language/state/sensitive-data
platforms: [terraform, pulumi]
since: '0.1'
---*/
WITH plain AS (
  SELECT location->>'$.repository' AS name
  FROM coverage
  WHERE surface = 'work-tree'
  GROUP BY ALL
  HAVING bool_and(coalesce(detail->>'$.isPlain', '') = 'true')
)
SELECT
  consumer_id,
  concat(
    'The state ', (location->>'$.path'), ' with ', counted(TRY_CAST(detail->>'$.resources' AS INTEGER), 'resource'), ' lies in ',
    CASE WHEN p.name IS NULL THEN coalesce(location->>'$.repository', 'the directory') ELSE concat('the directory ', p.name, ', which is no repository') END,
    CASE WHEN count(DISTINCT s.credential_id) = 0 THEN '.' ELSE concat('; ', counted(count(DISTINCT s.credential_id), 'secret'), ' in plain text in it.') END) AS message,
  CASE WHEN is_test_path(location->>'$.path') THEN 'low' WHEN p.name IS NOT NULL THEN 'medium' WHEN count(s.credential_id) > 0 THEN 'critical' ELSE 'high' END AS severity,
  list_distinct(flatten(list([c.observation_id]))) AS evidence
FROM consumers AS c
LEFT JOIN (
  SELECT credential_id, location->>'$.path' AS path, location->>'$.repository' AS repository FROM sightings WHERE place = 'iac' AND confidence <> 'low') AS s
  ON s.path = (c.location->>'$.path') AND s.repository IS NOT DISTINCT FROM (c.location->>'$.repository')
LEFT JOIN plain AS p ON p.name = (c.location->>'$.repository')
WHERE c.fact = 'state-file' AND TRY_CAST(c.detail->>'$.resources' AS INTEGER) > 0
GROUP BY c.consumer_id, c.location, c.detail, p.name
HAVING count(s.credential_id) > 0 OR NOT is_test_path(c.location->>'$.path')
