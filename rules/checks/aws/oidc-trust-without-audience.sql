/*---
id: oidc-trust-without-audience
title: A role trusts tokens that were made for somebody else
severity: medium
confidence: high
about: trust
identityFields: [identity_id, issuer]
needs: [trust:role@aws|trust@iac]
population: trusts WHERE effect = 'allow' AND principal_type = 'oidc'
controls:
  - owasp-nhi-2025:NHI4:2025
  - owasp-nhi-2025:NHI6:2025
  - nist-csf-2.0:PR.AA-04
why: >
  A token that a job asked for to log in at another service can be replayed here by that service.
fix: >
  Add a test of the audience to the trust policy:
  `"StringEquals": {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"}`.
limits: >
  The provider's own list of audiences still applies; the test in the trust policy narrows it to this role. A test that any audience
  passes is none.
references:
  - https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc.html
platforms: [terraform, cloudformation]
since: '0.1'
---*/
SELECT
  identity_id,
  issuer,
  concat(identity_id, ' trusts tokens of ', issuer, ' without a test of their audience.') AS message,
  list(DISTINCT observation_id) AS evidence
FROM trusts
WHERE effect = 'allow' AND principal_type = 'oidc' AND starts_with(identity_id, 'aws:') AND coalesce((detail->>'$.anyAudience') IN ('yes', 'maybe'), audience IS NULL)
GROUP BY identity_id, issuer
