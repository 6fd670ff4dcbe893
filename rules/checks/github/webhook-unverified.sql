/*---
id: webhook-unverified
title: A webhook is not signed, or its receiver is not verified
severity: medium
confidence: high
about: identity
identityFields: [identity_id]
needs: [identity:webhook@github]
population: identities WHERE provider = 'github' AND type = 'webhook' AND coalesce(enabled, true)
controls:
  - owasp-nhi-2025:NHI4:2025
  - nist-csf-2.0:PR.AA-03
  - nist-csf-2.0:PR.DS-02
why: >
  Without a secret the receiver cannot tell GitHub's events from a stranger's, and what starts on them starts for anybody. Without a
  verified certificate whoever sits between reads and changes them.
fix: >
  Set a secret at the webhook and check the signature `X-Hub-Signature-256` where it arrives; give the receiver a certificate and switch
  verification on.
limits: >
  Whether the receiver checks the signature is not seen. Some receivers have a secret in their address instead, which is not read here.
references:
  - https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
since: '0.1'
---*/
SELECT
  identity_id,
  concat(
    'The webhook of ', coalesce(scope, 'an unknown place'), ' to ', name, ' ',
    array_to_string(list_filter([
      CASE WHEN (detail->>'$.insecureSsl') = 'true' THEN 'does not verify the certificate' END,
      CASE WHEN (detail->>'$.scheme') = 'http' THEN 'is sent without encryption' END,
      CASE WHEN (detail->>'$.hasSecret') = 'false' THEN 'is not signed' END], lambda one: one IS NOT NULL), ' and '), '.') AS message,
  CASE WHEN (detail->>'$.insecureSsl') = 'true' OR (detail->>'$.scheme') = 'http' THEN 'medium' ELSE 'low' END AS severity,
  evidence
FROM identities
WHERE provider = 'github' AND type = 'webhook' AND coalesce(enabled, true)
  AND ((detail->>'$.insecureSsl') = 'true' OR (detail->>'$.scheme') = 'http' OR (detail->>'$.hasSecret') = 'false')
