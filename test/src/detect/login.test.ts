import assert from 'node:assert/strict';
import { createEngine, type Engine } from '../../../src/detect/engine.ts';
import { expandExample } from '../../../src/detect/examples.ts';
import { loadPack } from '../../../src/detect/load.ts';

describe('whose login a password opens', () => {
  let engine: Engine;
  before(async () => {
    engine = createEngine({ pack: await loadPack(), fingerprintKey: 'login', secretlint: false });
  });

  for (const [name, text, identity] of [
    ['JDBC, PostgreSQL', 'jdbc:postgresql://DB.h.io:5432/shop?user=svc&password={{alnum:16}}', 'postgres:db.h.io/shop:role/svc'],
    ['JDBC, password first', 'jdbc:mysql://db.h.io/shop?password={{alnum:16}}&user=svc', 'mysql:db.h.io:user/svc'],
    ['JDBC, SQL Server', 'jdbc:sqlserver://sql.h.io:1433;user=app;password={{alnum:18}}', 'sqlserver:sql.h.io:user/app'],
    ['JDBC, Db2', 'jdbc:db2://d.h.io:50000/S:user=svc;password={{alnum:16}};', 'db2:d.h.io:user/svc'],
    ['ADO.NET', 'Server=tcp:sql.h.io,1433;User Id=app;Password={{alnum:20}};Encrypt=true', 'sqlserver:sql.h.io:user/app'],
    ['Npgsql', '"Host=pg.h.io;Username=app;Database=shop;Password={{alnum:20}}"', 'postgres:pg.h.io/shop:role/app'],
    ['ODBC', 'Driver={MySQL ODBC 8.0};Server=my.h.io;Uid=app;Pwd={{alnum:16}};', 'mysql:my.h.io:user/app'],
    ['libpq', 'psql "host=db.h.io dbname=shop user=app password={{alnum:16}}"', 'postgres:db.h.io/shop:role/app'],
    ['netrc', 'machine git.h.io login ci password {{alnum:24}}', 'https:git.h.io:user/ci'],
    ['mysql', 'mysql -h db.h.io -u app -p{{alnum:16}} shop', 'mysql:db.h.io:user/app'],
    ['mysql, host behind', 'mysqldump -uapp -p{{alnum:16}} --host=db.h.io shop', 'mysql:db.h.io:user/app'],
    ['sqlplus', 'sqlplus -s app/{{alnum:16}}@//ora.h.io:1521/SHOP', 'oracle:ora.h.io:user/app'],
    ['curl', 'curl -u ci:{{alnum:20}} https://n.h.io/x', 'https:n.h.io:user/ci'],
    ['SFTP', 'sftp://deploy:{{alnum:16}}@f.h.io', 'ssh:f.h.io:user/deploy'],
    ['MQTT', 'mqtts://meter:{{alnum:16}}@m.h.io', 'mqtt:m.h.io:user/meter'],
    ['Neo4j', 'neo4j+s://app:{{alnum:16}}@g.h.io', 'neo4j:g.h.io:user/app'],
  ] as const) {
    it(`is read from ${name}`, () => {
      const found = engine.detect(expandExample(text, name).text).map((match) => match.identity);

      assert.deepEqual(found, [identity]);
    });
  }

  it('is nobody where no user is named', () => {
    const { text } = expandExample('jdbc:postgresql://db.h.io/shop?password={{alnum:16}}', 'none');

    assert.deepEqual(
      engine.detect(text).map((match) => match.identity),
      [undefined],
    );
  });

  it('may be at a host of a reserved name, when the password is no word', () => {
    const found = (text: string): string[] => engine.detect(text).map((match) => match.confidence);

    assert.deepEqual(found(expandExample('redis://:{{alnum:15}}7@cache.corp.test:6379', 'a').text), ['low']);
    assert.deepEqual(found('postgres://app:harbour-secret@db.corp.test/x'), []);
    assert.deepEqual(found(expandExample('postgres://app:{{alnum:15}}7@db.example.com/x', 'a').text), []);
  });
});
