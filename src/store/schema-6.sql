-- Schema 6: what each run was given and stood on, and what the run before it came to.

CREATE TABLE IF NOT EXISTS run_methods (
  run_id             VARCHAR PRIMARY KEY,
  command_line       VARCHAR,
  platform           VARCHAR NOT NULL,
  config_sha256      VARCHAR NOT NULL,
  rules_sha256       VARCHAR NOT NULL,
  catalogues_sha256  VARCHAR NOT NULL,
  previous_run       VARCHAR,
  previous_digest    VARCHAR
);

CREATE TABLE IF NOT EXISTS method_texts (
  sha256   VARCHAR PRIMARY KEY,
  content  VARCHAR NOT NULL
);
