/*---
id: spiffe-id-for-every-pod
title: One SPIFFE identity is given to every pod
severity: high
confidence: high
about: identity
identityFields: [identity_id, consumer_id]
needs: [consumer@k8s]
population: consumers WHERE fact = 'spiffe-id'
controls:
  - owasp-nhi-2025:NHI4:2025
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:PR.AA-03
why: >
  Every pod of the cluster proves to be this identity: what trusts it trusts whatever anybody starts.
fix: >
  Select the pods (`podSelector`, `namespaceSelector`), or put namespace and account into the template (`{{
  .PodMeta.Namespace }}`, `{{ .PodSpec.ServiceAccountName }}`).
limits: >
  A template that names the account tells its pods apart, and is left alone.
references:
  - https://github.com/spiffe/spire-controller-manager/blob/main/docs/clusterspiffeid-crd.md
fixtures: lowered
platforms: [kubernetes]
since: '0.1'
---*/
SELECT
  c.consumer_id,
  c.identity_id,
  concat('ClusterSPIFFEID ', (c.detail->>'$.name'), ' gives ', c.identity_id, ' to every pod of ', CASE WHEN (c.detail->>'$.selectsAllNamespaces')::BOOLEAN THEN 'the cluster' ELSE 'the namespaces that it selects' END,
    CASE WHEN (c.detail->>'$.admin')::BOOLEAN THEN ', with leave to administer SPIRE' ELSE '' END, '.') AS message,
  CASE WHEN (c.detail->>'$.admin')::BOOLEAN THEN 'critical' WHEN (c.detail->>'$.selectsAllNamespaces')::BOOLEAN THEN 'high' ELSE 'medium' END AS severity,
  [c.observation_id] AS evidence
FROM consumers AS c
WHERE c.fact = 'spiffe-id' AND (c.detail->>'$.selectsAllPods')::BOOLEAN AND (NOT (c.detail->>'$.perWorkload')::BOOLEAN OR (c.detail->>'$.admin')::BOOLEAN)
