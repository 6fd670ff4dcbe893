/*---
id: leaked-admin-key
title: A leaked live credential belongs to an administrator
severity: critical
confidence: high
about: credential
identityFields: [credential_id]
needs: [sighting, credential, grant@aws|grant@gcp|grant@postgres|grant@entra|grant@github|grant@okta|grant@google-workspace|grant@k8s|grant@iac]
population: leaked_credentials WHERE identity_id IS NOT NULL
controls:
  - owasp-nhi-2025:NHI2:2025
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:PR.AA-01
  - nist-csf-2.0:PR.AA-05
  - nist-csf-2.0:DE.CM-09
  - nist-csf-2.0:RS.MI-01
  - nist-csf-2.0:RS.MI-02
why: >
  Whoever reads that file owns the account: can make users and keys of their own, read all data, and switch off the logs
  that would show it.
fix: |
  Treat it as an incident.
  1. Deactivate the key at its provider now.
  2. Look at what it did since it was first seen, and for users, keys, roles and trust policies made since.
  3. Give the job a role with only what it uses; delete the key and take the administrator's rights away.
limits: >
  "Administrator" is what the policies given amount to, denies and boundaries honoured; an organisation's own limits
  (service control policies) are honoured only where they were given. Medium where the account is disabled, high where only a role under a condition makes it one.
references:
  - https://owasp.org/www-project-non-human-identities-top-10/2025/5-overprivileged-nhi/
since: '0.1'
---*/
SELECT
  l.credential_id,
  l.identity_id,
  concat(
    l.name, ' of ', l.identity_id, ' lies in ', listed(l.places),
    CASE WHEN l.at_head THEN '' ELSE ' (history only)' END,
    '; ', l.identity_id, ' ', a.how, disabled_note(d.identity_id), '.') AS message,
  unless_disabled(CASE WHEN l.id_only THEN 'medium' WHEN a.is_conditional THEN 'high' ELSE 'critical' END, d.identity_id) AS severity,
  CASE WHEN l.id_only THEN 'medium' ELSE coalesce(a.confidence, 'high') END AS confidence,
  list_concat(l.evidence, a.evidence) AS evidence,
  CASE WHEN d.identity_id IS NOT NULL THEN numbered([
    'Before anybody enables the account: ' || lower(left(st.deactivate, 1)) || substr(st.deactivate, 2),
    'Take its rights away, or delete it: nobody misses it.',
    st.remove]) ELSE 'Treat it as an incident.' || chr(10) || numbered([
    st.deactivate,
    'Look at what it did since it was first seen, and for users, keys, roles and trust policies made since.',
    'Give the job a role with only what it uses, and take the administrator''s rights away.',
    st.remove]) END AS fix,
  {'places': len(l.places), 'at_head': l.at_head, 'how': a.how} AS detail
FROM leaked_credentials AS l
LEFT JOIN credential_steps AS st ON st.credential_id = l.inventory_id
LEFT JOIN disabled_identities AS d ON d.identity_id = l.identity_id
JOIN admin_identities AS a ON a.identity_id = l.identity_id
WHERE l.inventory_id IS NOT NULL
  AND coalesce(l.status, 'active') = 'active'
  AND (l.expires_at IS NULL OR l.expires_at > run_now())
