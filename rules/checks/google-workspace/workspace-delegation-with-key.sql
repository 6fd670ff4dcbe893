/*---
id: workspace-delegation-with-key
title: A service account that may act as any user has keys
severity: high
confidence: high
about: identity
identityFields: [identity_id]
needs: [grant:delegation@google-workspace, credential@gcp]
population: identities WHERE provider = 'google-workspace' AND type = 'oauth-client'
controls:
  - owasp-nhi-2025:NHI7:2025
  - owasp-nhi-2025:NHI4:2025
  - nist-csf-2.0:PR.AA-01
  - nist-csf-2.0:PR.AA-03
why: >
  One file, copied once, opens the mail of everybody: such keys never end by themselves, and their use looks like the user's own.
fix: >
  Let the workload sign as the account without a key (`iam.serviceAccounts.signJwt` from an attached account or workload identity
  federation), then delete the keys: `gcloud iam service-accounts keys delete KEY --iam-account=EMAIL`.
limits: Joined by the number of the service account; both exports are needed.
references:
  - https://cloud.google.com/iam/docs/best-practices-service-accounts#domain-wide-delegation
since: '0.1'
---*/
WITH delegated AS (
  SELECT identity_id, list(DISTINCT observation_id) AS evidence
  FROM grants WHERE via_kind = 'domain-wide' AND capability IS NULL AND effect = 'allow' GROUP BY identity_id
),
keys AS (
  SELECT identity_id, count(*) AS n, min(created_at) AS oldest, list_distinct(flatten(list(evidence))) AS evidence
  FROM credentials
  WHERE provider = 'gcp' AND type = 'service-account-key' AND coalesce(status, 'active') = 'active'
    AND coalesce(detail->>'$.keyType', 'USER_MANAGED') <> 'SYSTEM_MANAGED'
  GROUP BY identity_id
)
SELECT
  s.identity_id,
  concat(s.name, ' may act as any user of Google Workspace and has ', counted(k.n, 'key'), coalesce('; the oldest is of ' || day_text(k.oldest), ''), '.') AS message,
  list_concat(list_concat(s.evidence, k.evidence), d.evidence) AS evidence
FROM delegated AS d
JOIN identities AS s
  ON s.provider = 'gcp' AND identity_local(d.identity_id) IN (concat('oauth-client/', s.detail->>'$.uniqueId'), concat('oauth-client/', s.detail->>'$.oauth2ClientId'))
JOIN keys AS k ON k.identity_id = s.identity_id
WHERE coalesce(s.enabled, true)
