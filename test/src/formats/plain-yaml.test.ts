import assert from 'node:assert/strict';
import fc from 'fast-check';
import { readPlainYaml } from '../../../src/formats/plain-yaml.ts';
import { readAnyYaml } from '../../../src/formats/yaml.ts';

const WORKFLOW = `# who sees this
---
name: deploy # on push
on:
  push: { branches: [main, 'release/*'] }
  workflow_dispatch:
permissions: {}
env:
  EMPTY: ""
  NOTHING: ~
  QUOTED: 'it''s'
  "quoted key": 1.50
jobs:
  # the only one
  deploy:
    runs-on: [self-hosted, linux]
    steps:
    - uses: actions/checkout@v4
      with:
        fetch-depth: 0

    -   name: "Deploy: now"
        env: { TOKEN: abc, URL: "https://example.com/#top" }
        run: |
          first line
            indented: yes

          last # no comment
    - run: |-
        stripped

    - run: |+
        kept

    -
      name: below
    - - nested
      - list
`;

const READ = [
  WORKFLOW,
  'a: 1',
  'a:\n- 1\n- b: 2\n  c: 3\n',
  '- a\n-\n- b:\n',
  'url: http://example.com/a#b\ntime: 12:30:00\nneg: -1\n',
  'a: |\n  text\n\n\n# after\nb: |-\n  text',
  '\n\n# only comments before\n\na: b\n',
];

const LEFT = [
  '',
  'just a text\n',
  'a: &anchor b\nc: *anchor\n',
  'a: !tag b\n',
  'a: first\n  second\n',
  'a: "first\n  second"\n',
  'a: "with \\n escape"\n',
  'a: >\n  folded\n  text\n',
  'a: |2\n    indented\n',
  'a: b\n---\nc: d\n',
  'a: [b,\n  c]\n',
  'a: {{ template }}\n',
  'a: b: c\n',
  'a:\tb\n',
  'a: b\r\nc: d\r\n',
  '? complex\n: key\n',
  'base:\n  <<: other\n',
  'a:\n  b: 1\n c: 2\n',
  '  - a\n- b\n',
  'a: b\n  # whose is this?\nc: d\n',
  '%YAML 1.2\n---\na: b\n',
];

/** What is put into a text, or in place of something: all that means anything in YAML. */
const BITS =
  `|\n| |  |:|: |- |#| # x|"|'|[|]|{|}|,|&a|*a|!t|~|>|? |\n---\n|\\|%|@|a|a: b|\n  # c\n|[a, b]|{ a: b }|<<|2|\n\n|\n    |\n- |\t|\r|é|.5|null`
    .split('|')
    .concat('|', '|-', '|+');

const edit = fc.record({ at: fc.nat(2_000), bit: fc.constantFrom(...BITS), drop: fc.nat(3) });

describe('plain YAML', () => {
  for (const text of READ) {
    it(`reads what the library reads: ${JSON.stringify(text.slice(0, 40))}`, () => {
      const { root, problems } = readAnyYaml(text);

      assert.deepEqual(problems, []);
      assert.deepEqual(readPlainYaml(text), root);
    });
  }

  for (const text of LEFT) {
    it(`leaves to the library ${JSON.stringify(text)}`, () => {
      assert.equal(readPlainYaml(text), undefined);
    });
  }

  it('leaves what is large, and what is nested deeply', () => {
    assert.equal(readPlainYaml(`a: ${'b'.repeat(200_000)}\n`), undefined);
    assert.equal(readPlainYaml(`a: ${'['.repeat(5_000)}${']'.repeat(5_000)}\n`), undefined);
    assert.equal(readPlainYaml('- '.repeat(5_000)), undefined);
  });

  it('gives the very tree of the library or none, whatever was changed in a text', () => {
    let read = 0;

    fc.assert(
      fc.property(fc.constantFrom(...READ), fc.array(edit, { minLength: 1, maxLength: 3 }), (text, edits) => {
        const changed = edits.reduce((now, { at, bit, drop }) => {
          const place = at % (now.length + 1);
          return now.slice(0, place) + bit + now.slice(place + drop);
        }, text);
        const plain = readPlainYaml(changed);
        if (plain === undefined) return;
        read += 1;

        const { root, problems } = readAnyYaml(changed);

        assert.deepEqual(problems, []);
        assert.deepEqual(plain, root);
      }),
      { numRuns: 2_000 },
    );
    assert.ok(read > 100, `only ${read} were read`);
  });
});
