-- Words of messages: lists, counts, kinds of credentials. Macros only.

CREATE OR REPLACE MACRO listed(items) AS
  CASE WHEN len(items) > 3 THEN concat(array_to_string(items[1:3], ', '), ' and ', len(items) - 3, ' more')
    -- Of no list, nothing: whoever adds words to it adds none.
    ELSE array_to_string(items, ', ') END;
-- `roles by name (a, b)`, or `roles` where one of the lists names none: then it is all of them.
CREATE OR REPLACE MACRO by_name(what, names) AS
  CASE WHEN list_contains(list_transform(names, lambda one: len(one)), 0) THEN what
    ELSE concat(what, ' by name (', listed(list_sort(list_distinct(flatten(names)))), ')') END;
-- `The service docker-compose.yml#web`, `The services docker-compose.yml#cron, web and worker`.
CREATE OR REPLACE MACRO services_text(ids) AS
  CASE WHEN len(ids) = 1 THEN concat('The service ', ids[1])
    ELSE concat('The services ', list_min(ids), CASE WHEN len(ids) > 2 THEN ', ' ELSE ' ' END,
      array_to_string(list_transform(list_sort(ids)[2:-2], lambda id: regexp_extract(id, '[^#]*$')), ', '),
      CASE WHEN len(ids) > 2 THEN ' ' ELSE '' END, 'and ', regexp_extract(list_max(ids), '[^#]*$')) END;
CREATE OR REPLACE MACRO short_id(id) AS
  CASE WHEN length(id) > 12 THEN concat(left(id, 4), '…', right(id, 4)) ELSE id END;
-- ` of aws:…:user/ci`. Of a key that nobody is known for, the account: its own id would be told twice in a sentence, masked and whole.
CREATE OR REPLACE MACRO of_identity(id) AS
  CASE WHEN id IS NULL THEN ''
    WHEN starts_with(identity_local(id), 'access-key/') THEN concat(' of AWS account ', identity_scope(id))
    ELSE concat(' of ', id) END;
CREATE OR REPLACE MACRO day_text(moment) AS strftime(TRY_CAST(moment AS TIMESTAMP), '%Y-%m-%d');
CREATE OR REPLACE MACRO type_words(type) AS
  concat(upper(left(type, 1)), replace(substr(type, 2), '-', ' '));

-- `slack-webhook` → `Slack webhook`, `aws-access-key` → `AWS access key`: an id as a reader says it.
CREATE OR REPLACE MACRO spoken_word(word) AS
  CASE
    WHEN word IN ('aws', 'gcp', 'api', 'url', 'jwt', 'ssh', 'sas', 'ai', 'xai', 'ibm', 'hmac', 'ado', 'jdbc', 'odbc', 'amqp', 'scim', 'ssm', 'pat', 'oat', 'ci', 'ca', 'id', 'ldap', 'smb', 'sql', 'php', 'mcp', 'sdk', 'dsn', 'ses', 'smtp', 'mws', 'jsr', 'e2b')
      THEN upper(word)
    ELSE coalesce(map_extract_value(MAP {
      'github': 'GitHub', 'gitlab': 'GitLab', 'openai': 'OpenAI', 'huggingface': 'Hugging Face', 'pypi': 'PyPI', 'npm': 'npm',
      'npmrc': 'npmrc', 'oauth': 'OAuth', 'devops': 'DevOps', 'sendgrid': 'SendGrid', 'mongodb': 'MongoDB', 'mysql': 'MySQL',
      'postgres': 'PostgreSQL', 'sqlserver': 'SQL Server', 'digitalocean': 'DigitalOcean', 'newrelic': 'New Relic',
      'onepassword': '1Password', 'putty': 'PuTTY', 'sonarqube': 'SonarQube', 'circleci': 'CircleCI', 'pagerduty': 'PagerDuty',
      'rubygems': 'RubyGems', 'planetscale': 'PlanetScale', 'elevenlabs': 'ElevenLabs', 'deepseek': 'DeepSeek',
      'openrouter': 'OpenRouter', 'crates': 'crates.io', 'hubspot': 'HubSpot', 'nuget': 'NuGet', 'nvidia': 'NVIDIA',
      'jfrog': 'JFrog', 'paypal': 'PayPal', 'linkedin': 'LinkedIn', 'launchdarkly': 'LaunchDarkly', 'clickhouse': 'ClickHouse',
      'influxdb': 'InfluxDB', 'wordpress': 'WordPress', 'recaptcha': 'reCAPTCHA', 'wireguard': 'WireGuard', 'filezilla': 'FileZilla',
      'jetbrains': 'JetBrains', 'teamcity': 'TeamCity', 'langsmith': 'LangSmith', 'litellm': 'LiteLLM', 'clickup': 'ClickUp'}, word), word)
  END;
CREATE OR REPLACE MACRO spoken(id) AS
  regexp_replace(
    array_to_string(list_transform(string_split(lower(id), '-'), lambda word: spoken_word(word)), ' '),
    '^crates\.io io ', 'crates.io ');
CREATE OR REPLACE MACRO credential_kind(provider, type, detector) AS
  CASE
    -- Guesses by a name, and values that a scanner found by where they stand, have no kind but their type.
    WHEN detector IS NULL OR starts_with(detector, 'generic-') OR detector IN ('ci-plaintext-value', 'kubernetes-plaintext-value') THEN type_words(type)
    WHEN contains(detector, '/') AND provider IN ('generic', 'generic-key') THEN type_words(type)
    WHEN contains(detector, '/') THEN concat(upper(left(spoken(provider), 1)), substr(spoken(provider), 2), ' ', replace(type, '-', ' '))
    WHEN starts_with(detector, 'npm') THEN spoken(detector)
    ELSE concat(upper(left(spoken(detector), 1)), substr(spoken(detector), 2))
  END;
-- The id of a pair whose secret was not found beside it: by itself it opens nothing.
CREATE OR REPLACE MACRO is_id_only(detector, confidence) AS detector = 'aws-access-key' AND confidence <> 'high';
-- Over the sightings of one credential: what it is in words, its masked form, and what makes it less than it seems.
CREATE OR REPLACE MACRO only_ids(detector, confidence) AS coalesce(bool_and(is_id_only(detector, confidence)), false);
CREATE OR REPLACE MACRO seen_as(provider, type, detector, confidence, masked) AS
  concat(
    arg_min(credential_kind(provider, type, detector), (list_position(['high', 'medium', 'low'], confidence), detector)),
    ' ', min(masked),
    CASE
      WHEN only_ids(detector, confidence) THEN ' (the id only; its secret was not seen here)'
      -- The detector is less sure of a key that a passphrase protects.
      WHEN bool_and(detector = 'private-key' AND confidence = 'medium') THEN ' (protected by a passphrase)'
      ELSE '' END);

-- `1 place`, `3 places`: for nouns whose plural ends in s.
CREATE OR REPLACE MACRO counted(n, noun) AS concat(n, ' ', noun, CASE WHEN n = 1 THEN '' ELSE 's' END);

CREATE OR REPLACE MACRO session_name(session_id, moment) AS
  concat('session ', left(session_id, 8), ' of ', strftime(moment, '%Y-%m-%d %H:%M'));
CREATE OR REPLACE MACRO lowered(severity) AS CASE severity WHEN 'critical' THEN 'high' WHEN 'high' THEN 'medium' ELSE 'low' END;

-- Whoever has an account starts a run with their code or text, and it has what the repository has (also scanners/github-actions/triggers.ts).
CREATE OR REPLACE MACRO strangers_start(trigger) AS
  list_has_any(string_split(trigger, ','), ['pull_request_target', 'workflow_run', 'issue_comment', 'issues', 'discussion', 'discussion_comment', 'pull_request_review', 'pull_request_review_comment']);
-- `1. …` lines of a fix; steps that are NULL are left out.
CREATE OR REPLACE MACRO numbered(steps) AS
  array_to_string(
    list_transform(list_filter(steps, lambda step: step IS NOT NULL), lambda step, i: concat(i, '. ', step)), chr(10));
