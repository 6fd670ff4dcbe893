/*---
id: okta-app-shared-secret
title: An Okta service app signs in with a shared secret
severity: medium
confidence: high
about: identity
identityFields: [identity_id]
needs: [identity:app@okta]
population: identities WHERE provider = 'okta' AND type = 'app' AND (detail->>'$.service') = 'true'
controls:
  - owasp-nhi-2025:NHI4:2025
  - nist-csf-2.0:PR.AA-03
why: >
  The secret goes over the wire with each sign-in and lies both at Okta and with the app; who reads it once is the app. A
  private key never leaves the app.
fix: >
  Applications, the app, General, Client Credentials: "Public key / Private key"; give the app the key, then delete its secrets.
limits: Apps that are switched off are left out.
references:
  - https://developer.okta.com/docs/guides/implement-oauth-for-okta-serviceapp/main/
  - https://developer.okta.com/docs/api/openapi/okta-oauth/guides/client-auth/
since: '0.1'
---*/
SELECT
  i.identity_id,
  concat('The service app "', i.name, '" signs in with a shared secret (', (i.detail->>'$.authMethod'), ')',
    CASE WHEN a.identity_id IS NULL THEN '' ELSE concat('; it ', a.how) END, '.') AS message,
  CASE WHEN a.identity_id IS NULL THEN 'medium' ELSE 'high' END AS severity,
  i.evidence
FROM identities AS i
LEFT JOIN admin_identities AS a USING (identity_id)
WHERE i.provider = 'okta' AND i.type = 'app' AND (i.detail->>'$.service') = 'true' AND starts_with(i.detail->>'$.authMethod', 'client_secret')
  AND coalesce(i.enabled, true) AND NOT i.managed
