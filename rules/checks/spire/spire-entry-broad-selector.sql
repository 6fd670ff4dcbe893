/*---
id: spire-entry-broad-selector
title: A SPIRE entry gives an identity to whatever runs in a wide place
severity: medium
confidence: high
about: trust
identityFields: [identity_id, entry]
needs: [trust:entry@spire]
population: trusts WHERE starts_with(identity_id, 'spiffe:') AND (detail->>'$.fact') = 'entry' AND NOT (detail->>'$.node')::BOOLEAN
controls:
  - owasp-nhi-2025:NHI4:2025
  - owasp-nhi-2025:NHI9:2025
  - nist-csf-2.0:PR.AA-04
  - nist-csf-2.0:PR.AA-03
why: >
  The selectors are the proof. One that every pod of a namespace, every process of a group or every account called `default`
  fits proves nothing: whoever starts something there has the identity, and the log cannot tell them apart.
fix: >
  Select what only that workload has: `k8s:ns` and `k8s:sa` together, with an account of its own; on machines
  `unix:user` with `unix:sha256` or `unix:path`. `spire-server entry update -entryID ID -selector …` replaces all selectors.
limits: >
  Selectors of kinds not known here are taken to be narrow. Who may set a label of a pod is not looked at.
references:
  - https://github.com/spiffe/spire/blob/main/doc/plugin_agent_workloadattestor_k8s.md
  - https://github.com/spiffe/spire/blob/main/doc/plugin_agent_workloadattestor_unix.md
since: '0.1'
---*/
WITH entries AS (
  SELECT
    *,
    json_words(detail->'$.selectors') AS selectors,
    -- Any process may be in these; two of them together are still a place, not a workload.
    list_filter(json_words(detail->'$.selectors'), lambda one:
      NOT regexp_matches(one, '^(k8s:(ns|node-name|pod-label|container-name|pod-image-count|pod-init-image-count):|k8s:sa:default$|unix:(gid|group|supplementary_gid|supplementary_group):|unix:(uid:0|user:root)$|docker:(label|env):)')
    ) AS narrow
  FROM trusts
  WHERE starts_with(identity_id, 'spiffe:') AND (detail->>'$.fact') = 'entry' AND NOT (detail->>'$.node')::BOOLEAN
    AND NOT coalesce(TRY_CAST(detail->>'$.expiresAt' AS TIMESTAMP) < run_now(), false)
)
SELECT
  identity_id,
  coalesce(detail->>'$.entry', '') AS entry,
  concat(
    identity_id, ' is given to whatever ',
    CASE WHEN len(selectors) = 0 THEN 'asks: its entry has no selector' ELSE concat('fits ', listed(selectors)) END,
    CASE
      WHEN list_contains(selectors, 'k8s:sa:default') THEN ': every pod without an account of its own'
      WHEN len(list_filter(selectors, lambda one: NOT starts_with(one, 'k8s:ns:'))) = 0 AND len(selectors) > 0 THEN ': every pod of the namespace'
      WHEN list_has_any(selectors, ['unix:uid:0', 'unix:user:root']) THEN ': every process of root'
      ELSE '' END,
    '.') AS message,
  CASE WHEN (detail->>'$.admin')::BOOLEAN OR (detail->>'$.downstream')::BOOLEAN THEN 'high' ELSE 'medium' END AS severity,
  [observation_id] AS evidence
FROM entries
WHERE len(narrow) = 0
  -- Namespace and label together are as narrow as most can make it.
  AND NOT (len(list_filter(selectors, lambda one: starts_with(one, 'k8s:ns:'))) > 0
    AND len(list_filter(selectors, lambda one: regexp_matches(one, '^k8s:(pod-label|container-name)'))) > 0)
