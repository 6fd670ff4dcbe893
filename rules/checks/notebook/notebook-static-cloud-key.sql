/*---
id: notebook-static-cloud-key
title: A notebook logs in to a cloud with a long-lived key
severity: medium
confidence: medium
persona: security
about: consumer
identityFields: [consumer_id]
needs: [consumer@notebook]
population: consumers WHERE type = 'notebook'
controls:
  - owasp-nhi-2025:NHI7:2025
  - owasp-nhi-2025:NHI4:2025
  - nist-csf-2.0:PR.AA-01
  - nist-csf-2.0:PR.AA-03
why: >
  The key has to be carried to wherever the notebook runs, is typed, printed and saved with it, and nobody rotates
  it. The platform that runs the notebook has an identity of its own to give.
fix: >
  Let the platform log in: a role of the SageMaker, EMR or EC2 instance, a service account of Vertex AI or Dataproc,
  a managed identity or Unity Catalog credential in Databricks; then delete the key.
limits: >
  Where the notebook runs is not in the file. A literal key is told by the check of leaked credentials as well.
references:
  - https://docs.databricks.com/en/connect/unity-catalog/cloud-storage/index.html
platforms: [notebook]
since: '0.1'
---*/
SELECT
  c.consumer_id,
  concat('The notebook ', c.consumer_id, ' logs in with ', listed(list(DISTINCT c.secret_name ORDER BY c.secret_name)), ', a key that does not change.') AS message,
  list(DISTINCT c.observation_id) AS evidence
FROM consumers AS c
WHERE c.type = 'notebook' AND (c.detail->>'$.basis') IN ('aws-client', 'azure-account-key', 'key-file') AND c.secret_name IS NOT NULL
GROUP BY c.consumer_id
