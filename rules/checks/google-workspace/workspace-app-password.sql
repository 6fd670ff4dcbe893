/*---
id: workspace-app-password
title: An app password opens a Google Workspace account past the second factor
severity: medium
confidence: high
about: credential
identityFields: [credential_id]
needs: [credential:app-password@google-workspace]
population: credentials WHERE provider = 'google-workspace' AND type = 'app-password'
parameters:
  unusedDays: 90
  graceDays: 7
controls:
  - owasp-nhi-2025:NHI10:2025
  - owasp-nhi-2025:NHI4:2025
  - nist-csf-2.0:PR.AA-03
why: >
  Sixteen letters that never end, ask for no second factor, and open the person's whole mailbox. A script that sends mail with one acts as
  that person.
fix: >
  For a job: the SMTP relay of the organisation or a service account. For a program: sign-in with OAuth. Then delete it: `DELETE
  /admin/directory/v1/users/USER/asps/CODEID`, or the user under myaccount.google.com/apppasswords.
limits: The name was typed by the person; whether a machine uses it is not told.
references:
  - https://support.google.com/accounts/answer/185833
  - https://developers.google.com/workspace/admin/directory/reference/rest/v1/asps
since: '0.1'
---*/
SELECT
  c.credential_id,
  c.identity_id,
  concat('The app password ', coalesce('"' || (c.detail->>'$.name') || '"', c.public_id), ' of ', coalesce(i.name, c.identity_id),
    CASE WHEN c.last_used_at IS NULL THEN ' was never used' WHEN days_since(c.last_used_at) > $unusedDays THEN concat(' was last used on ', day_text(c.last_used_at))
      ELSE concat(' is in use, last on ', day_text(c.last_used_at)) END,
    coalesce(', and was made ' || counted(days_since(c.created_at), 'day') || ' ago', ''), '.') AS message,
  CASE WHEN (i.detail->>'$.admin') = 'true' THEN 'high' ELSE 'medium' END AS severity,
  CASE WHEN c.last_used_at IS NULL OR days_since(c.last_used_at) > $unusedDays THEN 'Nobody would miss it: delete it (`DELETE /admin/directory/v1/users/USER/asps/CODEID`).' END AS fix,
  list_concat(c.evidence, coalesce(i.evidence, [])) AS evidence
FROM credentials AS c
LEFT JOIN identities AS i USING (identity_id)
WHERE c.provider = 'google-workspace' AND c.type = 'app-password' AND coalesce(c.status, 'active') = 'active'
  AND coalesce(days_since(c.created_at), $graceDays + 1) > $graceDays
