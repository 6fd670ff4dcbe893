import assert from 'node:assert/strict';
import fc from 'fast-check';
import { gatewaySessions } from '../../../scanners/gateway-sessions/index.ts';
import { cpuTime } from '../../helpers/cpu-time.ts';
import { collect, fakeToken, kinds, testContext } from '../../helpers/scan-context.ts';
import { base64, connection, listRow, one, scan, single } from './helpers.ts';

describe('gateway-sessions scanner: secrets', () => {
  const token = fakeToken('harbour1');

  it('finds a credential in a script, and says in which session', async () => {
    const observations = await scan(single({ script: { data: `curl -H 'x: y' \\\n  -H 'Authorization: ${token}'` } }));

    const [sighting] = kinds(observations, 'sighting');
    assert.deepEqual([sighting?.place, sighting?.environment, sighting?.at?.part], ['session-log', 'prod', 'script']);
    assert.equal(sighting?.at?.pointer, 'sessions/a3c1a1de-0001-4c7e-9a55-0b7f2f7c1a10');
    assert.deepEqual(sighting?.detail, { session: 'a3c1a1de-0001-4c7e-9a55-0b7f2f7c1a10', line: 2 });
    assert.ok(!JSON.stringify(observations).includes(token));
  });

  it('places it at the line of its session in the file', async () => {
    const rows = [listRow(), single({ id: 'second', script: { data: `\n\n${token}` } })];

    const pretty = kinds(await scan(JSON.stringify(rows, null, 1)), 'sighting')[0];
    const lines = kinds(await scan(rows.map((row) => JSON.stringify(row)).join('\n')), 'sighting')[0];

    const expected =
      JSON.stringify(rows, null, 1)
        .split('\n')
        .findIndex((line) => line.includes('"second"')) + 1;
    assert.deepEqual([pretty?.at?.line, pretty?.at?.column, pretty?.at?.endLine], [expected, 1, expected]);
    assert.equal(lines?.at?.line, 2);
  });

  it('finds one that two events of a recording share', async () => {
    const stream = [
      [0.1, 'o', base64(`token: ${token.slice(0, 9)}`)],
      [0.2, 'o', base64(`${token.slice(9)}\n`)],
    ];

    const observations = await scan(single({ event_stream: stream }));

    assert.deepEqual(
      kinds(observations, 'sighting').map((sighting) => sighting.at?.part),
      ['output'],
    );
  });

  it('finds one in what a caller wrote beside the session', async () => {
    const observations = await scan([listRow({ metadata: { note: `use ${token}` } })]);

    assert.deepEqual(
      kinds(observations, 'sighting').map((sighting) => sighting.at?.part),
      ['metadata'],
    );
    assert.ok(!JSON.stringify(observations).includes(token));
  });

  it('keeps neither values of scripts nor recordings', async () => {
    const text = JSON.stringify(
      await scan(
        single({
          script: { data: "SELECT 'purple_elephant' FROM zoo" },
          event_stream: [[0, 'o', base64('orange_giraffe')]],
          metadata: { note: 'green_tiger' },
        }),
      ),
    );

    assert.doesNotMatch(text, /purple_elephant|orange_giraffe|green_tiger/);
    assert.ok(!text.includes(base64('orange_giraffe')));
  });

  it('searches the whole of a file that holds something else after all', async () => {
    const observations = await scan([{ agent_id: 1, access_schema: 'x', note: token }, { note: token }], 'app/data.json');

    assert.ok(kinds(observations, 'sighting').length > 0);
    assert.equal(kinds(observations, 'sighting')[0]?.place, 'file');
  });

  it('does not search the settings of a connection: its own store, not a leak', async () => {
    const observations = await scan(
      connection({ secret: { 'envvar:PASS': base64(token), 'envvar:USER': base64('loader') } }),
      'c.json',
    );

    assert.equal(kinds(observations, 'sighting').length, 0);
    assert.ok(!JSON.stringify(observations).includes(token));
  });
});

describe('gateway-sessions scanner: a hostile file', () => {
  it('never throws on any JSON, and always says how it went', async () => {
    const keys = fc.constantFrom(
      ...Object.keys({ ...single(), ...connection(), data: 0, email: 0, slack_id: 0, masked_key: 0, subject: 0, access_type: 0 }),
    );
    const value = fc.oneof(
      fc.jsonValue({ maxDepth: 3 }),
      fc.constantFrom('2026-01-01T00:00:00Z', 'API_KEY', '9999-12-31T23:59:59Z', -0, 1e308),
    );
    const record = fc.dictionary(keys, value, { maxKeys: 30 });
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(record, fc.array(record), fc.record({ data: fc.array(record), total: value }), fc.jsonValue()),
        async (content) => {
          const observations = await scan(content, 'hoop/api-keys.json');

          assert.equal(kinds(observations, 'coverage').length, 1);
          for (const usage of kinds(observations, 'usage')) assert.match(usage.usedAt, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('never throws on any text', async () => {
    const whole = JSON.stringify({ data: [single(), listRow({ id: 'b' })] });
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length), fc.string({ unit: 'binary', maxLength: 8 }), async (cut, noise) => {
        const observations = await scan(whole.slice(0, cut) + noise + whole.slice(cut + noise.length));

        assert.equal(kinds(observations, 'coverage').length, 1);
      }),
      { numRuns: 300 },
    );
  });

  it('survives nesting without end, whole and broken', async () => {
    const deep = `${'['.repeat(60_000)}${']'.repeat(60_000)}`;
    const rows = JSON.stringify([listRow({ id: 'deep', metadata: { note: '@' } }), listRow({ id: 'flat' })]);

    const observations = await scan(rows.replace('"@"', deep));
    const broken = await scan(rows.replace('"@"', deep).slice(0, -1));

    const coverage = kinds(observations, 'coverage')[0];
    assert.equal(
      kinds(observations, 'usage').some((usage) => usage.sessionId === 'flat'),
      true,
    );
    assert.match(coverage?.why ?? '', /"deep": it is nested too deep/);
    assert.equal(kinds(broken, 'coverage')[0]?.outcome === 'complete', false);
  });

  it('keeps control characters and endless names out of its sentences', async () => {
    const coverage = await one('coverage', [listRow({ id: `\u001b[2J\n${'x'.repeat(400)}`, start_date: 'never' })]);

    assert.doesNotMatch(coverage.why ?? '', /\p{Cc}/u);
    assert.ok((coverage.why ?? '').length < 300);
  });

  it('takes names of Object as plain names', async () => {
    const usage = await one('usage', [
      listRow({
        user: '__proto__',
        user_id: '__proto__',
        connection: 'constructor',
        role_name: 'constructor',
        connection_tags: { env: 'constructor' },
      }),
    ]);

    assert.deepEqual([usage.actor, usage.target, usage.environment], ['__proto__', 'constructor', 'constructor']);
  });

  it('stops when it is asked to', async () => {
    const text = JSON.stringify([listRow()]);
    const file = { path: 's.json', bytes: Buffer.from(text), text: () => text, at: {}, place: 'file' } as const;

    await assert.rejects(collect(gatewaySessions.scan(file, testContext({ signal: AbortSignal.abort() }))), {
      name: 'AbortError',
    });
  });

  it('reads ten thousand sessions in a moment', async () => {
    const rows = Array.from({ length: 10_000 }, (_, index) => listRow({ id: `s-${index}` }));

    const started = cpuTime();
    const observations = await scan({ data: rows });

    assert.equal(kinds(observations, 'usage').length, 10_000);
    assert.ok(cpuTime() - started < 5000);
  });
});
