import assert from 'node:assert/strict';
import fc from 'fast-check';
import { readWire } from '../../../scanners/gateway-sessions/wire.ts';
import { fakeToken, kinds } from '../../helpers/scan-context.ts';
import { one, scan, single } from './helpers.ts';

function message(type: string, body: Buffer | string): Buffer {
  const bytes = Buffer.from(body);
  const head = Buffer.alloc(5);
  head.write(type);
  head.writeInt32BE(bytes.length + 4, 1);
  return Buffer.concat([head, bytes]);
}

const query = (text: string): Buffer => message('Q', `${text}\0`);
const parse = (text: string, name = ''): Buffer => message('P', `${name}\0${text}\0\0\0`);
const bind = (value: string): Buffer => message('B', `\0\0\0\0\0\u0001\0\0\0${String.fromCharCode(value.length)}${value}\0\0`);
const execute = message('E', '\0\0\0\0\0');
const describeStatement = message('D', 'S\0');
const sync = message('S', '');
const password = (text: string): Buffer => message('p', `${text}\0`);

function startup(parameters: { readonly [name: string]: string }): Buffer {
  const pairs = Object.entries(parameters).map(([name, value]) => `${name}\0${value}\0`);
  const body = Buffer.from(`${pairs.join('')}\0`);
  const head = Buffer.alloc(8);
  head.writeInt32BE(body.length + 8, 0);
  head.writeInt32BE(196_608, 4);
  return Buffer.concat([head, body]);
}

const tlsRequest = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);

describe('gateway-sessions scanner: PostgreSQL on the wire', () => {
  it('reads simple and prepared statements, and how often they ran', () => {
    const reading = readWire([
      query('BEGIN'),
      parse('DELETE FROM t WHERE id = $1', 's1'),
      bind('7'),
      describeStatement,
      execute,
      bind('8'),
      execute,
      sync,
    ]);

    assert.deepEqual(reading, { queries: ['BEGIN', 'DELETE FROM t WHERE id = $1'], executed: 3, broken: 0, messages: 8 });
  });

  it('reads how the client names itself, before and after a request for TLS', () => {
    const names = [
      [startup({ user: 'loader', application_name: 'nightly-17' }), query('SELECT 1')],
      [tlsRequest, startup({ user: 'loader', application_name: 'nightly-17' }), query('SELECT 1')],
    ].map((pieces) => readWire(pieces));

    for (const reading of names) {
      assert.equal(reading?.applicationName, 'nightly-17');
      assert.deepEqual(reading?.queries, ['SELECT 1']);
    }
  });

  it('passes over passwords and values', () => {
    const text = JSON.stringify(
      readWire([startup({ user: 'loader' }), password('hunter-of-beans'), parse('SELECT $1'), bind('ada@harbour'), execute]),
    );

    assert.doesNotMatch(text, /hunter-of-beans|ada@harbour|loader/);
  });

  it('is none for text', () => {
    for (const text of ['SELECT 1', 'UPDATE t SET a = 1', 'COPY t FROM STDIN', 'DELETE', 'Pa', '']) {
      assert.equal(readWire([Buffer.from(text)]), undefined, text);
    }
  });

  it('goes on with the next piece where a message is broken, and counts it', () => {
    const endless = message('Q', 'x');
    endless.writeInt32BE(0x7fffffff, 1);
    const cut = query('SELECT lost FROM t').subarray(0, 12);

    const reading = readWire([query('SELECT 1'), endless, query('SELECT 2'), Buffer.from([0, 1, 2]), query('SELECT 3'), cut]);

    assert.deepEqual([reading?.queries, reading?.broken], [['SELECT 1', 'SELECT 2', 'SELECT 3'], 3]);
  });

  it('reads the same, however messages are cut into pieces', () => {
    const statement = fc
      .string({ unit: fc.constantFrom('a', ' ', "'", ';', 'é', '😀', '$'), minLength: 1, maxLength: 30 })
      .filter((text) => text.trim() !== '');
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom('Q', 'P', 'p', 'B', 'S'), statement), { minLength: 1, maxLength: 12 }),
        fc.array(fc.nat(400), { maxLength: 20 }),
        (messages, cuts) => {
          const whole = Buffer.concat(
            messages.map(([type, text]) =>
              type === 'Q'
                ? query(text)
                : type === 'P'
                  ? parse(text)
                  : type === 'B'
                    ? message('B', text)
                    : message(type, type === 'S' ? '' : text),
            ),
          );
          const expected = messages.flatMap(([type, text], index) => {
            if (type === 'P')
              return messages.findIndex(([other, same]) => other === 'P' && same === text) === index ? [text] : [];
            return type === 'Q' ? [text] : [];
          });
          const at = [...new Set([0, ...cuts.map((cut) => cut % whole.length), whole.length])].sort((a, b) => a - b);

          const reading = readWire(at.slice(1).map((end, index) => whole.subarray(at[index], end)));

          assert.deepEqual([reading?.queries, reading?.broken, reading?.messages], [expected, 0, messages.length]);
        },
      ),
    );
  });

  it('never throws, and comes to an end, on any bytes', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 10 }), (pieces) => {
        const reading = readWire(pieces);

        if (reading !== undefined) assert.ok(reading.broken <= pieces.length);
      }),
    );
  });

  describe('in a session', () => {
    const native = { verb: 'connect', script: null, correlation_id: null };
    const events = (...pieces: Buffer[]) => pieces.map((bytes, index) => [index / 10, 'i', bytes.toString('base64')]);

    it('tells what was done, and names the run by its application', async () => {
      const stream = events(
        startup({ user: 'loader', application_name: 'nightly-17' }),
        password('hunter-of-beans'),
        query("DELETE FROM shop.beans WHERE name = 'Ada'"),
      );

      const observations = await scan(single({ ...native, event_stream: stream }));

      const [usage] = kinds(observations, 'usage');
      assert.deepEqual(
        [usage?.action, usage?.objects, usage?.statement, usage?.job, usage?.detail?.jobBasis, usage?.detail?.jobConfidence],
        ['write', ['shop.beans'], 'DELETE FROM shop.beans WHERE name = ?', 'nightly-17', 'application-name', 'low'],
      );
      assert.doesNotMatch(JSON.stringify(observations), /hunter-of-beans|'Ada'/);
      assert.equal(kinds(observations, 'coverage')[0]?.outcome, 'complete');
    });

    it('takes what follows a COPY for statements, not for its data', async () => {
      const stream = events(
        query('COPY t FROM STDIN'),
        message('d', '1\tDROP\n'),
        message('c', ''),
        query('DROP TABLE shop.beans'),
      );

      const usage = await one('usage', single({ ...native, event_stream: stream }));

      assert.deepEqual([usage.action, usage.objects], ['ddl', ['shop.beans', 't']]);
    });

    it('keeps no credential in the place of a name, in whichever query', async () => {
      const token = fakeToken('harbour9');

      const observations = await scan(
        single({ ...native, event_stream: events(query('SELECT 1'), query(`SELECT * FROM ${token}`), query('DROP TABLE t')) }),
      );

      assert.deepEqual(kinds(observations, 'usage')[0]?.action, 'ddl');
      assert.ok(!JSON.stringify(observations).includes(token));
    });

    it('says that messages are broken', async () => {
      const stream = events(query('SELECT 1'), Buffer.from([81, 0, 0, 0, 200, 1]));

      const observations = await scan(single({ ...native, event_stream: stream }));

      assert.equal(kinds(observations, 'usage')[0]?.action, 'read');
      assert.match(kinds(observations, 'coverage')[0]?.why ?? '', /1 messages to the database are broken/);
    });

    it('takes a name that is set by a statement', async () => {
      const usage = await one(
        'usage',
        single({ ...native, event_stream: events(query("SET application_name = 'etl-run-9'"), query('SELECT 1')) }),
      );

      assert.deepEqual([usage.job, usage.detail?.jobBasis], ['etl-run-9', 'application-name']);
    });

    it('takes no program for a run', async () => {
      const usage = await one(
        'usage',
        single({ ...native, event_stream: events(startup({ application_name: 'psql 16.2' }), query('SELECT 1')) }),
      );

      assert.deepEqual([usage.job, usage.userAgent], [undefined, 'psql']);
    });
  });
});
