import assert from 'node:assert/strict';
import { createEngine } from '../../src/detect/engine.ts';
import { expandExample } from '../../src/detect/examples.ts';
import { loadPack } from '../../src/detect/load.ts';

/** What may follow the first lines of a file that a rule of several lines knows: much of it, and never its end. */
const FILLINGS = [
  ...['a: b', 'key: value', '- a', 'a = b', '"a": "b",', 'password'].flatMap((text) =>
    [2, 8, 16].map((indent) => `${' '.repeat(indent)}${text}\n`),
  ),
  '\n',
  '    \n',
  '\t\ta\tb\n',
  'a: b\n',
  '# a\n',
];
const LINES = 80;
const MILLISECONDS = 250;

describe('rules of several lines', () => {
  it('take no more than a moment for what begins like them and does not end', async function () {
    this.timeout(180_000);
    const pack = await loadPack();
    const engine = createEngine({ pack, fingerprintKey: 'test', secretlint: false });
    const slow: string[] = [];
    for (const { id, examples } of pack.detectors) {
      for (const example of examples.slice(0, 2)) {
        const lines = expandExample(String(example), id).text.split('\n');
        if (lines.length < 2) continue;
        for (const filling of FILLINGS) {
          for (const kept of new Set([1, 2, lines.length - 1])) {
            const text = `${lines.slice(0, kept).join('\n')}\n${filling.repeat(LINES)}`;
            const started = process.cpuUsage();
            engine.detect(Buffer.from(text));
            const { user } = process.cpuUsage(started);
            if (user > MILLISECONDS * 1000) slow.push(`${id}, ${kept} lines and ${JSON.stringify(filling)}: ${user / 1000} ms`);
          }
        }
      }
    }

    assert.deepEqual(slow, []);
  });
});
