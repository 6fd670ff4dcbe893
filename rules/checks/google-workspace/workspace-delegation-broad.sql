/*---
id: workspace-delegation-broad
title: A client may act as any user of Google Workspace, with broad rights
severity: high
confidence: high
about: identity
identityFields: [identity_id]
needs: [grant:delegation@google-workspace]
population: identities WHERE provider = 'google-workspace' AND type = 'oauth-client'
controls:
  - owasp-nhi-2025:NHI5:2025
  - owasp-nhi-2025:NHI3:2025
  - nist-csf-2.0:PR.AA-05
  - nist-csf-2.0:GV.SC-07
why: >
  Domain-wide delegation asks no user: whoever has the client's key reads every mailbox and every file as if they were their
  owner, the administrators' too. No password, no second factor and no consent stands in between.
fix: >
  Admin console, Security, API controls, Domain-wide delegation: leave the client only scopes it uses, the `readonly` ones where it
  reads, `drive.file` or a shared drive instead of `drive`; remove it where a role of an administrator for the service account does.
limits: >
  Scopes count as they are named; services of other makers that take Google's tokens are not known. Rebuilt from the log, scopes
  of several authorisations add up.
references:
  - https://support.google.com/a/answer/162106
  - https://developers.google.com/workspace/cloud-search/docs/guides/delegation
since: '0.1'
---*/
WITH delegated AS (
  SELECT
    identity_id,
    list(DISTINCT replace(permission, 'https://www.googleapis.com/auth/', '') ORDER BY replace(permission, 'https://www.googleapis.com/auth/', '')) AS scopes,
    list(DISTINCT (detail->>'$.breadth') ORDER BY (detail->>'$.breadth')) AS breadths,
    bool_and((detail->>'$.readOnly')::BOOLEAN) AS is_read_only,
    list(DISTINCT observation_id) AS evidence
  FROM grants
  WHERE via_kind = 'domain-wide' AND capability IS NULL AND effect = 'allow'
    AND (detail->>'$.breadth') IN ('administration', 'cloud', 'mail', 'files', 'archive', 'chat', 'contacts', 'calendar', 'directory')
  GROUP BY identity_id
),
-- The client of a service account is its number.
accounts AS (
  SELECT (detail->>'$.uniqueId') AS client, identity_id, name, evidence FROM identities
  WHERE provider = 'gcp' AND type = 'service-account' AND (detail->>'$.uniqueId') IS NOT NULL
  UNION
  SELECT (detail->>'$.oauth2ClientId'), identity_id, name, evidence FROM identities
  WHERE provider = 'gcp' AND type = 'service-account' AND (detail->>'$.oauth2ClientId') IS NOT NULL
)
SELECT
  i.identity_id,
  concat(
    coalesce(a.name, '"' || i.name || '"'), ' may act as any user of Google Workspace with ', listed(d.scopes), ': ',
    array_to_string(list_transform(list_filter(['administration', 'cloud', 'mail', 'files', 'archive', 'chat', 'contacts', 'calendar', 'directory'], lambda one: list_contains(d.breadths, one)),
      lambda one: CASE one WHEN 'administration' THEN 'it may make itself an administrator' WHEN 'cloud' THEN 'all that they may do in Google Cloud'
        WHEN 'mail' THEN 'everybody''s mail' WHEN 'files' THEN 'everybody''s files' WHEN 'archive' THEN 'the archive' WHEN 'chat' THEN 'chats'
        WHEN 'directory' THEN 'the directory' ELSE one END), ', '),
    '.') AS message,
  CASE
    WHEN list_has_any(d.breadths, ['administration', 'cloud']) OR list_has_any(d.breadths, ['mail', 'files', 'archive']) AND NOT d.is_read_only THEN 'critical'
    WHEN list_has_any(d.breadths, ['mail', 'files', 'archive', 'chat']) THEN 'high'
    ELSE 'medium' END AS severity,
  list_concat(list_concat(i.evidence, d.evidence), coalesce(a.evidence, [])) AS evidence,
  {'scopes': d.scopes, 'account': a.identity_id} AS detail
FROM identities AS i
JOIN delegated AS d USING (identity_id)
LEFT JOIN accounts AS a ON concat('oauth-client/', a.client) = identity_local(i.identity_id)
WHERE i.provider = 'google-workspace' AND coalesce(i.enabled, true)
