/*---
id: application-secret-long-lived
title: A client secret of an application lives too long
severity: medium
confidence: high
about: credential
identityFields: [credential_id]
needs: [credential:client-secret@entra]
population: credentials WHERE provider = 'entra' AND type = 'client-secret' AND coalesce(status, 'active') = 'active'
parameters:
  maxDays: 180
  maxDaysAhead: 365
controls:
  - owasp-nhi-2025:NHI7:2025
  - nist-csf-2.0:PR.AA-01
  - nist-csf-2.0:ID.AM-08
why: >
  A secret that nobody has to renew is copied from one system to the next. Whoever finds a copy in a year signs in as the
  application, without a second factor and from anywhere.
fix: >
  Let the workload sign in without a secret: a federated credential or a managed identity. Else renew it with an end within
  half a year, and let an app management policy hold everybody to that.
limits: >
  Counts from the start that Entra notes to the end. High where the end is more than a year away or there is none. Secrets
  that Entra made for sign-in by SAML are left out.
references:
  - https://learn.microsoft.com/en-us/entra/identity/enterprise-apps/configure-app-management-policies
since: '0.1'
---*/
SELECT
  c.credential_id,
  c.identity_id,
  concat(
    'Client secret ', short_id(c.public_id), ' of ', coalesce(c.identity_id, 'an unknown application'),
    CASE
      WHEN c.never_expires THEN ' never expires'
      WHEN days_since(c.expires_at) < -$maxDaysAhead THEN concat(' works until ', day_text(c.expires_at))
      ELSE concat(' lives for ', date_diff('day', TRY_CAST(c.created_at AS TIMESTAMP), TRY_CAST(c.expires_at AS TIMESTAMP)), ' days, until ', day_text(c.expires_at)) END,
    '.') AS message,
  CASE WHEN c.never_expires OR days_since(c.expires_at) < -$maxDaysAhead THEN 'high' ELSE 'medium' END AS severity,
  numbered([st.renew, 'When the workload has moved: ' || st.deactivate]) AS fix,
  c.evidence
FROM credentials AS c
LEFT JOIN credential_steps AS st USING (credential_id)
LEFT JOIN identities AS i ON i.identity_id = c.identity_id
WHERE c.provider = 'entra' AND c.type = 'client-secret' AND coalesce(c.status, 'active') = 'active' AND c.in_inventory
  AND NOT coalesce(i.managed, false) AND (c.detail->>'$.saml') IS NULL
  AND (c.never_expires
    OR days_since(c.expires_at) < -$maxDaysAhead
    OR date_diff('day', TRY_CAST(c.created_at AS TIMESTAMP), TRY_CAST(c.expires_at AS TIMESTAMP)) > $maxDays)
