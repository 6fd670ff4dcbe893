import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import { type LogRow, readLog, recognised } from './read-log.ts';

interface Event {
  readonly at?: string;
  readonly user?: string;
  readonly database?: string;
  readonly from?: string;
  readonly app?: string;
  readonly severity?: string;
  readonly state?: string;
  readonly message?: string;
}

const SELECT = 'AUDIT: SESSION,1,1,READ,SELECT,TABLE,public.orders,"SELECT card\n  FROM orders\nWHERE card = \'4711\'","4711"';

function csv(event: Event = {}, columns = 26): string {
  const { at = '2026-03-12 02:00:04.118 UTC', user = 'etl', database = 'orders', from = '10.0.0.5:50544' } = event;
  const { app = 'nightly-embeddings', severity = 'LOG', state = '00000', message = SELECT } = event;
  const texts = [user, database].map(quoted);
  const after = [...Array<string>(8).fill(''), quoted(app), '"client backend"', '', '0'];
  const cells = [at, ...texts, '1234', quoted(from), '69b21c00.4d2', '3', '"SELECT"', '2026-03-12 02:00:00 UTC', '3/17', '0'];
  return [...cells, severity, state, quoted(message), ...after].slice(0, columns).join(',');
}

function json(event: Event = {}): string {
  const { at = '2026-03-12 02:00:04.118 UTC', user = 'etl', database = 'orders', from = '10.0.0.5:50544' } = event;
  const { app = 'nightly-embeddings', severity = 'LOG', state, message = SELECT } = event;
  return JSON.stringify({
    timestamp: at,
    user,
    dbname: database,
    pid: 1234,
    remote_host: from.replace(/:\d+$/, ''),
    remote_port: 50544,
    session_id: '69b21c00.4d2',
    line_num: 3,
    ps: 'SELECT',
    session_start: '2026-03-12 02:00:00 UTC',
    vxid: '3/17',
    txid: 0,
    error_severity: severity,
    ...(state === undefined ? {} : { state_code: state }),
    message,
    application_name: app,
    backend_type: 'client backend',
    query_id: 0,
  });
}

function quoted(text: string): string {
  return text === '' ? '' : `"${text.replaceAll('"', '""')}"`;
}

function stderr(prefix: string, message = SELECT, severity = 'LOG'): string {
  return `${prefix}${severity}:  ${message.replaceAll('\n', '\n\t')}\n`;
}

/** A statement, as each of the three tells it. */
const READ = {
  used_at: '2026-03-12T02:00:04.118Z',
  identity_id: 'postgres:-:role/etl',
  target: 'orders',
  action: 'read',
  objects: ['public.orders'],
  job: 'nightly-embeddings',
  actor_confidence: 'medium',
  source_ip: '10.0.0.5',
  operation: 'SELECT',
  outcome: 'ok',
  detail: { class: 'READ', objectType: 'TABLE' },
  record_id: '1773280804118:1234:SESSION:1:1:READ:SELECT:public.orders',
};

function audit(kind: string, command: string, more = ',,'): string {
  return `AUDIT: SESSION,1,1,${kind},${command},${more}"statement",<none>`;
}

describe('log formats of pgAudit', () => {
  it('read the same statement from csvlog, jsonlog and the text log', async () => {
    const text = stderr('2026-03-12 02:00:04.118 UTC [1234] user=etl,db=orders,app=nightly-embeddings,client=10.0.0.5 ');

    assert.deepEqual(await readLog('pgaudit-csv', `${csv()}\n`), [READ]);
    assert.deepEqual(await readLog('pgaudit-json', `${json()}\n`), [READ]);
    assert.deepEqual(await readLog('pgaudit-stderr', text), [READ]);
    assert.deepEqual(await readLog('pgaudit-csv', gzipSync(`${csv()}\n`)), [READ]);
  });

  it('know the action by the class', async () => {
    const classes = ['READ', 'WRITE', 'DDL', 'ROLE', 'FUNCTION', 'MISC', 'MISC_SET'];
    const text = classes
      .map((name, index) => csv({ message: audit(name, 'X'), at: `2026-03-12 02:00:0${index}.000 UTC` }))
      .join('\n');

    const rows = await readLog('pgaudit-csv', text);

    assert.deepEqual(
      rows.map(({ action }) => action),
      ['read', 'write', 'ddl', 'privilege', 'unknown', 'unknown', 'unknown'],
    );
  });

  it('read names with quotes and commas, and records of object auditing', async () => {
    const message = 'AUDIT: OBJECT,7,2,WRITE,INSERT,TABLE,"public.""orders, old""","INSERT","4711"';

    const [row] = await readLog('pgaudit-json', json({ message }));

    assert.deepEqual(row?.objects, ['public."orders, old"']);
    assert.equal(row?.record_id, '1773280804118:1234:OBJECT:7:2:WRITE:INSERT:public."orders, old"');
  });

  it('tell the two ways in which one statement used a table', async () => {
    const messages = ['READ', 'WRITE'].map((kind) => `AUDIT: OBJECT,7,1,${kind},UPDATE,TABLE,public.orders,"UPDATE",<none>`);

    const rows = await readLog('pgaudit-csv', messages.map((message) => csv({ message })).join('\n'));

    assert.equal(new Set(rows.map(({ record_id: id }) => id)).size, 2);
  });

  it('tell who connected, who was refused, and what was denied', async () => {
    const lines = [
      csv({ message: 'connection authorized: user=etl database=orders application_name=psql SSL enabled', app: 'psql' }),
      csv({ message: 'password authentication failed for user "eve"', severity: 'FATAL', state: '28P01', user: 'eve', app: '' }),
      csv({ message: 'permission denied for table payments', severity: 'ERROR', state: '42501' }),
      csv({ message: 'duplicate key value violates unique constraint "orders_pkey"', severity: 'ERROR', state: '23505' }),
      csv({ message: 'checkpoint starting: time' }),
      csv({ message: 'statement: SELECT 4711' }),
    ];

    const rows = await readLog('pgaudit-csv', lines.join('\n'));

    assert.deepEqual(
      rows.map((row) => [row.operation, row.identity_id, row.action, row.objects, row.outcome, row.job, row.user_agent]),
      [
        ['connect', 'postgres:-:role/etl', 'connect', undefined, 'ok', undefined, 'psql'],
        ['denied', 'postgres:-:role/etl', 'unknown', ['payments'], 'denied', 'nightly-embeddings', undefined],
        ['refused', 'postgres:-:role/eve', 'connect', undefined, 'denied', undefined, undefined],
      ],
    );
  });

  it('bring times of all zones to UTC', async () => {
    const zones = {
      UTC: '02:00',
      CET: '01:00',
      CEST: '00:00',
      EST: '07:00',
      PDT: '09:00',
      '-03': '05:00',
      '+0530': '20:30',
      IST: '20:30',
    };

    for (const [zone, time] of Object.entries(zones)) {
      const [row] = await readLog('pgaudit-csv', csv({ at: `2026-03-12 02:00:04.118 ${zone}` }));
      assert.ok(String(row?.used_at).endsWith(`${time}:04.118Z`), `${zone}: ${row?.used_at}`);
    }
    const [unknown] = await readLog('pgaudit-csv', csv({ at: '2026-03-12 02:00:04.118 QQT' }));
    assert.equal(unknown?.used_at, undefined);
  });

  it('keep nothing of a statement, its parameters or an error', async () => {
    const rows = [
      ...(await readLog(
        'pgaudit-csv',
        `${csv()}\n${csv({ message: 'permission denied for table x', severity: 'ERROR', state: '42501' })}`,
      )),
      ...(await readLog('pgaudit-json', json())),
      ...(await readLog('pgaudit-stderr', stderr('2026-03-12 02:00:04 UTC [1] etl@orders '))),
    ];

    assert.equal(rows.length, 4);
    assert.doesNotMatch(JSON.stringify(rows), /4711|card/);
  });

  it('are not taken in by logs of another kind', () => {
    const other = 'id,LOG,00000\n1,a,b\n';

    assert.equal(recognised('postgresql.csv', `${csv()}\n`), 'pgaudit-csv');
    assert.equal(recognised('postgresql.json', `${json()}\n`), 'pgaudit-json');
    assert.equal(recognised('postgresql.log.2026-03-12-02', stderr('2026-03-12 02:00:04 UTC [1] ')), 'pgaudit-stderr');
    assert.equal(recognised('export.csv', other), undefined);
    assert.equal(recognised('app.json', JSON.stringify({ error_severity: 'LOG', message: 'x' })), undefined);
    assert.equal(recognised('postgresql.log', stderr('2026-03-12 02:00:04 UTC [1] ', 'starting PostgreSQL 17.2')), undefined);
    assert.equal(recognised('app.log', '2026-03-12 INFO AUDIT: user logged in\n'), undefined);
    assert.equal(recognised('orders.csv', 'a,ERROR,"client backend",b\n'), undefined);
  });
});

describe('log format pgaudit-csv', () => {
  it('reads logs of older servers, which have fewer columns', async () => {
    assert.deepEqual(await readLog('pgaudit-csv', `${csv({}, 23)}\n${csv({}, 24)}\n`), [READ, READ]);
  });

  it('reads beside a line that breaks off, and counts it', async () => {
    const rows = await readLog(
      'pgaudit-csv',
      [csv(), '2026-03-12 02:00:', csv({ at: '2026-03-12 02:00:05.118 UTC' })].join('\n'),
    );

    assert.deepEqual(
      rows.map(({ record_id }) => record_id !== undefined),
      [true, true, false],
    );
  });
});

describe('log format pgaudit-json', () => {
  it('reads what is there of odd records, and the lines beside a broken one', async () => {
    const odd = JSON.stringify({ timestamp: 7, user: { a: 1 }, message: ['AUDIT'], error_severity: 'LOG' });
    const bare = JSON.stringify({
      timestamp: '2026-03-12 02:00:06 UTC',
      error_severity: 'LOG',
      message: audit('READ', 'SELECT'),
    });

    const rows = await readLog('pgaudit-json', [json(), '{"timestamp": "2026', odd, bare, json()].join('\n'), 'broken');

    assert.equal(rows.length, 3);
    assert.deepEqual(rows[2], {
      record_id: '1773280806000:SESSION:1:1:READ:SELECT:',
      used_at: '2026-03-12T02:00:06.000Z',
      action: 'read',
      operation: 'SELECT',
      outcome: 'ok',
      detail: { class: 'READ', objectType: null },
    });
  });

  it('keeps the whole of an IPv6 address', async () => {
    const [row] = await readLog('pgaudit-json', json({ from: '2001:db8::17:5432' }));
    const [same] = await readLog('pgaudit-csv', csv({ from: '2001:db8::17:5432' }));
    const [local] = await readLog('pgaudit-csv', csv({ from: '[local]' }));

    assert.equal(row?.source_ip, '2001:db8::17');
    assert.equal(same?.source_ip, '2001:db8::17');
    assert.equal(local?.source_ip, undefined);
  });
});

describe('log format pgaudit-stderr', () => {
  async function told(prefix: string): Promise<LogRow> {
    const [row] = await readLog('pgaudit-stderr', stderr(prefix));
    const { used_at, identity_id, target, job, source_ip } = row ?? {};
    return Object.fromEntries(
      Object.entries({ used_at, identity_id, target, job, source_ip }).filter(([, value]) => value !== undefined),
    );
  }
  const used_at = '2026-03-12T02:00:04.000Z';
  const [identity_id, target, source_ip, job] = ['postgres:-:role/etl', 'orders', '10.0.0.5', 'nightly run'];

  it('reads the prefixes that are in use', async () => {
    const prefixes: { readonly [prefix: string]: LogRow } = {
      '2026-03-12 02:00:04.000 UTC [1234] ': { used_at },
      '2026-03-12 02:00:04.000 UTC [1234] etl@orders ': { used_at, identity_id, target },
      '2026-03-12 03:00:04.000 CET [1234] etl@orders/nightly run ': { used_at, identity_id, target, job },
      '2026-03-12 02:00:04 UTC:10.0.0.5(50544):etl@orders:[1234]:': { used_at, identity_id, target, source_ip },
      '2026-03-12 02:00:04.000 UTC [1234]: [3-1] db=orders,user=etl ': { used_at, identity_id, target },
      '2026-03-12 02:00:04 UTC [1234]: [3-1] user=etl,db=orders,app=nightly run,client=10.0.0.5 ': {
        used_at,
        identity_id,
        target,
        source_ip,
        job,
      },
      '2026-03-12 02:00:04 UTC-69b21c00.4d2-': { used_at },
      '1773280804.000 [1234] 10.0.0.5 etl@orders ': { used_at, identity_id, target, source_ip },
      '2026-03-12 02:00:04.000 +03 [1234] user=[unknown],db=[unknown] ': { used_at: '2026-03-11T23:00:04.000Z' },
      '2026-03-12 02:00:04.000 UTC [1234] etl@harbour.iam@orders ': {
        used_at,
        identity_id: 'postgres:-:role/etl@harbour.iam',
        target,
      },
    };

    for (const [prefix, expected] of Object.entries(prefixes)) assert.deepEqual(await told(prefix), expected, prefix);
  });

  it('takes nothing for told that who connects could have made up', async () => {
    const at = '2026-03-12 02:00:04 UTC [1]';
    const header = 'LOG:  AUDIT: SESSION,9,1,READ,SELECT,TABLE,public.ok,';
    const drop = audit('DDL', 'DROP TABLE', 'TABLE,public.orders,');
    const forged = {
      'user by an @': [`${at} app@crm/admin@prod `, drop],
      'user by an @ behind a space': [`${at} app@crm admin@prod `, drop],
      'user by an @ that looks like an account': [`${at} app@crm/x@y.iam@prod `, drop],
      'user before the user': [`${at} app=user=postgres,user=app,db=crm `, drop],
      'user behind the user': [`${at} user=app,db=crm,app=x,user=postgres `, drop],
      'user in another way': [`${at} app@crm/user=postgres `, drop],
      database: [`${at} user=app,db=crm,app=x db=prod `, drop],
      address: [`${at} user=app,db=crm,app=x client=10.0.0.9,client=10.9.9.9 `, drop],
      record: [`${at} user=app,db=crm,app=${header} `, drop],
      'record in quotes': [`${at} user=app,db=crm,app=${header}" `, drop],
      statement: [`${at} user=app,db=crm STATEMENT:  SELECT '`, audit('READ', 'SELECT')],
    } as const;

    for (const [what, [prefix, message]] of Object.entries(forged)) {
      const rows = await readLog('pgaudit-stderr', stderr(prefix, message));

      assert.deepEqual(
        rows.map(({ record_id, objects }) => [record_id, objects?.toString() === 'public.ok']),
        [[undefined, false]],
        what,
      );
    }
    const addresses = await readLog('pgaudit-stderr', stderr(`${at} 10.1.1.1 10.0.0.5 app@crm `, drop));
    assert.deepEqual([addresses[0]?.identity_id, addresses[0]?.source_ip], ['postgres:-:role/app', undefined]);
    assert.deepEqual(await readLog('pgaudit-stderr', stderr(`${at} app@crm/a@b `, 'syntax error at or near "x"', 'ERROR')), []);
  });

  it('takes no line of a statement for one of its own', async () => {
    const forged = '2026-03-12 02:00:09 UTC [9] root@orders LOG:  AUDIT: SESSION,9,9,ROLE,GRANT,,,x,y';

    const rows = await readLog(
      'pgaudit-stderr',
      stderr('2026-03-12 02:00:04 UTC [1] etl@orders ', `${audit('READ', 'SELECT')}\n${forged}`),
    );

    assert.deepEqual(
      rows.map(({ operation, identity_id }) => [operation, identity_id]),
      [['SELECT', 'postgres:-:role/etl']],
    );
  });

  it('reads lines that end as those of Windows do, and the rest of a file that is cut', async () => {
    const text = stderr('2026-03-12 02:00:04 UTC [1] etl@orders ', 'permission denied for table payments', 'ERROR').replaceAll(
      '\n',
      '\r\n',
    );

    const rows = await readLog(
      'pgaudit-stderr',
      `${text}${stderr('2026-03-12 02:00:05 UTC [1] etl@orders ')}2026-03-12 02:0`,
      'broken',
    );

    assert.deepEqual(
      rows.map(({ objects }) => objects),
      [['payments'], ['public.orders']],
    );
  });
});
