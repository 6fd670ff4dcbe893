import assert from 'node:assert/strict';
import { createEngine, type Engine } from '../../../src/detect/engine.ts';
import { escapeBefore } from '../../../src/detect/escape-before.ts';
import { expandExample } from '../../../src/detect/examples.ts';
import { loadPack } from '../../../src/detect/load.ts';

const TOKENS: readonly (readonly [name: string, example: string])[] = [
  ['github', '{{ghcrc:ghp_}}'],
  ['gitlab', '{{join:gl:pat-}}{{alnum:20}}'],
  ['aws', '{{awskey:AKIA}}'],
  ['stripe', '{{join:sk:_live_}}{{alnum:24}}'],
  ['slack', '{{join:xo:xb-}}{{digits:12}}-{{digits:13}}-{{alnum:24}}'],
  ['google', '{{join:AI:za}}{{alnum:35}}'],
  ['anthropic', '{{join:sk-:ant-api03-}}{{alnum:93}}AA'],
  ['hugging face', '{{join:hf:_}}{{letters:34}}'],
  ['sendgrid', '{{join:S:G.}}{{alnum:22}}.{{alnum:43}}'],
  ['npm', '{{ghcrc:npm_}}'],
  ['digitalocean', '{{join:dop:_v1_}}{{hex:64}}'],
  ['pypi', '{{join:py:pi-}}AgEIcHlwaS5vcmc{{alnum:80}}'],
  ['groq', '{{join:gs:k_}}{{alnum:20}}WGdyb3FY{{alnum:24}}'],
];

const ESCAPES: readonly string[] = [
  ...['n', 't', 'r', 'b', 'f', 'v', '0'].map((letter) => `\\${letter}`),
  ...['\\\\n', '\\\\\\\\n', '\\u003d', '\\\\u003d', '\\u0022', '\\x3d', '\\x0a', '\\075', '\\75', '\\12'],
  ...['3D', '3d', '20', '22', '3A', '2F', '26', '0A', '253D'].map((hex) => `%${hex}`),
  ...['\x1b', '\\u001b', '\\u001B', '\\x1b', '\\e', '\\033', '\\\\033'].flatMap((begin) =>
    ['[32m', '[0m', '[1;31m', '[m', '[38;5;208m', '[K'].map((code) => begin + code),
  ),
];

describe('tokens right behind an escape', () => {
  const engines: Engine[] = [];
  before(async () => {
    const pack = await loadPack();
    engines.push(createEngine({ pack, fingerprintKey: 'escape', secretlint: false }));
  });

  for (const [name, example] of TOKENS) {
    it(`are found with their exact place: ${name}`, () => {
      const token = expandExample(example, `escape/${name}`).text;
      const [engine] = engines as [Engine];
      assert.equal(engine.detect(`x ${token} y`).length, 1);
      const missed: string[] = [];

      for (const written of ESCAPES) {
        for (const before of ['{"log":"line', 'TOKEN', '']) {
          for (const filler of ['', '- '.repeat(150_000)]) {
            if (filler !== '' && (written !== '\\n' || before === '')) continue;
            const text = `${filler}${before}${written}${token}${written} rest`;
            const places = engine.detect(text).map(({ start, secret }) => [start, secret.reveal()] as const);
            const isFound = places.some(([start, secret]) => text.startsWith(token, start) && secret === token);
            if (!isFound || places.length !== 1) missed.push(`${before}${written} ${places.length}`);
          }
        }
      }

      assert.deepEqual(missed, []);
    });
  }

  it('are told from tokens within a word', () => {
    const token = expandExample('{{ghcrc:ghp_}}', 'escape/word').text;
    const [engine] = engines as [Engine];

    for (const before of ['task', 'n', '\\node', '\\q', '%zz', '[32m', '0m', '\x1b32m', 'u003d', 'x3d', '\\u03d', '\\xzz']) {
      assert.deepEqual(engine.detect(`a ${before}${token} b`), [], before);
    }
  });

  it('are many on one line, each found', () => {
    const tokens = ['a', 'b', 'c'].map((seed) => expandExample('{{ghcrc:ghp_}}', `escape/${seed}`).text);
    const [engine] = engines as [Engine];

    const found = engine.detect(`{"log":"one\\n${tokens.join('\\n')}"}`);

    assert.deepEqual(
      found.map(({ secret }) => secret.reveal()),
      tokens,
    );
  });
});

describe('an escape before a place', () => {
  for (const [text, length] of [
    ['line\\n', 2],
    ['line\\\\n', 2],
    ['A%3D', 3],
    ['A%253D', 5],
    ['\\u001b[1;32m', 12],
    ['\\n', 2],
    ['n', 0],
    ['', 0],
    ['\\8', 0],
    ['%3', 0],
    ['param', 0],
    ['a[3m', 0],
  ] as const) {
    it(`is ${length} bytes of ${JSON.stringify(text)}`, () => {
      assert.equal(escapeBefore(Buffer.from(text, 'latin1'), text.length), length);
    });
  }
});
