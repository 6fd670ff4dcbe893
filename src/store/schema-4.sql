-- Schema 4: rules of gateways, logs as they were imported, and what more their records tell.

ALTER TABLE obs.usages ADD COLUMN IF NOT EXISTS user_agent VARCHAR;
ALTER TABLE obs.usages ADD COLUMN IF NOT EXISTS operation VARCHAR;
ALTER TABLE obs.usages ADD COLUMN IF NOT EXISTS outcome VARCHAR;
ALTER TABLE obs.usages ADD COLUMN IF NOT EXISTS row_count BIGINT;
ALTER TABLE obs.usages ADD COLUMN IF NOT EXISTS info_types VARCHAR[];
ALTER TABLE obs.usages ADD COLUMN IF NOT EXISTS statement VARCHAR;
ALTER TABLE obs.usages ADD COLUMN IF NOT EXISTS records BIGINT;

CREATE TABLE IF NOT EXISTS obs.policies (
  observation_id  VARCHAR NOT NULL,
  part_id         UBIGINT NOT NULL,
  policy_id       VARCHAR NOT NULL,
  provider        VARCHAR NOT NULL,
  type            VARCHAR NOT NULL,
  name            VARCHAR NOT NULL,
  scope           VARCHAR,
  environment     VARCHAR,
  enabled         BOOLEAN,
  applies_to      VARCHAR[],
  created_at      TIMESTAMP,
  changed_at      TIMESTAMP,
  settings        JSON NOT NULL,
  location        JSON,
  detail          JSON
);

CREATE TABLE IF NOT EXISTS obs.log_files (
  part_id      UBIGINT NOT NULL,
  format       VARCHAR NOT NULL,
  mapping      VARCHAR NOT NULL,
  path         VARCHAR NOT NULL,
  sha256       VARCHAR NOT NULL,
  bytes        BIGINT NOT NULL,
  records      BIGINT NOT NULL,
  first_at     TIMESTAMP,
  last_at      TIMESTAMP,
  imported_at  TIMESTAMP NOT NULL,
  sequence     BIGINT NOT NULL,
  chain        VARCHAR NOT NULL
);

CREATE TABLE IF NOT EXISTS obs.log_records (
  part_id     UBIGINT NOT NULL,
  usage_key   UBIGINT NOT NULL,
  record_key  UHUGEINT NOT NULL,
  digest      UHUGEINT NOT NULL,
  used_at     TIMESTAMP NOT NULL
);

CREATE TABLE IF NOT EXISTS obs.log_changes (
  part_id     UBIGINT NOT NULL,
  change      VARCHAR NOT NULL,
  record_key  UHUGEINT NOT NULL,
  usage_key   UBIGINT NOT NULL,
  used_at     TIMESTAMP NOT NULL
);
