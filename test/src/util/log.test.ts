import assert from 'node:assert/strict';
import { createLog, type LogLevel } from '../../../src/util/log.ts';

describe('log', () => {
  for (const [level, lines] of [
    ['debug', ['debug: d\n', 'i\n', 'warning: w\n']],
    ['info', ['i\n', 'warning: w\n']],
    ['warn', ['warning: w\n']],
    ['silent', []],
  ] as const) {
    it(`says at level ${level} what is at it or above`, () => {
      const said = record(level, (log) => {
        log.debug('d');
        log.info('i');
        log.warn('w');
      });

      assert.deepEqual(said, lines);
    });
  }

  it('puts data behind the message, and leaves undefined out', () => {
    const [line] = record('info', (log) => log.info('read a file', { file: 'a b.txt', line: 3, why: undefined, tags: ['x'] }));

    assert.equal(line, 'read a file (file=a b.txt, line=3, tags=["x"])\n');
  });

  it('says nothing of empty data', () => {
    assert.deepEqual(
      record('info', (log) => log.info('done', {})),
      ['done\n'],
    );
  });

  for (const [what, text] of [
    ['an escape sequence', '\u001b[2J\u001b]0;owned\u0007'],
    ['C1 controls', '\u009b31m'],
    ['a line break', 'a\nwarning: forged'],
    ['a carriage return', 'a\rb'],
    ['a bidirectional override', 'safe\u202egnp.exe'],
    ['an isolate', 'a\u2066b\u2069'],
    ['a mark of direction', 'a\u200f\u200e\u061cb'],
    ['a line separator', 'a\u2028b'],
    ['a zero-width space', 'a\u200bb'],
  ] as const) {
    it(`neutralises ${what}, in the data and in the message`, () => {
      const said = record('info', (log) => {
        log.warn('a file', { file: text, list: [text] });
        log.warn(`there is nothing at ${text}`);
      });

      assert.equal(said.length, 2);
      for (const line of said) {
        assert.match(line, /^warning: [^\n]*\n$/);
        assert.doesNotMatch(line.slice(0, -1), /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
      }
    });
  }

  it('takes any value: a log line never ends a scan', () => {
    const loop: { self?: unknown } = {};
    loop.self = loop;

    const [line] = record('info', (log) => log.info('odd', { big: 2n ** 64n, loop, run: () => 1, symbol: Symbol('s') }));

    assert.match(line ?? '', /^odd \(.*18446744073709551616/);
  });
});

function record(level: LogLevel, use: (log: ReturnType<typeof createLog>) => void): readonly string[] {
  const lines: string[] = [];
  use(createLog(level, (line) => void lines.push(line)));
  return lines;
}
