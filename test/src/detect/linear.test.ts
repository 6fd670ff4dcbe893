import assert from 'node:assert/strict';
import { anchorsOf } from '../../../src/detect/compile.ts';
import { createEngine } from '../../../src/detect/engine.ts';
import { expandExample } from '../../../src/detect/examples.ts';
import { loadPack } from '../../../src/detect/load.ts';
import type { PackedDetector } from '../../../src/detect/pack.ts';
import { has } from '../../../src/detect/pattern.ts';

const MINIFIED = 'function(e,t){var n=e.key||"";return t[n]?a:b},';
const UNITS = ['a', '-', 'A=', ' ', MINIFIED, 'password', 'https://', 'ya29.', 'SECRET', 'token="', '-----BEGIN', 'AKIA'];
const SIZE = 60_000;
/** Bytes of text that regexes may be run on for each byte searched, all rules together. */
const READ_AGAIN = 60;

const SHORT = 8000;
/** Every so many-th of the texts is tried: all of them take minutes. */
const SAMPLED = 2;
const MOST_ANCHORS = 4;
const FILLERS: readonly string[] = [...'aA0_-=":/.+ b1'];
/** To look at a hit costs as much as to read so many bytes. */
const HIT = 30;
const MOST_COUNTED = 60;

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

describe('texts made of what a rule looks for', () => {
  it('cost no more than so much a byte, with what may stand behind it and without', async () => {
    const pack = { ...(await loadPack()) };
    const engine = createEngine({ pack, fingerprintKey: 'test', secretlint: false });
    // Of very long texts a rule reads no more than so much in vain.
    const counted = (): number =>
      engine.costs().reduce((sum, { hits, read, windows, bytes }) => sum + HIT * hits + read + windows + bytes, 0);
    const over: string[] = [];

    for (const unit of unitsOf(pack.detectors).filter((_, index) => index % SAMPLED === 0)) {
      const before = counted();
      engine.detect(Buffer.alloc(SHORT, unit, 'latin1'));
      const perByte = (counted() - before) / SHORT;
      if (perByte > MOST_COUNTED) over.push(`${JSON.stringify(unit)}: ${perByte.toFixed(0)}`);
    }

    assert.deepEqual(over, []);
  }).timeout(120_000);
});

/** Each beginning that the kernel looks for: alone, quoted, and with what its rule lets follow. */
function unitsOf(detectors: readonly PackedDetector[]): string[] {
  const units = new Set<string>();
  for (const detector of detectors) {
    for (const { text, first = [] } of anchorsOf(detector).slice(0, MOST_ANCHORS)) {
      const follows = first.slice(text.length).map((set) => FILLERS.find((byte) => has(set, byte.charCodeAt(0))) ?? ' ');
      for (const length of [0, 8, 24]) units.add(text + follows.slice(0, length).join(''));
      units.add(`${text}"`).add(`"${text}${follows.join('')}" `);
    }
  }
  return [...units];
}

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
