-- Schema 5: what is known of real usage is bound by a chain under the store's key, whoever imported it.

ALTER TABLE obs.log_files DROP COLUMN IF EXISTS chain;

CREATE TABLE IF NOT EXISTS obs.evidence_links (
  sequence   BIGINT NOT NULL,
  part_id    UBIGINT NOT NULL,
  run_id     VARCHAR NOT NULL,
  linked_at  TIMESTAMP NOT NULL,
  chain      VARCHAR NOT NULL
);
