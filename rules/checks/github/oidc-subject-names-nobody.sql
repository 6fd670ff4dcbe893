/*---
id: oidc-subject-names-nobody
title: The subject of OIDC tokens does not say whose repository it is
severity: high
confidence: medium
about: identity
identityFields: [identity_id]
needs: [identity:oidc-template@github]
population: identities WHERE provider = 'github' AND type = 'oidc-template'
controls:
  - owasp-nhi-2025:NHI6:2025
  - nist-csf-2.0:PR.AA-04
why: >
  All of GitHub has one issuer. Anybody sets the same template at a repository of their own and gets the same subject: a cloud that tests
  the subject alone lets them in.
fix: >
  Take `repository_id` or `repository_owner_id` into the template, before the claims that are there, and into the trust policies that
  test it: `gh api -X PUT /orgs/ORG/actions/oidc/customization/sub -f 'include_claim_keys[]=repository_owner_id' -f 'include_claim_keys[]=…'`.
limits: >
  A trust policy that also tests a claim of the repository is safe; that is not looked at here. `job_workflow_ref` names a workflow that
  others may call where it is public.
references:
  - https://docs.github.com/en/actions/reference/security/oidc
since: '0.1'
---*/
SELECT
  identity_id,
  concat(
    'The subject of OIDC tokens of ', coalesce(scope, 'an unknown place'), ' is made of ', array_to_string(json_words(detail->'$.claims'), ', '),
    ', and any repository at GitHub can have the same.') AS message,
  evidence
FROM identities
WHERE provider = 'github' AND type = 'oidc-template' AND coalesce(detail->>'$.usesDefault', 'false') = 'false'
  AND len(json_words(detail->'$.claims')) > 0
  AND NOT list_has_any(json_words(detail->'$.claims'), [
    'repo', 'repository', 'repository_id', 'repository_owner', 'repository_owner_id', 'workflow_ref', 'enterprise', 'enterprise_id'])
