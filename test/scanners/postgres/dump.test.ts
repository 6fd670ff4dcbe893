import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { psqlScript } from '../../../scanners/postgres/queries.ts';
import { loadPack } from '../../../src/detect/load.ts';
import { packageRoot } from '../../../src/util/package-root.ts';
import { kinds, testContext } from '../../helpers/scan-context.ts';
import { md5Verifier, scramVerifier } from '../../helpers/scram.ts';
import { read, recognises, rolesDump, schemaDump } from './reading.ts';

const ATTRIBUTES = 'NOSUPERUSER INHERIT NOCREATEROLE NOCREATEDB LOGIN NOREPLICATION NOBYPASSRLS';

describe('postgres scanner, dumps of roles', () => {
  it('knows dumps by their first lines, and no other SQL', () => {
    const dump = rolesDump('CREATE ROLE etl;');

    assert.ok(recognises('exports/roles.sql', dump));
    assert.ok(recognises('roles.sql', dump.replaceAll('\n', '\r\n')));
    assert.ok(recognises('schema.sql', schemaDump('CREATE TABLE t (i int);')));
    assert.ok(!recognises('migrations/001.sql', 'CREATE ROLE etl;\n'));
    assert.ok(!recognises('notes.md', dump));
  });

  it('reads attributes, limits and the end of a password', async () => {
    const rows = await read(
      'roles.sql',
      rolesDump(
        'CREATE ROLE etl;',
        `ALTER ROLE etl WITH ${ATTRIBUTES} CONNECTION LIMIT 5 VALID UNTIL '2027-01-31 00:00:00+00';`,
        "COMMENT ON ROLE etl IS 'nightly loads, owner: data@harbour.example';",
        'CREATE ROLE "Weird ""Role";',
      ),
    );

    const [etl, weird] = kinds(rows, 'identity');
    assert.equal(etl?.id, 'postgres:-:role/etl');
    assert.equal(etl?.owner, 'data@harbour.example');
    assert.equal(etl?.detail?.login, true);
    assert.equal(etl?.detail?.connectionLimit, 5);
    assert.equal(etl?.detail?.validUntil, '2027-01-31T00:00:00.000Z');
    assert.equal(etl?.at?.line, 7);
    assert.equal(weird?.name, 'Weird "Role');
  });

  it('calls a role with a password and no LOGIN disabled, one without a password not', async () => {
    const off = ATTRIBUTES.replace(' LOGIN', ' NOLOGIN');
    const rows = await read(
      'roles.sql',
      rolesDump(
        'CREATE ROLE off;',
        `ALTER ROLE off WITH ${off} PASSWORD '${scramVerifier('one')}';`,
        'CREATE ROLE readers;',
        `ALTER ROLE readers WITH ${off};`,
      ),
    );

    assert.deepEqual(
      kinds(rows, 'identity')
        .filter(({ type }) => type === 'database-role')
        .map(({ name, enabled }) => [name, enabled]),
      [
        ['off', false],
        ['readers', undefined],
      ],
    );
  });

  it('takes the host from the comment above the dump', async () => {
    const rows = await read('roles.sql', `-- host: DB.harbour.internal:5433/orders\n${rolesDump('CREATE ROLE etl;')}`);

    assert.equal(kinds(rows, 'identity')[0]?.id, 'postgres:db.harbour.internal%3A5433/orders:role/etl');
  });

  it('leaves the default port out, as connection strings do', async () => {
    const rows = await read('roles.sql', `-- host: db.harbour.internal:5432/orders\n${rolesDump('CREATE ROLE etl;')}`);

    assert.equal(kinds(rows, 'identity')[0]?.id, 'postgres:db.harbour.internal/orders:role/etl');
  });

  it('says how each password is kept, and shows no verifier', async () => {
    const scram = scramVerifier('one');
    const md5 = md5Verifier('two', 'old');
    const text = rolesDump(
      `ALTER ROLE etl WITH ${ATTRIBUTES} PASSWORD '${scram}';`,
      `ALTER ROLE old WITH ${ATTRIBUTES} PASSWORD '${md5}';`,
      `ALTER ROLE peer WITH ${ATTRIBUTES};`,
    );

    const rows = await read('roles.sql', text, testContext({ pack: await loadPack() }));

    const methods = kinds(rows, 'credential').map(({ identity, detail }) => [identity, detail?.method]);
    assert.deepEqual(methods, [
      ['postgres:-:role/etl', 'scram-sha-256'],
      ['postgres:-:role/old', 'md5'],
    ]);
    assert.deepEqual(
      kinds(rows, 'sighting').map(({ detector, identity, at }) => [detector, identity, at?.line]),
      [
        ['postgres-scram-verifier', 'postgres:-:role/etl', 7],
        ['postgres-md5-verifier', 'postgres:-:role/old', 8],
      ],
    );
    assert.ok(!JSON.stringify(rows).includes(scram.slice(20, 60)));
  });

  it('does not know how passwords are kept where the dump leaves them out', async () => {
    const rows = await read('roles.sql', rolesDump(`ALTER ROLE etl WITH ${ATTRIBUTES} VALID UNTIL '2020-01-01 00:00:00+00';`));

    const [credential] = kinds(rows, 'credential');
    assert.equal(credential?.detail?.method, 'unknown');
    assert.equal(credential?.status, 'expired');
    assert.ok(!kinds(rows, 'coverage')[0]?.covers.includes('credential'));
  });

  it('makes memberships edges, with what they bring', async () => {
    const rows = await read(
      'roles.sql',
      rolesDump(
        'GRANT readers TO etl, reports WITH ADMIN OPTION GRANTED BY postgres;',
        'GRANT writers TO etl WITH INHERIT FALSE, SET TRUE GRANTED BY postgres;',
        'GRANT owners TO etl WITH ADMIN TRUE, INHERIT FALSE, SET FALSE GRANTED BY postgres;',
        'GRANT guests TO etl WITH INHERIT FALSE, SET FALSE GRANTED BY postgres;',
      ),
    );

    const edges = kinds(rows, 'trust').map(({ identity, principal, detail }) => [identity, principal, detail?.basis]);
    assert.deepEqual(edges, [
      ['postgres:-:role/readers', 'postgres:-:role/etl', 'member of the role'],
      ['postgres:-:role/readers', 'postgres:-:role/reports', 'member of the role'],
      ['postgres:-:role/writers', 'postgres:-:role/etl', 'member of the role'],
      ['postgres:-:role/owners', 'postgres:-:role/etl', 'may grant itself the role'],
    ]);
  });

  it('knows what superusers, replication and the predefined roles amount to', async () => {
    const rows = await read(
      'roles.sql',
      rolesDump(
        'CREATE ROLE boss SUPERUSER LOGIN;',
        'CREATE ROLE copy REPLICATION LOGIN;',
        'GRANT pg_execute_server_program TO etl;',
        'GRANT pg_read_all_data TO etl;',
      ),
    );

    const powers = kinds(rows, 'grant').flatMap(({ identity, capability }) =>
      capability === undefined ? [] : [`${identity} ${capability}`],
    );
    assert.deepEqual(powers, [
      'postgres:-:role/boss admin',
      'postgres:-:role/copy reads-data',
      'postgres:-:role/copy reads-secrets',
      'postgres:-:role/pg_execute_server_program escalates',
      'postgres:-:role/pg_read_all_data reads-data',
    ]);
    assert.ok(kinds(rows, 'identity').find(({ name }) => name === 'pg_read_all_data')?.managed);
  });

  for (const [what, text, confidence] of [
    ['of a server before 16', schemaDump('CREATE ROLE maker CREATEROLE;'), 'high'],
    ['of a membership without INHERIT', rolesDump('CREATE ROLE maker CREATEROLE;', 'GRANT a TO b GRANTED BY c;'), 'high'],
    ['made by a client before 16', `-- Dumped by pg_dumpall version 15.1\n${rolesDump('CREATE ROLE maker CREATEROLE;')}`, 'high'],
    ['made by a later client', `-- Dumped by pg_dumpall version 17.1\n${rolesDump('CREATE ROLE maker CREATEROLE;')}`, 'medium'],
    ['of no known version', rolesDump('CREATE ROLE maker CREATEROLE;'), 'medium'],
    ['of a server of 16', schemaDump('CREATE ROLE maker CREATEROLE;').replace('version 15.6', 'version 16.2'), undefined],
    [
      'of a membership with INHERIT',
      rolesDump('CREATE ROLE maker CREATEROLE;', 'GRANT a TO b WITH INHERIT TRUE GRANTED BY postgres;'),
      undefined,
    ],
  ] as const) {
    it(`takes CREATEROLE for a way up ${confidence === undefined ? 'not' : `with ${confidence} confidence`} in a dump ${what}`, async () => {
      const rows = await read('r.sql', text);

      const grants = kinds(rows, 'grant');
      const up = grants.find(({ capability }) => capability === 'escalates');
      assert.equal(up?.confidence, confidence);
      assert.equal(/which version it is, is not known/.test(String(up?.detail?.path)), confidence === 'medium');
      assert(grants.some(({ capability }) => capability === 'manages-identities'));
    });
  }

  for (const [administrator, own, service] of [
    ['rds_superuser', 'rdsadmin', 'Amazon RDS'],
    ['cloudsqlsuperuser', 'cloudsqladmin', 'Cloud SQL'],
    ['azure_pg_admin', 'azuresu', 'Azure Database'],
  ] as const) {
    it(`tells the roles of ${service} from one's own`, async () => {
      const rows = await read(
        'r.sql',
        rolesDump(
          `CREATE ROLE ${administrator};`,
          `CREATE ROLE ${own} SUPERUSER LOGIN;`,
          'CREATE ROLE app LOGIN;',
          `GRANT ${administrator} TO app;`,
        ),
      );

      const managed = kinds(rows, 'identity').flatMap(({ name, managed }) =>
        managed === true && name !== 'PUBLIC' ? [name] : [],
      );
      assert.deepEqual(managed, [administrator, own]);
      assert.ok(
        kinds(rows, 'grant').some(
          ({ identity, capability }) => capability === 'admin' && identity === `postgres:-:role/${administrator}`,
        ),
      );
      assert.equal(kinds(rows, 'identity').find(({ name }) => name === 'app')?.detail?.service, service);
    });
  }

  it('says where a dump breaks off, and keeps what stood before', async () => {
    const rows = await read('roles.sql', rolesDump('CREATE ROLE etl LOGIN;', "ALTER ROLE etl PASSWORD 'SCRAM"));

    assert.equal(kinds(rows, 'identity')[0]?.name, 'etl');
    const [coverage] = kinds(rows, 'coverage');
    assert.equal(coverage?.outcome, 'partial');
    assert.match(coverage?.why ?? '', /ends in a text that is never closed/);
  });

  it('names what it cannot read', async () => {
    const rows = await read('roles.sql', rolesDump("CREATE ROLE etl VALID UNTIL 'the day after';"));

    assert.match(kinds(rows, 'coverage')[0]?.why ?? '', /line 7: VALID UNTIL of etl is no time/);
  });

  it('is not led astray by whatever stands in it', async () => {
    const words = [
      'CREATE ROLE',
      'GRANT',
      'TO',
      'ON',
      "'",
      '"',
      ';',
      '$$',
      '/*',
      '*/',
      '--',
      '\n',
      '\\.',
      'COPY t FROM stdin;\n',
      'PASSWORD',
      '(',
      ',',
    ];
    const part = fc.oneof(fc.constantFrom(...words), fc.string());
    const property = fc.asyncProperty(fc.array(part, { maxLength: 40 }), async (parts) => {
      const rows = await read('roles.sql', rolesDump(parts.join(' ')));

      assert.equal(rows.at(-1)?.kind, 'coverage');
    });

    await fc.assert(property, { numRuns: 300 });
  });

  it('reads a dump of many roles in time that grows with it', async () => {
    const many = Array.from({ length: 20_000 }, (_, index) => `CREATE ROLE r${index};\nALTER ROLE r${index} WITH ${ATTRIBUTES};`);

    const rows = await read('roles.sql', rolesDump(...many));

    assert.equal(kinds(rows, 'identity').length, 20_001);
  });
});

describe('postgres scanner, dumps of schemas', () => {
  it('sums privileges up by role and schema', async () => {
    const rows = await read(
      'schema.sql',
      schemaDump(
        'GRANT SELECT,INSERT ON TABLE shop.orders TO etl;',
        'GRANT SELECT ON TABLE shop.lines TO etl WITH GRANT OPTION;',
        'GRANT SELECT(id) ON TABLE shop.people TO etl;',
        'GRANT ALL ON SCHEMA shop TO etl;',
        'GRANT USAGE ON SCHEMA shop TO PUBLIC;',
      ),
    );

    const grants = kinds(rows, 'grant').flatMap(({ identity, permission, resource, detail, capability }) =>
      capability === undefined
        ? [
            `${identity.split('/').at(-1)} ${permission} ${resource} ${detail?.objects}${detail?.grantable === true ? ' grantable' : ''}`,
          ]
        : [],
    );
    assert.deepEqual(grants, [
      'etl SELECT table shop.* 3 grantable',
      'etl INSERT table shop.* 1',
      'etl USAGE schema shop 1',
      'etl CREATE schema shop 1',
      'PUBLIC USAGE schema shop 1',
    ]);
    const powers = kinds(rows, 'grant').flatMap(({ capability, detail }) =>
      capability === undefined ? [] : [`${capability}: ${detail?.path}`],
    );
    assert.deepEqual(powers, [
      'reads-data: etl has SELECT on 3 tables of shop',
      'writes-data: etl has INSERT on table shop.orders',
    ]);
  });

  it('tells which tables a role gets at, not that it gets at all', async () => {
    const rows = await read(
      'schema.sql',
      schemaDump(
        'GRANT SELECT ON TABLE shop.orders TO one;',
        'GRANT SELECT ON ALL TABLES IN SCHEMA shop TO every;',
        'GRANT SELECT ON TABLE shop.orders TO two;',
        'GRANT SELECT ON TABLE audit.log TO two;',
        'ALTER TABLE shop.lines OWNER TO boss;',
      ),
    );

    const powers = kinds(rows, 'grant').flatMap(({ identity, capability, resource, detail }) =>
      capability === undefined ? [] : [[identity.split('/').at(-1), capability, resource, detail?.path]],
    );
    assert.deepEqual(powers, [
      ['one', 'reads-data', 'table shop.orders', 'one has SELECT on table shop.orders'],
      ['every', 'reads-data', 'all tables of shop', 'every has SELECT on all tables of shop'],
      ['two', 'reads-data', 'table shop.orders', 'two has SELECT on table shop.orders, and 1 more like it'],
      ['two', 'reads-data', 'table audit.log', 'two has SELECT on table audit.log, and 1 more like it'],
      ['boss', 'reads-data', 'table shop.lines', 'boss owns table shop.lines'],
      ['boss', 'writes-data', 'table shop.lines', 'boss owns table shop.lines'],
    ]);
  });

  it('knows functions with the rights of their owner, and whether everybody may call them', async () => {
    const make = (name: string, rest = '') =>
      `CREATE FUNCTION shop.${name}() RETURNS integer\n    LANGUAGE sql SECURITY DEFINER${rest}\n    AS $_$ SELECT 1; GRANT SELECT ON TABLE a TO b; $_$;\nALTER FUNCTION shop.${name}() OWNER TO boss;`;
    const rows = await read(
      'schema.sql',
      schemaDump(
        make('open'),
        make('closed', "\n    SET search_path TO 'shop'"),
        'REVOKE ALL ON FUNCTION shop.closed() FROM PUBLIC;',
        'CREATE FUNCTION shop.plain() RETURNS integer LANGUAGE sql AS $$ SELECT 1 $$;',
      ),
    );

    const definers = kinds(rows, 'grant').flatMap(({ identity, resource, viaKind, detail }) =>
      viaKind === 'definer' ? [`${identity} ${resource} ${detail?.isPublic} ${detail?.hasSearchPath}`] : [],
    );
    assert.deepEqual(definers, [
      'postgres:-:role/PUBLIC function shop.open true false',
      'postgres:-:role/boss function shop.closed false true',
    ]);
  });

  it('reads default privileges and owners, and passes over data', async () => {
    const rows = await read(
      'schema.sql',
      schemaDump(
        'CREATE TABLE public.t (i text);',
        'ALTER TABLE public.t OWNER TO app;',
        'COPY public.t (i) FROM stdin;',
        'GRANT SELECT ON TABLE x TO thief;',
        '\\.',
        'ALTER DEFAULT PRIVILEGES FOR ROLE app IN SCHEMA public GRANT SELECT,INSERT ON TABLES TO PUBLIC;',
      ),
    );

    const grants = kinds(rows, 'grant').flatMap(({ identity, permission, resource, viaKind, capability }) =>
      capability === undefined ? [`${identity.split('/').at(-1)} ${permission} ${resource} ${viaKind}`] : [],
    );
    assert.deepEqual(grants, [
      'app OWNER table public.* owner',
      'PUBLIC SELECT new table public.* default',
      'PUBLIC INSERT new table public.* default',
    ]);
  });

  it('says of the custom format what to give in its place', async () => {
    const rows = await read('shop.dump', 'PGDMP\u0001\u000f');

    const [coverage] = kinds(rows, 'coverage');
    assert.equal(coverage?.outcome, 'unsupported');
    assert.match(coverage?.why ?? '', /pg_restore --schema-only/);
  });
});

describe('postgres scanner, README', () => {
  it('prints the queries as they are', () => {
    const readme = readFileSync(join(packageRoot(), 'scanners/postgres/README.md'), 'utf8');

    assert.ok(readme.includes(psqlScript().trimEnd()));
  });
});
