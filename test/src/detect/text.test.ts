import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Cursor } from '../../../src/detect/text.ts';

/** Line and column the slow way. */
function placeOf(bytes: Buffer, at: number): [line: number, column: number] {
  const before = bytes.subarray(0, at).toString('utf8').split('\n');
  return [before.length, (before.at(-1) ?? '').length + 1];
}

describe('cursor', () => {
  it('counts lines and columns however far it moves, from wherever in memory the text stands', () => {
    const line = fc.string({
      unit: fc.constantFrom('a', ' ', '\r', '\u00e9', '\u20ac', '\u{1f511}', '\u000b', '\u008a'),
      maxLength: 90,
    });
    const text = fc.array(line, { maxLength: 60 }).map((lines) => lines.join('\n'));
    fc.assert(
      fc.property(text, fc.array(fc.nat(), { maxLength: 5 }), fc.nat(7), (written, steps, shift) => {
        const utf8 = Buffer.from(written, 'utf8');
        const bytes = Buffer.alloc(utf8.length + shift).subarray(shift);
        utf8.copy(bytes);
        const isStart = (at: number): boolean => ((utf8[at] ?? 0) & 0xc0) !== 0x80;
        const stops = steps.map((step) => step % (bytes.length + 1)).filter(isStart);
        const cursor = new Cursor();

        for (const stop of stops.sort((a, b) => a - b)) {
          cursor.advance(bytes, stop);

          assert.deepEqual([cursor.line, cursor.column, cursor.at], [...placeOf(utf8, stop), stop]);
        }
      }),
      { numRuns: 300 },
    );
  });
});
