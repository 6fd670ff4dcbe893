/*---
id: service-account-escalates
title: A machine identity of Google Cloud can raise its own rights
severity: high
confidence: high
about: identity
identityFields: [identity_id]
needs: [grant@gcp]
population: (SELECT DISTINCT identity_id FROM grants WHERE starts_with(identity_id, 'gcp:') AND effect = 'allow')
controls:
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:PR.AA-05
  - csa-maestro:Cross-Layer
why: >
  Reviews look for owners and miss this: a few ordinary looking roles together let it take over an account that may do more,
  or change the policy that holds it.
fix: >
  Cut the binding that the message names. Grant `roles/iam.serviceAccountUser` and `roles/iam.serviceAccountTokenCreator` on the one
  account that is needed, never on a project; let nothing that runs code change policies.
limits: >
  Covers the known methods within IAM and through services that run code as an account of the same project, with what is
  inherited from folders and the organisation as far as their policies were exported. Deny policies and principal access
  boundaries are honoured where they were given. Accounts of another project are not reached by starting code, which Google
  forbids by default. Owners and editors are the matter of service-account-basic-role.
references:
  - https://github.com/RhinoSecurityLabs/GCP-IAM-Privilege-Escalation
  - https://cloud.google.com/iam/docs/service-account-permissions
since: '0.1'
---*/
WITH ways AS (
  SELECT
    g.identity_id,
    g.capability,
    coalesce(g.confidence, 'high') AS confidence,
    (g.detail->>'$.path') AS path,
    (g.detail->>'$.method') AS method,
    (g.detail->>'$.cut') AS cut,
    (g.detail->>'$.cutCommand') AS command,
    coalesce(TRY_CAST(g.detail->>'$.hops' AS INTEGER), 0) AS hops,
    g.observation_id,
    row_number() OVER (
      PARTITION BY g.identity_id
      ORDER BY g.capability <> 'escalates', list_position(['high', 'medium', 'low'], coalesce(g.confidence, 'high')),
        coalesce(TRY_CAST(g.detail->>'$.hops' AS INTEGER), 0), length(g.detail->>'$.path'), g.observation_id) AS rank
  FROM grants AS g
  WHERE starts_with(g.identity_id, 'gcp:') AND g.effect = 'allow'
    AND (g.capability = 'escalates' OR (g.capability IS NOT NULL AND (g.detail->>'$.method') IS NOT NULL))
    AND coalesce(TRY_CAST(g.detail->>'$.public' AS BOOLEAN), false) = false
)
SELECT
  w.identity_id,
  concat(
    w.identity_id,
    CASE WHEN max(w.capability) FILTER (w.rank = 1) <> 'escalates' THEN ' can widen what it reaches (' ELSE ' can make itself an administrator (' END,
    max(w.path) FILTER (w.rank = 1),
    CASE WHEN max(w.method) FILTER (w.rank = 1) IS NULL THEN ': sets the policy there' ELSE '' END, ').',
    coalesce(' Cut ' || max(w.cut) FILTER (w.rank = 1) || '.', '')) AS message,
  CASE WHEN max(w.capability) FILTER (w.rank = 1) = 'escalates' THEN 'high'
    WHEN max(w.method) FILTER (w.rank = 1) = 'create-api-key' THEN 'low' ELSE 'medium' END AS severity,
  max(w.confidence) FILTER (w.rank = 1) AS confidence,
  'Cut the binding: `' || max(w.command) FILTER (w.rank = 1) || '`. Where the right is needed, grant it on the one account that is meant.' AS fix,
  list(DISTINCT w.observation_id ORDER BY w.observation_id) AS evidence,
  [max(w.observation_id) FILTER (w.rank = 1)] AS first,
  {'method': max(w.method) FILTER (w.rank = 1), 'hops': max(w.hops) FILTER (w.rank = 1), 'ways': count(*)} AS detail
FROM ways AS w
LEFT JOIN identities AS i USING (identity_id)
WHERE NOT coalesce(i.managed, false) AND coalesce(i.enabled, true)
  AND w.identity_id NOT IN (
    SELECT identity_id FROM grants
    WHERE effect = 'allow' AND capability = 'admin' AND permission IN ('roles/owner', 'roles/editor') AND starts_with(identity_id, 'gcp:'))
GROUP BY w.identity_id
