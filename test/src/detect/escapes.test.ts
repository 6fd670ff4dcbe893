import assert from 'node:assert/strict';
import fc from 'fast-check';
import { createEngine, type Engine } from '../../../src/detect/engine.ts';
import { expandExample } from '../../../src/detect/examples.ts';
import { loadPack } from '../../../src/detect/load.ts';
import { fingerprint } from '../../../src/util/fingerprint.ts';

const KEY = 'escapes';
const webhook = expandExample('https://hooks.slack.com/services/T0{{uppernum:8}}/B0{{uppernum:8}}/{{alnum:24}}', 'hook').text;
const url = expandExample('postgres://shop_app:{{alnum:18}}@db.harbour.internal/shop', 'url').text;
const bot = expandExample('{{join:xo:xb-}}{{digits:12}}-{{digits:13}}-{{alnum:24}}', 'bot').text;

function slashed(text: string): string {
  return text.replaceAll('/', '\\/');
}

describe('tokens broken up by escapes', () => {
  let engine: Engine;
  before(async () => {
    engine = createEngine({ pack: await loadPack(), fingerprintKey: KEY, secretlint: false });
  });

  for (const [name, detector, plain, written] of [
    ['slashes of a webhook', 'slack-webhook', webhook, slashed(webhook)],
    ['slashes of a connection string', 'postgres-url', url, slashed(url)],
    ['slashes escaped twice', 'slack-webhook', webhook, webhook.replaceAll('/', '\\\\/')],
    ['hyphens', 'slack-bot-token', bot, bot.replaceAll('-', '\\u002d')],
    ['hyphens in capitals', 'slack-bot-token', bot, bot.replaceAll('-', '\\u002D')],
    ['an at sign', 'postgres-url', url, url.replace('@', '\\u0040')],
  ] as const) {
    it(`are found, and where they stand: ${name}`, () => {
      const text = `é line\n{"a": 1, "key": "${written}", "b": 2}\n`;

      const [match, ...others] = engine.detect(text);

      const [expected] = engine.detect(plain);
      assert.deepEqual(others, []);
      assert.equal(match?.detector, detector);
      assert.equal(match.fingerprint, expected?.fingerprint);
      assert.equal(match.identity, expected?.identity);
      assert.equal(match.line, 2);
      const place = text.slice(match.start, match.end);
      assert.equal(
        place.replace(/\\+\//g, '/').replace(/\\u00(..)/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16))),
        match.secret.reveal(),
      );
      assert.equal(match.column, match.start - text.indexOf('\n'));
    });
  }

  it('are an assignment with an escaped sign', () => {
    const token = expandExample('{{alnum:40}}', 'cohere').text;

    const [match] = engine.detect(`"run": "export COHERE_API_KEY\\u003d${token}"`);

    assert.equal(match?.detector, 'cohere-api-key');
    assert.equal(match.fingerprint, fingerprint(token, KEY));
  });

  it('are no different for what is not escaped beside them', () => {
    const matches = engine.detect(`"${webhook}" "${slashed('https://docs.harbour.coffee/a')}" "${bot}"`);

    assert.deepEqual(
      matches.map((m) => m.detector),
      ['slack-webhook', 'slack-bot-token'],
    );
  });

  it('are left where they are looked for in regexes and tables', () => {
    assert.deepEqual(engine.detect('const url = /^https?:\\/\\/[^/]+$/; const minus = "\\u002d";'), []);
  });

  it('are found once wherever they lie in a text', () => {
    const word = fc.constantFrom('a ', '\n', ':\\/\\/x ', '\\u002d', '\\', 'é', '"', 'x'.repeat(700));
    fc.assert(
      fc.property(fc.array(word, { maxLength: 20 }), fc.array(word, { maxLength: 20 }), (head, tail) => {
        const text = `${head.join('')}\n"${slashed(webhook)}"\n${tail.join('')}`;

        const matches = engine.detect(text);

        assert.deepEqual(
          matches.map((m) => [m.detector, text.slice(m.start, m.end).replaceAll('\\/', '/')]),
          [['slack-webhook', webhook.slice('https://hooks.slack.com/services/'.length)]],
        );
      }),
      { seed: 7 },
    );
  });
});
