/*---
id: two-active-keys
title: A user keeps two active access keys
severity: low
confidence: high
about: identity
identityFields: [identity_id]
needs: [credential:access-key@aws]
population: credentials WHERE provider = 'aws' AND type = 'access-key' AND coalesce(status, 'active') = 'active' AND identity_id IS NOT NULL AND created_at IS NOT NULL
parameters:
  overlapDays: 14
controls:
  - owasp-nhi-2025:NHI7:2025
  - nist-csf-2.0:PR.AA-01
why: >
  Two keys are for the days of a rotation. Kept longer, the rotation was never finished: the old key still opens
  everything, and there is no free slot when one must be replaced in a hurry.
fix: >
  See which key is still used (`aws iam get-access-key-last-used --access-key-id ID`), move that consumer to the newer one,
  deactivate and delete the older.
since: '0.1'
---*/
WITH doubled AS (
  SELECT
    identity_id,
    concat(
      identity_id, ' has ', count(*), ' active access keys (',
      string_agg(concat(short_id(coalesce(public_id, 'slot ' || (detail->>'$.slot'))), ' of ', day_text(created_at)), ', ' ORDER BY created_at),
      '), the younger for ', days_since(max(created_at)), ' days.') AS message,
    -- The older one, though its id be not known: never the id of the other.
    arg_min(credential_id, (created_at, credential_id)) AS older,
    arg_min_null(public_id, (created_at, credential_id)) AS older_id,
    list_distinct(flatten(list(evidence))) AS evidence
  FROM credentials
  WHERE provider = 'aws' AND type = 'access-key' AND coalesce(status, 'active') = 'active' AND identity_id IS NOT NULL AND created_at IS NOT NULL
    -- Of a key that only an answer about its last use tells, the slots of the credential report tell again.
    AND created_at IS NOT NULL
  GROUP BY identity_id
  HAVING count(*) > 1 AND days_since(max(created_at)) > $overlapDays
)
SELECT
  identity_id,
  message,
  numbered([
    concat('See which key is still used: `aws iam get-access-key-last-used --access-key-id ', word_or(older_id, 'ID'), '`.'),
    'Move that consumer to the newer one. ' || st.deactivate,
    'Later: ' || st.remove]) AS fix,
  evidence
FROM doubled
LEFT JOIN credential_steps AS st ON st.credential_id = doubled.older
