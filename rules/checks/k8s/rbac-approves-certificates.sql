/*---
id: rbac-approves-certificates
title: A subject may request and approve its own certificates
severity: critical
confidence: high
about: identity
identityFields: [identity_id]
needs: [grant@k8s, trust@k8s]
population: kubernetes_bindings WHERE NOT is_baseline
controls:
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:PR.AA-05
why: >
  A client certificate that the cluster signs names its user and groups; system:masters is refused by one signer, every
  other name is not.
fix: >
  Part the rights: who requests does not approve. Name the signer (`resourceNames`) that it may approve for, such as
  `kubernetes.io/kubelet-serving`: what `kubernetes.io/kube-apiserver-client` signs may bear any name.
limits: >
  Signers of the cluster's own making may refuse some names.
references:
  - https://kubernetes.io/docs/concepts/security/rbac-good-practices/
fixtures: lowered
platforms: [kubernetes]
equivalents: [checkov/CKV_K8S_156]
since: '0.1'
---*/
WITH held AS (
  SELECT
    identity_id,
    any_value(who) AS who,
    list(DISTINCT power) AS powers,
    bool_and(is_templated) AS is_templated,
    list_sort(list_distinct(flatten(list(evidence)))) AS evidence
  FROM kubernetes_risks
  WHERE power IN ('creates-csr', 'updates-csr-approval', 'approves-signer') AND namespace IS NULL
  GROUP BY identity_id
)
SELECT
  identity_id,
  concat(who, ' may request certificates and approve them: it becomes any user or group that it writes into one.') AS message,
  CASE WHEN is_templated THEN 'low' ELSE 'high' END AS confidence,
  evidence
FROM held
WHERE list_has_all(powers, ['creates-csr', 'updates-csr-approval', 'approves-signer'])
