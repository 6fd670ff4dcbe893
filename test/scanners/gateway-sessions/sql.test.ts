import assert from 'node:assert/strict';
import fc from 'fast-check';
import { loadModule, scanSync } from 'libpg-query';
import { dialectOf, readSql } from '../../../scanners/gateway-sessions/sql/index.ts';
import { loadGrammar } from '../../../scanners/gateway-sessions/sql/parser.ts';

const DIALECTS = ['postgres', 'redshift', 'mysql', 'mssql', 'oracledb', 'bigquery', 'snowflake'] as const;

function read(script: string, dialect: (typeof DIALECTS)[number] = 'postgres') {
  return readSql(script, dialectOf(dialect));
}

before(loadGrammar);

describe('gateway-sessions scanner: SQL', () => {
  describe('what it touches', () => {
    const cases: readonly [string, string, readonly string[]][] = [
      [
        'SELECT a.x FROM shop.orders a JOIN "Beans" b ON a.id = b.id, lateral (select * from c) q',
        'read',
        ['Beans', 'c', 'shop.orders'],
      ],
      ['WITH d AS (DELETE FROM s.gone RETURNING *) INSERT INTO s.log SELECT * FROM d', 'write', ['s.gone', 's.log']],
      ['EXPLAIN (ANALYZE false) DELETE FROM t', 'read', ['t']],
      ['EXPLAIN (ANALYZE 1) DELETE FROM t', 'write', ['t']],
      ['COPY (DELETE FROM t RETURNING *) TO STDOUT', 'write', ['t']],
      ["COPY t TO PROGRAM 'curl x'", 'admin', ['t']],
      ["COPY t TO '/tmp/t.csv'", 'read', ['t']],
      ['COPY t FROM STDIN;\n1\tDROP TABLE x\n\\.\nSELECT 1', 'write', ['t']],
      ['MERGE INTO t USING s ON t.a = s.a WHEN MATCHED THEN DELETE', 'write', ['s', 't']],
      ['PREPARE p AS DELETE FROM t', 'write', ['t']],
      ['EXECUTE p', 'unknown', []],
      ['DROP TABLE a.b, c; DROP SCHEMA s', 'ddl', ['a.b', 'c', 's']],
      ['DROP DATABASE shop', 'ddl', ['shop']],
      ['GRANT USAGE ON SCHEMA s TO eve', 'privilege', ['s']],
      ['REVOKE ALL ON t FROM eve', 'privilege', ['t']],
      ['GRANT ALL ON ALL TABLES IN SCHEMA orders TO eve', 'privilege', ['orders']],
      ['GRANT admin TO eve', 'privilege', []],
      ['ALTER TABLE t DISABLE ROW LEVEL SECURITY', 'privilege', ['t']],
      ['ALTER TABLE t ADD COLUMN c int', 'ddl', ['t']],
      ['DROP POLICY p ON t', 'privilege', ['t.p']],
      ['SET LOCAL ROLE admin', 'privilege', []],
      ['SET ROLE NONE; SELECT 1', 'read', []],
      ["SELECT set_config('role', 'admin', false)", 'privilege', []],
      ["SELECT set_config('app.user', 'x', false)", 'read', []],
      ['SET SESSION AUTHORIZATION bob', 'privilege', []],
      ['SET row_security = off', 'privilege', []],
      ["SET session_replication_role = 'replica'", 'admin', []],
      ['SELECT pg_terminate_backend(7)', 'admin', []],
      ["SELECT pg_read_file('/etc/passwd')", 'admin', []],
      ["SELECT setval('s', 1)", 'write', []],
      ['ALTER SYSTEM SET log_statement = none', 'admin', []],
      ['CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; DELETE FROM t; END', 'ddl', ['t']],
      ['DO $$ BEGIN PERFORM f(); END $$', 'read', []],
      ["DO $$ BEGIN EXECUTE 'drop table x'; END $$", 'unknown', []],
      ['DO $$ BEGIN UPDATE s.t SET a = 1; EXECUTE q; END $$', 'write', ['s.t']],
      ["DO 'BEGIN DELETE FROM t; END'", 'write', ['t']],
      ['DO $$ import os $$ LANGUAGE plpython3u', 'unknown', []],
      ['VACUUM t; SELECT 1', 'read', ['t']],
      ['SELECT 1\0; DROP TABLE t', 'ddl', ['t']],
      ["\\copy (select * from t) to 'x.csv'", 'read', []],
      ["\\copy t from 'x.csv'", 'write', []],
      ['SELECT 1; bananas; DELETE FROM t', 'write', ['t']],
      ['SELECT * FROM t WHERE note = $q$; DROP TABLE x; $q$', 'read', ['t']],
    ];
    for (const [script, action, objects] of cases) {
      it(`${JSON.stringify(script)} is ${action} of ${objects.join(', ') || 'nothing'}`, () => {
        const reading = read(script);

        assert.deepEqual([reading.action, reading.objects], [action, objects]);
      });
    }

    const others: readonly [(typeof DIALECTS)[number], string, string, readonly string[]][] = [
      ['mysql', 'REPLACE INTO `shop`.`orders` SET a = 1', 'write', ['shop.orders']],
      ['mysql', 'SELECT * FROM orders LIMIT 5, 10', 'read', ['orders']],
      ['mysql', 'SELECT "DROP TABLE x" FROM t', 'read', ['t']],
      ['mysql', 'SELECT 5--1; DROP TABLE x', 'ddl', ['x']],
      ['mysql', '/*!50000 DROP TABLE x */', 'ddl', ['x']],
      ['mysql', "SET PASSWORD FOR 'bob' = 'x'", 'privilege', []],
      ['mysql', 'SET GLOBAL general_log = 0', 'admin', []],
      ['mysql', "SELECT 'it\\'s; DROP TABLE x' FROM t", 'read', ['t']],
      ['mssql', 'SELECT TOP 10 * FROM [dbo].[orders] o', 'read', ['dbo.orders']],
      ['mysql', 'INSERT INTO t SET a = 1 ON DUPLICATE KEY UPDATE a = 2', 'write', ['t']],
      ['mssql', 'USE [db]; GO\nSELECT TOP (5) * FROM dbo.t WITH (NOLOCK)', 'read', ['dbo.t']],
      ['mssql', 'SELECT a DELETE FROM t', 'write', ['t']],
      ['mssql', 'SELECT 1 DROP TABLE x', 'ddl', ['x']],
      ['mssql', "EXEC xp_cmdshell 'dir'", 'admin', []],
      ['mssql', 'EXEC sp_addrolemember db_owner, eve', 'privilege', []],
      ['mssql', 'EXEC close_month', 'unknown', []],
      ['mssql', 'DENY SELECT ON t TO eve', 'privilege', []],
      ['oracledb', 'BEGIN DELETE FROM t; END;', 'write', ['t']],
      ['oracledb', "SELECT q'[it's; DROP TABLE x]' FROM dual", 'read', ['dual']],
      ['oracledb', 'ALTER USER eve IDENTIFIED BY pw', 'privilege', []],
      ['bigquery', 'SELECT * FROM `p.d.t` WHERE a = """x; DROP TABLE y"""', 'read', ['p.d.t']],
      ['snowflake', 'SELECT $$ DROP TABLE x $$ FROM t', 'read', ['t']],
    ];
    for (const [dialect, script, action, objects] of others) {
      it(`${dialect}: ${JSON.stringify(script)} is ${action} of ${objects.join(', ') || 'nothing'}`, () => {
        const reading = read(script, dialect);

        assert.deepEqual([reading.action, reading.objects], [action, objects]);
      });
    }

    it('names the operation of the gravest statement', () => {
      assert.equal(read('SELECT 1; ALTER ROLE eve SUPERUSER; DELETE FROM t').operation, 'ALTER ROLE');
      assert.equal(read('select 1').operation, 'SELECT');
      assert.equal(read('drop materialized view v').operation, 'DROP MATERIALIZED VIEW');
      assert.equal(read('REPLACE INTO t VALUES (1)', 'mysql').operation, 'REPLACE');
      assert.equal(read('hunter2').operation, undefined);
    });
  });

  describe('what is kept of it', () => {
    const cases: readonly [string, string | undefined][] = [
      ["SELECT * FROM a WHERE b = 'x' AND c IN (1, 2.5, 0xFF) AND d = $1", 'SELECT * FROM a WHERE b = ? AND c IN (?) AND d = ?'],
      ["INSERT INTO t (a, b) VALUES (1, 'x'), (2, 'y')", 'INSERT INTO t (a, b) VALUES (?)'],
      ["SELECT $tag$ a 'b' $tag$, E'c\\'d', U&'\\0041', B'101', -1.5e10", 'SELECT ?, -?'],
      ["SELECT ARRAY[1,2], '{\"a\": 1}'::jsonb -> 'a'", 'SELECT ARRAY[?], ?::jsonb -> ?'],
      ['SELECT 1 -- for Ada\n/* ada@x.example /* deep */ */ FROM t', 'SELECT ? FROM t'],
      ["SELECT 'a'\n'b' FROM t", 'SELECT ? FROM t'],
      ['SELECT "name", "ada@harbour.example" FROM t', 'SELECT "name", ? FROM t'],
      [`SELECT * FROM ${'AKIA'}TESTBEANSROAST22`, 'SELECT * FROM ?'],
      ['SELECT * FROM t_a1b2c3d4e5f6a7b8c9d0', 'SELECT * FROM ?'],
      [
        'SELECT * FROM events_2026_03_12, "getUserAccountByEmailAddress"',
        'SELECT * FROM events_2026_03_12, "getUserAccountByEmailAddress"',
      ],
      ['SET app.who = bob', 'SET app.who = ?'],
      ['SET ROLE admin', 'SET ROLE admin'],
      ['ALTER ROLE eve SET app.token TO hunter', 'ALTER ROLE eve SET app.token TO ?'],
      ['ALTER USER eve IDENTIFIED BY hunter', 'ALTER USER ? IDENTIFIED BY ?'],
      ["CREATE USER eve PASSWORD 'hunter'", 'CREATE USER eve PASSWORD ?'],
      ['EXEC sp_addlogin eve, hunter', 'EXEC ?, ?'.replace(', ?', '')],
      ['COPY t FROM STDIN;\n1\thunter\n\\.\n', 'COPY t FROM STDIN'],
      ['\\c dbname=x password=hunter\nSELECT 1', 'SELECT ?'],
      ['hunter2', undefined],
      ['CONNECT scott/tiger@db', undefined],
      ['SELECT 1; SELECT 2; DELETE FROM t', 'SELECT ?; DELETE FROM t'],
      ["SELECT 'a\\' , hunter , 'b'", 'SELECT ?'],
    ];
    for (const [script, statement] of cases) {
      it(`of ${JSON.stringify(script)} is ${JSON.stringify(statement)}`, () => {
        assert.equal(read(script).statement, statement);
      });
    }

    it('is at most two kilobytes, and of the same statement one', () => {
      const columns = Array.from({ length: 2000 }, (_, index) => `column_${index}`).join(', ');
      const many = Array.from({ length: 6000 }, (_, index) => `DELETE FROM t WHERE id = ${index}`).join(';');

      assert.equal(read(`SELECT ${columns} FROM t`).statement?.length, 2048);
      assert.deepEqual([read(many).statement, read(many).statements], ['DELETE FROM t WHERE id = ?', 6000]);
    });

    /** A text that stands nowhere else. */
    const MARK = 'zqmarkerqz';
    const within: readonly [readonly (typeof DIALECTS)[number][], (text: string) => string][] = [
      [DIALECTS, (text) => `'${text.replaceAll("'", "''").replaceAll('\\', '')}'`],
      [['mysql', 'bigquery', 'snowflake'], (text) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`],
      [['mysql', 'bigquery'], (text) => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`],
      [['postgres', 'redshift'], (text) => `E'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`],
      [['postgres', 'redshift'], (text) => `$q$${text.replaceAll('$', '')}$q$`],
      [['snowflake'], (text) => `$$${text.replaceAll('$', '')}$$`],
      [['oracledb'], (text) => `q'[${text.replaceAll(']', '')}]'`],
      [['mssql'], (text) => `N'${text.replaceAll("'", "''")}'`],
      [['bigquery'], (text) => `"""${text.replaceAll(/["\\]/g, '')}"""`],
      [DIALECTS, (text) => `/* ${text.replaceAll('*/', '').replaceAll('/*', '')} */ 1`],
      [DIALECTS, (text) => `1 -- ${text.replaceAll('\n', ' ')}\n`],
    ];
    const around: readonly ((literal: string) => string)[] = [
      (literal) => `SELECT a FROM t WHERE b = ${literal}`,
      (literal) => `INSERT INTO t VALUES (1, ${literal}), (${literal}, 2)`,
      (literal) => `UPDATE t SET a = ${literal} WHERE b IN (${literal}, 3)`,
      (literal) => `SELECT broken FROM WHERE ${literal} ((`,
      (literal) => `SET app.who = ${literal}`,
      (literal) => `CALL f(${literal}, ${literal})`,
      (literal) => `DELETE FROM t WHERE a = ${literal}; SELECT ${literal}`,
      (literal) => `CREATE USER x IDENTIFIED BY ${literal}`,
      (literal) => `bananas ${literal}`,
    ];

    it('holds nothing of a literal or comment, in any dialect', () => {
      const cases = within.flatMap(([dialects, quote]) => dialects.map((dialect) => ({ dialect, quote })));
      fc.assert(
        fc.property(
          fc.constantFrom(...cases),
          fc.constantFrom(...around),
          fc.string({
            unit: fc.constantFrom("'", '"', '\\', '$', ';', '-', '/', '*', '`', '[', ']', ' ', '\n', 'é', '@', '#'),
            maxLength: 12,
          }),
          ({ dialect, quote }, statement, noise) => {
            const literal = quote(`${noise}${MARK}${noise}`);

            const kept = JSON.stringify(read(statement(literal), dialect));

            assert.ok(!kept.includes(MARK), `${dialect}: ${statement(literal)} gives ${kept}`);
          },
        ),
        { numRuns: 700 },
      );
    });

    it('takes for a literal what PostgreSQL takes for one', async () => {
      await loadModule();
      const piece = fc.constantFrom(
        "'",
        "''",
        '"',
        '$$',
        '$a$',
        '--',
        '/*',
        '*/',
        '\\',
        "\\'",
        'E',
        "E'",
        "U&'",
        "B'",
        '\n',
        ';',
        ' ',
        ',',
        '(',
        ')',
        '=',
        '1',
        '$1',
        '.',
        '::',
        '\u00a0',
        'é',
        '-',
        '@',
      );
      let compared = 0;
      fc.assert(
        fc.property(fc.array(fc.oneof(piece, piece, fc.constant('w')), { maxLength: 24 }), (pieces) => {
          // Each word is told from all others.
          const script = `SELECT a FROM t WHERE ${pieces.map((text, index) => (text === 'w' ? `word${index}x` : text)).join('')}`;
          const outside = namesOutside(script);
          if (outside === undefined) return;
          compared += 1;

          const { statement = '' } = read(script);

          for (const [word] of statement.matchAll(/word\d+x/g))
            assert.ok(outside.has(word), `${JSON.stringify(script)}: ${statement}`);
        }),
        { numRuns: 1500 },
      );
      assert.ok(compared > 150, `${compared}`);
    });
  });

  it('reads scripts of one shape once, and any text without falling', () => {
    const deep = `SELECT ${'('.repeat(20_000)}1${')'.repeat(20_000)}`;
    const long = `SELECT 1${'+1'.repeat(40_000)}`;

    assert.equal(read(deep).action, 'read');
    assert.equal(read(long).action, 'read');
    for (const word of ['GO ', 'BEGIN ', 'EXPLAIN ', 'EXPLAIN ANALYZE ', 'DECLARE ']) read(word.repeat(20_000), 'mssql');
    assert.equal(
      read(`SELECT * FROM t WHERE a IN (${Array(100_000).fill("'x'").join(',')})`).statement,
      'SELECT * FROM t WHERE a IN (?)',
    );
  });
});

/** Words that PostgreSQL's own scanner finds outside of literals and comments; `undefined` where it finds no end. */
function namesOutside(script: string): Set<string> | undefined {
  try {
    const { tokens } = scanSync(script) as { tokens: { text: string; tokenName: string }[] };
    const code = tokens.filter(({ tokenName }) => !/CONST|COMMENT|PARAM/.test(tokenName));
    return new Set(code.flatMap(({ text }) => [...text.matchAll(/word\d+x/g)].map(([word]) => word)));
  } catch {
    return undefined;
  }
}
