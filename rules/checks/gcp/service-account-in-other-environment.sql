/*---
id: service-account-in-other-environment
title: A service account of a test project is powerful in production
severity: high
confidence: medium
about: identity
identityFields: [identity_id, resource]
needs: [identity@gcp, grant@gcp]
population: grants WHERE starts_with(identity_id, 'gcp:') AND effect = 'allow' AND capability IS NOT NULL AND (detail->>'$.environment') IS NOT NULL
controls:
  - owasp-nhi-2025:NHI8:2025
  - nist-csf-2.0:PR.IR-01
  - nist-csf-2.0:PR.AA-05
why: >
  Test projects let more people deploy and are watched less. Who gets into one of them is in production by this binding.
fix: >
  Give production an account of its own, in its own project, and remove this binding. Where test data must come from
  production, let production write it out.
limits: >
  The environment of a project is told by its label `env` or `environment`, else by a word of its name. A project without
  either is left alone.
references:
  - https://owasp.org/www-project-non-human-identities-top-10/2025/8-environment-isolation/
since: '0.1'
---*/
SELECT
  g.identity_id,
  g.resource,
  concat(
    g.identity_id, ' (', i.environment, ') ', listed(list(DISTINCT CASE g.capability
      WHEN 'admin' THEN 'is an administrator'
      WHEN 'escalates' THEN 'can make itself an administrator'
      WHEN 'reads-secrets' THEN 'reads secrets'
      WHEN 'reads-data' THEN 'reads data'
      WHEN 'writes-data' THEN 'changes data'
      WHEN 'manages-identities' THEN 'manages identities'
      ELSE 'acts as other accounts' END ORDER BY 1)),
    ' on ', g.resource, ' (', (min(g.detail->>'$.environment')), '): ', listed(list(DISTINCT g.permission ORDER BY g.permission)), '.') AS message,
  CASE WHEN bool_or(g.capability IN ('admin', 'escalates', 'impersonates', 'reads-secrets', 'manages-identities', 'writes-data')) THEN 'high' ELSE 'medium' END AS severity,
  list_concat(list(DISTINCT g.observation_id), min(i.evidence)) AS evidence
FROM grants AS g
JOIN identities AS i USING (identity_id)
WHERE i.provider = 'gcp' AND i.type = 'service-account' AND NOT i.managed AND coalesce(i.enabled, true)
  AND g.effect = 'allow' AND g.capability IS NOT NULL
  AND is_production(g.detail->>'$.environment') AND i.environment IS NOT NULL AND NOT is_production(i.environment)
GROUP BY g.identity_id, g.resource, i.environment
