/*---
id: service-wildcard
title: A grant allows every action of a service on every resource
severity: medium
confidence: high
about: identity
identityFields: [identity_id]
needs: [identity@aws|identity@iac, grant:policy@aws|grant@iac]
population: identities WHERE provider = 'aws' AND NOT managed
controls:
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:PR.AA-05
why: >
  A job that reads one bucket can delete all of them, and their backups. The wildcard also grows by itself: each new action
  of the service is granted on the day it appears.
fix: >
  List the actions and resources that are used; `aws iam generate-service-last-accessed-details --arn ARN
  --granularity ACTION_LEVEL` tells them.
limits: >
  Administrators are the matter of other checks. What a deny or a boundary takes away is counted by action, not by
  resource: one that is left may be left on a few resources only.
platforms: [terraform, cloudformation]
since: '0.1'
---*/
WITH granted AS (
  SELECT
    g.identity_id,
    g.observation_id,
    split_part(lower(g.permission), ':', 1) AS service,
    coalesce(regexp_extract(g.via, '([^/]+)$', 1), 'a policy') AS via,
    (g.detail->>'$.actions')::INTEGER AS actions,
    (g.detail->>'$.changing')::INTEGER AS changing,
    -- Of these a deny or a limit leaves fewer.
    coalesce(g.detail->>'$.left.actions', g.detail->>'$.actions')::INTEGER AS left_actions,
    coalesce(g.detail->>'$.left.changing', g.detail->>'$.changing')::INTEGER AS left_changing
  FROM grants AS g
  WHERE g.capability IS NULL AND g.effect = 'allow' AND g.condition IS NULL
    AND g.resource = '*' AND regexp_matches(g.permission, '^[a-zA-Z0-9-]+:\*$')
    AND coalesce(g.detail->>'$.left.actions', '') <> '0'
),
-- Identities, keys and secrets weigh more than what only watches.
weighed AS (
  SELECT
    *,
    CASE
      WHEN left_changing = 0 THEN 'low'
      WHEN service IN ('iam', 'organizations', 'sts', 'sso', 'kms', 'secretsmanager', 'ssm') THEN 'high'
      WHEN service IN ('cloudwatch', 'logs', 'xray', 'ce', 'health', 'support', 'tag', 'application-autoscaling', 'autoscaling', 'events') THEN 'low'
      ELSE 'medium'
    END AS weight
  FROM granted
)
SELECT
  w.identity_id,
  concat(
    w.identity_id, ' is granted everything with ', listed(list(DISTINCT w.service ORDER BY w.service)),
    ' on every resource (via ', listed(list_sort(list(DISTINCT w.via))), ')',
    -- What the widest of them is worth.
    ': ' || max(w.actions) || ' actions of ' || arg_max(w.service, w.actions) || ' alone, of which ' || arg_max(w.changing, w.actions) || ' change something',
    CASE WHEN arg_max(w.left_actions, w.actions) < max(w.actions)
      THEN concat('; a deny or a limit leaves ', arg_max(w.left_actions, w.actions), ' of them, of which ', arg_max(w.left_changing, w.actions), ' change something')
      END,
    '.') AS message,
  CASE WHEN bool_or(w.weight = 'high') THEN 'high' WHEN bool_and(w.weight = 'low') THEN 'low' ELSE 'medium' END AS severity,
  list(DISTINCT w.observation_id) AS evidence
FROM weighed AS w
JOIN identities AS i USING (identity_id)
LEFT JOIN admin_identities AS a USING (identity_id)
WHERE i.provider = 'aws' AND NOT i.managed AND a.identity_id IS NULL
GROUP BY w.identity_id
