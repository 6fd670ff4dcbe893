/*---
id: leaked-live-key
title: A leaked credential is live at its provider
severity: high
confidence: high
about: credential
identityFields: [credential_id]
needs: [sighting, credential]
population: leaked_credentials
controls:
  - owasp-nhi-2025:NHI2:2025
  - nist-csf-2.0:PR.AA-01
  - nist-csf-2.0:DE.CM-09
  - nist-csf-2.0:RS.MI-01
  - nist-csf-2.0:RS.MI-02
why: >
  The inventory of the provider says that the credential seen here is active: whoever found it can log in today, as this
  identity, from anywhere.
fix: |
  1. See who uses it: `nhi-audit trace KEY`.
  2. Make a new one for those consumers, or move them to a federated identity.
  3. Deactivate this one at its provider, watch for a day, delete it.
limits: >
  Rests on the inventory that was given (or on `--verify`): a key that was deleted since is shown as live. What only a
  manifest, a state file or code declares is not known to work, and not told here. Administrators' keys are the matter
  of leaked-admin-key.
references:
  - https://owasp.org/www-project-non-human-identities-top-10/2025/2-secret-leakage/
since: '0.1'
---*/
SELECT
  l.credential_id,
  l.identity_id,
  concat(
    l.name, of_identity(l.identity_id), ' is active',
    coalesce(', last used ' || day_text(l.last_used_at), ''),
    ', and lies in ', listed(l.places),
    CASE WHEN l.at_head THEN '' ELSE ' (history only)' END, disabled_note(d.identity_id), '.') AS message,
  unless_disabled(CASE WHEN l.id_only THEN 'medium' ELSE 'high' END, d.identity_id) AS severity,
  CASE WHEN l.id_only THEN 'medium' ELSE 'high' END AS confidence,
  l.evidence,
  CASE WHEN st.deactivate IS NOT NULL THEN numbered([
    concat('See who uses it: `nhi-audit trace ', word_or(l.public_id, 'KEY'), '`.'),
    st.renew,
    st.deactivate,
    'Watch for a day. ' || st.remove]) END AS fix,
  {'places': len(l.places), 'at_head': l.at_head, 'last_used_at': strftime(l.last_used_at, '%Y-%m-%dT%H:%M:%SZ')} AS detail
FROM leaked_credentials AS l
LEFT JOIN credential_steps AS st ON st.credential_id = l.inventory_id
LEFT JOIN disabled_identities AS d ON d.identity_id = l.identity_id
LEFT JOIN admin_identities AS a ON a.identity_id = l.identity_id
WHERE l.inventory_id IS NOT NULL
  AND coalesce(l.status, 'active') = 'active'
  AND (l.expires_at IS NULL OR l.expires_at > run_now())
  AND a.identity_id IS NULL
