-- Schema 3: the joins that almost every view builds on, kept with each run. For runs that are there already they stay empty:
-- commands work them out, plain SQL over such a run does not join.

CREATE TABLE IF NOT EXISTS obs.identity_aliases (
  run_id       VARCHAR NOT NULL,
  alias        VARCHAR NOT NULL,
  identity_id  VARCHAR NOT NULL,
  repository   VARCHAR NOT NULL
);

CREATE TABLE IF NOT EXISTS obs.credential_identities (
  run_id         VARCHAR NOT NULL,
  credential_id  VARCHAR NOT NULL,
  identity_id    VARCHAR NOT NULL,
  basis          VARCHAR
);
