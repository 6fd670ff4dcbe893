/*---
id: cluster-administrator-declared
title: Code makes an identity of AWS administrator of a cluster
severity: high
confidence: high
about: identity
identityFields: [identity_id, cluster]
needs: [consumer@iac]
population: consumers WHERE fact = 'cluster-access'
controls:
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:PR.AA-05
why: >
  Who takes over the role or its pipeline has all Secrets and workloads of the cluster, and every cloud role behind its
  accounts.
fix: |
  1. Give it a policy that is less, in the namespaces it works in: `AmazonEKSEditPolicy` with
     `access_scope { type = "namespace" namespaces = ["shop"] }`, or a group of RBAC of your own.
  2. `aws eks disassociate-access-policy --cluster-name CLUSTER --principal-arn ARN --policy-arn POLICY`.
limits: >
  Whether people or a pipeline take the role, its trust policy says. What the groups of an entry may do, bindings say.
references:
  - https://docs.aws.amazon.com/eks/latest/userguide/access-policy-permissions.html
platforms: [terraform, cloudformation]
since: '0.1'
---*/
SELECT
  identity_id,
  coalesce(any_value(detail->>'$.cluster'), '') AS cluster,
  concat(identity_id, ' is administrator of ', coalesce('the cluster ' || any_value(detail->>'$.cluster'), 'a cluster of EKS'), CASE
    WHEN bool_or(list_contains(json_words(detail->'$.groups'), 'system:masters')) THEN ' by the group system:masters'
    WHEN bool_and((detail->'$.namespaces') IS NOT NULL) THEN concat(' in ', listed(list_sort(list_distinct(flatten(list(json_words(detail->'$.namespaces')))))))
    ELSE '' END, ' (', listed(list(DISTINCT (detail->>'$.address') ORDER BY (detail->>'$.address'))), ').') AS message,
  CASE WHEN bool_and((detail->'$.namespaces') IS NOT NULL) THEN 'medium' ELSE 'high' END AS severity,
  list_sort(list(DISTINCT observation_id)) AS evidence
FROM consumers
WHERE fact = 'cluster-access' AND identity_id IS NOT NULL
  AND ((detail->>'$.policy') IN ('AmazonEKSClusterAdminPolicy', 'AmazonEKSAdminPolicy') OR list_contains(json_words(detail->'$.groups'), 'system:masters'))
GROUP BY identity_id, (detail->>'$.cluster')
