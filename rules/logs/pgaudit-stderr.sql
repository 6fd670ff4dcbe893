/*---
id: pgaudit-stderr
title: PostgreSQL log with pgAudit
surface: audit-log
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
-- holds cannot pass for a line of its own.
WITH lines AS (
  SELECT
    file,
    regexp_extract(line, '^([^\t].*?)(LOG|FATAL|ERROR):  (.*)$', ['prefix', 'severity', 'message']) AS parts
  FROM source
  WHERE contains(line, 'LOG:  AUDIT: ') OR contains(line, 'LOG:  connection authorized: ') OR contains(line, 'FATAL:  ') OR contains(line, 'ERROR:  ')
),
prefixed AS (
  SELECT
    file, parts.prefix AS prefix, parts.severity AS severity, rtrim(parts.message, chr(13)) AS message,
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
    -- %u@%d, %u@%d/%a: a user may hold an @ himself, the last one counts.
    regexp_extract(rest, '(?:^|[\s:,;|(<])([^\s:,;|(<=]+)@([^\s:,;|/@)>]+)(?:/([^|]*?))?[\s:,;|)>]*$', ['user_name', 'db', 'app']) AS at_sign
  FROM prefixed
)
SELECT
  file, severity AS error_severity, NULL::VARCHAR AS sql_state_code, message,
  CASE WHEN stamp <> '' THEN replace(stamp, ',', '.') WHEN epoch <> '' THEN concat(make_timestamp_ms(replace(epoch, '.', '')::BIGINT), ' UTC') END AS log_time,
  coalesce(nullif(regexp_extract(prefix, '\b(?:user|usr)=([^,\s]*)', 1), ''), nullif(at_sign.user_name, '')) AS user_name,
  coalesce(nullif(regexp_extract(prefix, '\b(?:db|database|dbname)=([^,\s]*)', 1), ''), nullif(at_sign.db, '')) AS database_name,
  coalesce(nullif(regexp_extract(prefix, '\b(?:app|application|application_name)=([^,]*?)(?:,|\s+\w+=|\s*$)', 1), ''), nullif(trim(at_sign.app), '')) AS application_name,
  coalesce(
    nullif(regexp_extract(prefix, '\b(?:client|host|remote|ip)=([0-9a-fA-F.:]+)', 1), ''),
    nullif(regexp_extract(rest, '(?:^|[\s:,;|@])(\d{1,3}(?:\.\d{1,3}){3})(?:\(\d+\))?(?:[\s:,;|]|$)', 1), '')) || ':0' AS connection_from,
  -- %p, else the end of %c.
  coalesce(
    nullif(regexp_extract(prefix, '\[(\d+)(?:-\d+)?\]', 1), ''),
    nullif(regexp_extract(prefix, '\bpid=(\d+)', 1), ''),
    nullif(regexp_extract(prefix, '\b[0-9a-f]{8}\.[0-9a-f]{1,8}\b', 0), '')) AS process_id
FROM named
