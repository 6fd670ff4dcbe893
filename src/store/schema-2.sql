-- Schema 2: what accepts findings, and what a crawler keeps. New stores have both from `schema.sql`, where they are
-- described; stores of schema 1 get them here.

CREATE TABLE IF NOT EXISTS memory (
  target   VARCHAR NOT NULL,
  scanner  VARCHAR NOT NULL,
  name     VARCHAR NOT NULL,
  content  BLOB NOT NULL,
  PRIMARY KEY (target, scanner, name)
);

ALTER TABLE findings ADD COLUMN IF NOT EXISTS accepted_by JSON;

CREATE TABLE IF NOT EXISTS acceptances (
  run_id    VARCHAR NOT NULL,
  source    VARCHAR NOT NULL,
  entry     VARCHAR NOT NULL,
  place     VARCHAR,
  state     VARCHAR NOT NULL CHECK (state IN ('used', 'stale', 'expired')),
  findings  BIGINT NOT NULL,
  detail    JSON
);
