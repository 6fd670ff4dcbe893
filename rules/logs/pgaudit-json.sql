/*---
id: pgaudit-json
title: PostgreSQL jsonlog with pgAudit
surface: audit-log
types: [event]
via: direct
as: jsonl
recognises:
  head: ['"error_severity"', '"session_id"', '"backend_type"']
like: pgaudit-csv
columns:
  timestamp: VARCHAR
  user: VARCHAR
  dbname: VARCHAR
  pid: VARCHAR
  remote_host: VARCHAR
  error_severity: VARCHAR
  state_code: VARCHAR
  message: VARCHAR
  application_name: VARCHAR
references:
  - https://www.postgresql.org/docs/current/runtime-config-logging.html#RUNTIME-CONFIG-LOGGING-JSONLOG
  - https://github.com/pgaudit/pgaudit/blob/main/README.md
---*/
SELECT
  file, "timestamp" AS log_time, "user" AS user_name, dbname AS database_name, pid AS process_id, remote_host || ':0' AS connection_from, error_severity,
  state_code AS sql_state_code, message, application_name
FROM source
