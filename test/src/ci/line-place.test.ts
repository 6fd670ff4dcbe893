import assert from 'node:assert/strict';
import fc from 'fast-check';
import { placeOfLine } from '../../../src/ci/line-place.ts';
import { scalarsOf } from '../../../src/formats/tree.ts';
import { readYamlStream } from '../../../src/formats/yaml.ts';

/** The line of the file, from 1, where a line of the first script stands. */
function lineOf(text: string, wanted: number): number {
  const tree = readYamlStream(text).documents[0];
  assert.ok(tree !== undefined);
  const [first] = [...scalarsOf(tree)];
  assert.ok(first !== undefined);
  return text.slice(0, placeOfLine(text, first.scalar, wanted).start).split('\n').length;
}

describe('places of lines of scripts', () => {
  it('tells equal lines of a block apart', () => {
    const text = 'run: |\n  echo "$A"\n\n  make\n  echo "$A"\n';

    assert.deepEqual([lineOf(text, 0), lineOf(text, 2), lineOf(text, 3)], [2, 4, 5]);
  });

  it('reads through escapes and folds', () => {
    assert.equal(lineOf('run: "make\\n\\\n  echo \\"$A\\""\n', 1), 2);
    assert.equal(lineOf('run: >\n  make\n\n  echo\n  "$A"\n', 1), 4);
  });

  it('stays in the script, whatever it is asked for', () => {
    const piece = fc.constantFrom('echo', ' ', '\n', '"', "'", '\\', '$A', '|', '#', 'é', '😀');
    fc.assert(
      fc.property(fc.array(piece), fc.array(piece), fc.integer({ min: -2, max: 20 }), (written, value, wanted) => {
        const text = written.join('');
        const scalar = {
          type: 'scalar',
          value: value.join(''),
          quoted: false,
          start: 0,
          end: text.length,
          pointer: 'run',
        } as const;

        const { start, end } = placeOfLine(text, scalar, wanted);

        assert.ok(start >= 0 && start <= end && end === text.length);
      }),
    );
  });
});
