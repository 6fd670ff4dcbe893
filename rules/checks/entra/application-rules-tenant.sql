/*---
id: application-rules-tenant
title: A permission of Microsoft Graph makes an application ruler of the tenant
severity: high
confidence: high
about: identity
identityFields: [identity_id]
needs: [grant:app-role@entra, identity@entra]
population: identities WHERE provider = 'entra' AND NOT managed
controls:
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:PR.AA-05
why: >
  Whoever holds its secret has every user, group, application and, by way of them, every subscription. No second factor
  and no conditional access for people stands in the way of an application.
fix: >
  Give it the permission that it uses (`Application.ReadWrite.OwnedBy` instead of `.All`, a role over one administrative unit
  instead of a permission over the directory), and take this one away under Enterprise applications, Permissions.
limits: >
  Critical where a client secret works. The list of permissions is `rules/catalogs/entra-permissions.yml`. Delegated permissions are not counted: they do no more than
  the user who signed in.
references:
  - https://learn.microsoft.com/en-us/graph/permissions-reference
since: '0.1'
---*/
WITH tier_0 AS (
  SELECT identity_id, permission, (detail->>'$.path') AS path, observation_id, NULL::VARCHAR AS through
  FROM entra_rights WHERE is_tier_0 AND via_kind = 'app-role'
  UNION ALL
  SELECT t.principal, r.permission, (r.detail->>'$.path'), r.observation_id, t.observation_id
  FROM entra_rights AS r
  JOIN trusts AS t ON t.identity_id = r.identity_id AND (t.detail->>'$.basis') = 'member of the group'
  WHERE r.is_tier_0 AND r.via_kind = 'app-role'
),
told AS (
  SELECT
    identity_id,
    list(DISTINCT permission ORDER BY permission) AS permissions,
    arg_min(regexp_extract(path, ': it (.*)$', 1), (length(path), path)) FILTER (path LIKE '%: it %') AS how,
    bool_and(through IS NOT NULL) AS by_group,
    list_distinct(list_concat(list(observation_id), list(through) FILTER (through IS NOT NULL))) AS evidence
  FROM tier_0
  GROUP BY identity_id
),
secrets AS (
  SELECT identity_id, count(*) AS secrets, list_distinct(flatten(list(evidence))) AS evidence
  FROM credentials
  WHERE provider = 'entra' AND type = 'client-secret' AND coalesce(status, 'active') = 'active' AND (expires_at IS NULL OR expires_at > run_now())
  GROUP BY identity_id
)
SELECT
  i.identity_id,
  concat(
    i.identity_id, ' has ', listed(t.permissions), CASE WHEN t.by_group THEN ' by its group' ELSE '' END,
    coalesce(': it ' || t.how, ''),
    CASE WHEN s.secrets IS NULL THEN '' ELSE concat('; ', counted(s.secrets, 'client secret'), CASE WHEN s.secrets = 1 THEN ' opens it' ELSE ' open it' END) END,
    '.') AS message,
  CASE WHEN s.secrets IS NULL THEN 'high' ELSE 'critical' END AS severity,
  list_concat(list_concat(i.evidence, t.evidence), coalesce(s.evidence, [])) AS evidence
FROM identities AS i
JOIN told AS t ON t.identity_id = i.identity_id
LEFT JOIN secrets AS s ON s.identity_id = i.identity_id
WHERE i.provider = 'entra' AND NOT i.managed AND coalesce(i.enabled, true)
