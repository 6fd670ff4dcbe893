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
SELECT identity_id, message, severity, evidence FROM entra_tenant_rulers WHERE via_kind = 'app-role'
