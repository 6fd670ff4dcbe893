/*---
id: pgaudit-csv
title: PostgreSQL csvlog with pgAudit
surface: audit-log
types: [event]
via: direct
as: csv
header: false
# Every such log begins with what the server itself says.
recognises:
  head: [',LOG,00000,"']
ids: postgres-log
columns:
  log_time: VARCHAR
  user_name: VARCHAR
  database_name: VARCHAR
  process_id: VARCHAR
  connection_from: VARCHAR
  session_id: VARCHAR
  session_line_num: VARCHAR
  command_tag: VARCHAR
  session_start_time: VARCHAR
  virtual_transaction_id: VARCHAR
  transaction_id: VARCHAR
  error_severity: VARCHAR
  sql_state_code: VARCHAR
  message: VARCHAR
  detail: VARCHAR
  hint: VARCHAR
  internal_query: VARCHAR
  internal_query_pos: VARCHAR
  context: VARCHAR
  query: VARCHAR
  query_pos: VARCHAR
  location: VARCHAR
  application_name: VARCHAR
  backend_type: VARCHAR
  leader_pid: VARCHAR
  query_id: VARCHAR
references:
  - https://www.postgresql.org/docs/current/runtime-config-logging.html#RUNTIME-CONFIG-LOGGING-CSVLOG
  - https://github.com/pgaudit/pgaudit/blob/main/README.md
---*/
WITH entries AS (
  SELECT
    file, log_time AS logged, error_severity AS severity, sql_state_code AS state, message, user_name, database_name AS db, process_id AS pid,
    -- ADDRESS:PORT
    regexp_replace(connection_from, ':\d+$', '') AS source, application_name AS app
  FROM records
),
timed AS (
  SELECT
    * EXCLUDE (logged),
    TRY_CAST(concat(split_part(logged, ' ', 1), ' ', split_part(logged, ' ', 2)) AS TIMESTAMP) AS local_at,
    split_part(logged, ' ', 3) AS zone,
    CASE
      WHEN starts_with(message, 'AUDIT: ') THEN 'statement'
      WHEN starts_with(message, 'connection authorized: ') THEN 'connect'
      WHEN severity = 'FATAL' AND (state IN ('28P01', '28000') OR regexp_matches(message, '^(?:\w+ authentication failed for|no pg_hba\.conf entry for|pg_hba\.conf rejects) ')) THEN 'refused'
      WHEN severity = 'ERROR' AND (state = '42501' OR starts_with(message, 'permission denied for ')) THEN 'denied'
      -- A line that breaks off; all others are of no interest here.
      WHEN severity IS NULL THEN 'broken'
    END AS kind
  FROM entries
),
placed AS (
  SELECT
    *,
    -- Abbreviations as PostgreSQL prints them. IST is taken for India's, CST for North America's.
    local_at - to_minutes(CASE
      WHEN zone IN ('UTC', 'GMT', 'Z', 'WET') THEN 0
      WHEN zone IN ('CET', 'BST', 'WEST', 'MET', 'WAT') THEN 60
      WHEN zone IN ('CEST', 'EET', 'SAST', 'CAT', 'MEST') THEN 120
      WHEN zone IN ('EEST', 'MSK', 'EAT', 'IDT') THEN 180
      WHEN zone = 'PKT' THEN 300
      WHEN zone = 'IST' THEN 330
      WHEN zone = 'WIB' THEN 420
      WHEN zone IN ('HKT', 'AWST', 'WITA') THEN 480
      WHEN zone IN ('JST', 'KST', 'WIT') THEN 540
      WHEN zone = 'ACST' THEN 570
      WHEN zone = 'AEST' THEN 600
      WHEN zone = 'ACDT' THEN 630
      WHEN zone = 'AEDT' THEN 660
      WHEN zone = 'NZST' THEN 720
      WHEN zone = 'NZDT' THEN 780
      WHEN zone = 'NDT' THEN -150
      WHEN zone = 'ADT' THEN -180
      WHEN zone = 'NST' THEN -210
      WHEN zone IN ('EDT', 'AST') THEN -240
      WHEN zone IN ('EST', 'CDT') THEN -300
      WHEN zone IN ('CST', 'MDT') THEN -360
      WHEN zone IN ('MST', 'PDT') THEN -420
      WHEN zone IN ('PST', 'AKDT') THEN -480
      WHEN zone = 'AKST' THEN -540
      WHEN zone = 'HST' THEN -600
      WHEN regexp_full_match(zone, '[+-]\d{2}(?::?\d{2}){0,2}') THEN (CASE WHEN starts_with(zone, '-') THEN -1 ELSE 1 END)
        * (substr(zone, 2, 2)::INTEGER * 60 + coalesce(TRY_CAST(nullif(substr(replace(zone, ':', ''), 4, 2), '') AS INTEGER), 0))
    END) AS used_at,
    regexp_extract(message, '^AUDIT: (SESSION|OBJECT),(\d+),(\d+),([A-Z_]*),([^,"]*),([^,"]*),("(?:[^"]|"")*"|[^,"\n]*),',
      ['type', 'statement', 'part', 'class', 'command', 'object_type', 'object']) AS audit,
    CASE WHEN kind = 'denied' THEN regexp_extract(message, '^(?:permission denied for|must be owner of) [a-z ]+ (\S+)$', 1) END AS denied_object,
    -- What people and drivers leave the name at is no job.
    regexp_matches(app, '(?i)^(?:psql|pg_dump|pg_dumpall|pg_restore|pg_basebackup|pgbench|pgAdmin|DBeaver|DataGrip|IntelliJ|TablePlus|Navicat|Postico|Metabase|HeidiSQL|PostgreSQL JDBC Driver|Npgsql|libpq|unknown|\[unknown\])') AS is_client
  FROM timed
  WHERE kind IS NOT NULL
),
told AS (
  SELECT
    *,
    CASE WHEN starts_with(audit.object, '"') THEN replace(audit.object[2:-2], '""', '"') ELSE audit.object END AS audited_object
  FROM placed
)
SELECT
  file,
  -- The same of a statement in each of the server's logs.
  CASE kind
    WHEN 'broken' THEN NULL
    WHEN 'statement' THEN concat_ws(':', epoch_ms(used_at), pid, audit.type, audit.statement, audit.part, audit.class, audit.command, audited_object)
    ELSE concat_ws(':', epoch_ms(used_at), pid, kind, user_name, denied_object) END AS record_id,
  used_at,
  -- A log does not say which server wrote it.
  CASE WHEN coalesce(user_name, '') NOT IN ('', '[unknown]') THEN concat('postgres:-:role/', user_name) END AS identity_id,
  nullif(nullif(db, ''), '[unknown]') AS target,
  CASE
    WHEN kind IN ('connect', 'refused') THEN 'connect'
    ELSE CASE audit.class WHEN 'READ' THEN 'read' WHEN 'WRITE' THEN 'write' WHEN 'DDL' THEN 'ddl' WHEN 'ROLE' THEN 'privilege' ELSE 'unknown' END
  END AS action,
  CASE
    WHEN coalesce(audited_object, '') <> '' THEN [audited_object]
    WHEN coalesce(denied_object, '') <> '' THEN [denied_object]
  END AS objects,
  CASE WHEN is_client THEN NULL ELSE nullif(app, '') END AS job,
  -- Who connects may call himself anything.
  CASE WHEN NOT is_client AND coalesce(app, '') <> '' THEN 'medium' END AS actor_confidence,
  CASE WHEN is_client THEN regexp_extract(app, '^[A-Za-z_\[\]]+(?: JDBC Driver)?') END AS user_agent,
  CASE WHEN regexp_full_match(source, '[0-9a-fA-F.:]+') THEN source END AS source_ip,
  CASE kind WHEN 'statement' THEN audit.command ELSE kind END AS operation,
  CASE WHEN kind IN ('refused', 'denied') THEN 'denied' ELSE 'ok' END AS outcome,
  CASE WHEN kind = 'statement' THEN to_json({'class': audit.class, 'objectType': nullif(audit.object_type, '')}) END AS detail
FROM told
