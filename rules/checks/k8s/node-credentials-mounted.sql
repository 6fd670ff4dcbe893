/*---
id: node-credentials-mounted
title: A workload mounts its node's credentials or the socket of its engine
severity: high
confidence: high
about: consumer
identityFields: [consumer_id]
needs: [consumer@k8s]
population: consumers WHERE fact = 'node-credentials' OR fact = 'service-account' AND platform = 'kubernetes'
controls:
  - owasp-nhi-2025:NHI5:2025
  - owasp-nhi-2025:NHI6:2025
  - nist-csf-2.0:PR.AA-05
why: >
  The directory holds the credentials of the kubelet or of the control plane, and the tokens of all pods of the node:
  the workload is the node. The socket of the container engine gives the same, one pod after the other; read-only changes
  nothing there.
fix: >
  Mount the one file that it needs, read-only, or take the volume out.
limits: >
  Storage drivers and agents of the node need parts of /var/lib/kubelet: its plugin directories are left alone. In kube-
  system it is told as medium, and so is a socket alone.
fixtures: lowered
platforms: [kubernetes]
since: '0.1'
---*/
SELECT
  c.consumer_id,
  any_value(c.identity_id) AS identity_id,
  concat('The ', any_value(c.detail->>'$.kind'), ' ', any_value(c.detail->>'$.namespace'), '/', any_value(c.detail->>'$.workload'), ' mounts ',
    listed(list(DISTINCT (c.detail->>'$.path') ORDER BY (c.detail->>'$.path'))), ' of its node.') AS message,
  CASE WHEN any_value(c.detail->>'$.namespace') = 'kube-system' OR bool_and((c.detail->>'$.path') LIKE '%.sock') THEN 'medium' ELSE 'high' END AS severity,
  list_sort(list(DISTINCT c.observation_id)) AS evidence
FROM consumers AS c
WHERE c.fact = 'node-credentials'
GROUP BY c.consumer_id
