import assert from 'node:assert/strict';
import { Config } from '../../../src/config/schema.ts';
import type { LogFormat } from '../../../src/logs/format.ts';
import { mappedFormats } from '../../../src/logs/mapping.ts';
import { readLog, recognised } from '../../rules/logs/read-log.ts';

function mapped(mapping: object): LogFormat {
  const config = Config.parse({ logs: [{ id: 'harbourgate', files: ['gate/*'], as: 'csv', via: 'gateway', ...mapping }] });
  const [format] = mappedFormats(config.logs);
  assert.ok(format !== undefined);
  return format;
}

const CSV = mapped({
  fields: {
    time: 'When',
    id: 'Request Id',
    actor: 'Caller',
    identity: 'postgres:{Host}/{Database}:role/{Account}',
    target: 'Database',
    action: 'Verb',
    objects: 'Tables',
    outcome: 'Verdict',
    masked: 'Masked',
    rows: 'Rows',
    infoTypes: 'Found',
    job: 'Pipeline',
  },
  constants: { actorType: 'service-account', recorded: 'full' },
  values: {
    action: { SELECT: 'read', UPDATE: 'write' },
    outcome: { allow: 'ok', deny: 'denied' },
    masked: { yes: 'true', no: 'false' },
  },
});
const HEAD = 'Request Id,When,Caller,Host,Database,Account,Verb,Tables,Verdict,Masked,Rows,Found,Pipeline,Statement\n';

const LINES = mapped({
  as: 'jsonl',
  fields: { time: 'at', id: 'meta.id', actor: 'who.name', action: 'op', objects: 'touched', sourceIp: 'who.ip', end: 'until' },
});

describe('mapping of the log of another gateway', () => {
  it('reads a table: names, words, numbers, lists and ids made of several columns', async () => {
    const text = `${HEAD}r-1,2026-03-12T02:00:04+0200,nightly,db.harbour.internal,orders,etl,SELECT,"orders,customers",allow,yes,500,EMAIL_ADDRESS,gha-9931,"SELECT 4711\nFROM x"
r-2,2026-03-12 02:00:05,nightly,,orders,etl,EXPLODE,,deny,no,x,,,"4711"
`;

    const rows = await readLog(CSV, text);

    assert.deepEqual(rows, [
      {
        record_id: 'r-1',
        used_at: '2026-03-12T00:00:04.000Z',
        identity_id: 'postgres:db.harbour.internal/orders:role/etl',
        target: 'orders',
        action: 'read',
        objects: ['orders', 'customers'],
        actor: 'nightly',
        actor_type: 'service-account',
        job: 'gha-9931',
        masked: true,
        recorded: 'full',
        outcome: 'ok',
        info_types: ['EMAIL_ADDRESS'],
        row_count: 500n,
      },
      {
        record_id: 'r-2',
        used_at: '2026-03-12T02:00:05.000Z',
        target: 'orders',
        action: 'unknown',
        actor: 'nightly',
        actor_type: 'service-account',
        masked: false,
        recorded: 'full',
        outcome: 'denied',
      },
    ]);
  });

  it('reads lines: paths within a record, seconds and milliseconds', async () => {
    const records = [
      {
        at: 1773280804,
        until: '1773280805',
        meta: { id: 'a' },
        who: { name: 'nightly', ip: '10.0.0.5' },
        op: 'READ',
        touched: ['orders'],
      },
      { at: 1773280804118, meta: { id: 'b' }, who: 'nightly', op: 7, touched: 'orders; customers|items, gifts' },
      { at: 'never', meta: { id: 'c' } },
      { at: 1773280804.5, meta: {} },
    ];

    const rows = await readLog(LINES, records.map((one) => JSON.stringify(one)).join('\n'));

    assert.deepEqual(
      rows.map(({ record_id, used_at, ended_at, actor, action, objects }) => ({
        record_id,
        used_at,
        ended_at,
        actor,
        action,
        objects,
      })),
      [
        {
          record_id: 'a',
          used_at: '2026-03-12T02:00:04.000Z',
          ended_at: '2026-03-12T02:00:05.000Z',
          actor: 'nightly',
          action: 'read',
          objects: ['orders'],
        },
        {
          record_id: 'b',
          used_at: '2026-03-12T02:00:04.118Z',
          ended_at: undefined,
          actor: undefined,
          action: 'unknown',
          objects: ['orders', 'customers', 'items', 'gifts'],
        },
        {
          record_id: undefined,
          used_at: '2026-03-12T02:00:04.500Z',
          ended_at: undefined,
          actor: undefined,
          action: undefined,
          objects: undefined,
        },
        { record_id: 'c', used_at: undefined, ended_at: undefined, actor: undefined, action: undefined, objects: undefined },
      ],
    );
  });

  it('reads the list of a document, and what a file lacks as nothing', async () => {
    const format = mapped({ as: 'json', records: 'data.items', fields: { time: 't', id: 'i', actor: 'who' } });
    const older = mapped({ fields: { time: 'When', id: 'Request Id', job: 'Pipeline' } });

    const document = await readLog(format, JSON.stringify({ data: { items: [{ t: '2026-03-12T02:00:04Z', i: 1 }] } }));
    const table = await readLog(older, 'Request Id,When\nr-1,2026-03-12T02:00:04Z\n');

    assert.deepEqual(document, [{ record_id: '1', used_at: '2026-03-12T02:00:04.000Z' }]);
    assert.deepEqual(table, [{ record_id: 'r-1', used_at: '2026-03-12T02:00:04.000Z' }]);
  });

  it('goes by the path of a file', () => {
    assert.equal(recognised('gate/march.csv', HEAD, [CSV]), 'harbourgate');
    assert.equal(recognised('other/march.csv', HEAD, [CSV]), undefined);
  });

  it('says what is wrong with it', () => {
    const fields = { time: 'When', id: 'Request Id' };

    assert.throws(() => mapped({ fields: { time: 'When' } }), /harbourgate: fields: id is needed/);
    assert.throws(() => mapped({ fields: { ...fields, acter: 'x' } }), /acter is no field; is actor meant\?/);
    assert.throws(() => mapped({ fields, constants: { actorType: 'robot' } }), /constants: actorType: robot is none of human/);
    assert.throws(
      () => mapped({ fields: { ...fields, action: 'x' }, values: { action: { S: 'reads' } } }),
      /values: action: reads is none of read/,
    );
  });
});
