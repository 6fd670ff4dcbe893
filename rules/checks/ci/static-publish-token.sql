/*---
id: static-publish-token
title: Packages are published with a token somebody made
severity: medium
confidence: high
persona: security
about: consumer
identityFields: [repository, secret_name, registry]
needs: [consumer@ci]
population: consumers WHERE type = 'workflow-job' AND fact = 'publish-token'
controls:
  - owasp-nhi-2025:NHI7:2025
  - owasp-nhi-2025:NHI10:2025
  - nist-csf-2.0:PR.AA-01
why: >
  The token publishes from anywhere, until somebody revokes it; most takeovers of packages began with one. The registry
  would take the job's own word for who it is (trusted publishing).
fix: |
  1. Name the pipeline as trusted publisher at the registry: npm (package, Settings), PyPI (Publishing), crates.io, RubyGems, NuGet.
  2. Let the job that publishes ask for an OIDC token (GitHub: `permissions: id-token: write`; GitLab: `id_tokens`), and give it no other.
  3. Revoke the token at the registry, and delete the secret that kept it.
limits: >
  A first release of a new package needs a token at some registries. Registries of one's own are left alone, as far as
  the workflow names them.
references:
  - https://docs.npmjs.com/trusted-publishers
  - https://docs.pypi.org/trusted-publishers/
  - https://crates.io/docs/trusted-publishing
  - https://docs.zizmor.sh/audits/#use-trusted-publishing
platforms: [github-actions, gitlab-ci, circleci]
equivalents: [zizmor/use-trusted-publishing]
since: '0.1'
---*/
SELECT
  coalesce(location->>'$.repository', '') AS repository,
  secret_name,
  (detail->>'$.registry') AS registry,
  concat(
    listed(list(DISTINCT consumer_id ORDER BY consumer_id)), CASE WHEN count(DISTINCT consumer_id) = 1 THEN ' publishes to ' ELSE ' publish to ' END, (detail->>'$.registry'), ' with ', secret_name,
    CASE WHEN bool_or(TRY_CAST(detail->>'$.oidcAvailable' AS BOOLEAN)) THEN ', although the job may ask for an OIDC token' ELSE '' END, '.') AS message,
  CASE the_platform(platform)
    WHEN 'github-actions' THEN numbered(['Name the workflow as trusted publisher at the registry: npm (package, Settings), PyPI (Publishing), crates.io, RubyGems, NuGet.',
      '`permissions: id-token: write` on the job that publishes, and no token.', 'Revoke the token at the registry, then ' || delete_ci_secret('github-actions') || '.'])
    WHEN 'gitlab-ci' THEN numbered(['Name the project and its `.gitlab-ci.yml` as trusted publisher at the registry.',
      'Give the job that publishes a token for it (npm: `id_tokens: NPM_ID_TOKEN: aud: npm:registry.npmjs.org`; PyPI: `PYPI_ID_TOKEN: aud: pypi`), and no other.',
      'Revoke the token at the registry, then ' || delete_ci_secret('gitlab-ci') || '.'])
    WHEN 'circleci' THEN numbered(['Name the project as trusted publisher at the registry.', 'Publish with the token that CircleCI makes for the job, and no other.',
      'Revoke the token at the registry, then ' || delete_ci_secret('circleci') || '.'])
  END AS fix,
  list(DISTINCT observation_id) AS evidence
FROM consumers
WHERE type = 'workflow-job' AND fact = 'publish-token'
  -- Trusted publishing knows these; registries and CI systems pair by pair.
  AND ((detail->>'$.platform') = 'github-actions' OR (detail->>'$.platform') IN ('gitlab-ci', 'circleci') AND (detail->>'$.registry') IN ('npm', 'PyPI', 'crates.io'))
GROUP BY location->>'$.repository', secret_name, (detail->>'$.registry')
