-- The store: what was observed, run by run, and what the checks made of it. One DuckDB file, the shareable evidence.
-- It never holds a secret: only keyed fingerprints (HMAC-SHA-256), public ids and masked forms.
--
-- Schema `obs` keeps observations as the scanners gave them, one table a kind. The views of `views.sql`, in `main`,
-- present the current run, merged: they are what checks and people query.
--
-- Ids are hashes of content: the same fact read twice, or on two machines, is the same row.

CREATE SCHEMA obs;

CREATE TABLE schema_migrations (
  version     INTEGER PRIMARY KEY,
  sha256      VARCHAR NOT NULL,
  applied_at  TIMESTAMP NOT NULL,
  tool        VARCHAR NOT NULL
);
COMMENT ON TABLE schema_migrations IS 'Versions of this schema that were applied to the file, oldest first';
COMMENT ON COLUMN schema_migrations.version IS 'Schema version';
COMMENT ON COLUMN schema_migrations.sha256 IS 'SHA-256 of the migration text';
COMMENT ON COLUMN schema_migrations.applied_at IS 'When it was applied, UTC';
COMMENT ON COLUMN schema_migrations.tool IS 'Version of nhi-audit that applied it';

CREATE TABLE settings (
  name   VARCHAR PRIMARY KEY,
  value  VARCHAR NOT NULL
);
COMMENT ON TABLE settings IS 'Facts about the file: fingerprint_key_id (which key its fingerprints were made with; never the key itself)';
COMMENT ON COLUMN settings.name IS 'Name of the fact';
COMMENT ON COLUMN settings.value IS 'Its value as text';

CREATE TABLE runs (
  run_id              VARCHAR PRIMARY KEY,
  sequence            INTEGER NOT NULL UNIQUE,
  started_at          TIMESTAMP NOT NULL,
  finished_at         TIMESTAMP,
  status              VARCHAR NOT NULL CHECK (status IN ('loading', 'loaded', 'complete', 'interrupted')),
  tool_version        VARCHAR NOT NULL,
  targets             VARCHAR[] NOT NULL,
  parameters          JSON,
  rules_digest        VARCHAR NOT NULL,
  fingerprint_key_id  VARCHAR NOT NULL,
  hosts               VARCHAR[] NOT NULL
);
COMMENT ON TABLE runs IS 'One row a scan. Runs are kept, so that two can be compared';
COMMENT ON COLUMN runs.run_id IS 'Id of the run: time and digest, sortable';
COMMENT ON COLUMN runs.sequence IS 'Position in this store, from 1';
COMMENT ON COLUMN runs.started_at IS 'Start of the scan, UTC; ages are counted from here';
COMMENT ON COLUMN runs.finished_at IS 'When findings were written, UTC';
COMMENT ON COLUMN runs.status IS 'loading: being written; loaded: observations are in; complete: findings are in; interrupted: stopped early';
COMMENT ON COLUMN runs.tool_version IS 'Version of nhi-audit';
COMMENT ON COLUMN runs.targets IS 'Targets as the user named them';
COMMENT ON COLUMN runs.parameters IS 'Options and thresholds of the run';
COMMENT ON COLUMN runs.rules_digest IS 'SHA-256 over every detector, check and framework used';
COMMENT ON COLUMN runs.fingerprint_key_id IS 'Which key made the fingerprints of this run';
COMMENT ON COLUMN runs.hosts IS 'Hosts contacted; empty when offline';

CREATE TABLE parts (
  part_id     UBIGINT PRIMARY KEY,
  scanner     VARCHAR NOT NULL,
  target      VARCHAR NOT NULL,
  unit        VARCHAR NOT NULL,
  loaded_at   TIMESTAMP NOT NULL
);
COMMENT ON TABLE parts IS 'A part is the result of one unit of work (one export file, one crawl). Loading it again adds nothing';
COMMENT ON COLUMN parts.part_id IS 'Hash of scanner, its version, the unit and its content';
COMMENT ON COLUMN parts.scanner IS 'Id of the scanner';
COMMENT ON COLUMN parts.target IS 'Target as the user named it';
COMMENT ON COLUMN parts.unit IS 'What was read: path of the file, or the run for a crawl or an API';
COMMENT ON COLUMN parts.loaded_at IS 'When it was loaded, UTC';

CREATE TABLE run_parts (
  run_id   VARCHAR NOT NULL,
  part_id  UBIGINT NOT NULL,
  PRIMARY KEY (run_id, part_id)
);
COMMENT ON TABLE run_parts IS 'Which parts make up a run: a part that did not change belongs to many runs';
COMMENT ON COLUMN run_parts.run_id IS 'The run';
COMMENT ON COLUMN run_parts.part_id IS 'The part';

CREATE TABLE memory (
  target   VARCHAR NOT NULL,
  scanner  VARCHAR NOT NULL,
  name     VARCHAR NOT NULL,
  content  BLOB NOT NULL,
  PRIMARY KEY (target, scanner, name)
);
COMMENT ON TABLE memory IS 'What a crawler keeps from one run for the next, so that it reads only what is new. Deleting it costs time, nothing else';
COMMENT ON COLUMN memory.target IS 'Target as the user named it';
COMMENT ON COLUMN memory.scanner IS 'Id of the scanner that keeps it';
COMMENT ON COLUMN memory.name IS 'Name that the scanner gave it';
COMMENT ON COLUMN memory.content IS 'Bytes in the form of the scanner: ids of blobs read, places of matches; never what was matched';

CREATE TABLE obs.identities (
  observation_id  VARCHAR NOT NULL,
  part_id         UBIGINT NOT NULL,
  identity_id     VARCHAR NOT NULL,
  provider        VARCHAR NOT NULL,
  type            VARCHAR NOT NULL,
  name            VARCHAR NOT NULL,
  scope           VARCHAR,
  environment     VARCHAR,
  created_at      TIMESTAMP,
  last_used_at    TIMESTAMP,
  enabled         BOOLEAN,
  owner           VARCHAR,
  owner_basis     VARCHAR,
  human           BOOLEAN,
  managed         BOOLEAN,
  tags            JSON,
  location        JSON,
  detail          JSON
);
COMMENT ON TABLE obs.identities IS 'A non-human identity exists, as one source tells it; the view identities merges the sources';
COMMENT ON COLUMN obs.identities.observation_id IS 'Hash of the row: names it as evidence';
COMMENT ON COLUMN obs.identities.part_id IS 'Unit of work that yielded it';
COMMENT ON COLUMN obs.identities.identity_id IS 'Canonical id: provider:scope:local';
COMMENT ON COLUMN obs.identities.provider IS 'aws, gcp, k8s, github, hoop, postgres …';
COMMENT ON COLUMN obs.identities.type IS 'user, role, serviceAccount, ci-secret, job-token, api-key …';
COMMENT ON COLUMN obs.identities.name IS 'Name for people';
COMMENT ON COLUMN obs.identities.scope IS 'Account, project, cluster, repository';
COMMENT ON COLUMN obs.identities.environment IS 'prod, staging, dev, test …';
COMMENT ON COLUMN obs.identities.created_at IS 'UTC';
COMMENT ON COLUMN obs.identities.last_used_at IS 'UTC, as this source tells';
COMMENT ON COLUMN obs.identities.enabled IS 'False: disabled at the source';
COMMENT ON COLUMN obs.identities.owner IS 'Owner as declared: e-mail or handle';
COMMENT ON COLUMN obs.identities.owner_basis IS 'Where declared: tag:owner, creator, codeowners';
COMMENT ON COLUMN obs.identities.human IS 'True: a person, as far as the source tells';
COMMENT ON COLUMN obs.identities.managed IS 'True: made and run by the provider';
COMMENT ON COLUMN obs.identities.tags IS 'Tags or labels, as an object';
COMMENT ON COLUMN obs.identities.location IS 'Where it was read (path, line, commit …)';
COMMENT ON COLUMN obs.identities.detail IS 'What fits no column';

CREATE TABLE obs.credentials (
  observation_id  VARCHAR NOT NULL,
  part_id         UBIGINT NOT NULL,
  credential_id   VARCHAR NOT NULL,
  identity_id     VARCHAR,
  provider        VARCHAR NOT NULL,
  type            VARCHAR NOT NULL,
  public_id       VARCHAR,
  fingerprint     VARCHAR,
  created_at      TIMESTAMP,
  last_used_at    TIMESTAMP,
  last_used_for   VARCHAR,
  rotated_at      TIMESTAMP,
  expires_at      TIMESTAMP,
  never_expires   BOOLEAN,
  status          VARCHAR,
  location        JSON,
  detail          JSON
);
COMMENT ON TABLE obs.credentials IS 'An identity has a credential, as one source tells it';
COMMENT ON COLUMN obs.credentials.observation_id IS 'Hash of the row: names it as evidence';
COMMENT ON COLUMN obs.credentials.part_id IS 'Unit of work that yielded it';
COMMENT ON COLUMN obs.credentials.credential_id IS 'provider:kind/PUBLIC-ID, or secret:FINGERPRINT';
COMMENT ON COLUMN obs.credentials.identity_id IS 'Whose it is';
COMMENT ON COLUMN obs.credentials.provider IS 'As in the id';
COMMENT ON COLUMN obs.credentials.type IS 'access-key, service-account-key, password, token …';
COMMENT ON COLUMN obs.credentials.public_id IS 'Public id at the provider: AKIA…, private_key_id';
COMMENT ON COLUMN obs.credentials.fingerprint IS 'Keyed fingerprint of the secret, where it was held';
COMMENT ON COLUMN obs.credentials.created_at IS 'UTC';
COMMENT ON COLUMN obs.credentials.last_used_at IS 'UTC, as the provider tells';
COMMENT ON COLUMN obs.credentials.last_used_for IS 'Service, region or address of the last use';
COMMENT ON COLUMN obs.credentials.rotated_at IS 'Last rotation, where told apart from created_at';
COMMENT ON COLUMN obs.credentials.expires_at IS 'UTC';
COMMENT ON COLUMN obs.credentials.never_expires IS 'The source says it never expires';
COMMENT ON COLUMN obs.credentials.status IS 'active, inactive, expired, revoked';
COMMENT ON COLUMN obs.credentials.location IS 'Where it was read';
COMMENT ON COLUMN obs.credentials.detail IS 'What fits no column';

CREATE TABLE obs.sightings (
  observation_id  VARCHAR NOT NULL,
  part_id         UBIGINT NOT NULL,
  credential_id   VARCHAR NOT NULL,
  detector        VARCHAR NOT NULL,
  provider        VARCHAR NOT NULL,
  type            VARCHAR NOT NULL,
  fingerprint     VARCHAR NOT NULL,
  public_id       VARCHAR,
  masked          VARCHAR NOT NULL,
  confidence      VARCHAR NOT NULL,
  environment     VARCHAR,
  identity_id     VARCHAR,
  place           VARCHAR NOT NULL,
  location        JSON,
  detail          JSON
);
COMMENT ON TABLE obs.sightings IS 'A credential was seen at a place';
COMMENT ON COLUMN obs.sightings.observation_id IS 'Hash of the row: names it as evidence';
COMMENT ON COLUMN obs.sightings.part_id IS 'Unit of work that yielded it';
COMMENT ON COLUMN obs.sightings.credential_id IS 'Joins to credentials; secret:FINGERPRINT when there is no public id';
COMMENT ON COLUMN obs.sightings.detector IS 'Detector that matched';
COMMENT ON COLUMN obs.sightings.provider IS 'Whose kind of credential';
COMMENT ON COLUMN obs.sightings.type IS 'access-key, token, password, private-key …';
COMMENT ON COLUMN obs.sightings.fingerprint IS 'Keyed fingerprint of the secret (of the public id when the secret half was not near by)';
COMMENT ON COLUMN obs.sightings.public_id IS 'AKIA…, private_key_id …';
COMMENT ON COLUMN obs.sightings.masked IS 'Short form for people; never more than a quarter of the secret';
COMMENT ON COLUMN obs.sightings.confidence IS 'high, medium, low';
COMMENT ON COLUMN obs.sightings.environment IS 'Told by path, branch or CI environment';
COMMENT ON COLUMN obs.sightings.identity_id IS 'The identity that the secret itself names';
COMMENT ON COLUMN obs.sightings.place IS 'work-tree, history, notebook, ci, iac, image, agent-config, session-log, file';
COMMENT ON COLUMN obs.sightings.location IS 'repository, path, line, commit, author, cell … as an object';
COMMENT ON COLUMN obs.sightings.detail IS 'What fits no column';

CREATE TABLE obs.grants (
  observation_id  VARCHAR NOT NULL,
  part_id         UBIGINT NOT NULL,
  identity_id     VARCHAR NOT NULL,
  effect          VARCHAR NOT NULL,
  permission      VARCHAR NOT NULL,
  resource        VARCHAR NOT NULL,
  condition       JSON,
  via             VARCHAR,
  via_kind        VARCHAR,
  capability      VARCHAR,
  confidence      VARCHAR,
  location        JSON,
  detail          JSON
);
COMMENT ON TABLE obs.grants IS 'An identity may (or may not) do something. Rows with a capability are derived: what all grants together amount to';
COMMENT ON COLUMN obs.grants.observation_id IS 'Hash of the row: names it as evidence';
COMMENT ON COLUMN obs.grants.part_id IS 'Unit of work that yielded it';
COMMENT ON COLUMN obs.grants.identity_id IS 'Who';
COMMENT ON COLUMN obs.grants.effect IS 'allow or deny';
COMMENT ON COLUMN obs.grants.permission IS 'Action pattern, role, verb or privilege';
COMMENT ON COLUMN obs.grants.resource IS 'Resource pattern; * for everything';
COMMENT ON COLUMN obs.grants.condition IS 'Condition as written';
COMMENT ON COLUMN obs.grants.via IS 'Policy, binding or role that grants it';
COMMENT ON COLUMN obs.grants.via_kind IS 'attached, inline, group:NAME, binding, inherited';
COMMENT ON COLUMN obs.grants.capability IS 'admin, escalates, reads-secrets, reads-data, reaches-data, writes-data, manages-identities, impersonates; NULL on plain rows';
COMMENT ON COLUMN obs.grants.confidence IS 'Of a derived row';
COMMENT ON COLUMN obs.grants.location IS 'Where it was read';
COMMENT ON COLUMN obs.grants.detail IS 'What fits no column: the path in words of a derived row';

CREATE TABLE obs.trusts (
  observation_id  VARCHAR NOT NULL,
  part_id         UBIGINT NOT NULL,
  identity_id     VARCHAR NOT NULL,
  effect          VARCHAR NOT NULL,
  principal       VARCHAR NOT NULL,
  principal_type  VARCHAR NOT NULL,
  issuer          VARCHAR,
  subject         VARCHAR,
  audience        VARCHAR,
  condition       JSON,
  location        JSON,
  detail          JSON
);
COMMENT ON TABLE obs.trusts IS 'Who may become an identity';
COMMENT ON COLUMN obs.trusts.observation_id IS 'Hash of the row: names it as evidence';
COMMENT ON COLUMN obs.trusts.part_id IS 'Unit of work that yielded it';
COMMENT ON COLUMN obs.trusts.identity_id IS 'Who can be become';
COMMENT ON COLUMN obs.trusts.effect IS 'allow or deny';
COMMENT ON COLUMN obs.trusts.principal IS 'Who may: canonical id, ARN, account, service, *';
COMMENT ON COLUMN obs.trusts.principal_type IS 'any, account, identity, service, oidc, saml, person, group, unknown';
COMMENT ON COLUMN obs.trusts.issuer IS 'Token issuer of a federation';
COMMENT ON COLUMN obs.trusts.subject IS 'Pattern of the subject claim; NULL when it is not tested';
COMMENT ON COLUMN obs.trusts.audience IS 'Pattern of the audience claim; NULL when it is not tested';
COMMENT ON COLUMN obs.trusts.condition IS 'Condition as written';
COMMENT ON COLUMN obs.trusts.location IS 'Where it was read';
COMMENT ON COLUMN obs.trusts.detail IS 'What fits no column';

CREATE TABLE obs.consumers (
  observation_id  VARCHAR NOT NULL,
  part_id         UBIGINT NOT NULL,
  consumer_id     VARCHAR NOT NULL,
  type            VARCHAR NOT NULL,
  identity_id     VARCHAR,
  credential_id   VARCHAR,
  secret_name     VARCHAR,
  how             VARCHAR NOT NULL,
  environment     VARCHAR,
  trigger         VARCHAR,
  location        JSON,
  detail          JSON
);
COMMENT ON TABLE obs.consumers IS 'Something is set up to use an identity, a credential or a secret by name';
COMMENT ON COLUMN obs.consumers.observation_id IS 'Hash of the row: names it as evidence';
COMMENT ON COLUMN obs.consumers.part_id IS 'Unit of work that yielded it';
COMMENT ON COLUMN obs.consumers.consumer_id IS 'What uses it: REPO:PATH#JOB, hoop:ORG:connection/NAME';
COMMENT ON COLUMN obs.consumers.type IS 'workflow-job, pod, notebook, function, pipeline, gateway-connection, agent, image, code';
COMMENT ON COLUMN obs.consumers.identity_id IS 'Identity used';
COMMENT ON COLUMN obs.consumers.credential_id IS 'Credential used';
COMMENT ON COLUMN obs.consumers.secret_name IS 'Name of a secret whose value is not visible; * for all of them';
COMMENT ON COLUMN obs.consumers.how IS 'static-key, oidc, secret, token, impersonation';
COMMENT ON COLUMN obs.consumers.environment IS 'Environment of the consumer';
COMMENT ON COLUMN obs.consumers.trigger IS 'What starts it';
COMMENT ON COLUMN obs.consumers.location IS 'Where it was read';
COMMENT ON COLUMN obs.consumers.detail IS 'What fits no column';

CREATE TABLE obs.usages (
  observation_id     VARCHAR NOT NULL,
  part_id            UBIGINT NOT NULL,
  identity_id        VARCHAR,
  credential_id      VARCHAR,
  used_at            TIMESTAMP NOT NULL,
  ended_at           TIMESTAMP,
  via                VARCHAR NOT NULL,
  session_id         VARCHAR,
  target             VARCHAR,
  action             VARCHAR,
  objects            VARCHAR[],
  actor              VARCHAR,
  actor_type         VARCHAR,
  actor_confidence   VARCHAR,
  actor_identity_id  VARCHAR,
  job                VARCHAR,
  approval           VARCHAR,
  masked             BOOLEAN,
  recorded           VARCHAR,
  environment        VARCHAR,
  bookkeeping        BOOLEAN,
  source_ip          VARCHAR,
  location           JSON,
  detail             JSON,
  user_agent         VARCHAR,
  operation          VARCHAR,
  outcome            VARCHAR,
  row_count          BIGINT,
  info_types         VARCHAR[],
  statement          VARCHAR,
  records            BIGINT
);
COMMENT ON TABLE obs.usages IS 'An identity or credential did something';
COMMENT ON COLUMN obs.usages.observation_id IS 'Hash of the row: names it as evidence';
COMMENT ON COLUMN obs.usages.part_id IS 'Unit of work that yielded it';
COMMENT ON COLUMN obs.usages.identity_id IS 'Account whose rights were used';
COMMENT ON COLUMN obs.usages.credential_id IS 'Credential used';
COMMENT ON COLUMN obs.usages.used_at IS 'Start, UTC';
COMMENT ON COLUMN obs.usages.ended_at IS 'End, UTC; NULL when open or not told';
COMMENT ON COLUMN obs.usages.via IS 'gateway, cloud (the provider says), direct (the target says)';
COMMENT ON COLUMN obs.usages.session_id IS 'Session or event id at the source';
COMMENT ON COLUMN obs.usages.target IS 'Connection or resource';
COMMENT ON COLUMN obs.usages.action IS 'read, write, ddl, privilege, admin, connect, unknown';
COMMENT ON COLUMN obs.usages.objects IS 'Tables, buckets …';
COMMENT ON COLUMN obs.usages.actor IS 'Who was behind it, as the source names it';
COMMENT ON COLUMN obs.usages.actor_type IS 'human, service-account, api-key, agent, machine-identity, static-admin-key, unknown';
COMMENT ON COLUMN obs.usages.actor_confidence IS 'high, medium, low';
COMMENT ON COLUMN obs.usages.actor_identity_id IS 'Canonical id of the non-human actor at the gateway';
COMMENT ON COLUMN obs.usages.job IS 'CI run, job or agent run (correlation id)';
COMMENT ON COLUMN obs.usages.approval IS 'approved, none, rejected, pending, not-required, unknown';
COMMENT ON COLUMN obs.usages.masked IS 'Was anything masked';
COMMENT ON COLUMN obs.usages.recorded IS 'full, input-only, truncated, none, unknown';
COMMENT ON COLUMN obs.usages.environment IS 'Environment of the target';
COMMENT ON COLUMN obs.usages.bookkeeping IS 'Issuance row, not an access';
COMMENT ON COLUMN obs.usages.source_ip IS 'Address it came from';
COMMENT ON COLUMN obs.usages.location IS 'Where it was read';
COMMENT ON COLUMN obs.usages.detail IS 'What fits no column; never statement text';
COMMENT ON COLUMN obs.usages.user_agent IS 'As the client names itself';
COMMENT ON COLUMN obs.usages.operation IS 'What was asked for, in the words of the source; never a statement';
COMMENT ON COLUMN obs.usages.outcome IS 'ok, denied, failed';
COMMENT ON COLUMN obs.usages.row_count IS 'Rows given or changed, where the source counts them';
COMMENT ON COLUMN obs.usages.info_types IS 'Kinds of personal data seen in it, masked or not';
COMMENT ON COLUMN obs.usages.statement IS 'Statement with every literal replaced by ?; not printed unless asked for';
COMMENT ON COLUMN obs.usages.records IS 'Records of the source that this row sums up; NULL: it is one';

CREATE TABLE obs.people (
  observation_id  VARCHAR NOT NULL,
  part_id         UBIGINT NOT NULL,
  email           VARCHAR NOT NULL,
  name            VARCHAR,
  handle          VARCHAR,
  team            VARCHAR,
  left_at         TIMESTAMP,
  relation        VARCHAR,
  owns            VARCHAR[],
  location        JSON,
  detail          JSON
);
COMMENT ON TABLE obs.people IS 'A person who owns or owned identities';
COMMENT ON COLUMN obs.people.observation_id IS 'Hash of the row: names it as evidence';
COMMENT ON COLUMN obs.people.part_id IS 'Unit of work that yielded it';
COMMENT ON COLUMN obs.people.email IS 'Lower case';
COMMENT ON COLUMN obs.people.name IS 'Name for people';
COMMENT ON COLUMN obs.people.handle IS 'Login at a code host';
COMMENT ON COLUMN obs.people.team IS 'Team or department';
COMMENT ON COLUMN obs.people.left_at IS 'Last day, UTC; NULL while here';
COMMENT ON COLUMN obs.people.relation IS 'employee, contractor …';
COMMENT ON COLUMN obs.people.owns IS 'CODEOWNERS patterns that name this person';
COMMENT ON COLUMN obs.people.location IS 'Where it was read';
COMMENT ON COLUMN obs.people.detail IS 'What fits no column';

CREATE TABLE obs.policies (
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
COMMENT ON TABLE obs.policies IS 'A rule or setting of a system that decides what identities may do there, or what is kept of it';
COMMENT ON COLUMN obs.policies.observation_id IS 'Hash of the row: names it as evidence';
COMMENT ON COLUMN obs.policies.part_id IS 'Unit of work that yielded it';
COMMENT ON COLUMN obs.policies.policy_id IS 'The same in each run';
COMMENT ON COLUMN obs.policies.provider IS 'System it is of';
COMMENT ON COLUMN obs.policies.type IS 'access-rule, masking-rule, guardrail, attribute, access-control, connection, agent, workload-mapping, approval, forwarding, server';
COMMENT ON COLUMN obs.policies.name IS 'Name for people';
COMMENT ON COLUMN obs.policies.scope IS 'Organisation, as in ids';
COMMENT ON COLUMN obs.policies.environment IS 'Environment of what it is about';
COMMENT ON COLUMN obs.policies.enabled IS 'Is it in force';
COMMENT ON COLUMN obs.policies.applies_to IS 'Connections or resources it is about; NULL: all, or not told';
COMMENT ON COLUMN obs.policies.created_at IS 'When it was made, UTC';
COMMENT ON COLUMN obs.policies.changed_at IS 'When it was last changed, UTC';
COMMENT ON COLUMN obs.policies.settings IS 'What it says; compared between runs';
COMMENT ON COLUMN obs.policies.location IS 'Where it was read';
COMMENT ON COLUMN obs.policies.detail IS 'What fits no column';

CREATE TABLE obs.log_files (
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
  sequence     BIGINT NOT NULL
);

CREATE TABLE obs.log_records (
  part_id     UBIGINT NOT NULL,
  usage_key   UBIGINT NOT NULL,
  record_key  UHUGEINT NOT NULL,
  digest      UHUGEINT NOT NULL,
  used_at     TIMESTAMP NOT NULL
);

CREATE TABLE obs.log_changes (
  part_id     UBIGINT NOT NULL,
  change      VARCHAR NOT NULL,
  record_key  UHUGEINT NOT NULL,
  usage_key   UBIGINT NOT NULL,
  used_at     TIMESTAMP NOT NULL
);
COMMENT ON TABLE obs.log_files IS 'A log file that was imported, in the order of imports';
COMMENT ON COLUMN obs.log_files.part_id IS 'Unit of work that yielded it';
COMMENT ON COLUMN obs.log_files.format IS 'Id of the log format';
COMMENT ON COLUMN obs.log_files.mapping IS 'Digest of the format: what two versions of it read cannot be compared';
COMMENT ON COLUMN obs.log_files.path IS 'Path as given';
COMMENT ON COLUMN obs.log_files.sha256 IS 'SHA-256 of the file as it lay there';
COMMENT ON COLUMN obs.log_files.bytes IS 'Its size';
COMMENT ON COLUMN obs.log_files.records IS 'Records in it, those known already included';
COMMENT ON COLUMN obs.log_files.first_at IS 'Time of the oldest record, UTC';
COMMENT ON COLUMN obs.log_files.last_at IS 'Time of the newest record, UTC';
COMMENT ON COLUMN obs.log_files.imported_at IS 'When it was imported, UTC';
COMMENT ON COLUMN obs.log_files.sequence IS 'Position among imports, from 1';
COMMENT ON TABLE obs.log_records IS 'Every record of an imported log: which row of usages sums it up, and hashes to find it again and to see a change';
COMMENT ON COLUMN obs.log_records.part_id IS 'Unit of work that yielded it';
COMMENT ON COLUMN obs.log_records.usage_key IS 'The row of obs.usages: its observation_id is usage_id(usage_key)';
COMMENT ON COLUMN obs.log_records.record_key IS 'Hash of the format and the id of the record at its source';
COMMENT ON COLUMN obs.log_records.digest IS 'First 128 bits of SHA-256 over every field that was read';
COMMENT ON COLUMN obs.log_records.used_at IS 'Time of the record, UTC';
COMMENT ON TABLE obs.log_changes IS 'Records of a log that a later import did not find as they were';
COMMENT ON COLUMN obs.log_changes.part_id IS 'Import that found it; of a file that is gone, the one that read it';
COMMENT ON COLUMN obs.log_changes.change IS 'vanished, changed, late; conflict: told in two ways by files of one run';
COMMENT ON COLUMN obs.log_changes.record_key IS 'The record';
COMMENT ON COLUMN obs.log_changes.usage_key IS 'The row of obs.usages that it was counted in';
COMMENT ON COLUMN obs.log_changes.used_at IS 'Time of the record, UTC';

CREATE TABLE obs.coverage (
  observation_id  VARCHAR NOT NULL,
  part_id         UBIGINT NOT NULL,
  surface         VARCHAR NOT NULL,
  subject         VARCHAR NOT NULL,
  outcome         VARCHAR NOT NULL CHECK (outcome IN ('complete', 'partial', 'denied', 'unsupported')),
  why             VARCHAR,
  covers          VARCHAR[] NOT NULL,
  seen            BIGINT,
  read            BIGINT,
  skipped         BIGINT,
  failed          BIGINT,
  bytes           BIGINT,
  location        JSON,
  detail          JSON
);
COMMENT ON TABLE obs.coverage IS 'What was looked at and with what outcome. Clean and not looked at are never the same';
COMMENT ON COLUMN obs.coverage.observation_id IS 'Hash of the row: names it as evidence';
COMMENT ON COLUMN obs.coverage.part_id IS 'Unit of work that yielded it';
COMMENT ON COLUMN obs.coverage.surface IS 'aws, gateway, work-tree, history …';
COMMENT ON COLUMN obs.coverage.subject IS 'Which part of it: a file, a report, an API call';
COMMENT ON COLUMN obs.coverage.outcome IS 'complete, partial, denied, unsupported';
COMMENT ON COLUMN obs.coverage.why IS 'Why it is not complete';
COMMENT ON COLUMN obs.coverage.covers IS 'Kinds of observation it could have produced';
COMMENT ON COLUMN obs.coverage.seen IS 'Things met: read + skipped + failed';
COMMENT ON COLUMN obs.coverage.read IS 'Things read';
COMMENT ON COLUMN obs.coverage.skipped IS 'Things left out on purpose';
COMMENT ON COLUMN obs.coverage.failed IS 'Things that could not be read';
COMMENT ON COLUMN obs.coverage.bytes IS 'Bytes read';
COMMENT ON COLUMN obs.coverage.location IS 'Where';
COMMENT ON COLUMN obs.coverage.detail IS 'What fits no column';

CREATE TABLE check_results (
  run_id      VARCHAR NOT NULL,
  rule        VARCHAR NOT NULL,
  outcome     VARCHAR NOT NULL CHECK (outcome IN ('pass', 'fail', 'partial', 'not-assessed', 'not-applicable')),
  reason      VARCHAR,
  population  BIGINT NOT NULL,
  findings    BIGINT NOT NULL,
  excepted    BIGINT NOT NULL,
  PRIMARY KEY (run_id, rule)
);
COMMENT ON TABLE check_results IS 'How each check ended in each run';
COMMENT ON COLUMN check_results.run_id IS 'The run';
COMMENT ON COLUMN check_results.rule IS 'Id of the check';
COMMENT ON COLUMN check_results.outcome IS 'pass, fail, partial, not-assessed, not-applicable';
COMMENT ON COLUMN check_results.reason IS 'Why it is partial or not assessed';
COMMENT ON COLUMN check_results.population IS 'How many things were looked at';
COMMENT ON COLUMN check_results.findings IS 'Findings, without excepted ones';
COMMENT ON COLUMN check_results.excepted IS 'Findings that an exception covers';

CREATE TABLE findings (
  run_id         VARCHAR NOT NULL,
  fingerprint    VARCHAR NOT NULL,
  rule           VARCHAR NOT NULL,
  title          VARCHAR NOT NULL,
  message        VARCHAR NOT NULL,
  severity       VARCHAR NOT NULL CHECK (severity IN ('info', 'low', 'medium', 'high', 'critical')),
  confidence     VARCHAR NOT NULL CHECK (confidence IN ('high', 'medium', 'low')),
  persona        VARCHAR NOT NULL,
  status         VARCHAR NOT NULL CHECK (status IN ('new', 'open', 'fixed', 'not-observed', 'excepted')),
  identity_id    VARCHAR,
  credential_id  VARCHAR,
  subject        VARCHAR NOT NULL,
  controls       VARCHAR[] NOT NULL,
  evidence       JSON NOT NULL,
  first_seen     TIMESTAMP NOT NULL,
  last_seen      TIMESTAMP NOT NULL,
  fix            VARCHAR NOT NULL,
  detail         JSON,
  accepted_by    JSON,
  PRIMARY KEY (run_id, fingerprint)
);
COMMENT ON TABLE findings IS 'What is wrong, run by run';
COMMENT ON COLUMN findings.run_id IS 'The run';
COMMENT ON COLUMN findings.fingerprint IS 'Hash of the rule and its identity fields: the same over re-runs and line moves';
COMMENT ON COLUMN findings.rule IS 'Id of the check';
COMMENT ON COLUMN findings.title IS 'Title of the check';
COMMENT ON COLUMN findings.message IS 'What is wrong, names filled in';
COMMENT ON COLUMN findings.severity IS 'info, low, medium, high, critical';
COMMENT ON COLUMN findings.confidence IS 'high, medium, low';
COMMENT ON COLUMN findings.persona IS 'Who it is for: dev, security, auditor';
COMMENT ON COLUMN findings.status IS 'new; open: the run before had it, or carried it as not-observed; fixed: gone, and the last run that had it looked at the same targets in the same way with the same rules; not-observed: gone, but another look may only not have met it; excepted: accepted';
COMMENT ON COLUMN findings.identity_id IS 'Identity it is about';
COMMENT ON COLUMN findings.credential_id IS 'Credential it is about';
COMMENT ON COLUMN findings.subject IS 'What it is about, for headings';
COMMENT ON COLUMN findings.controls IS 'framework:control';
COMMENT ON COLUMN findings.evidence IS 'List of {observation, kind, summary, at, surface}';
COMMENT ON COLUMN findings.first_seen IS 'Start of the first run in this store that had it';
COMMENT ON COLUMN findings.last_seen IS 'Start of the last run that had it';
COMMENT ON COLUMN findings.fix IS 'What to do';
COMMENT ON COLUMN findings.detail IS 'Numbers and names for machine formats';
COMMENT ON COLUMN findings.accepted_by IS 'What accepts it, when the status is excepted: {source, entry, place, reason, owner, expires …}';

CREATE TABLE acceptances (
  run_id    VARCHAR NOT NULL,
  source    VARCHAR NOT NULL,
  entry     VARCHAR NOT NULL,
  place     VARCHAR,
  state     VARCHAR NOT NULL CHECK (state IN ('used', 'stale', 'expired')),
  findings  BIGINT NOT NULL,
  detail    JSON
);
COMMENT ON TABLE acceptances IS 'What says not to report something, run by run, and whether it still covers anything';
COMMENT ON COLUMN acceptances.run_id IS 'The run';
COMMENT ON COLUMN acceptances.source IS 'comment, gitleaksignore, secrets-baseline, gitleaks-report, exception';
COMMENT ON COLUMN acceptances.entry IS 'As written, or what an exception selects';
COMMENT ON COLUMN acceptances.place IS 'Where it stands: file and line';
COMMENT ON COLUMN acceptances.state IS 'used; stale: covers nothing any more; expired: its day is past';
COMMENT ON COLUMN acceptances.findings IS 'Findings it accepts, or would accept had it not expired';
COMMENT ON COLUMN acceptances.detail IS 'Reason, owner, approver, ticket, expiry';

CREATE TABLE control_results (
  run_id      VARCHAR NOT NULL,
  framework   VARCHAR NOT NULL,
  control     VARCHAR NOT NULL,
  outcome     VARCHAR NOT NULL,
  reason      VARCHAR NOT NULL,
  findings    BIGINT NOT NULL,
  population  BIGINT NOT NULL,
  PRIMARY KEY (run_id, framework, control)
);
COMMENT ON TABLE control_results IS 'What the evidence of a run says about each control';
COMMENT ON COLUMN control_results.run_id IS 'The run';
COMMENT ON COLUMN control_results.framework IS 'Id of the framework';
COMMENT ON COLUMN control_results.control IS 'Id of the control';
COMMENT ON COLUMN control_results.outcome IS 'pass, fail, partial, not-assessed, not-applicable, excepted';
COMMENT ON COLUMN control_results.reason IS 'Why, in one sentence';
COMMENT ON COLUMN control_results.findings IS 'Findings under it';
COMMENT ON COLUMN control_results.population IS 'Things looked at by its checks';

CREATE TABLE obs.identity_aliases (
  run_id       VARCHAR NOT NULL,
  alias        VARCHAR NOT NULL,
  identity_id  VARCHAR NOT NULL,
  repository   VARCHAR NOT NULL
);
COMMENT ON TABLE obs.identity_aliases IS 'What the views of a run join ids by, worked out once when it is loaded (view identity_aliases_of_run)';
COMMENT ON COLUMN obs.identity_aliases.run_id IS 'The run';
COMMENT ON COLUMN obs.identity_aliases.alias IS 'Id without an account, or with a wrong one';
COMMENT ON COLUMN obs.identity_aliases.identity_id IS 'The identity that it is';
COMMENT ON COLUMN obs.identity_aliases.repository IS 'Where alone it is; empty: everywhere';

CREATE TABLE obs.credential_identities (
  run_id         VARCHAR NOT NULL,
  credential_id  VARCHAR NOT NULL,
  identity_id    VARCHAR NOT NULL,
  basis          VARCHAR
);
COMMENT ON TABLE obs.credential_identities IS 'Whose each credential of a run is, worked out once when it is loaded (view credential_identities_of_run)';
COMMENT ON COLUMN obs.credential_identities.run_id IS 'The run';
COMMENT ON COLUMN obs.credential_identities.credential_id IS 'The credential';
COMMENT ON COLUMN obs.credential_identities.identity_id IS 'Whose it is';
COMMENT ON COLUMN obs.credential_identities.basis IS 'How that is known';

CREATE TABLE obs.evidence_links (
  sequence   BIGINT NOT NULL,
  part_id    UBIGINT NOT NULL,
  run_id     VARCHAR NOT NULL,
  linked_at  TIMESTAMP NOT NULL,
  chain      VARCHAR NOT NULL
);
COMMENT ON TABLE obs.evidence_links IS 'Binds rows of usages: each part that has some is a link of a chain';
COMMENT ON COLUMN obs.evidence_links.sequence IS 'Position in the chain, from 1';
COMMENT ON COLUMN obs.evidence_links.part_id IS 'Unit of work whose rows it binds';
COMMENT ON COLUMN obs.evidence_links.run_id IS 'Run that loaded them';
COMMENT ON COLUMN obs.evidence_links.linked_at IS 'When that run began, UTC';
COMMENT ON COLUMN obs.evidence_links.chain IS 'HMAC-SHA-256 under the fingerprint key over the link before it, the other columns and the rows';

CREATE TABLE run_methods (
  run_id             VARCHAR PRIMARY KEY,
  command_line       VARCHAR,
  platform           VARCHAR NOT NULL,
  config_sha256      VARCHAR NOT NULL,
  rules_sha256       VARCHAR NOT NULL,
  catalogues_sha256  VARCHAR NOT NULL,
  previous_run       VARCHAR,
  previous_digest    VARCHAR
);
COMMENT ON TABLE run_methods IS 'What a run was given and stood on: enough to run it again';
COMMENT ON COLUMN run_methods.run_id IS 'The run';
COMMENT ON COLUMN run_methods.command_line IS 'As it was typed, secrets masked';
COMMENT ON COLUMN run_methods.platform IS 'Operating system, processor and version of Node.js';
COMMENT ON COLUMN run_methods.config_sha256 IS 'The configuration that held, defaults included: a text of method_texts';
COMMENT ON COLUMN run_methods.rules_sha256 IS 'Files of checks and detectors with their SHA-256: a text of method_texts';
COMMENT ON COLUMN run_methods.catalogues_sha256 IS 'Control catalogues with edition and SHA-256: a text of method_texts';
COMMENT ON COLUMN run_methods.previous_run IS 'The complete run before it in this store';
COMMENT ON COLUMN run_methods.previous_digest IS 'SHA-256 over that run, its results and the digest that it kept itself: runs form a chain';

CREATE TABLE method_texts (
  sha256   VARCHAR PRIMARY KEY,
  content  VARCHAR NOT NULL
);
COMMENT ON TABLE method_texts IS 'Texts that many runs have in common, once each';
COMMENT ON COLUMN method_texts.sha256 IS 'SHA-256 of the content';
COMMENT ON COLUMN method_texts.content IS 'JSON with sorted keys';
