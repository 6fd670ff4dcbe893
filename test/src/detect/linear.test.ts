import assert from 'node:assert/strict';
import { createEngine } from '../../../src/detect/engine.ts';
import { expandExample } from '../../../src/detect/examples.ts';
import { loadPack } from '../../../src/detect/load.ts';

const MINIFIED = 'function(e,t){var n=e.key||"";return t[n]?a:b},';
const UNITS = ['a', '-', 'A=', ' ', MINIFIED, 'password', 'https://', 'ya29.', 'SECRET', 'token="', '-----BEGIN', 'AKIA'];
const SIZE = 60_000;
/** Bytes of text that regexes may be run on for each byte searched, all rules together. */
const READ_AGAIN = 60;

describe('texts made of one thing', () => {
  it('cost the engine no more than so much a byte, however long they are', async () => {
    // Another pack by identity: its counts are its own.
    const engine = createEngine({ pack: { ...(await loadPack()) }, fingerprintKey: 'test' });
    const read = (): number => engine.costs().reduce((sum, { bytes }) => sum + bytes, 0);
    const over: string[] = [];

    for (const unit of UNITS) {
      const before = read();
      engine.detect(Buffer.from(unit.repeat(SIZE / unit.length), 'latin1'));
      const perByte = (read() - before) / SIZE;
      if (perByte > READ_AGAIN) over.push(`${unit}: ${perByte.toFixed(1)}`);
    }

    assert.deepEqual(over, []);
  });

  it('are read by outlines of patterns a bounded number of times, whichever keyword they are made of', async () => {
    const pack = { ...(await loadPack()) };
    const engine = createEngine({ pack, fingerprintKey: 'test', secretlint: false });
    const size = 30_000;
    const read = (): number => engine.costs().reduce((sum, cost) => sum + cost.read, 0);
    const over: string[] = [];

    for (const keyword of new Set(pack.detectors.flatMap(({ keywords }) => keywords))) {
      const before = read();
      engine.detect(Buffer.alloc(size, keyword));
      const perByte = (read() - before) / size;
      if (perByte > READ_AGAIN) over.push(`${keyword}: ${perByte.toFixed(1)}`);
    }

    assert.deepEqual(over, []);
  }).timeout(60_000);
});

describe('texts of nothing but beginnings', () => {
  for (const unit of ['-----BEGIN RSA PRIVATE KEY-----\n', `-----BEGIN OPENSSH PRIVATE KEY-----${'A'.repeat(64)}\n`]) {
    it(`are given up when they were read too often, and it is said: ${JSON.stringify(unit.slice(0, 40))}`, async () => {
      const engine = createEngine({ pack: { ...(await loadPack()) }, fingerprintKey: 'test', secretlint: false });
      const bytes = Buffer.alloc(512 * 1024, unit);
      const cuts: string[] = [];

      engine.detect(bytes, { onCut: (why) => cuts.push(why) });

      for (const { id, bytes: read } of engine.costs()) assert.ok(read < 64 * 1024 * 1024, `${id}: ${read}`);
      assert.match(cuts.join(), /not all was searched for private-key/);
    });
  }

  it('leave a file with many keys as it is', async () => {
    const engine = createEngine({ pack: { ...(await loadPack()) }, fingerprintKey: 'test', secretlint: false });
    const keys = Array.from({ length: 100 }, (_, index) => expandExample('{{pem:RSA PRIVATE KEY}}', `many/${index}`).text);
    const cuts: string[] = [];

    const found = engine.detect(keys.join('\n'), { onCut: (why) => cuts.push(why) });

    assert.equal(found.length, 100);
    assert.deepEqual(cuts, []);
  });
});
