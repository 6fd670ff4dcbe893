/*---
id: long-lived-account-token
title: A token of a service account never expires
severity: high
confidence: high
persona: dev
about: credential
identityFields: [credential_id]
needs: [credential@k8s]
population: credentials WHERE type = 'service-account-token'
controls:
  - owasp-nhi-2025:NHI7:2025
  - owasp-nhi-2025:NHI1:2025
  - nist-csf-2.0:PR.AA-01
why: >
  It works from anywhere until somebody deletes the Secret; the tokens that pods get live an hour and die with the pod.
fix: |
  1. See who uses it: `kubectl get secret NAME -n NS --show-labels` tells the day of its last use.
  2. Give the user a token of its own for a while: `kubectl create token ACCOUNT -n NS --duration=1h`, or federation.
  3. `kubectl delete secret NAME -n NS`.
limits: >
  Age and last use are known where the Secret was read from a cluster. Tokens that the cluster has already made invalid
  are left out.
references:
  - https://kubernetes.io/docs/concepts/configuration/secret/#serviceaccount-token-secrets
platforms: [kubernetes]
since: '0.1'
---*/
SELECT
  c.credential_id,
  c.identity_id,
  concat('The Secret ', c.public_id, ' holds a token of the service account ', coalesce(identity_local(c.identity_id), '?'), ' that never expires',
    CASE WHEN c.created_at IS NULL THEN '' ELSE concat(', ', days_since(c.created_at), ' days old') END,
    CASE WHEN c.last_used_at IS NOT NULL THEN concat(', last used on ', day_text(c.last_used_at)) ELSE '' END, '.') AS message,
  CASE WHEN t.is_test THEN 'low' WHEN a.identity_id IS NOT NULL THEN 'critical' ELSE 'high' END AS severity,
  list_concat(c.evidence, coalesce(a.evidence, [])) AS evidence
FROM credentials AS c
LEFT JOIN (
  SELECT concat(detail->>'$.secretNamespace', '/', secret_name) AS secret, bool_and(is_test_path(location->>'$.path')) AS is_test
  FROM consumers
  WHERE fact = 'secret-object'
  GROUP BY secret
) AS t ON t.secret = c.public_id
LEFT JOIN admin_identities AS a ON a.identity_id = c.identity_id
WHERE c.type = 'service-account-token' AND coalesce(c.status, 'active') = 'active' AND (c.detail->>'$.systemMade') IS NULL
  AND coalesce((c.detail->>'$.templated'), 'false') <> 'true'
