/*---
id: okta-integration-may-manage
title: Another company's integration may change the Okta organisation
severity: high
confidence: high
about: identity
identityFields: [identity_id]
needs: [grant:api-service@okta]
population: identities WHERE provider = 'okta' AND type = 'api-service'
controls:
  - owasp-nhi-2025:NHI3:2025
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:GV.SC-07
  - nist-csf-2.0:PR.AA-05
why: >
  It is run elsewhere, by people nobody here knows. Who breaks in there manages users and apps here.
fix: >
  Applications, "API Service Integrations": revoke it if nothing needs it; an integration that only reads has only `read` scopes, and
  the scopes are fixed by its maker, so ask them.
references:
  - https://help.okta.com/oie/en-us/content/topics/apps/apps-api-service-integrations.htm
since: '0.1'
---*/
SELECT
  i.identity_id,
  concat('The integration "', i.name, '" was granted ', listed(list(DISTINCT g.permission ORDER BY g.permission)), '.') AS message,
  list_distinct(flatten([any_value(i.evidence), list(g.observation_id)])) AS evidence
FROM identities AS i
JOIN grants AS g USING (identity_id)
WHERE i.provider = 'okta' AND i.type = 'api-service' AND g.capability IS NULL AND regexp_matches(g.permission, '^okta\..*\.manage$')
GROUP BY i.identity_id, i.name
