/*---
id: argo-cluster-static-login
title: Argo CD logs in to a cluster with a static credential
severity: high
confidence: high
about: consumer
identityFields: [consumer_id]
needs: [consumer@k8s]
population: consumers WHERE platform = 'kubernetes' AND (detail->>'$.argo') = 'cluster'
controls:
  - owasp-nhi-2025:NHI7:2025
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:PR.AA-03
why: >
  The credential is administrator of the other cluster as a rule, never ends, and lies in one Secret beside those of all
  other clusters.
fix: >
  Log in by the cloud (`awsAuthConfig`, `execProviderConfig` with argocd-k8s-auth), or let an agent of Argo CD in the
  other cluster pull.
references:
  - https://argo-cd.readthedocs.io/en/stable/operator-manual/declarative-setup/#clusters
fixtures: lowered
platforms: [kubernetes]
since: '0.1'
---*/
SELECT
  c.consumer_id,
  concat('Argo CD logs in to a cluster by the Secret ', (c.detail->>'$.namespace'), '/', c.secret_name, ' with a static ', listed(json_words(c.detail->'$.auth')),
    CASE WHEN (c.detail->>'$.insecure')::BOOLEAN THEN ', and does not check whom it talks to' ELSE '' END, '.') AS message,
  [c.observation_id] AS evidence
FROM consumers AS c
WHERE c.platform = 'kubernetes' AND (c.detail->>'$.argo') = 'cluster' AND list_has_any(json_words(c.detail->'$.auth'), ['token', 'password', 'client-certificate'])
