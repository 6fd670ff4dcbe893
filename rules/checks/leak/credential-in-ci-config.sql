/*---
id: credential-in-ci-config
title: A credential stands in plain text in a CI configuration
severity: high
confidence: high
persona: dev
about: credential
identityFields: [credential_id, place]
needs: [sighting@ci|sighting@work-tree]
population: sightings WHERE place IN ('ci')
controls:
  - owasp-nhi-2025:NHI2:2025
  - nist-csf-2.0:PR.AA-01
  - nist-csf-2.0:PR.DS-01
  - nist-csf-2.0:PR.PS-06
  - owasp-nhi-2025:NHI6:2025
  - nist-csf-2.0:RS.MI-02
why: >
  CI files are read by everyone who can read the repository, are copied into forks, and their environment is printed by
  many tools. A key in one is also a static key where most providers accept a short-lived token of the job.
fix: |
  1. Revoke or rotate the credential.
  2. Put the new one into the secret store of the CI system, or better:
  3. let the job prove itself by OIDC (a role that trusts exactly this repository and branch), and keep no key at all.
limits: >
  Values that only the CI system holds (repository and organisation secrets) cannot be seen in its files.
references:
  - https://owasp.org/www-project-non-human-identities-top-10/2025/2-secret-leakage/
platforms: [github-actions, gitlab-ci, circleci, jenkins, azure-pipelines, bitbucket-pipelines, buildkite, travis, drone, cloud-build, codebuild, tekton, argo]
since: '0.1'
---*/
WITH open_today AS (
  SELECT *, coalesce(location->>'$.repository', location->>'$.path', location->>'$.pointer', '') AS of_place
  FROM sightings
  WHERE place IN ('ci') AND confidence <> 'low' AND at_head(place, location)
)
SELECT
  s.credential_id,
  max(ci.identity_id) AS identity_id,
  of_place AS place,
  concat(
    seen_as(s.provider, s.type, s.detector, s.confidence, s.masked), of_identity(max(ci.identity_id)),
    ' stands in plain text in ', listed(list(DISTINCT sighting_place(s.place, s.location) ORDER BY sighting_place(s.place, s.location))), place_note(s.location->>'$.path'), changed_note(gone.credential_id), '.') AS message,
  leak_confidence(s.detector, s.confidence, ci.basis, (s.location->>'$.path')) AS confidence,
  unless_changed(leak_severity('high', s.detector, s.confidence, ci.basis, (s.location->>'$.path')), gone.credential_id) AS severity,
  CASE WHEN bool_or(gone.credential_id IS NOT NULL) THEN changed_fix(gone.credential_id) WHEN count(DISTINCT ci_platform_of(s.location->>'$.path')) = 1 AND min(ci_platform_of(s.location->>'$.path')) <> 'other' THEN numbered([
    'Revoke or rotate the credential.',
    concat('Put the new one where the CI system keeps secrets (', keep_at_environment(min(ci_platform_of(s.location->>'$.path'))), '), or better:'),
    concat('let the job prove itself by OIDC (', CASE min(ci_platform_of(s.location->>'$.path')) WHEN 'github-actions' THEN '`permissions: id-token: write`' WHEN 'gitlab-ci' THEN '`id_tokens`'
      WHEN 'bitbucket-pipelines' THEN '`oidc: true`' WHEN 'circleci' THEN '`CIRCLE_OIDC_TOKEN_V2`' ELSE 'a service connection of workload identity federation' END,
      ' and a role that trusts exactly this repository and branch), and keep no key at all.')]) END AS fix,
  list(DISTINCT s.observation_id) AS evidence
FROM open_today AS s
LEFT JOIN credential_identities AS ci USING (credential_id)
LEFT JOIN changed_passwords AS gone ON gone.credential_id = s.credential_id
GROUP BY s.credential_id, of_place
