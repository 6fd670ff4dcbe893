/*---
id: leaked-key-not-deleted
title: A leaked credential was deactivated but not deleted
severity: low
confidence: high
about: credential
identityFields: [credential_id]
needs: [sighting, credential]
population: leaked_credentials WHERE status IN ('inactive', 'expired', 'revoked')
controls:
  - owasp-nhi-2025:NHI1:2025
  - owasp-nhi-2025:NHI2:2025
  - nist-csf-2.0:ID.AM-08
  - nist-csf-2.0:RS.MI-02
why: >
  One call makes an inactive key active again, with the secret that everyone has seen.
fix: Delete it at its provider.
limits: Expired and revoked credentials are left alone where they cannot be revived.
since: '0.1'
---*/
SELECT
  l.credential_id,
  l.identity_id,
  concat(
    l.name, of_identity(l.identity_id), ' was leaked (', listed(l.places),
    ') and deactivated, but not deleted: it can be made active again.') AS message,
  st.remove AS fix,
  l.evidence
FROM leaked_credentials AS l
LEFT JOIN credential_steps AS st ON st.credential_id = l.inventory_id
WHERE l.status = 'inactive'
