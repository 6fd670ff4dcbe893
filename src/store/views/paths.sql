-- What a path tells (test data, documentation, settings, the CI system), and places in words. Macros only.

-- A place in words: `notebooks/churn.ipynb:41 cell 3 output`, `scripts/sync.sh:7 @ 1f2e3d4c`, `app/.env:1 layer sha256:0123456789ab`.
CREATE OR REPLACE MACRO place_text(location) AS
  concat(
    CASE WHEN (location->>'$.repository') IS NULL THEN '' ELSE concat(location->>'$.repository', ' ') END,
    coalesce(location->>'$.path', (location->>'$.pointer'), ''),
    CASE WHEN (location->>'$.line') IS NULL THEN '' ELSE concat(':', (location->>'$.line')) END,
    CASE WHEN (location->>'$.cell') IS NULL THEN '' ELSE concat(' cell ', (location->>'$.cell'), ' ' || (location->>'$.part')) END,
    coalesce(' layer ' || left(location->>'$.layer', 19), ''),
    CASE WHEN (location->>'$.commit') IS NULL THEN '' ELSE concat(' @ ', left(location->>'$.commit', 8)) END);

-- Not a test, a sample, a translation, a page: whatever such a file says is likely there to be read.
CREATE OR REPLACE MACRO is_in_use(path) AS
  NOT coalesce(regexp_matches(lower(path), '(^|[/!._-])(tests?|testing|testdata|specs?|e2e|fixtures?|mocks?|mocked|stubs?|fakes?|examples?|samples?|demos?|docs?|documentation|tutorials?|vendor|third[._-]party|node_modules|locales?|i18n|l10n|lang|languages|translations?|openapi|swagger|cassettes|snapshots?|benchmarks?|playground|sandbox|quickstart|changelog|local|dev|development|dummy)([/!._-]|$)|\.(md|mdx|rst|adoc|txt|html?|lock|map|svg|csv|log)$|\.min\.(js|css)$|tests?\.(java|kt|cs|php|swift|scala|groovy)$'), false);
CREATE OR REPLACE MACRO parent_path(path) AS regexp_replace(coalesce(path, ''), '[^/]*$', '');

-- The set of examples or of test data that a file belongs to: the directory below the innermost that is named so
-- (`tests/e2e/login/`), or that; empty elsewhere.
CREATE OR REPLACE MACRO fixture_tree(path) AS
  regexp_extract(lower(path), '^(.*[/!])?(((unit|integration|e2e)[-_]?)?tests?|test[-_]?data|(test[-_])?fixtures?|__(tests|fixtures|mocks)__|docs?|documentation|examples?|samples?|tutorials?)/([^/]+/)?');
-- What has the examples or test data: `task/login/` of `task/login/samples/one/`.
CREATE OR REPLACE MACRO fixture_parent(path) AS
  regexp_extract(lower(path), '^(.*[/!])?(((unit|integration|e2e)[-_]?)?tests?|test[-_]?data|(test[-_])?fixtures?|__(tests|fixtures|mocks)__|docs?|documentation|examples?|samples?|tutorials?)/', 1);
-- Two examples that have a name in common are not of one cluster for that.
CREATE OR REPLACE MACRO in_other_fixtures(path, other) AS
  coalesce(CASE
    WHEN fixture_tree(path) = '' AND fixture_tree(other) = '' THEN false
    WHEN fixture_tree(other) = '' THEN NOT starts_with(lower(other), fixture_parent(path))
    WHEN fixture_tree(path) = '' THEN NOT starts_with(lower(path), fixture_parent(other))
    ELSE NOT (starts_with(fixture_tree(path), fixture_tree(other)) OR starts_with(fixture_tree(other), fixture_tree(path))) END, false);

CREATE OR REPLACE MACRO is_vendored_path(path) AS
  coalesce(regexp_matches(lower(path), '(^|[/!])(vendor|third_party|node_modules)/'), false);
CREATE OR REPLACE MACRO is_test_path(path) AS
  is_vendored_path(path)
  OR coalesce(regexp_matches(lower(path),
    '(^|[/!])(((unit|integration|e2e)[-_]?)?tests?|test[-_]?data|(test[-_])?fixtures?|__(tests|fixtures|mocks)__)/|_test\.(go|py|rb|exs)$|(^|[/!])test_[^/]*\.py$|[._](spec|test)\.[a-z]+$'), false);
-- Where texts that look like credentials often are none, and in which words to say so; NULL elsewhere. Documentation and
-- built code hold real ones often enough that only the confidence is lowered there, not the severity.
CREATE OR REPLACE MACRO path_kind(path) AS
  CASE
    WHEN path IS NULL THEN NULL
    WHEN is_vendored_path(path) THEN 'vendored code'
    WHEN is_test_path(path) THEN 'test data'
    WHEN regexp_matches(lower(path),
      '(^|[/!])(package-lock\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.yaml|bun\.lock|go\.sum|cargo\.lock|poetry\.lock|uv\.lock|pdm\.lock|pipfile\.lock|gemfile\.lock|composer\.lock|mix\.lock|podfile\.lock|pubspec\.lock|flake\.lock|\.terraform\.lock\.hcl)$')
      THEN 'a lock file'
    WHEN regexp_matches(lower(path), '\.min\.(js|mjs|css)$|\.(js|mjs|css)\.map$|[.-]bundle\.js$') THEN 'built code'
    WHEN regexp_matches(lower(path),
      '(^|[/!])(docs?|documentation|examples?|samples?|tutorials?)/|\.(md|mdx|markdown|rst|adoc|asciidoc)$|(^|[/!])[^/]*[._-](example|sample|template|dist)(\.[a-z0-9]+)?$')
      THEN 'documentation'
  END;
-- Roles and workloads that are declared to be tested, or to be read.
CREATE OR REPLACE MACRO is_fixture_path(path) AS coalesce(path_kind(path) IN ('test data', 'documentation'), false);
-- ` (in test data)`: over the places of one credential, when all of them are of such a kind.
CREATE OR REPLACE MACRO place_note(path) AS
  CASE WHEN bool_or(path_kind(path) IS NULL) THEN '' ELSE coalesce(' (in ' || array_to_string(list(DISTINCT path_kind(path) ORDER BY path_kind(path)), ' and ') || ')', '') END;
-- Files that a program is run with, where a guess is worth a look: `.env`, what is named for production, configuration.
CREATE OR REPLACE MACRO is_settings_path(path) AS
  coalesce(
    regexp_matches(lower(path),
      '(^|[/!])\.env(\.[a-z0-9_-]+)*$|(^|[/!._-])(prod|production|prd|live)([/._-]|$)|(^|[/!])(config|settings|secrets?|credentials?|application|appsettings|database|wp-config)([._-][^/]*)?\.(ya?ml|json|properties|php|py|rb|js|ts|toml|xml)$|\.(ini|conf|cfg|properties|tfvars)$')
    AND NOT regexp_matches(lower(path), 'example|sample|template|dummy|(^|[/!])docs?/|\.(md|rst|txt)$')
    AND NOT is_test_path(path), false);

-- Is it there today, for whoever opens the repository? History that is not at HEAD needs a look at old commits.
CREATE OR REPLACE MACRO at_head(place, location) AS
  coalesce(TRY_CAST(location->>'$.atHead' AS BOOLEAN), place <> 'history');
-- The place of a sighting for a sentence: the commit only where it takes one to find it, the cell instead of the raw line.
CREATE OR REPLACE MACRO sighting_place(place, location) AS
  CASE WHEN place = 'session-log' THEN concat_ws(' ', coalesce(location->>'$.pointer', location->>'$.path'), (location->>'$.part'))
  ELSE concat(
    coalesce((location->>'$.repository') || ' ', ''),
    coalesce(location->>'$.path', location->>'$.pointer', ''),
    CASE WHEN (location->>'$.cell') IS NOT NULL THEN concat_ws(' ', ' cell', (location->>'$.cell'), (location->>'$.part'))
      ELSE coalesce(':' || (location->>'$.line'), '') END,
    coalesce(' layer ' || left(location->>'$.layer', 19), ''),
    CASE WHEN at_head(place, location) THEN '' ELSE coalesce(' @ ' || left(location->>'$.commit', 8), '') END) END;
-- Told by the file's name, where nothing else says it.
CREATE OR REPLACE MACRO ci_platform_of(path) AS
  CASE
    WHEN regexp_matches(path, '(^|/)\.github/|(^|/)action\.ya?ml$') THEN 'github-actions'
    WHEN regexp_matches(path, '(^|/)[^/]*\.gitlab-ci\.ya?ml$|(^|/)\.gitlab/') THEN 'gitlab-ci'
    WHEN regexp_matches(path, '(^|/)\.circleci/') THEN 'circleci'
    WHEN regexp_matches(path, '(^|/)bitbucket-pipelines\.ya?ml$') THEN 'bitbucket-pipelines'
    WHEN regexp_matches(path, '(^|/)[^/]*azure-pipelines?[^/]*\.ya?ml$') THEN 'azure-pipelines'
    ELSE 'other' END;
CREATE OR REPLACE MACRO is_production(environment) AS
  coalesce(lower(environment) IN ('prod', 'production', 'prd', 'live'), false);
