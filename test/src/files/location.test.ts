import assert from 'node:assert/strict';
import fc from 'fast-check';
import { LineIndex } from '../../../src/files/location.ts';

describe('LineIndex', () => {
  it('counts lines and columns from one', () => {
    const lines = new LineIndex('one\ntwo\r\nthree');

    assert.deepEqual(lines.at(0), { line: 1, column: 1 });
    assert.deepEqual(lines.at(4), { line: 2, column: 1 });
    assert.deepEqual(lines.at(11), { line: 3, column: 3 });
  });

  it('counts an emoji as one character', () => {
    assert.deepEqual(new LineIndex('☕🔑 key').at(4), { line: 1, column: 4 });
  });

  it('stays inside the text', () => {
    const lines = new LineIndex('a\nb');

    assert.deepEqual(lines.at(-5), { line: 1, column: 1 });
    assert.deepEqual(lines.at(99), { line: 2, column: 2 });
  });

  it('agrees with counting by hand', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('a', '\n', 'é'), { maxLength: 50 }), fc.nat(50), (characters, offset) => {
        const text = characters.join('');
        fc.pre(offset <= text.length);
        const before = text.slice(0, offset).split('\n');
        assert.deepEqual(new LineIndex(text).at(offset), { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 });
      }),
    );
  });
});
