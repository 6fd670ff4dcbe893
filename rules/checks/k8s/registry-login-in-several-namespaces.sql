/*---
id: registry-login-in-several-namespaces
title: One login of a registry is copied into several namespaces
severity: medium
confidence: high
about: credential
identityFields: [credential_id]
needs: [credential@k8s]
population: credential_sources WHERE type = 'registry-password'
controls:
  - owasp-nhi-2025:NHI9:2025
  - owasp-nhi-2025:NHI7:2025
  - nist-csf-2.0:PR.AA-01
why: >
  Whoever reads Secrets in one of them can pull, and often push, the images of all; replacing it means finding every
  copy.
fix: >
  Let nodes pull by their own identity (ECR, Artifact Registry and ACR all can), or give each namespace a robot account
  that may only pull.
limits: >
  Copies are told apart by a keyed fingerprint of the password.
fixtures: lowered
platforms: [kubernetes]
since: '0.1'
---*/
SELECT
  c.credential_id,
  concat('The login ', coalesce(any_value(c.detail->>'$.user') || ' ', ''), 'of the registry ', coalesce(any_value(c.detail->>'$.registry'), '?'), ' lies in ',
    count(DISTINCT c.detail->>'$.namespace'), ' namespaces: ', listed(list(DISTINCT (c.detail->>'$.namespace') ORDER BY (c.detail->>'$.namespace'))), '.') AS message,
  list_sort(list(DISTINCT c.observation_id)) AS evidence
FROM credential_sources AS c
WHERE c.type = 'registry-password' AND (c.detail->>'$.platform') = 'kubernetes'
GROUP BY c.credential_id
HAVING count(DISTINCT c.detail->>'$.namespace') >= 2
