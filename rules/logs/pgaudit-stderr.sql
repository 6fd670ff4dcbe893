/*---
id: pgaudit-stderr
title: PostgreSQL log with pgAudit
surface: audit-log
types: [event]
via: direct
as: text
recognises:
  # A log that begins otherwise is searched for credentials as any text.
  head: [['LOG:  AUDIT: SESSION,', 'LOG:  AUDIT: OBJECT,', 'LOG:  connection authorized: user=']]
like: pgaudit-csv
references:
  - https://www.postgresql.org/docs/current/runtime-config-logging.html#GUC-LOG-LINE-PREFIX
  - https://github.com/pgaudit/pgaudit/blob/main/README.md
  - https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_LogAccess.Concepts.PostgreSQL.overview.parameter-groups.html
---*/
-- The prefix is what the server was told to write before the severity. Lines that go on begin with a tab: what a statement
-- holds cannot pass for a line of its own. Who connects chooses the name of his application, which may stand in the prefix:
-- a line that could be read in more than one way is counted as broken.
WITH lines AS (
  SELECT
    file,
    regexp_extract(line, '^([^\t].*?)(LOG|FATAL|ERROR):  (.*)$', ['prefix', 'severity', 'message']) AS parts,
    -- More than one may be of a statement or of a name.
    len(regexp_extract_all(line, '(?:DEBUG\d?|INFO|NOTICE|WARNING|LOG|ERROR|FATAL|PANIC|DETAIL|HINT|QUERY|CONTEXT|LOCATION|STATEMENT):  ')) AS severities
  FROM source
  WHERE contains(line, 'LOG:  AUDIT: ') OR contains(line, 'LOG:  connection authorized: ') OR contains(line, 'FATAL:  ') OR contains(line, 'ERROR:  ')
),
prefixed AS (
  SELECT
    file, parts.prefix AS prefix, parts.severity AS severity, rtrim(parts.message, chr(13)) AS message, severities,
    regexp_extract(parts.prefix, '^\W*(\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}:\d{2}(?:[.,]\d+)? ?(?:[A-Z]{1,5}\b|[+-]\d{2}(?::?\d{2})?))', 1) AS stamp,
    -- %n: seconds since 1970, with milliseconds.
    regexp_extract(parts.prefix, '^\W*(\d{10}\.\d{3})\b', 1) AS epoch,
    -- What follows the time, and a server's address with its port: ADDRESS(PORT).
    regexp_replace(regexp_replace(parts.prefix, '^\W*[\d-]+[ T][\d:.,]+ ?(?:[A-Z]{1,5}\b|[+-]\d{2}(?::?\d{2})?)?', ''), '\[\d+(?:-\d+)?\]', ' ', 'g') AS rest
  FROM lines
  WHERE parts.prefix <> ''
),
named AS (
  SELECT
    *,
    -- %u@%d, %u@%d/%a. An @ in the user himself is told from others where it is that of a service account of Google Cloud.
    regexp_extract(rest, '(?:^|[\s:,;|(<])([^\s:,;|(<=@/]+(?:@[a-z0-9-]+\.iam)?)@([^\s:,;|/@)>]+)(?:/([^|]*?))?[\s:,;|)>]*$', ['user_name', 'db', 'app']) AS at_sign,
    length(rest) - length(replace(rest, '@', '')) AS at_signs,
    regexp_extract_all(prefix, '\b(?:user|usr)=([^,\s]*)', 1) AS users,
    regexp_extract_all(prefix, '\b(?:db|database|dbname)=([^,\s]*)', 1) AS databases,
    regexp_extract_all(prefix, '\b(?:app|application|application_name)=([^,]*?)(?:,|\s+\w+=|\s*$)', 1) AS apps,
    regexp_extract_all(prefix, '\b(?:client|host|remote|ip)=([0-9a-fA-F.:]+)', 1) AS clients,
    regexp_extract_all(regexp_replace(rest, '[\s:,;|@]', '\0\0', 'g'), '(?:^|[\s:,;|@])(\d{1,3}(?:\.\d{1,3}){3})(?:\(\d+\))?(?:[\s:,;|]|$)', 1) AS addresses
  FROM prefixed
),
judged AS (
  SELECT
    *,
    severities > 1
      OR len(users) > 1 OR len(databases) > 1 OR len(apps) > 1 OR len(clients) > 1
      -- Two ways to say who it was, or two who could be it.
      OR (len(users) = 1 AND at_sign.user_name <> '') OR (len(users) = 0 AND at_signs > CASE WHEN contains(at_sign.user_name, '@') THEN 2 ELSE 1 END) AS is_unsure
  FROM named
)
SELECT
  file, CASE WHEN NOT is_unsure THEN severity END AS error_severity, NULL::VARCHAR AS sql_state_code, CASE WHEN NOT is_unsure THEN message END AS message,
  CASE WHEN stamp <> '' THEN replace(stamp, ',', '.') WHEN epoch <> '' THEN concat(make_timestamp_ms(replace(epoch, '.', '')::BIGINT), ' UTC') END AS log_time,
  coalesce(nullif(users[1], ''), nullif(at_sign.user_name, '')) AS user_name,
  coalesce(nullif(databases[1], ''), nullif(at_sign.db, '')) AS database_name,
  coalesce(nullif(apps[1], ''), nullif(trim(at_sign.app), '')) AS application_name,
  coalesce(nullif(clients[1], ''), CASE WHEN len(addresses) = 1 THEN addresses[1] END) || ':0' AS connection_from,
  -- %p, else the end of %c.
  coalesce(
    nullif(regexp_extract(prefix, '\[(\d+)(?:-\d+)?\]', 1), ''),
    nullif(regexp_extract(prefix, '\bpid=(\d+)', 1), ''),
    nullif(regexp_extract(prefix, '\b[0-9a-f]{8}\.[0-9a-f]{1,8}\b', 0), '')) AS process_id
FROM judged
-- Of a line in doubt that would tell nothing either way, nothing is said.
WHERE NOT is_unsure OR severities > 1 OR regexp_matches(message, '^(?:AUDIT: |connection authorized: |permission denied for |\w+ authentication failed for|no pg_hba\.conf entry for|pg_hba\.conf rejects)')
