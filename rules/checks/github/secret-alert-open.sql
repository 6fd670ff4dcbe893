/*---
id: secret-alert-open
title: GitHub knows of a leaked credential, and the alert is open
severity: medium
confidence: high
about: credential
identityFields: [credential_id]
needs: [credential:secret-alert@github]
population: credentials WHERE provider = 'github' AND type = 'secret-alert'
controls:
  - owasp-nhi-2025:NHI2:2025
  - nist-csf-2.0:PR.AA-01
  - nist-csf-2.0:DE.CM-09
why: >
  It is found, and nobody has ended it. Others who read the repository find it the same way.
fix: >
  Revoke it where it was made, then close the alert as revoked. A token of GitHub is revoked by whoever holds it, without signing in:
  `curl -X POST https://api.github.com/credentials/revoke -d '{"credentials":["TOKEN"]}'`.
limits: >
  Whether it still works is GitHub's word, and not known for most kinds.
references:
  - https://docs.github.com/en/code-security/secret-scanning/managing-alerts-from-secret-scanning
  - https://docs.github.com/en/rest/credentials/revoke
since: '0.1'
---*/
SELECT
  credential_id,
  concat(
    'An alert of ', coalesce(detail->>'$.repository', 'a repository'), ' is open since ', day_text(created_at), ': ', coalesce(detail->>'$.name', detail->>'$.secretType'),
    CASE WHEN status = 'active' THEN ', which still works' ELSE '' END,
    CASE WHEN (detail->>'$.publiclyLeaked') = 'true' THEN ', seen in public' ELSE '' END,
    CASE WHEN (detail->>'$.multiRepo') = 'true' THEN ', in several repositories' ELSE '' END, '.') AS message,
  CASE WHEN status = 'active' AND (detail->>'$.publiclyLeaked') = 'true' THEN 'critical'
    WHEN status = 'active' OR (detail->>'$.publiclyLeaked') = 'true' THEN 'high' ELSE 'medium' END AS severity,
  evidence
FROM credentials
WHERE provider = 'github' AND type = 'secret-alert' AND (detail->>'$.state') = 'open' AND coalesce(status, 'active') = 'active'
