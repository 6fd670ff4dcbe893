/*---
id: cloud-role-on-default-account
title: The default account of a namespace becomes a cloud identity
severity: high
confidence: high
persona: dev
about: identity
identityFields: [identity_id]
needs: [trust@k8s]
population: trusts WHERE (detail->>'$.platform') = 'kubernetes' AND (detail->>'$.cloud') IS NOT NULL
controls:
  - owasp-nhi-2025:NHI5:2025
  - owasp-nhi-2025:NHI9:2025
  - nist-csf-2.0:PR.AA-05
why: >
  Every pod of the namespace that names no account gets the cloud role, whether it needs it or not.
fix: >
  Put the annotation on an account of its own, name that in the pod template, and let the trust of the cloud role name
  that account alone.
references:
  - https://docs.aws.amazon.com/eks/latest/userguide/associate-service-account-role.html
fixtures: lowered
platforms: [kubernetes]
since: '0.1'
---*/
SELECT
  t.principal AS identity_id,
  concat('The default service account of the namespace ', split_part(identity_local(t.principal), '/', 1), ' becomes ', listed(list(DISTINCT t.identity_id ORDER BY t.identity_id)),
    ' (', listed(list(DISTINCT t.detail->>'$.basis')), '): so does every pod there that names no account.') AS message,
  list_sort(list(DISTINCT t.observation_id)) AS evidence
FROM trusts AS t
WHERE (t.detail->>'$.platform') = 'kubernetes' AND (t.detail->>'$.cloud') IS NOT NULL AND ends_with(t.principal, '/default') AND (t.detail->>'$.basis') <> 'iam.amazonaws.com/role'
GROUP BY t.principal
