/*---
id: account-used-around-gateway
title: An account that the gateway holds is used around it
severity: high
confidence: high
about: identity
identityFields: [identity_id, credential_id]
needs: ['usage@audit-log|usage@aws|usage@gcp|usage@k8s', 'usage:session-list@gateway', consumer@gateway]
population: direct_uses
inconclusive: >
  SELECT string_agg(DISTINCT concat('of some uses nothing can be said: ', why_not), '; ') FROM direct_uses
  WHERE why_not IN ('the connection does not tell which key of the account it holds', 'the sessions that were given do not span that time',
    'sessions of its connections were not given, of another alone', 'a session was open of a connection that is not there any more',
    'a session that began more than two days before has no end', 'the log does not name its server, and none of that database is known to have the role')
parameters:
  minRecords: 1
controls:
  - owasp-nhi-2025:NHI9:2025
  - owasp-nhi-2025:NHI4:2025
  - nist-csf-2.0:DE.CM-01
  - nist-csf-2.0:DE.AE-03
  - nist-csf-2.0:PR.IR-01
  - csa-maestro:L5
why: >
  The gateway holds this account so that every use is approved, masked and recorded. The log of the target shows it at work when no
  session of it was open: somebody has the secret, and goes straight to the target, past all of that.
fix: |
  1. Find out who it was by the addresses and times in the evidence.
  2. Give the account a new secret that only the gateway connection has.
  3. Let the target accept the account from the gateway's addresses alone (`pg_hba.conf`, security group, `aws:SourceIp`).
limits: >
  Only within the time that exports of sessions were given of (between two exports nobody looked; one that names a single connection tells of that alone), and only where the connection is known to hold that very credential. Clocks may differ by
  gateway.clockTolerance seconds. Where gateway.egress is set, a use from another address is told also while a session was open; where a session
  has no end, nothing is said of what comes two days after it began. Uses from addresses of the gateway's agents (gateway.egress) are the gateway's own; so is an address from which
  almost every session of the account comes, for pools keep connections between sessions. Whoever shares such an address with the gateway (NAT) is not seen.
references:
  - https://owasp.org/www-project-non-human-identities-top-10/2025/9-nhi-reuse/
since: '0.1'
---*/
WITH partly AS (
  SELECT count(*) AS n FROM coverage WHERE surface = 'gateway' AND list_contains(covers, 'usage') AND outcome <> 'complete'
)
SELECT
  d.identity_id,
  d.credential_id,
  concat(
    coalesce(any_value(d.identity_id), any_value(d.credential_id)), ' was used around the gateway: ', counted(sum(d.records), 'record'), ' of logs ',
    CASE WHEN date_trunc('minute', min(d.used_at)) = date_trunc('minute', max(d.ended_at)) THEN concat('at ', strftime(min(d.used_at), '%Y-%m-%d %H:%M'))
      ELSE concat('between ', strftime(min(d.used_at), '%Y-%m-%d %H:%M'), ' and ', strftime(max(d.ended_at), '%Y-%m-%d %H:%M')) END, ' UTC',
    CASE WHEN count(d.source_ip) > 0 THEN concat(', from ', listed(list(DISTINCT d.source_ip ORDER BY d.source_ip) FILTER (d.source_ip IS NOT NULL))) ELSE '' END,
    CASE WHEN bool_and(d.is_beside_session) THEN concat(', no address of the gateway''s agents, while a session of ', listed(any_value(d.connections)), ' was open')
      ELSE concat(', when no session of ', listed(any_value(d.connections)), ' was open',
        CASE WHEN bool_or(d.is_beside_session) THEN concat(' or from no address of the gateway''s agents') ELSE '' END) END,
    CASE WHEN bool_and(coalesce(d.outcome IN ('denied', 'failed'), false)) THEN '; the target refused them all' ELSE '' END, '.') AS message,
  CASE WHEN bool_and(coalesce(d.outcome IN ('denied', 'failed'), false)) THEN 'medium' WHEN is_production(max(d.environment)) THEN 'critical' ELSE 'high' END AS severity,
  CASE WHEN bool_or(d.address_is_judged AND NOT d.is_beside_session) AND any_value(partly.n) = 0 THEN 'high' ELSE 'medium' END AS confidence,
  list_distinct(flatten(list(d.evidence ORDER BY d.used_at)))[1:50] AS evidence,
  {'records': sum(d.records), 'connections': any_value(d.connections), 'first': strftime(min(d.used_at), '%Y-%m-%dT%H:%M:%SZ'), 'last': strftime(max(d.ended_at), '%Y-%m-%dT%H:%M:%SZ')} AS detail
FROM direct_uses AS d
CROSS JOIN partly
WHERE d.why_not IS NULL
GROUP BY d.identity_id, d.credential_id
HAVING sum(d.records) >= $minRecords
