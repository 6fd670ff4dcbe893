import assert from 'node:assert/strict';
import type { Progress } from '../../../src/contracts/index.ts';
import { createProgress, SILENT_PROGRESS } from '../../../src/util/progress.ts';

const CLEAR = '\r\u001b[2K';
/** A line over the one before. */
const drawn = (text: string): string => `\r${text}\u001b[K`;

describe('progress', () => {
  it('shows nothing for what takes under a second', () => {
    const { progress, terminal, written } = start({ isTTY: true });

    progress.phase('Reading files', 100);
    for (let n = 0; n < 100; n += 1) {
      terminal.now += 9;
      progress.advance(1);
    }
    progress.end();

    assert.deepEqual(written, []);
  });

  it('draws one bar on a terminal, in place, and takes it away at the end', () => {
    const { progress, terminal, written } = start({ isTTY: true });

    progress.phase('Reading blobs', 1000);
    terminal.now += 1000;
    progress.advance(500, 50e6);
    progress.end();

    assert.deepEqual(written, [drawn('Reading blobs  [##########..........]  50%  500/1,000  1 s left  50 MB/s'), CLEAR]);
  });

  it('draws at most five times a second, over the line before', () => {
    const { progress, terminal, written } = start({ isTTY: true });

    progress.phase('Reading', 10_000);
    for (let n = 0; n < 1000; n += 1) {
      terminal.now += 2;
      progress.advance(1);
    }

    // A second of silence, then one of drawing.
    assert(written.length >= 5 && written.length <= 6, String(written.length));
    for (const line of written)
      assert(line.startsWith('\rReading') && line.endsWith('\u001b[K') && line.lastIndexOf('\r') === 0, line);
  });

  for (const [columns, line] of [
    [200, 'Reading history  [##########..........]  50%  5,000/10,000  2 s left  2,500/s'],
    [70, 'Reading history  50%  5,000/10,000  2 s left  2,500/s'],
    [50, 'Reading history  50%  5,000/10,000  2 s left'],
    [32, 'Reading history  50%  2 s left'],
    [22, 'Reading history  50%'],
    [12, 'Reading his'],
    [1, ''],
  ] as const) {
    it(`leaves out what has no room in ${columns} columns`, () => {
      const { progress, terminal, written } = start({ isTTY: true, columns });

      progress.phase('Reading history', 10_000);
      terminal.now += 2000;
      progress.advance(5000);

      assert.deepEqual(written, [drawn(line)]);
    });
  }

  it('counts bytes in megabytes, and knows how many a second', () => {
    const { progress, terminal, written } = start({ isTTY: true });

    progress.phase('Reading logs', 4e9);
    terminal.now += 10_000;
    progress.advance(1e9, 1e9);

    assert.deepEqual(written, [drawn('Reading logs  [#####...............]  25%  1000/4000 MB  30 s left  100 MB/s')]);
  });

  it('writes a plain line every half minute elsewhere', () => {
    const { progress, terminal, written } = start({ isTTY: false });

    progress.phase('Reading blobs', 1000);
    for (let second = 0; second < 90; second += 1) {
      terminal.now += 1000;
      progress.advance(10);
    }
    progress.end();

    assert.equal(written.length, 3);
    for (const line of written) {
      assert(!line.includes('\u001b') && !line.includes('\r'), JSON.stringify(line));
      assert.match(line, /^Reading blobs {2}\d+% {2}\d+\/1,000 {2}.* left {2}10\/s\n$/);
    }
  });

  it('writes no line elsewhere for a run of under half a minute, however many phases it has', () => {
    const { progress, terminal, written } = start({ isTTY: false });

    for (const title of ['Reading files', 'Reading blobs', 'Correlating']) {
      progress.phase(title, 100);
      terminal.now += 9000;
      progress.advance(28);
      progress.end();
    }

    assert.deepEqual(written, []);
  });

  it('counts without a bar while the total is not known', () => {
    const { progress, terminal, written } = start({ isTTY: true });

    progress.phase('Walking');
    terminal.now += 1000;
    progress.advance(12_345);
    progress.total(20_000);
    terminal.now += 1000;
    progress.advance(0);

    assert.equal(written[0], drawn('Walking  12,345  12,345/s'));
    assert.match(written[1] ?? '', /\[#{12}\.{8}\]/);
  });

  it('guesses what is left from what is done, in minutes when it is long', () => {
    const { progress, terminal, written } = start({ isTTY: true });

    progress.phase('Reading', 100);
    terminal.now += 60_000;
    progress.advance(10);
    terminal.now += 60_000;
    progress.advance(80);
    terminal.now += 1000;
    progress.advance(10);

    assert.match(written[0] ?? '', /9 min left/);
    assert.match(written[1] ?? '', /14 s left/);
    assert.doesNotMatch(written[2] ?? '', /left/);
  });

  it('never passes 100 %, whatever it is told', () => {
    const { progress, terminal, written } = start({ isTTY: true });

    progress.phase('Reading', 10);
    terminal.now += 1000;
    progress.advance(25);

    assert.match(written[0] ?? '', /\[#{20}\] {2}100%/);
  });

  it('starts each phase anew', () => {
    const { progress, terminal, written } = start({ isTTY: true });

    progress.phase('One', 10);
    terminal.now += 1000;
    progress.advance(10, 1e9);
    progress.phase('Two', 10);
    terminal.now += 100;
    progress.advance(1);
    terminal.now += 900;
    progress.advance(1);

    assert.equal(written[1], CLEAR);
    assert.equal(written[2], drawn('Two  [####................]  20%  2/10  4 s left'));
  });

  it('can be silent', () => {
    for (const call of ['phase', 'advance', 'total', 'end'] as const) {
      assert.equal((SILENT_PROGRESS[call] as (n: unknown) => unknown)(1), undefined);
    }
  });
});

interface Started {
  readonly progress: Progress;
  readonly terminal: { now: number };
  readonly written: string[];
}

function start({ isTTY, columns = 200 }: { readonly isTTY: boolean; readonly columns?: number }): Started {
  const written: string[] = [];
  const terminal = { now: Date.parse('2026-03-12T02:00:00Z') };
  const progress = createProgress({ write: (text) => void written.push(text), isTTY, columns, clock: () => terminal.now });
  return { progress, terminal, written };
}
