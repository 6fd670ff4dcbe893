/*---
id: policy-changed-without-record
title: A rule of the gateway changed, and its log does not say by whom
severity: high
confidence: medium
about: usage
identityFields: [policy_id, change]
needs: ['policy@gateway', 'usage:admin-audit@gateway']
population: policies WHERE provider = 'hoop' AND type <> 'approval'
inconclusive: >
  SELECT 'no earlier run in this store read the rules' WHERE NOT EXISTS (FROM obs.policies ANTI JOIN current_parts USING (part_id))
  UNION ALL
  SELECT concat('whether ', listed(list(DISTINCT concat('the ', replace(type, '-', ' '), ' ', name) ORDER BY concat('the ', replace(type, '-', ' '), ' ', name))), CASE WHEN count(*) = 1 THEN ' was ' ELSE ' were ' END, change,
    ' is not known: the export of ', CASE change WHEN 'removed' THEN 'this run' ELSE 'the run before' END, ' does not hold all of the kind')
  FROM policy_changes WHERE NOT is_sure GROUP BY change
controls:
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:ID.RA-07
  - nist-csf-2.0:PR.PS-01
why: >
  Rules decide who needs an approval and what is masked. One that is different today, with nobody's name to it, may have been taken out of the way for an hour.
fix: >
  Compare the two states (the evidence names both), ask the administrators, and put the rule back if nobody knows. Keep rules as code (Terraform), so that each change has an author.
limits: >
  Compared with the run before that had rules of the kind, in the same store. hoop writes no entry for changes of access request rules, plugins, attributes and reviews: for those the finding says
  that nobody can know, with less severity.
since: '0.1'
---*/
WITH explained AS (
  SELECT c.policy_id, c.change, list(l.observation_id ORDER BY l.used_at) AS entries
  FROM policy_changes AS c
  JOIN gateway_admin_log AS l
    ON l.used_at BETWEEN c.after_time - INTERVAL 1 DAY AND c.before_time + INTERVAL 1 DAY
    AND coalesce(l.outcome, 'ok') = 'ok'
    AND (contains(l.operation, regexp_extract(c.policy_id, '[^/]+$')) OR contains(l.operation, '/' || url_encode(c.name))
      OR CASE c.type
        WHEN 'masking-rule' THEN l.resource_type IN ('data_masking', 'datamasking-rules')
        WHEN 'guardrail' THEN l.resource_type = 'guardrails'
        WHEN 'connection' THEN l.resource_type IN ('connections', 'resources') AND c.change <> 'changed'
        WHEN 'workload-mapping' THEN l.resource_type = 'agent_spiffe_mappings'
        WHEN 'agent' THEN l.resource_type = 'agents'
        WHEN 'server' THEN l.resource_type IN ('server_config', 'auth_config', 'feature_flags', 'org_keys', 'serverconfig')
        ELSE false END)
  GROUP BY c.policy_id, c.change
)
SELECT
  c.policy_id,
  c.change,
  concat(
    'The ', replace(c.type, '-', ' '), ' ', c.name, ' was ', c.change, ' between ', strftime(c.after_time, '%Y-%m-%d %H:%M'), ' and ', strftime(c.before_time, '%Y-%m-%d %H:%M'), ' UTC',
    CASE WHEN c.type IN ('access-rule', 'access-control', 'attribute', 'forwarding') THEN '; the gateway writes no entry for this kind, so nobody can say by whom.'
      ELSE ', and no entry of the gateway''s log of administrators speaks of it.' END) AS message,
  CASE WHEN c.type IN ('access-rule', 'access-control', 'attribute', 'forwarding') THEN 'medium' ELSE 'high' END AS severity,
  c.evidence
FROM policy_changes AS c
ANTI JOIN explained AS e ON e.policy_id = c.policy_id AND e.change = c.change
WHERE c.is_sure
