import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  clip,
  clipAdvice,
  csvCell,
  jsonText,
  markdown,
  markdownCode,
  markdownProse,
  printable,
} from '../../../src/util/sanitize.ts';
import { HOSTILE_NAMES } from '../../helpers/report.ts';

const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u;
// What attacks are made of, mixed at random.
const hostile = fc
  .array(
    fc.oneof(fc.constantFrom(...HOSTILE_NAMES.filter((name) => name.length < 200)), fc.string({ unit: 'binary', maxLength: 8 })),
    { maxLength: 4 },
  )
  .map((parts) => parts.join(''));

describe('printable', () => {
  const cases: [string, string, string][] = [
    ['leaves plain text alone', 'harbour/shop deploy.yml', 'harbour/shop deploy.yml'],
    ['leaves other scripts alone', '漢字 é ñ', '漢字 é ñ'],
    ['shows an escape code instead of obeying it', '\u001b[31mred', '\\u{1b}[31mred'],
    ['shows a C1 control', '\u009b31m', '\\u{9b}31m'],
    ['shows a bidirectional override', 'safe\u202egnp', 'safe\\u{202e}gnp'],
    ['shows a zero-width space', 'a\u200bb', 'a\\u{200b}b'],
    ['makes one line of several', 'one\r\n\ttwo\u2028three', 'one two three'],
    ['shows a lone surrogate', 'a\ud800b', 'a\\u{d800}b'],
    ['leaves ARNs alone', 'arn:aws:iam::123456789012:role/x', 'arn:aws:iam::123456789012:role/x'],
    ['breaks a command of a runner at the start', '::stop-commands::x', '\\u{3a}:stop-commands::x'],
    ['breaks a command where a wrap may fall', 'a ::set-output name=b::c', 'a \\u{3a}:set-output name=b::c'],
    ['breaks an old command of a runner anywhere', 'a##[group]b', 'a#\\u{23}[group]b'],
    ['cuts piled-up marks', `e${'\u0301'.repeat(50)}`, 'e\u0301\u0301\u0301'],
  ];
  for (const [what, text, expected] of cases) {
    it(what, () => assert.equal(printable(text), expected));
  }

  it('never lets anything invisible through, and changes nothing when done twice', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const safe = printable(text);
        assert.doesNotMatch(safe, INVISIBLE);
        assert.equal(printable(safe), safe);
      }),
    );
  });
});

describe('clipAdvice', () => {
  const COMMAND = '`gcloud projects remove-iam-policy-binding shop --role=roles/owner`';

  it('never cuts a command: it is there as a whole, or not at all', () => {
    assert.equal(clipAdvice(`Take the role away: ${COMMAND}.`, 40), `Take the role away: ${COMMAND}.`);
    assert.equal(clipAdvice(`Take the role away: ${COMMAND}, then look who misses it.`, 40), `Take the role away: ${COMMAND}…`);
    assert.equal(clipAdvice(`Take it: \`${'x'.repeat(200)}\``, 40), 'Take it:…');
    assert.equal(clipAdvice(`${COMMAND} first, and look who misses it`, 90), `${COMMAND} first, and look who…`);
    assert.equal(clipAdvice('short', 14), 'short');
  });

  it('leaves backticks in pairs, whatever the text', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('`', 'a', ' ', 'word ', '.')), fc.integer({ min: 4, max: 40 }), (pieces, max) => {
        const text = pieces.join('');
        const even = (text.split('`').length - 1) % 2 === 0;
        const told = clipAdvice(text, max);
        assert.ok(told.length <= max * 3 + 1);
        if (even) assert.equal((told.split('`').length - 1) % 2, 0, told);
      }),
    );
  });
});

describe('clip', () => {
  it('keeps head and tail', () => {
    assert.equal(clip('a-very-long-path/with/end.yml', 14), 'a-very-lo….yml');
    assert.equal(clip('short', 14), 'short');
  });

  it('never gives more characters than asked for, nor half a pair', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 30 }), (text, max) => {
        const clipped = clip(text, max);
        assert.ok([...clipped].length <= max || clipped === text);
        assert.ok(clipped.isWellFormed());
      }),
    );
  });
});

describe('markdown', () => {
  it('leaves ordinary sentences alone', () => {
    const sentence = "It's used by 2 jobs (ci-deploy), and was last used on 2025-01-09.";

    assert.equal(markdown(sentence), sentence);
  });

  const cases: [string, string, RegExp][] = [
    ['tags', '<img src=x>', /^&#60;img src=x&#62;$/],
    ['table cells', 'a|b', /^a&#124;b$/],
    ['code', '`a`', /^&#96;a&#96;$/],
    ['links', '[a](http://b)', /^&#91;a&#93;\(http:&#8203;\/\/b\)$/],
    ['mentions', 'thanks @team', /^thanks @&#8203;team$/],
    ['issue numbers', 'see #12', /^see #&#8203;12$/],
    ['lists', '- item', /^&#45; item$/],
    ['numbered lists', '1. item', /^1&#46; item$/],
    ['headings', '# big', /^&#35; big$/],
    ['character references', '&lt;', /^&#38;lt;$/],
  ];
  for (const [what, text, expected] of cases) {
    it(`takes the meaning from ${what}`, () => assert.match(markdown(text), expected));
  }

  it('leaves no syntax in any text', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const safe = markdown(text).replace(/&#\d+;/g, '');
        assert.doesNotMatch(safe, /[<>|`*_[\]\\~]/);
        assert.doesNotMatch(safe, INVISIBLE);
        assert.doesNotMatch(markdown(text), /(?<![A-Za-z0-9.+-])@\w|:\/\/|www\./);
      }),
    );
  });

  it('keeps the code of a sentence as code, and nothing else', () => {
    assert.equal(markdownProse('Run `aws iam` now, `x|y`.'), 'Run <code>aws iam</code> now, <code>x&#124;y</code>.');
    assert.equal(markdownProse('`a` `b`'), '<code>a</code> <code>b</code>');
    assert.equal(markdownProse('One ` alone <b>'), 'One &#96; alone &#60;b&#62;');
    fc.assert(
      fc.property(hostile, (text) => {
        const rest = markdownProse(text)
          .replace(/<code>[^<>]*<\/code>/g, '')
          .replace(/&#\d+;/g, '');
        assert.doesNotMatch(rest, /[<>|`*_[\]\\~]/);
      }),
    );
  });

  it('leaves no syntax and no link inside code', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const code = markdownCode(text);
        assert.match(code, /^<code>[^<>]*<\/code>$/);
        assert.doesNotMatch(code.slice(6, -7).replace(/&#\d+;/g, ''), /[<>|`*_[\]\\~]|:\/\/|www\./);
      }),
    );
  });
});

describe('csvCell', () => {
  for (const text of ['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', ' =1', '＝1']) {
    it(`makes text of ${JSON.stringify(text)}`, () => assert.match(csvCell(text), /^'/));
  }

  it('leaves ordinary cells alone', () => {
    for (const text of ['', 'ci-deploy', 'a=b', 'PR.AA-01;PR.AA-05', '2026-03-12T02:00:00.000Z'])
      assert.equal(csvCell(text), text);
  });

  it('leaves no formula at the start of any part, whatever the reader splits at', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        for (const part of csvCell(text).split(/[;,\t\r\n]/)) assert.doesNotMatch(part, /^\s*[=+\-@]/);
      }),
    );
  });
});

describe('jsonText', () => {
  it('gives the same value back, and hides nothing', () => {
    fc.assert(
      fc.property(fc.jsonValue(), hostile, (value, text) => {
        const written = jsonText({ value, text });
        assert.deepEqual(JSON.parse(written), JSON.parse(JSON.stringify({ value, text })));
        assert.doesNotMatch(written, /[\p{Cc}\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/u);
        assert.doesNotMatch(written, /##\[/);
      }),
    );
  });
});
