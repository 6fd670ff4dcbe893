/*---
id: application-administers-directory
title: A role of the directory makes an application ruler of the tenant
severity: high
confidence: high
about: identity
identityFields: [identity_id]
needs: [grant:directory-role@entra, identity@entra]
population: identities WHERE provider = 'entra' AND NOT managed
controls:
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:PR.AA-05
why: >
  Whoever holds its secret has every user, group, application and, by way of them, every subscription. No second factor
  and no conditional access for people stands in the way of an application.
fix: >
  Assign a role that names what it does, over one application or administrative unit, or give it the one permission of
  Microsoft Graph that it uses (`Application.ReadWrite.OwnedBy` for applications of its own).
limits: >
  Critical where a client secret works. The list of roles is `rules/catalogs/entra-permissions.yml`; roles that an
  organisation made itself are judged by their operations. A role over one unit or application is not told here.
references:
  - https://learn.microsoft.com/en-us/entra/identity/role-based-access-control/privileged-roles-permissions
since: '0.1'
---*/
SELECT identity_id, message, severity, evidence FROM entra_tenant_rulers WHERE via_kind = 'directory-role'
