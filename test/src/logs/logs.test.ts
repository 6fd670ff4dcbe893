import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { headOfBytes } from '../../../src/files/source-file.ts';
import { MAX_OBJECT, roomFor, SMALL_OBJECT } from '../../../src/logs/compile.ts';
import type { LogFormat } from '../../../src/logs/format.ts';
import { parseFormat, shippedFormats } from '../../../src/logs/load.ts';
import { formatOf } from '../../../src/logs/recognise.ts';
import { saveRecords } from '../../../src/logs/save.ts';
import { streamOf } from '../../../src/logs/stream.ts';
import { tempDir } from '../../helpers/temp-repo.ts';

function format(head: string): LogFormat {
  return parseFormat(
    `/*---\nid: x\ntitle: A test\nsurface: audit-log\nvia: direct\n${head}\n---*/\nSELECT file FROM records`,
    'x.sql',
  );
}

const DOCUMENT = format('as: json\nrecords: data.items\nrecognises: { head: [\'"items"\'] }');

describe('a log format', () => {
  for (const [what, text, says] of [
    ['no head', 'SELECT 1', /has no head comment/],
    [
      'another name than its file',
      '/*---\nid: y\ntitle: A test\nsurface: audit-log\nvia: direct\nas: csv\nrecognises: { head: [a] }\n---*/\nSELECT 1',
      /not the name/,
    ],
    [
      'a surface that is none',
      '/*---\nid: x\ntitle: A test\nsurface: moon\nvia: direct\nas: csv\nrecognises: { head: [a] }\n---*/\nSELECT 1',
      /surface/,
    ],
    [
      'nothing to be recognised by',
      '/*---\nid: x\ntitle: A test\nsurface: audit-log\nvia: direct\nas: csv\nrecognises: {}\n---*/\nSELECT 1',
      /head or paths/,
    ],
    [
      'a second SELECT that its head does not name',
      '/*---\nid: x\ntitle: A test\nsurface: audit-log\nvia: direct\nas: csv\nrecognises: { head: [a] }\n---*/\nSELECT 1\n-- made\nSELECT 2',
      /made/,
    ],
  ] as const) {
    it(`is refused with ${what}`, () => {
      assert.throws(() => parseFormat(text, 'x.sql'), says);
    });
  }

  it('is recognised by its head, through gzip too, in files that are called like a log alone', () => {
    const is = (path: string, bytes: string | Uint8Array) =>
      formatOf(headOfBytes(path, Buffer.from(bytes)), () => [DOCUMENT]) !== undefined;

    for (const path of [
      'a.json',
      'a.jsonl.gz',
      'logs/audit.log.3',
      'audit-2026-03-12.log.gz',
      'audit',
      'a.csv',
      'a.log-20260312',
    ]) {
      assert.ok(is(path, '{"data":{"items":['), path);
      assert.ok(is(path, gzipSync(`{"data":{"items":[${'"x",'.repeat(50_000)}`)), path);
    }
    for (const path of ['a.ts', 'a.tar.gz', 'catalog', 'dialog.vue', 'package-lock.yaml'])
      assert.ok(!is(path, '{"items":['), path);
    assert.ok(!is('a.json', `${' '.repeat(5000)}"items"`));
    assert.ok(!is('a.json', Buffer.from([0x1f, 0x8b, 0, 1, 2, 3])));
    assert.ok(!is('a.json', ''));
  });

  it('ships well formed, each with ids of its own', () => {
    const ids = shippedFormats().map(({ meta }) => meta.id);

    assert.equal(new Set(ids).size, ids.length);
    assert.ok(ids.includes('aws-cloudtrail'));
  });
});

describe('the room for a document', () => {
  const shipped = (id: string): LogFormat => shippedFormats().find(({ meta }) => meta.id === id) as LogFormat;

  it('is recognised with spaces after colons and commas', () => {
    const idOf = (record: object) => {
      const spaced = JSON.stringify(record, null, 1).replace(/\n\s*/g, ' ');
      return formatOf(headOfBytes('x.log', Buffer.from(`${spaced}\n`)), shippedFormats)?.meta.id;
    };

    assert.equal(
      idOf({ time: 'x', type: 'request', auth: { token_policies: [] }, request: { operation: 'read' } }),
      'vault-audit',
    );
    assert.equal(idOf({ scope: 'request', 'src.addr': '10.1.2.3:5', gateway: 'default/gw' }), 'agentgateway');
    assert.equal(idOf({ type: 'answer', auth: { token_policies: [] }, request: { operation: 'read' } }), undefined);
  });

  it('says what each lets a check look at, and a log of events for no list of sessions', () => {
    const typesOf = new Map(shippedFormats().map(({ meta }) => [meta.id, meta.types]));

    for (const { meta } of shippedFormats()) assert.equal(meta.types.length > 0, meta.digests === undefined, meta.id);
    assert.deepEqual(typesOf.get('hoop-sessions'), ['session', 'session-list']);
    assert.deepEqual(typesOf.get('hoop-inspect'), ['session']);
  });

  it('is small at first for lines, however large their file, and large for a large document', () => {
    assert.deepEqual(roomFor(shipped('hoop-sessions'), 1e9), [SMALL_OBJECT, MAX_OBJECT]);
    assert.deepEqual(roomFor(shipped('hoop-inspect-sessions'), 1e9), [MAX_OBJECT]);
    assert.deepEqual(roomFor(shipped('hoop-inspect-sessions'), 1e6), [SMALL_OBJECT]);
  });
});

describe('the stream of a log', () => {
  it('is the same for its files, whatever their day, number and end', () => {
    const trail = (day: string, stamp: string, end: string) =>
      `AWSLogs/123456789012/CloudTrail/eu-west-1/${day}/123456789012_CloudTrail_eu-west-1_${stamp}_${end}.json.gz`;

    assert.equal(
      streamOf(trail('2026/08/01', '20260801T0005Z', 'AbCdEfGhIjKlMnOp')),
      streamOf(trail('2026/08/02', '20260802T1010Z', 'QrStUvWxYz012345')),
    );
    assert.equal(streamOf('2026/08/01/audit.json'), streamOf('2026/08/02/audit.json'));
    assert.equal(streamOf('log/audit.log'), streamOf('log/audit.log.3.gz'));
    assert.equal(streamOf('log/audit.log'), streamOf('log/audit-2026-03-12.log'));
    assert.equal(streamOf('log/postgresql-2026-03-12_000000.csv'), streamOf('log/postgresql-2026-03-13_120000.csv'));
  });

  it('is another in another region or directory', () => {
    assert.notEqual(streamOf('eu-west-1/a.json'), streamOf('eu-west-2/a.json'));
    assert.notEqual(streamOf('a/audit.log'), streamOf('b/audit.log'));
  });
});

describe('what is saved of a broken log', () => {
  const signal = new AbortController().signal;
  const directory = tempDir();

  async function saved(of: LogFormat, bytes: Uint8Array) {
    const file = join(directory, 'in');
    writeFileSync(file, bytes);
    const result = await saveRecords(of, file, join(directory, 'out'), signal);
    return {
      ...result,
      lines: readFileSync(result.path, 'utf8')
        .split('\n')
        .filter((line) => line !== ''),
    };
  }

  it('is every record that stands whole before the cut, wherever that is', async () => {
    const record = fc.record({
      a: fc.string(),
      'b"{[': fc.oneof(fc.integer(), fc.array(fc.dictionary(fc.string(), fc.string()))),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(record, { maxLength: 8 }),
        fc.dictionary(fc.string(), fc.array(fc.dictionary(fc.string(), fc.nat()))),
        fc.double({ min: 0, max: 1, noNaN: true }),
        async (items, other, part) => {
          delete other.data;
          const text = Buffer.from(JSON.stringify({ ...other, data: { ...other, items } }, null, part > 0.5 ? 1 : 0));
          const cut = text.subarray(0, Math.ceil(text.length * part));

          const { lines } = await saved(DOCUMENT, cut);

          const whole = items.map((item) => JSON.stringify({ data: { items: [JSON.parse(JSON.stringify(item))] } }));
          assert.deepEqual(
            lines.map((line) => JSON.stringify(JSON.parse(line))),
            whole.slice(0, lines.length),
          );
          if (cut.length === text.length && !('items' in other)) assert.equal(lines.length, items.length);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('is every line that is an object, and the rest is counted', async () => {
    const lines = format('as: jsonl\nrecognises: { head: [a] }');

    const { lines: kept, lost, why } = await saved(lines, Buffer.from('{"a":1}\nx\n[1]\n\n{"a":"ü"}'));

    assert.deepEqual([kept, lost, why], [['{"a":1}', '{"a":"ü"}'], 2, 'some records are no JSON']);
  });
});
