/*---
id: results-not-recorded
title: What came back in sessions is not recorded
severity: info
confidence: high
about: usage
identityFields: [connection, org]
needs: [usage@gateway, 'usage:session-list@gateway?']
population: gateway_sessions WHERE ran
parameters:
  wantedOf: none
controls:
  - nist-csf-2.0:PR.PS-04
why: >
  The recording says what was asked, not what was answered: which rows somebody saw can only be told by asking again, and the data has changed since.
fix: >
  Let the connection be used by scripts (`hoop exec`), which keep the answer too, or keep the log of the target that counts rows.
limits: >
  Sessions of native databases, TCP and RDP keep what was asked: that is how they are recorded. Said only where the policy asks for answers: wantedOf is `none`, `sensitive`
  (connections tagged as holding personal data) or `all`.
since: '0.1'
---*/
SELECT
  s.connection,
  s.org,
  max(s.identity_id) AS identity_id,
  concat(
    counted(count(*), 'session'), ' of ', s.connection, CASE WHEN bool_or(s.tagged_sensitive) THEN ', which holds personal data,' ELSE '' END,
    CASE WHEN count(*) = 1 THEN ' keeps' ELSE ' keep' END, ' what was asked and not what came back.') AS message,
  list(s.observation_id ORDER BY s.used_at DESC)[1:10] AS evidence
FROM gateway_sessions AS s
WHERE s.recorded = 'input-only' AND s.ran AND ($wantedOf = 'all' OR $wantedOf = 'sensitive' AND s.tagged_sensitive)
GROUP BY s.connection, s.org
