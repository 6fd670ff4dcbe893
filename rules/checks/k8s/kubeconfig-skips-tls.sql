/*---
id: kubeconfig-skips-tls
title: A kubeconfig does not check whom it talks to
severity: medium
confidence: high
persona: dev
about: consumer
identityFields: [consumer_id]
needs: [consumer@k8s]
population: consumers WHERE fact = 'kubeconfig-user'
controls:
  - owasp-nhi-2025:NHI4:2025
  - nist-csf-2.0:PR.DS-02
why: >
  Whoever stands between gets the token or password that is sent, and answers as the cluster.
fix: >
  Put the cluster's certificate authority into `certificate-authority-data`, and take `insecure-skip-tls-verify` out.
platforms: [kubernetes]
since: '0.1'
---*/
SELECT
  c.consumer_id,
  concat('The kubeconfig ', c.place_text, ' logs in as ', any_value(c.detail->>'$.user'), ' without checking the certificate of the cluster.') AS message,
  CASE WHEN is_test_path(c.location->>'$.path') THEN 'low' ELSE 'medium' END AS severity,
  [any_value(c.observation_id)] AS evidence
FROM consumers AS c
WHERE c.fact = 'kubeconfig-user' AND (c.detail->>'$.insecure')::BOOLEAN
GROUP BY c.consumer_id, c.place_text, c.location
