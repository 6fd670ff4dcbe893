/*---
id: id-token-audience-too-wide
title: A job asks for an identity token that many services accept
severity: medium
confidence: medium
persona: security
about: consumer
identityFields: [consumer_id, audience]
needs: [consumer@ci]
population: consumers WHERE fact = 'oidc-subject'
controls:
  - owasp-nhi-2025:NHI4:2025
  - nist-csf-2.0:PR.AA-04
  - nist-csf-2.0:PR.AA-03
why: >
  Whoever receives the token can present it at every other service that accepts the same audience, and act there as the job.
fix: >
  Name one audience for each service (`aud: https://vault.harbour.example`, `aud: sts.amazonaws.com`), and let the service refuse every other.
limits: >
  The audience of GitLab itself is what many guides use; where one service alone is set up to take it, it does no harm.
references:
  - https://docs.gitlab.com/ci/secrets/id_token_authentication/
platforms: [gitlab-ci]
since: '0.1'
---*/
WITH audiences AS (
  SELECT *, unnest(coalesce(from_json(detail->'$.audiences', '["VARCHAR"]'), [])) AS audience
  FROM consumers
  WHERE type = 'workflow-job' AND fact = 'oidc-subject' AND (detail->>'$.platform') = 'gitlab-ci'
)
SELECT
  consumer_id,
  audience,
  concat('The job ', consumer_id, ' asks for the token ', min(detail->>'$.token'), ' with the audience ', audience, ', which any service that trusts this GitLab may accept.') AS message,
  CASE WHEN audience = '*' THEN 'high' ELSE 'medium' END AS severity,
  list(DISTINCT observation_id) AS evidence
FROM audiences
WHERE audience = '*' OR regexp_matches(audience, '^(https?://)?gitlab\.com/?$|^\$\{?CI_SERVER_(URL|HOST|FQDN)\}?$|^(https?://)?[a-z0-9.-]+\.com/?\*$')
GROUP BY consumer_id, audience
