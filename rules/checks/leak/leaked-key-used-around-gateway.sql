/*---
id: leaked-key-used-around-gateway
title: A leaked key that the gateway holds was used around the gateway
severity: critical
confidence: high
about: credential
identityFields: [credential_id]
needs: [sighting, credential:access-key-use@aws, usage:session-list@gateway, consumer@gateway]
inconclusive: >
  SELECT concat('of some uses nothing can be said: ', string_agg(DISTINCT why_not, '; ')) FROM leaked_key_uses
  WHERE why_not IS NOT NULL AND coalesce(seconds_off > $toleranceMinutes * 60, true) HAVING count(*) > 0
population: leaked_credentials WHERE identity_id IN (SELECT identity_id FROM gateway_connections)
parameters:
  toleranceMinutes: 15
controls:
  - owasp-nhi-2025:NHI2:2025
  - owasp-nhi-2025:NHI9:2025
  - nist-csf-2.0:DE.AE-03
  - nist-csf-2.0:DE.CM-01
  - nist-csf-2.0:DE.CM-09
  - nist-csf-2.0:PR.IR-01
  - csa-maestro:L5
why: >
  The gateway holds this account so that every use is approved, masked and recorded. The provider saw the key at work at a
  moment when no session of the account was open: somebody used a copy, past all of that, and nothing tells who.
fix: |
  1. Deactivate the leaked key at the provider; give the gateway connection a new one that never leaves it.
  2. Read the provider's own log around the time of use (AWS: CloudTrail, filter on the access key id).
  3. Limit the account to the gateway's addresses (`aws:SourceIp` or a VPC endpoint condition), so that a copy is worthless.
limits: >
  The provider tells the last use only, so earlier ones are not seen. Nothing is said of a use outside the time that the
  sessions given cover, nor where the connection does not tell which key it holds. Clocks may differ by toleranceMinutes; a pooled connection that outlives its session by more than
  that would look like use around the gateway.
references:
  - https://docs.aws.amazon.com/IAM/latest/APIReference/API_AccessKeyLastUsed.html
since: '0.1'
---*/
WITH used_outside AS (
  SELECT l.*, c.last_used_for, w.connections, w.evidence AS connection_evidence, w.sessions, w.nearest
  FROM leaked_key_uses AS w
  JOIN leaked_credentials AS l ON l.credential_id = w.credential_id
  JOIN credentials AS c ON c.credential_id = w.inventory_id
  WHERE w.why_not IS NULL AND coalesce(w.seconds_off > $toleranceMinutes * 60, true)
)
SELECT
  k.credential_id,
  k.identity_id,
  concat(
    k.name, ' of ', k.identity_id, ' was used at ', strftime(k.last_used_at, '%Y-%m-%d %H:%M'), ' UTC',
    coalesce(' (' || k.last_used_for || ')', ''),
    ', when no session of ', listed(k.connections), ' was open',
    CASE WHEN k.sessions = 0 THEN '' ELSE concat(', while ', counted(k.sessions, 'other session'), ' of the account went through the gateway') END,
    '. The key lies in ', listed(k.places),
    coalesce('; ' || k.identity_id || ' ' || a.how, ''), '.') AS message,
  CASE WHEN EXISTS (
      FROM coverage WHERE surface = 'gateway' AND list_contains(covers, 'usage') AND outcome <> 'complete')
    THEN 'medium' ELSE 'high' END AS confidence,
  list_concat(
    list_concat(k.evidence, k.connection_evidence),
    list_concat(
      list_concat(coalesce(a.evidence, []), coalesce(o.evidence, [])),
      coalesce(k.nearest, []))) AS evidence,
  CASE WHEN k.id_only THEN 'high' ELSE 'critical' END AS severity,
  CASE WHEN st.deactivate IS NOT NULL THEN numbered([
    st.deactivate,
    'Give the gateway connection a new key that never leaves it.',
    'Read the provider''s own log around the time of use'
      || CASE WHEN starts_with(k.inventory_id, 'aws:') THEN concat(': `aws cloudtrail lookup-events --lookup-attributes AttributeKey=AccessKeyId,AttributeValue=', word_or(k.public_id, 'ID'), '`.') ELSE '.' END,
    'Limit the account to the gateway''s addresses, so that a copy is worthless.']) END AS fix,
  {
    'used_at': strftime(k.last_used_at, '%Y-%m-%dT%H:%M:%SZ'),
    'used_for': k.last_used_for,
    'connections': k.connections,
    'sessions_of_the_account': k.sessions,
    'tolerance_minutes': $toleranceMinutes
  } AS detail
FROM used_outside AS k
LEFT JOIN credential_steps AS st ON st.credential_id = k.inventory_id
LEFT JOIN admin_identities AS a ON a.identity_id = k.identity_id
LEFT JOIN identity_owners AS o ON o.identity_id = k.identity_id
