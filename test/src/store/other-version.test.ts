import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DuckDBInstance } from 'duckdb';
import { doctorCommand } from '../../../src/commands/doctor.ts';
import { findingsCommand, identitiesCommand } from '../../../src/commands/lists.ts';
import { reportCommand } from '../../../src/commands/report.ts';
import { traceCommand } from '../../../src/commands/trace.ts';
import { openStore } from '../../../src/store/index.ts';
import { migrate, migrations } from '../../../src/store/migrate.ts';
import { StoreError } from '../../../src/util/errors.ts';
import { fingerprintKeyId } from '../../../src/util/fingerprint.ts';
import { testIo } from '../../helpers/io.ts';
import { tempDir } from '../../helpers/temp-repo.ts';
import { loadRun, RUN_START } from '../correlate/run-store.ts';

/** As a version that knew no gateway left it: views are missing, others have other columns. */
const OLDER_VIEWS = `
  DROP VIEW identity_overview;
  CREATE OR REPLACE VIEW credentials AS SELECT 1 AS nothing_of_this;
  UPDATE settings SET value = 'of another version' WHERE name = 'views_sha256'`;

describe('a store of another version', function () {
  this.timeout(20_000);
  let directory: string;
  let file: string;

  beforeEach(async () => {
    directory = tempDir();
    file = join(directory, 'audit.duckdb');
    const store = await openStore({ mode: 'write', file });
    await loadRun(store, [{ kind: 'identity', id: 'aws:1:user/etl', provider: 'aws', type: 'user', name: 'etl' }]);
    await store.saveResults({ findings: [], checks: [], controls: [] }, RUN_START);
    store.close();
  });

  it('is read by every command, once its views are made anew', async () => {
    const commands = [
      (io: ReturnType<typeof testIo>) => identitiesCommand(io, { store: file, format: 'json' }),
      (io: ReturnType<typeof testIo>) => findingsCommand(io, { store: file, format: 'json' }),
      (io: ReturnType<typeof testIo>) => traceCommand(io, 'etl', { store: file, format: 'json' }),
      (io: ReturnType<typeof testIo>) => reportCommand(io, { store: file, format: 'json', output: [], framework: [] }),
    ];
    for (const command of commands) {
      const [before, after] = [testIo(directory), testIo(directory)];
      await command(before);
      await alter(file, OLDER_VIEWS);

      await command(after);

      assert.equal(after.out(), before.out());
    }
    assert.equal(statSync(file).mode & 0o077, 0);
  });

  it('is changed but once', async () => {
    await alter(file, OLDER_VIEWS);
    (await openStore({ mode: 'read', file })).close();
    const forward = readFileSync(file);

    (await openStore({ mode: 'read', file })).close();

    assert(readFileSync(file).equals(forward));
  });

  it('is brought to the newer schema, too', async () => {
    const old = join(directory, 'old.duckdb');
    const instance = await DuckDBInstance.create(old);
    const connection = await instance.connect();
    await migrate(connection, old, migrations().slice(0, 1));
    connection.closeSync();
    instance.closeSync();

    const store = await openStore({ mode: 'read', file: old });

    const [row] = await store.rows('SELECT max(version) AS version FROM schema_migrations').finally(() => store.close());
    assert.equal(row?.version, migrations().at(-1)?.version);
  });

  it('is refused, and left alone, when its schema is newer', async () => {
    await alter(file, `INSERT INTO schema_migrations VALUES (99, 'x', now()::TIMESTAMP, '9.9.9'); ${OLDER_VIEWS}`);
    const before = readFileSync(file);

    await assert.rejects(identitiesCommand(testIo(directory), { store: file, format: 'json' }), {
      code: 'STORE_NEWER',
      exit: 2,
      message: /store schema 99; this nhi-audit knows schemas up to/,
    });

    assert(readFileSync(file).equals(before));
  });

  it('says who holds it and what to do, while somebody else reads it', async () => {
    await alter(file, OLDER_VIEWS);
    const before = readFileSync(file);
    const holder = spawn(
      process.execPath,
      [
        '--input-type=module',
        '-e',
        `import { DuckDBInstance } from ${JSON.stringify(import.meta.resolve('duckdb'))};
         await (await DuckDBInstance.create(${JSON.stringify(file)}, { access_mode: 'READ_ONLY' })).connect();
         console.log('held');
         setInterval(() => {}, 1000);`,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    try {
      await once(holder.stdout, 'data');

      const refusal = await openStore({ mode: 'read', file }).catch((error: unknown) => error);

      assert(refusal instanceof StoreError);
      assert.deepEqual([refusal.code, refusal.exit], ['STORE_LOCKED', 6]);
      assert.match(refusal.message, new RegExp(`another version of nhi-audit.*PID ${holder.pid}\\b`));
      assert.match(refusal.hint ?? '', /Run it again once/);
      assert(readFileSync(file).equals(before));
    } finally {
      holder.kill();
      await once(holder, 'exit');
    }
  });

  it('is looked at by doctor as it is', async () => {
    const key = Buffer.alloc(32, 7);
    writeFileSync(`${file}.key`, key.toString('hex'));
    await alter(file, `UPDATE settings SET value = '${fingerprintKeyId(key)}' WHERE name = 'fingerprint_key_id'`);
    const [io, later, keyless, other] = [0, 1, 2, 3].map((n) =>
      testIo(directory, n === 3 ? { env: { NHI_AUDIT_FINGERPRINT_KEY: 'another-key-of-somebody' } } : {}),
    );
    assert(io && later && keyless && other);

    assert.equal(await doctorCommand(io, [], { store: file }), 0);
    await alter(file, OLDER_VIEWS);
    const before = readFileSync(file);
    assert.equal(await doctorCommand(later, [], { store: file }), 0);
    assert.equal(await doctorCommand(other, [], { store: file }), 2);
    const moved = join(directory, 'moved.duckdb');
    writeFileSync(moved, before, { mode: 0o600 });
    assert.equal(await doctorCommand(keyless, [], { store: moved }), 0);

    assert.match(io.out(), /^ok {4}store version: schema \d+, since nhi-audit .*; its views are those of this version$/m);
    assert.match(io.out(), /^ok {4}fingerprint key: .*\.key, with which its runs were made$/m);
    assert.match(io.out(), /^ok {4}browser: none is needed/m);
    assert.match(later.out(), /^ok {4}store version: .*written by another version\n {6}The next command/m);
    assert.match(other.out(), /^FAIL {2}fingerprint key: NHI_AUDIT_FINGERPRINT_KEY is another key/m);
    assert.match(keyless.out(), /^ok {4}fingerprint key: not beside the store/m);
    assert(readFileSync(file).equals(before));
    assert(!`${io.out()}${other.out()}`.includes(key.toString('hex')) && !other.out().includes('another-key-of'));
  });
});

async function alter(file: string, sql: string): Promise<void> {
  const instance = await DuckDBInstance.create(file);
  const connection = await instance.connect();
  await connection.run(sql);
  connection.closeSync();
  instance.closeSync();
}
