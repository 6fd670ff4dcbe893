/*---
id: leaked-key-used-around-gateway
title: A leaked key that the gateway holds was used around the gateway
severity: critical
confidence: high
about: credential
identityFields: [credential_id]
needs: [sighting, credential:access-key-use@aws, usage:session-list@gateway, consumer@gateway]
inconclusive: >
  SELECT concat('the sessions that were given do not span the last use of ', string_agg(DISTINCT l.name, ', ' ORDER BY l.name)) FROM leaked_credentials AS l
  JOIN gateway_connections AS g ON g.identity_id = l.identity_id
  WHERE l.last_used_at IS NOT NULL AND NOT EXISTS (
    FROM observed_spans AS w
    WHERE w.surface = 'gateway' AND (w.scope = g.org OR w.scope IS NULL OR g.org IS NULL) AND (w.connection = g.connection OR w.connection IS NULL) AND l.last_used_at BETWEEN w.since AND w.until)
  HAVING count(*) > 0
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
  sessions given cover. Clocks may differ by toleranceMinutes; a pooled connection that outlives its session by more than
  that would look like use around the gateway.
references:
  - https://docs.aws.amazon.com/IAM/latest/APIReference/API_AccessKeyLastUsed.html
since: '0.1'
---*/
WITH sessions AS (
  SELECT * FROM usages WHERE via = 'gateway' AND NOT coalesce(bookkeeping, false) AND NOT coalesce(starts_with(target, 'admin:'), false)
),
held_by_gateway AS (
  SELECT
    identity_id,
    list(DISTINCT {'org': org, 'connection': connection}) AS held,
    list(connection ORDER BY connection) AS connections,
    bool_or(credential_id IS NULL) AS any_key,
    list(credential_id) FILTER (credential_id IS NOT NULL) AS keys,
    flatten(list(evidence)) AS evidence
  FROM gateway_connections
  WHERE identity_id IS NOT NULL
  GROUP BY identity_id
),
used_outside AS (
  SELECT l.*, c.last_used_for, h.connections, h.evidence AS connection_evidence
  FROM leaked_credentials AS l
  JOIN credentials AS c ON c.credential_id = l.inventory_id
  JOIN held_by_gateway AS h
    ON h.identity_id = l.identity_id
    AND (h.any_key OR list_contains(h.keys, l.credential_id) OR list_contains(h.keys, l.inventory_id))
  -- Of each connection that holds it, sessions of that time were given.
  WHERE (
      SELECT bool_and(EXISTS (
        FROM observed_spans AS w
        WHERE w.surface = 'gateway' AND (w.scope = c.org OR w.scope IS NULL OR c.org IS NULL) AND (w.connection = c.connection OR w.connection IS NULL) AND l.last_used_at BETWEEN w.since AND w.until))
      FROM (SELECT unnest(h.held, recursive := true)) AS c)
    AND NOT EXISTS (
      FROM sessions AS s
      WHERE s.identity_id = l.identity_id
        AND (s.credential_id IS NULL OR s.credential_id IN (l.credential_id, l.inventory_id))
        AND l.last_used_at >= s.used_at - to_minutes($toleranceMinutes::BIGINT)
        -- A session that was never closed covers two days, the longest window that the gateway grants.
        AND l.last_used_at <= coalesce(s.ended_at, s.used_at + INTERVAL 48 HOUR) + to_minutes($toleranceMinutes::BIGINT))
),
around AS (
  SELECT
    k.credential_id,
    count(s.observation_id) AS sessions,
    arg_min(s.observation_id, (abs(date_diff('second', s.used_at, k.last_used_at)), s.observation_id), 4) AS nearest
  FROM used_outside AS k
  LEFT JOIN sessions AS s ON s.identity_id = k.identity_id
  GROUP BY k.credential_id
)
SELECT
  k.credential_id,
  k.identity_id,
  concat(
    k.name, ' of ', k.identity_id, ' was used at ', strftime(k.last_used_at, '%Y-%m-%d %H:%M'), ' UTC',
    coalesce(' (' || k.last_used_for || ')', ''),
    ', when no session of ', listed(k.connections), ' was open',
    CASE WHEN around.sessions = 0 THEN '' ELSE concat(', while ', counted(around.sessions, 'other session'), ' of the account went through the gateway') END,
    '. The key lies in ', listed(k.places),
    coalesce('; ' || k.identity_id || ' ' || a.how, ''), '.') AS message,
  CASE WHEN EXISTS (
      FROM coverage WHERE surface = 'gateway' AND list_contains(covers, 'usage') AND outcome <> 'complete')
    THEN 'medium' ELSE 'high' END AS confidence,
  list_concat(
    list_concat(k.evidence, k.connection_evidence),
    list_concat(
      list_concat(coalesce(a.evidence, []), coalesce(o.evidence, [])),
      coalesce(around.nearest, []))) AS evidence,
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
    'sessions_of_the_account': around.sessions,
    'tolerance_minutes': $toleranceMinutes
  } AS detail
FROM used_outside AS k
JOIN around USING (credential_id)
LEFT JOIN credential_steps AS st ON st.credential_id = k.inventory_id
LEFT JOIN admin_identities AS a ON a.identity_id = k.identity_id
LEFT JOIN identity_owners AS o ON o.identity_id = k.identity_id
