/*---
id: reads-every-secret
title: An identity can read every secret of the account
severity: high
confidence: high
about: identity
identityFields: [identity_id]
needs: [identity@aws|identity@iac, grant:policy@aws|grant@iac]
population: identities WHERE provider = 'aws' AND NOT managed
controls:
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:PR.AA-05
  - nist-csf-2.0:PR.DS-01
why: >
  It can become whatever else the account holds credentials for: databases, vendors, other clouds. Each of those is now as
  safe as this one identity.
fix: >
  Name the secrets and keys it needs (`arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME-*`, `arn:aws:ssm:…:parameter/PATH/*`), or
  bind the grant to tags (`aws:ResourceTag/…`).
limits: >
  Administrators can do this too and are the matter of other checks. The right to decrypt with every key, alone, is of medium
  severity: what is encrypted has to be read too.
platforms: [terraform, cloudformation]
since: '0.1'
---*/
SELECT
  g.identity_id,
  concat(
    g.identity_id,
    -- A key opens what is encrypted with it, but not the place where that lies.
    CASE WHEN bool_and(g.permission = 'kms:Decrypt') THEN ' can decrypt with every key: ' ELSE ' can read every secret: ' END,
    listed(list(DISTINCT g.permission ORDER BY g.permission)),
    ' on ', listed(list(DISTINCT g.resource ORDER BY g.resource)), coalesce(' via ' || listed(list_sort(list(DISTINCT regexp_extract(g.via, '([^/]+)$', 1)) FILTER (g.via IS NOT NULL))), ''), '.') AS message,
  CASE WHEN bool_and(g.permission = 'kms:Decrypt') THEN 'medium' ELSE 'high' END AS severity,
  CASE WHEN bool_or(coalesce(g.confidence, 'high') = 'high') THEN 'high' ELSE 'medium' END AS confidence,
  list_concat(list(DISTINCT g.observation_id), min(i.evidence)) AS evidence
FROM grants AS g
JOIN identities AS i USING (identity_id)
LEFT JOIN admin_identities AS a USING (identity_id)
WHERE i.provider = 'aws' AND NOT i.managed AND a.identity_id IS NULL
  AND g.capability = 'reads-secrets' AND g.effect = 'allow' AND regexp_matches(g.resource, $$(^|, )(\*|arn:[^:]+:(secretsmanager|ssm|kms):(\*|[^:]*:[^:]*:((secret:|parameter/|key/)?\*)))(, |$)$$) AND g.condition IS NULL
GROUP BY g.identity_id
