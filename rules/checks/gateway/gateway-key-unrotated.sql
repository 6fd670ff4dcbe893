/*---
id: gateway-key-unrotated
title: A key of the gateway is older than allowed
severity: medium
confidence: high
about: credential
identityFields: [credential_id]
needs: [credential:api-key@gateway]
population: credentials WHERE provider = 'hoop' AND coalesce(status, 'active') = 'active'
parameters:
  maxAgeDays: 180
controls:
  - owasp-nhi-2025:NHI7:2025
  - nist-csf-2.0:PR.AA-01
why: >
  Keys of the gateway have no expiry: one that was copied a year ago opens every connection of its groups today. A vault that hands out the same
  key again does not rotate it.
fix: >
  Make a new key for the same groups, give it to the job, revoke the old one; better, let the job sign in with a token of its platform.
limits: The gateway tells when a key was made. What a vault in between does is not seen.
inconclusive: >
  SELECT concat('of ', count(*), ' keys nobody tells when they were made') FROM credentials WHERE provider = 'hoop' AND coalesce(status, 'active') = 'active' AND coalesce(rotated_at, created_at) IS NULL HAVING count(*) > 0
since: '0.1'
---*/
SELECT
  c.credential_id,
  c.identity_id,
  concat(
    'The key ', coalesce(i.name, c.public_id), ' of the gateway is ', days_since(coalesce(c.rotated_at, c.created_at)), ' days old and never expires',
    coalesce('; last used on ' || day_text(greatest(c.last_used_at, i.last_used_at)), ''), '.') AS message,
  CASE WHEN a.identity_id IS NULL THEN 'medium' ELSE 'high' END AS severity,
  list_concat(c.evidence, coalesce(i.evidence, [])) AS evidence
FROM credentials AS c
LEFT JOIN identities AS i USING (identity_id)
LEFT JOIN admin_identities AS a USING (identity_id)
WHERE c.provider = 'hoop' AND coalesce(c.status, 'active') = 'active' AND days_since(coalesce(c.rotated_at, c.created_at)) > $maxAgeDays
