/*---
id: dependabot-runs-fetched-code
title: Dependabot may run the code of the packages it fetches
severity: medium
confidence: high
persona: dev
about: consumer
identityFields: [consumer_id]
needs: [consumer@ci]
population: consumers WHERE fact IN ('dependabot-registry', 'dependabot-execution')
controls:
  - owasp-nhi-2025:NHI3:2025
  - owasp-nhi-2025:NHI4:2025
  - nist-csf-2.0:PR.AA-03
  - nist-csf-2.0:GV.SC-07
why: >
  `insecure-external-code-execution: allow` lets the installation scripts of a package run while Dependabot holds the
  logins of the registries.
fix: >
  Take the line out. Where a package cannot be resolved without, give that update no `registries`, or a token that can
  only read.
references:
  - https://docs.zizmor.sh/audits/#dependabot-execution
platforms: [github-actions]
equivalents: [zizmor/dependabot-execution]
since: '0.1'
---*/
SELECT
  consumer_id,
  concat(
    'Updates of ', coalesce(nullif(detail->>'$.ecosystem', ''), 'packages'), ' in ', split_part(consumer_id, '#', 1), ' may run what they fetch',
    CASE WHEN len(coalesce(from_json(detail->'$.secrets', '["VARCHAR"]'), [])) > 0 THEN concat(', beside ', listed(from_json(detail->'$.secrets', '["VARCHAR"]'))) ELSE '' END, '.') AS message,
  CASE WHEN len(coalesce(from_json(detail->'$.secrets', '["VARCHAR"]'), [])) > 0 THEN 'high' ELSE 'medium' END AS severity,
  [observation_id] AS evidence
FROM consumers
WHERE fact = 'dependabot-execution'
