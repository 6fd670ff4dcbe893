/*---
id: kubeconfig-with-static-credential
title: A kubeconfig holds a credential that lies in it
severity: high
confidence: high
persona: dev
about: consumer
identityFields: [consumer_id, way]
needs: [consumer@k8s]
population: consumers WHERE fact = 'kubeconfig-user'
controls:
  - owasp-nhi-2025:NHI7:2025
  - owasp-nhi-2025:NHI10:2025
  - nist-csf-2.0:PR.AA-03
why: >
  Whoever has the file is that user: there is no second factor, and a client certificate cannot be revoked, only wait
  for its end.
fix: >
  Log in by the identity provider or the cloud (`users[].user.exec` with kubelogin, `aws eks get-token`, gke-gcloud-
  auth-plugin), take the file out of the repository, and replace what is in it: delete the token, or for a certificate
  the binding of its user.
limits: >
  A kubeconfig in the home directory is where it belongs; one in a repository or image is not. Both are told, for the
  credential is static in both.
references:
  - https://kubernetes.io/docs/reference/access-authn-authz/authentication/
platforms: [kubernetes]
since: '0.1'
---*/
SELECT
  c.consumer_id,
  (c.detail->>'$.way') AS way,
  c.identity_id,
  c.credential_id,
  concat('The kubeconfig ', c.place_text, ' logs in', coalesce(' to ' || (c.detail->>'$.cluster'), ''), ' as ', (c.detail->>'$.user'), ' with ',
    CASE (c.detail->>'$.way') WHEN 'client-certificate' THEN 'a client certificate' WHEN 'token' THEN 'a token' ELSE 'a password' END,
    ' that lies in it', CASE WHEN list_contains(json_words(c.detail->'$.groups'), 'system:masters') THEN ', a member of system:masters' ELSE '' END, '.') AS message,
  CASE WHEN list_contains(json_words(c.detail->'$.groups'), 'system:masters') THEN 'critical' WHEN is_test_path(c.location->>'$.path') THEN 'low' ELSE 'high' END AS severity,
  [c.observation_id] AS evidence
FROM consumers AS c
WHERE c.fact = 'kubeconfig-user' AND c.credential_id IS NOT NULL
