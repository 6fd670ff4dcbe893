/*---
id: credential-on-service-principal
title: A credential lies on a service principal instead of its application
severity: high
confidence: medium
about: credential
identityFields: [credential_id]
needs: [credential:service-principal@entra]
population: credentials WHERE provider = 'entra' AND coalesce(status, 'active') = 'active'
controls:
  - owasp-nhi-2025:NHI1:2025
  - owasp-nhi-2025:NHI4:2025
  - nist-csf-2.0:PR.AA-01
why: >
  The portal shows no credentials of a service principal, and the owners of the application do not see it: this is how
  somebody who came in once stays in. It works with an application of another organisation, too.
fix: >
  Find out who added it (audit log: "Add service principal credentials"), remove it, and turn on the instance lock of the
  application (`servicePrincipalLockConfiguration`).
limits: >
  Older tools put credentials there on purpose. Certificates for sign-in by SAML and Microsoft's own applications are left
  out. Critical where the application is an administrator or one step away.
references:
  - https://learn.microsoft.com/en-us/entra/identity-platform/howto-configure-app-instance-property-locks
since: '0.1'
---*/
SELECT
  c.credential_id,
  c.identity_id,
  concat(
    'The ', lower(type_words(c.type)), ' ', coalesce('"' || (c.detail->>'$.displayName') || '" ', ''), short_id(coalesce(c.public_id, c.credential_id)), ' lies on the service principal of ', c.identity_id, ', where the portal does not show it',
    coalesce('; it ' || a.how, ''), '.') AS message,
  CASE WHEN a.identity_id IS NULL THEN 'high' ELSE 'critical' END AS severity,
  CASE WHEN c.type = 'client-secret' THEN numbered([
    'Find out who added it: the audit log has "Add service principal credentials".',
    concat('Remove it: `az ad sp credential delete --id ', entra_app_word(c.identity_id), ' --key-id ', word_or(c.public_id, 'KEYID'), '`.'),
    'Turn on the instance lock of the application.']) END AS fix,
  list_concat(c.evidence, coalesce(a.evidence, [])) AS evidence
FROM credentials AS c
JOIN identities AS i ON i.identity_id = c.identity_id
LEFT JOIN admin_identities AS a ON a.identity_id = c.identity_id
WHERE c.provider = 'entra' AND (c.detail->>'$.on') = 'service-principal' AND (c.detail->>'$.saml') IS NULL
  AND coalesce(c.status, 'active') = 'active' AND (c.expires_at IS NULL OR c.expires_at > run_now())
  AND NOT i.managed AND i.type <> 'managed-identity'
