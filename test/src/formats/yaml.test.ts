import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { entriesOf, get, textOf } from '../../../src/formats/tree.ts';
import { readYaml, readYamlStream } from '../../../src/formats/yaml.ts';

describe('YAML reader', () => {
  it('reads quoted texts whose lines stand left of their key, each at its place', () => {
    const text = ['policy:', "    document: '{", '  "Effect": "Allow"', "}'", '    note: "a \\', 'b"', "    next: it's", ''].join(
      '\n',
    );

    const file = readYaml(text);

    const policy = get(file.root, 'policy');
    assert.deepEqual(file.problems, []);
    assert.deepEqual(JSON.parse(textOf(get(policy, 'document')) ?? ''), { Effect: 'Allow' });
    assert.equal(textOf(get(policy, 'next')), "it's");
    assert.deepEqual(
      entriesOf(policy).map(({ value }) => file.position(value.start).line),
      [2, 5, 7],
    );
  });

  it('merges the mappings of a list, of which the first wins, below the keys beside them', () => {
    const file = readYaml('a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2, w: 2}\nc:\n  w: 3\n  <<: [*a, *b]\n');

    const c = get(file.root, 'c');
    assert.deepEqual(
      ['x', 'y', 'z', 'w'].map((key) => textOf(get(c, key))),
      ['1', '1', '2', '3'],
    );
    assert.deepEqual(file.problems, []);
    assert.equal(file.position(get(c, 'z')?.start ?? 0).line, 2);
  });

  it('says that what a merge key names is no mapping', () => {
    const file = readYaml('a: &a [1]\nb:\n  <<: [*a]\n  x: 1\nc:\n  "<<": kept\n');

    assert.equal(textOf(get(get(file.root, 'b'), 'x')), '1');
    assert.equal(textOf(get(get(file.root, 'c'), '<<')), 'kept');
    assert.match(file.problems.join(), /merge key/);
  });

  it('says that a quoted text never ends', () => {
    const file = readYaml("a: 'b\nc: d\n");

    assert.match(file.problems.join(), /not valid YAML/);
  });

  it('does not look for the end of a quoted text in the next document', () => {
    const stream = readYamlStream("a: 'b\n---\nc: 'd'\n");

    assert.equal(stream.documents.length, 2);
    assert.match(stream.problems.join(), /not valid YAML/);
    assert.equal(textOf(get(stream.documents[1], 'c')), 'd');
  });

  it('keeps its places and never throws, whatever stands left of a key', () => {
    const piece = fc.constantFrom("'", '"', 'a: ', '\n', '\n  ', '\\', '- ', 'word', '---\n', '#', '[', '}', '\r\n', '\t');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        const text = pieces.join('');

        const { root } = readYaml(text);

        assert.ok(root === undefined || (root.start >= 0 && root.end <= text.length));
      }),
      { numRuns: 300 },
    );
  });
});
