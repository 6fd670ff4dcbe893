import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { postgresLive } from '../../../scanners/postgres/index.ts';
import { psqlScript, QUERIES } from '../../../scanners/postgres/queries.ts';
import type { CoverageObservation, Observation, Probed, ServiceTarget } from '../../../src/contracts/index.ts';
import { type PgliteServer, startPglite } from '../../helpers/pglite-server.ts';
import { canRunPostgres, type PostgresServer, startPostgres } from '../../helpers/postgres-server.ts';
import { collect, kinds, testContext } from '../../helpers/scan-context.ts';
import { read, recognises } from './reading.ts';

type Env = { readonly [name: string]: string };

function target(address: string): ServiceTarget {
  return { kind: 'service', name: `postgres:${address}`, scheme: 'postgres', address };
}

async function scan(address: string, env: Env = {}): Promise<Observation[]> {
  return await collect(postgresLive.scan(target(address), testContext({ env })));
}

async function probe(address: string, env: Env = {}): Promise<Probed[]> {
  const probed = postgresLive.probe?.(target(address), testContext({ env }));
  return probed === undefined ? [] : await collect(probed);
}

function outcomes(rows: readonly Observation[]): { readonly [what: string]: CoverageObservation } {
  return Object.fromEntries(kinds(rows, 'coverage').map((row) => [row.subject.slice(row.subject.indexOf(' ') + 1), row]));
}

const PASSWORD = ['kR7v', 'Qx2m', 'Zt9w'].join('');
const SETUP = `
  CREATE ROLE readers NOLOGIN;
  CREATE ROLE etl LOGIN;
  CREATE ROLE outsider LOGIN PASSWORD '${PASSWORD}' VALID UNTIL '2027-01-31 00:00:00+00';
  GRANT readers TO etl;
  GRANT pg_execute_server_program TO etl WITH ADMIN OPTION;
  CREATE SCHEMA shop;
  CREATE TABLE shop.orders (i int);
  GRANT USAGE ON SCHEMA shop TO readers;
  GRANT SELECT ON shop.orders TO readers;
  GRANT INSERT ON shop.orders TO PUBLIC;
  CREATE FUNCTION shop.f() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1';
  ALTER DEFAULT PRIVILEGES IN SCHEMA shop GRANT SELECT ON TABLES TO readers;
  COMMENT ON ROLE etl IS 'owner: data@harbour.example'`;

/** What each server tells of the same roles. */
function assertInventory(rows: readonly Observation[], place: string): void {
  const id = (role: string) => `postgres:${place}:role/${role}`;
  const etl = kinds(rows, 'identity').find((row) => row.id === id('etl'));
  assert.equal(etl?.owner, 'data@harbour.example');
  const outsider = kinds(rows, 'credential').find(({ identity }) => identity === id('outsider'));
  assert.equal(outsider?.expiresAt, '2027-01-31T00:00:00.000Z');
  const edges = kinds(rows, 'trust').flatMap(({ identity, principal }) => (principal === id('etl') ? [identity] : []));
  assert.deepEqual(edges, [id('pg_execute_server_program'), id('readers')]);
  const grants = kinds(rows, 'grant').map(({ identity, permission, resource }) => `${identity} ${permission} ${resource}`);
  for (const expected of [
    `${id('readers')} SELECT table shop.*`,
    `${id('PUBLIC')} INSERT table shop.*`,
    `${id('PUBLIC')} EXECUTE function shop.f`,
    `${id('readers')} SELECT new table shop.*`,
  ])
    assert.ok(grants.includes(expected), `${expected} is not in\n${grants.join('\n')}`);
}

describe('postgres scanner, live, over a socket', function () {
  this.timeout(60_000);
  let server: PgliteServer;
  let role: string | undefined;
  let cutAt: string | undefined;
  before(async () => {
    server = await startPglite({ role: () => role, cutAt: () => cutAt });
    await server.db.exec(SETUP);
    await server.db.exec('GRANT readers TO outsider WITH INHERIT FALSE, SET FALSE; CREATE ROLE maker LOGIN CREATEROLE');
  });
  after(() => server.stop());
  beforeEach(() => {
    role = undefined;
    cutAt = undefined;
  });
  const address = (rest = '') => `//postgres@127.0.0.1:${server.port}/postgres${rest}`;

  it('reads roles, memberships, rights and what is to come', async () => {
    const rows = await scan(address());

    assertInventory(rows, `127.0.0.1%3A${server.port}/postgres`);
    const partial = kinds(rows, 'coverage').filter(({ outcome }) => outcome !== 'complete');
    assert.deepEqual(partial, []);
  });

  it('reads how passwords are kept, and no verifier', async () => {
    const rows = await scan(address());

    const methods = kinds(rows, 'credential').map(({ identity, detail }) => [identity?.split('/').at(-1), detail?.method]);
    assert.deepEqual(methods, [['outsider', 'scram-sha-256']]);
    assert.ok(!JSON.stringify(rows).includes('SCRAM-SHA-256$'));
  });

  it('knows memberships that bring nothing, and CREATEROLE of 16 and later', async () => {
    const rows = await scan(address());

    const edges = kinds(rows, 'trust').filter(({ principal }) => principal.endsWith('role/outsider'));
    assert.deepEqual(edges, []);
    const maker = kinds(rows, 'grant').flatMap(({ identity, capability }) =>
      identity.endsWith('role/maker') ? [capability] : [],
    );
    assert.deepEqual(maker, [undefined, 'manages-identities']);
  });

  it('goes on where a right is missing, and names it', async () => {
    role = 'outsider';

    const rows = await scan(address());

    const said = outcomes(rows);
    assert.equal(said['how passwords are kept']?.outcome, 'denied');
    assert.match(said['how passwords are kept']?.why ?? '', /pg_authid/);
    assert.equal(said['how clients log in (pg_hba.conf)']?.outcome, 'denied');
    assert.equal(said['roles and their attributes']?.outcome, 'complete');
    assert.match(said['which clients are connected now']?.why ?? '', /pg_monitor/);
    assert.equal(kinds(rows, 'credential').find(({ identity }) => identity?.endsWith('outsider'))?.detail?.method, 'unknown');
  });

  it('keeps what it has when the connection is cut in mid-run', async () => {
    cutAt = 'pg_default_acl';

    const rows = await scan(address());

    const said = outcomes(rows);
    assert.equal(said['what roles may do, by schema']?.outcome, 'complete');
    assert.equal(said['what new objects will grant']?.outcome, 'partial');
    assert.match(said['what roles own']?.why ?? '', /connection ended/);
    assert.ok(kinds(rows, 'identity').length > 3);
  });

  it('says that the server offers no TLS, where TLS is asked for', async () => {
    const rows = await scan(address('?sslmode=require'));

    assert.equal(rows.length, 1);
    assert.match(kinds(rows, 'coverage')[0]?.why ?? '', /offers no TLS, and sslmode=require asks for it/);
  });

  it('says that nobody answers', async () => {
    const rows = await scan('//postgres@127.0.0.1:1/postgres');

    assert.equal(rows.length, 1);
    assert.notEqual(kinds(rows, 'coverage')[0]?.outcome, 'complete');
  });

  it('takes no password in the address', async () => {
    const rows = await scan(`//postgres:${PASSWORD}@127.0.0.1:${server.port}/postgres`);

    assert.match(kinds(rows, 'coverage')[0]?.why ?? '', /PGPASSWORD/);
  });

  it('tells of each right whether it is there', async () => {
    role = 'outsider';

    const probed = await probe(address());

    assert.equal(probed.length, QUERIES.length);
    assert.deepEqual(
      probed.flatMap(({ call, outcome }) => (outcome === 'ok' ? [] : [`${outcome} ${call.right}`])),
      ['denied SELECT on pg_authid (superusers have it)', 'denied EXECUTE on pg_hba_file_rules() (superusers have it)'],
    );
  });

  it('prints its calls without making one', () => {
    const calls = postgresLive.calls?.(target('//db.harbour.internal/orders'), {}) ?? [];

    assert.ok(calls.some(({ operation, host }) => operation.includes('pg_auth_members') && host === 'db.harbour.internal:5432'));
    assert.ok(calls.every(({ operation }) => operation.startsWith('SELECT')));
  });
});

describe(`postgres scanner, against ${canRunPostgres() ? 'the server of this machine' : 'no server: none is installed here, the embedded one stands for it'}`, function () {
  this.timeout(60_000);
  if (!canRunPostgres()) return;
  let server: PostgresServer;
  before(async () => {
    server = await startPostgres({ hba: ['host all outsider 127.0.0.1/32 scram-sha-256', 'host postgres all 10.0.0.0/8 trust'] });
    await server.sql(
      `${SETUP}; CREATE ROLE maker LOGIN CREATEROLE; SET password_encryption = md5; CREATE ROLE legacy LOGIN PASSWORD '${PASSWORD}'`,
    );
  });
  after(() => server?.stop());
  const address = (user = 'outsider') => `//${user}@127.0.0.1:${server.port}/postgres`;

  it('logs in by SCRAM and reads what any role may', async () => {
    const rows = await scan(address(), { PGPASSWORD: PASSWORD });

    assertInventory(rows, `127.0.0.1%3A${server.port}/postgres`);
    assert.equal(outcomes(rows)['how passwords are kept']?.outcome, 'denied');
  });

  it('takes the password from a password file that nobody else reads', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'nhi-pgpass-'));
    const path = join(folder, 'pgpass');
    writeFileSync(path, `# mine\nother:*:*:outsider:no\n127.0.0.1:${server.port}:postgres:outsider:${PASSWORD}\n`);

    chmodSync(path, 0o600);
    const own = await scan(address(), { PGPASSFILE: path });
    chmodSync(path, 0o644);
    const open = await scan(address(), { PGPASSFILE: path });
    rmSync(folder, { recursive: true });

    assert.ok(kinds(own, 'identity').length > 3);
    assert.match(kinds(open, 'coverage')[0]?.why ?? '', /a password is asked for/);
  });

  it('says once that a password is wrong, and nothing of it', async () => {
    const rows = await scan(address(), { PGPASSWORD: `${PASSWORD}!` });

    assert.equal(rows.length, 1);
    const [row] = kinds(rows, 'coverage');
    assert.equal(row?.outcome, 'denied');
    assert.match(row?.why ?? '', /the password is not accepted/);
    assert.ok(!JSON.stringify(rows).includes(PASSWORD));
  });

  it('reads the columns of before 16: CREATEROLE reaches all, memberships bring all', async () => {
    const rows = await scan(address(), { PGPASSWORD: PASSWORD });

    const maker = kinds(rows, 'grant').flatMap(({ identity, capability }) =>
      identity.endsWith('role/maker') && capability !== undefined ? [capability] : [],
    );
    assert.deepEqual(maker, server.major < 16 ? ['escalates', 'manages-identities'] : ['manages-identities']);
  });

  it('gives the same of the answers as CSV, with pg_hba.conf and how passwords are kept', async () => {
    const csv = await server.command('psql', ['--csv', '-X', '-q', '-d', 'postgres', '-f', '-'], psqlScript());

    const rows = await read('cluster.csv', csv);

    assert.ok(recognises('cluster.csv', csv));
    assertInventory(rows, '-');
    assert.equal(kinds(rows, 'coverage')[0]?.outcome, 'complete');
    const methods = kinds(rows, 'credential').map(({ identity, detail }) => [identity?.split('/').at(-1), detail?.method]);
    assert.deepEqual(methods, [
      ['legacy', 'md5'],
      ['outsider', 'scram-sha-256'],
    ]);
    const open = kinds(rows, 'trust').find(({ detail }) => detail?.method === 'trust' && detail?.isLocal === false);
    assert.equal(open?.principalType, 'any');
    assert.equal(open?.principal, '10.0.0.0/255.0.0.0');
  });

  it('goes on with the next query where psql says that one is denied', async () => {
    const script = `SET ROLE outsider;\n${psqlScript()}`;
    const csv = await server.command('psql', ['--csv', '-X', '-q', '-d', 'postgres', '-f', '-'], script);

    const rows = await read('cluster.csv', csv);

    assertInventory(rows, '-');
    const [coverage] = kinds(rows, 'coverage');
    assert.equal(coverage?.outcome, 'partial');
    assert.match(
      coverage?.why ?? '',
      /not in the file: how passwords are kept \(it needs SELECT on pg_authid.*how clients log in/,
    );
  });

  it('says what a file of answers lacks', async () => {
    const csv = await server.command('psql', ['--csv', '-X', '-q', '-d', 'postgres', '-f', '-'], psqlScript());
    const shorter = csv.split('\n').filter((line) => !line.startsWith('passwords,') && !line.endsWith('role,method'));

    const rows = await read('cluster.csv', shorter.join('\n'));

    assert.match(kinds(rows, 'coverage')[0]?.why ?? '', /not in the file: how passwords are kept/);
  });

  it('reads what pg_dumpall and pg_dump write', async () => {
    const roles = await read('roles.sql', await server.command('pg_dumpall', ['--roles-only']));
    const schema = await read('schema.sql', await server.command('pg_dump', ['-s', 'postgres']));

    assertInventory([...roles, ...schema], '-');
    assert.equal(kinds(roles, 'coverage')[0]?.outcome, 'complete');
    assert.equal(kinds(schema, 'coverage')[0]?.outcome, 'complete');
  });
});
