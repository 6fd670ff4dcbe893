import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import { readLargeDocument } from '../../../scanners/gateway-sessions/document.ts';
import { kinds } from '../../helpers/scan-context.ts';
import { listRow, one, recognises, scan, single } from './helpers.ts';

describe('gateway-sessions scanner: packed and large files', () => {
  const lines = [listRow({ id: 'a' }), listRow({ id: 'b' })].map((row) => JSON.stringify(row)).join('\n');

  it('reads what is packed as if it were not', async () => {
    const packed = gzipSync(lines);

    const observations = await scan(packed, 'exports/sessions.ndjson.gz');

    assert.equal(recognises(packed, 'exports/sessions.ndjson.gz'), true);
    assert.deepEqual(
      kinds(observations, 'usage').map(({ sessionId }) => sessionId),
      ['a', 'b'],
    );
    assert.equal(kinds(observations, 'coverage')[0]?.outcome, 'complete');
  });

  it('recognises a packed file by its content, however long it is', () => {
    const noise = Array.from({ length: 400 }, (_, index) => JSON.stringify(listRow({ id: `${index * 7919}` })));

    assert.equal(recognises(gzipSync(noise.join('\n')), 'x.jsonl.gz'), true);
    assert.equal(recognises(gzipSync(JSON.stringify({ name: 'shop' })), 'x.json.gz'), false);
    assert.equal(recognises('no gzip at all', 'hoop/sessions.json.gz'), false);
    assert.equal(recognises(gzipSync('[]'), 'hoop/sessions.json.gz'), true);
  });

  it('reads the whole records of a packed file that breaks off, and says so', async () => {
    const many = Array.from({ length: 300 }, (_, index) => JSON.stringify(listRow({ id: `${index}-${Math.sin(index)}` }))).join(
      '\n',
    );
    const cut = gzipSync(many).subarray(0, -200);

    const observations = await scan(cut, 'exports/sessions.ndjson.gz');

    assert.ok(kinds(observations, 'usage').length > 10);
    assert.equal(kinds(observations, 'coverage')[0]?.outcome, 'partial');
  });

  it('says that a damaged one cannot be read', async () => {
    const damaged = gzipSync(lines);
    damaged.fill(0xff, 12, 40);

    const coverage = await one('coverage', damaged, 'exports/sessions.ndjson.gz');

    assert.deepEqual([coverage.outcome, coverage.why], ['denied', 'it is no whole gzip: export it again']);
  });

  describe('of one record a line', () => {
    const filler = 'x'.repeat(4000);
    const rows = Array.from({ length: 4400 }, (_, index) => JSON.stringify(listRow({ id: `s${index}`, labels: { filler } })));
    const whole = JSON.stringify(single({ id: 's1', script: { data: 'DELETE FROM t' } }));
    const text = [...rows, '{"id":"cut', rows[0], whole, ''].join('\n');

    it('gives what a small one gives: each session once, the fuller of two, the broken line by its number', () => {
      const document = readLargeDocument(Buffer.from(text), 'x.ndjson');

      assert.ok(document !== undefined);
      const items = [...document.items];
      assert.equal(items.length, 4400);
      assert.equal(new Set(items.map(({ value }) => value.id)).size, 4400);
      assert.deepEqual(items.find(({ value }) => value.id === 's1')?.line, 4403);
      assert.deepEqual([document.failed, document.gaps], [1, ['line 4401 is not JSON']]);
    });

    it('leaves one document, and what is none, to be read in one piece', () => {
      assert.equal(readLargeDocument(Buffer.from(JSON.stringify(rows, null, 1)), 'x.json'), undefined);
      assert.equal(readLargeDocument(Buffer.from(lines), 'x.ndjson'), undefined);
    });
  });
});
