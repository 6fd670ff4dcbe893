import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Session } from '../../../scanners/gateway-sessions/schema.ts';
import { readSql } from '../../../scanners/gateway-sessions/sql/index.ts';
import { loadGrammar } from '../../../scanners/gateway-sessions/sql/parser.ts';
import { readScript } from '../../../scanners/gateway-sessions/statement.ts';
import { readRecording } from '../../../scanners/gateway-sessions/stream.ts';
import { cpuTime } from '../../helpers/cpu-time.ts';
import { base64, one, single } from './helpers.ts';

before(loadGrammar);

describe('gateway-sessions scanner: what a statement does', () => {
  const cases: readonly [string, string][] = [
    ['select 1', 'read'],
    ["SELECT * FROM t WHERE note = 'drop table x'", 'read'],
    ['-- delete from t\nSELECT 1', 'read'],
    ['/* GRANT ALL */ SELECT 1', 'read'],
    ['SELECT "update" FROM t', 'read'],
    ['WITH x AS (SELECT 1) SELECT * FROM x', 'read'],
    ['WITH gone AS (DELETE FROM t RETURNING *) SELECT * FROM gone', 'write'],
    ['SELECT * INTO copy FROM t', 'write'],
    ['EXPLAIN DELETE FROM t', 'read'],
    ['EXPLAIN ANALYZE DELETE FROM t', 'write'],
    ['EXPLAIN (ANALYZE, BUFFERS) SELECT 1', 'read'],
    ['COPY t TO STDOUT', 'read'],
    ['COPY (SELECT a FROM t) TO STDOUT', 'read'],
    ['COPY t FROM STDIN', 'write'],
    ["\\copy t from 'x.csv'", 'write'],
    ['\\d t', 'read'],
    ['insert into t values (1)', 'write'],
    ['BEGIN; UPDATE t SET a = 1; COMMIT;', 'write'],
    ['TRUNCATE t', 'write'],
    ['create table t (a int)', 'ddl'],
    ['DROP TABLE IF EXISTS t', 'ddl'],
    ['CREATE USER eve', 'privilege'],
    ['ALTER ROLE eve SUPERUSER', 'privilege'],
    ['ALTER TABLE t OWNER TO eve', 'privilege'],
    ['ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO eve', 'privilege'],
    ['GRANT SELECT ON t TO eve', 'privilege'],
    ['SET ROLE admin', 'privilege'],
    ['SET search_path = shop; SELECT 1', 'read'],
    ['SELECT 1; GRANT ALL ON t TO eve', 'privilege'],
    ['DO $$ BEGIN DELETE FROM t; END $$', 'write'],
    ['CALL close_month()', 'unknown'],
    ['SELECT 1; CALL close_month()', 'unknown'],
    ['', 'unknown'],
    ['BEGIN; COMMIT', 'unknown'],
    ['bananas', 'unknown'],
  ];
  for (const [statement, action] of cases) {
    it(`${JSON.stringify(statement)} is ${action}`, () => {
      assert.equal(readSql(statement).action, action);
    });
  }

  const others: readonly [string, string, string | undefined, string][] = [
    ['mongodb', 'db.orders.find({})', undefined, 'read'],
    ['mongodb', 'db.orders.deleteMany({})', undefined, 'write'],
    ['mongodb', 'db.orders.drop()', undefined, 'ddl'],
    ['mongodb', "db.createUser({user: 'eve'})", undefined, 'privilege'],
    ['mongodb', 'print(1)', undefined, 'unknown'],
    ['mongodb', "db.orders.aggregate([{$match: {}}, {$out: 'copy'}])", undefined, 'write'],
    ['mongodb', 'db.orders.aggregate([{"$merge": {into: "copy"}}])', undefined, 'write'],
    ['mongodb', 'db.orders.aggregate([{$match: {note: "$out:"}}]).toArray()', undefined, 'read'],
    ['mongodb', 'db.users.find(); db.runCommand({dropDatabase: 1})', undefined, 'ddl'],
    ['mongodb', 'db.runCommand( { "drop" : "orders" } )', undefined, 'ddl'],
    ['mongodb', "db.runCommand('dropDatabase')", undefined, 'ddl'],
    ['mongodb', 'db.runCommand({find: "orders"})', undefined, 'read'],
    ['mongodb', 'db.runCommand({someNewCommand: 1})', undefined, 'unknown'],
    ['mongodb', "db.adminCommand({grantRolesToUser: 'eve', roles: ['root']})", undefined, 'privilege'],
    ['mongodb', 'db.adminCommand({shutdown: 1})', undefined, 'admin'],
    ['mongodb', 'db.orders.find({note: "x.drop()"})', undefined, 'read'],
    ['mongodb', "db.orders.find({note: 'it\\'s x.drop()'})", undefined, 'read'],
    ['mongodb', 'db.orders.find({note: /x.drop()/i})', undefined, 'read'],
    ['mongodb', 'db.orders.find() // then .drop()', undefined, 'read'],
    ['mongodb', 'db["orders"].drop()', undefined, 'ddl'],
    ['mongodb', 'db.orders["drop"]()', undefined, 'unknown'],
    ['mongodb', 'db.orders.find(); load("later.js")', undefined, 'unknown'],
    ['mongodb', `db.orders.find({n: \`$${'{db.orders.drop()}'}\`})`, undefined, 'unknown'],
    ['mongodb', 'show collections', undefined, 'read'],
    ['kubernetes', 'kubectl get secrets -n shop', undefined, 'read'],
    ['kubernetes', 'kubectl -n shop delete pod web-1', undefined, 'write'],
    ['kubernetes', 'kubectl -n prod delete secret db', undefined, 'write'],
    ['kubernetes', 'kubectl -n delete get secret db', undefined, 'read'],
    ['kubernetes', 'kubectl --context prod create clusterrolebinding eve --clusterrole cluster-admin', undefined, 'privilege'],
    ['kubernetes', 'kubectl --namespace=prod get pods -l app=delete', undefined, 'read'],
    ['kubernetes', 'KUBECONFIG=/x kubectl delete pods,roles.rbac.authorization.k8s.io reader', undefined, 'privilege'],
    ['kubernetes', 'kubectl create token deployer', undefined, 'privilege'],
    ['kubernetes', 'kubectl set subject rolebinding eve --user=eve', undefined, 'privilege'],
    ['kubernetes', 'kubectl certificate approve eve', undefined, 'privilege'],
    ['kubernetes', 'kubectl auth can-i delete pods', undefined, 'read'],
    ['kubernetes', 'kubectl exec -n prod web-1 -- delete', undefined, 'unknown'],
    ['kubernetes', 'kubectl label pod web-1 role=front', undefined, 'write'],
    ['kubernetes', 'kubectl get pods -o name | xargs kubectl delete', undefined, 'write'],
    ['kubernetes', 'kubectl get pods $(cat names)', undefined, 'unknown'],
    ['kubernetes', 'kubectl \\\n -n prod delete pod web-1', undefined, 'write'],
    ['kubernetes', 'kubectl delete pod web-1 -n shop', undefined, 'write'],
    ['kubernetes', 'kubectl create clusterrolebinding eve --clusterrole=cluster-admin', undefined, 'privilege'],
    ['kubernetes', 'kubectl rollout status deploy/web', undefined, 'read'],
    ['kubernetes', 'curl https://harbour.example', undefined, 'unknown'],
    ['aws-cli', 'aws s3 ls', 'custom', 'unknown'],
    ['some-new-engine', 'SELECT 1', 'database', 'unknown'],
  ];
  for (const [subtype, script, type, action] of others) {
    it(`${subtype}: ${script} is ${action}`, () => {
      assert.equal(readScript(script, subtype, type).action, action);
    });
  }

  for (const [subtype, type] of [
    ['mssql', 'database'],
    [undefined, 'mssql'],
    [undefined, 'database'],
  ] as const) {
    it(`takes what stands in double quotes for a value: ${subtype} ${type}`, () => {
      const read = readScript('SELECT * FROM people WHERE name = "Jane Doe"', subtype, type);

      assert.equal(read.action, 'read');
      assert.deepEqual(read.objects, ['people']);
      assert.equal(JSON.stringify(read).includes('Jane'), false);
    });
  }

  it('takes it for a name where the language does', () => {
    assert.match(
      readScript('SELECT "first name" FROM people', 'postgres', 'database').statement ?? '',
      /"first name" FROM people/,
    );
    assert.match(
      readScript('SELECT [first name] FROM people', 'mssql', 'database').statement ?? '',
      /\[first name\] FROM people/,
    );
  });

  it('reads SQL by the old type where there is no subtype', () => {
    assert.equal(readScript('DELETE FROM t', undefined, 'postgres').action, 'write');
    assert.equal(readScript('DELETE FROM t', undefined, 'custom').action, 'unknown');
  });

  it('never throws, and stays fast, on any text', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 400 }),
        fc.constantFrom('postgres', 'mongodb', 'kubernetes', 'constructor', '__proto__'),
        (text, subtype) => {
          assert.equal(typeof readScript(text, subtype, 'database').action, 'string');
        },
      ),
    );
    const started = cpuTime();
    for (const unit of ["'", '"', '$a', '--', '/*', ';', '(', 'WITH ', '\\', '`']) readSql(unit.repeat(20_000)).action;
    assert.ok(cpuTime() - started < 3000);
  });

  it('does not take words of Object for statements', () => {
    assert.equal(readSql('CONSTRUCTOR').action, 'unknown');
    assert.equal(readSql('constructor; toString; __proto__').action, 'unknown');
  });
});

describe('gateway-sessions scanner: recordings', () => {
  function frame(type: string, body: string): Buffer {
    const text = Buffer.from(body);
    const head = Buffer.alloc(5);
    head.write(type);
    head.writeInt32BE(text.length + 4, 1);
    return Buffer.concat([head, text]);
  }
  function wire(...frames: Buffer[]): string {
    return Buffer.concat(frames).toString('base64');
  }

  it('reads the queries of a native PostgreSQL session', async () => {
    const stream = [
      [0.1, 'i', wire(frame('Q', 'SELECT 1;\0'))],
      [0.9, 'i', wire(frame('P', 'named\0DELETE FROM beans WHERE id = $1\0\0\0'), frame('S', ''))],
    ];

    const usage = await one('usage', single({ verb: 'connect', script: null, event_stream: stream }));

    assert.equal(usage.action, 'write');
  });

  it('reads queries that the gateway decoded before', async () => {
    const usage = await one(
      'usage',
      single({ verb: 'connect', script: null, event_stream: [[0.1, 'i', base64('UPDATE beans SET roast = 1')]] }),
    );

    assert.equal(usage.action, 'write');
  });

  it('says no more than "connect" where no query can be read', async () => {
    const usage = await one('usage', single({ verb: 'connect', script: null, event_stream: [[0.1, 'i', wire(frame('X', ''))]] }));

    assert.equal(usage.action, 'connect');
  });

  it('counts events that are none', () => {
    const session = Session.parse(
      single({ event_stream: [[0, 'i', base64('ok')], [0, 'z', base64('?')], 'x', null, [1, 'i', 7]] }),
    );

    assert.equal(readRecording(session).failed, 4);
  });

  it('takes a joined text, plain or in base64', () => {
    const plain = readRecording(Session.parse(single({ event_stream: 'two words' })));
    const encoded = readRecording(Session.parse(single({ event_stream: base64('two words, encoded') })));

    assert.deepEqual([plain.texts[0]?.text, encoded.texts[0]?.text], ['two words', 'two words, encoded']);
  });
});
