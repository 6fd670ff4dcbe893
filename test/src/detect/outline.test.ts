import assert from 'node:assert/strict';
import fc from 'fast-check';
import { outlineOf } from '../../../src/detect/outline.ts';
import { parsePattern } from '../../../src/detect/pattern.ts';

function mayMatch(source: string, text: string, at = 0): boolean {
  const bytes = Buffer.from(text, 'latin1');
  return outlineOf(parsePattern(source, false)).mayMatch(bytes, at, bytes.length);
}

const PIECE: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom('a', 'b', '[ab]', '[^a]', '.', '\\d', '\\b', '(?=b)', '(?![ac])', '(?<!b)', '^', '$'),
  fc.constantFrom('a{0,3}', 'b{2}', '[ab]{2,}', 'c*', 'c+?', 'a?', '[a-c]{3,500}', '(?:a{2,9}b){1,40}'),
);
const PATTERN: fc.Arbitrary<string> = fc
  .letrec<{ readonly either: string; readonly run: string; readonly group: string }>((tie) => ({
    either: fc.array(tie('run'), { minLength: 1, maxLength: 3 }).map((runs) => runs.join('|')),
    run: fc.array(fc.oneof({ maxDepth: 2 }, PIECE, tie('group')), { maxLength: 4 }).map((parts) => parts.join('')),
    group: fc
      .tuple(tie('either'), fc.constantFrom('', '?', '*', '{1,3}', '{2,}'), fc.constantFrom('(', '(?:', '(?<g>'))
      .map(([inner, times, opening]) => `${opening}${inner})${times}`),
  }))
  .either.filter((source) => (source.match(/<g>/g) ?? []).length < 2);
const TEXT = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '1', '\n', '\u00e9'), maxLength: 40 });

describe('pattern outlines', () => {
  it('never refuse what the regex finds', () => {
    fc.assert(
      fc.property(PATTERN, TEXT, (source, text) => {
        const outline = outlineOf(parsePattern(source, false));
        const bytes = Buffer.from(text, 'latin1');
        const regex = new RegExp(source, 'y');
        for (let at = 0; at <= text.length; at++) {
          regex.lastIndex = at;
          if (regex.test(text))
            assert.ok(outline.mayMatch(bytes, at, bytes.length), `/${source}/ at ${at} of ${JSON.stringify(text)}`);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('refuse what a class, a count or the text end forbids', () => {
    assert.equal(mayMatch('https?://[^\\s/@]+@', 'https://host/a@b'), false);
    assert.equal(mayMatch('https?://[^\\s/@]+@', 'https://user@b'), true);
    assert.equal(mayMatch('ab{3,5}c', 'abbc'), false);
    assert.equal(mayMatch('ab{3,5}c', 'abbbbbbc'), false);
    assert.equal(mayMatch('ab{3,5}c', 'abbbbb'), false);
    assert.equal(mayMatch('ab{3,5}c', 'abbbbbc'), true);
  });

  it('know a last look-ahead that refuses a byte', () => {
    assert.equal(mayMatch('k_[a-z]{4}(?![a-z])', 'k_abcde'), false);
    assert.equal(mayMatch('k_[a-z]{4}(?![a-z])', 'k_abcd!'), true);
    assert.equal(mayMatch('k_[a-z]{4}(?![a-z])', 'k_abcd'), true);
    assert.equal(mayMatch('k_[a-z]{4,6}(?![a-z])', 'k_abcdef.'), true);
  });

  it('stay small where repeats are long and nested', () => {
    const outline = outlineOf(parsePattern('(?:[ab]{1,900}c?){1,900}d', false));
    const bytes = Buffer.from(`${'ab'.repeat(5000)}e`);

    assert.equal(outline.mayMatch(bytes, 0, bytes.length), false);
    bytes[bytes.length - 1] = 'd'.charCodeAt(0);
    assert.equal(outline.mayMatch(bytes, 0, bytes.length), true);
  });
});

describe('outlines of sought patterns', () => {
  it('find a match that begins anywhere before the last place', () => {
    const outline = outlineOf(parsePattern('[a-c]{3}-us\\d', false), true);
    const bytes = Buffer.from('xxabc-us1 abc-usx');

    assert.equal(outline.mayMatch(bytes, 0, bytes.length), true);
    assert.equal(outline.mayMatch(bytes, 3, bytes.length), false);
    assert.equal(outline.mayMatch(bytes, 0, bytes.length, 5), true);
    assert.equal(outline.mayMatch(bytes, 0, bytes.length, 2), true);
    assert.equal(outline.mayMatch(bytes, 0, bytes.length, 1), false);
  });

  it('never refuse what the regex finds', () => {
    fc.assert(
      fc.property(PATTERN, TEXT, fc.nat(40), (source, text, bound) => {
        const outline = outlineOf(parsePattern(source, false), true);
        const last = Math.min(bound, text.length);
        const match = new RegExp(source).exec(text);
        if (match !== null && match.index <= last) assert.ok(outline.mayMatch(Buffer.from(text, 'latin1'), 0, text.length, last));
      }),
      { numRuns: 1000 },
    );
  });
});

describe('outlines of sought patterns that no letter may stand before', () => {
  const source = '(?<![a-z])[a-c]{3}-us\\d';

  function mayMatch(text: string): boolean {
    return outlineOf(parsePattern(source, false), true).mayMatch(Buffer.from(text, 'latin1'), 0, text.length);
  }

  it('begin where none stands, and behind an escape that ends in one', () => {
    assert.equal(mayMatch('abc-us1'), true);
    assert.equal(mayMatch('xyz abc-us1'), true);
    assert.equal(mayMatch('xyzabc-us1'), false);
    for (const spelled of ['\\n', '\\x3d', '\\u003d', '%3d', '%253d', '\u001b[0m']) {
      assert.equal(mayMatch(`xyz${spelled}abc-us1`), true, spelled);
    }
    assert.equal(mayMatch(`x\\n${'y'.repeat(8)}abc-us1`), false);
  });

  it('never refuse what the regex finds', () => {
    fc.assert(
      fc.property(PATTERN, TEXT, fc.boolean(), (pattern, text, wants) => {
        const whole = `(?<${wants ? '=[ab]' : '![ab]'})(?:${pattern})`;
        const outline = outlineOf(parsePattern(whole, false), true);
        if (new RegExp(whole).test(text)) assert.ok(outline.mayMatch(Buffer.from(text, 'latin1'), 0, text.length));
      }),
      { numRuns: 1000 },
    );
  });
});

describe('outlines in one pass', () => {
  it('go on from where they were, and say the same as if they did not', () => {
    const windows = fc.array(fc.tuple(fc.nat(40), fc.nat(12)), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(PATTERN, TEXT, windows, fc.nat(1), (source, text, places, passes) => {
        const [outline, fresh] = [outlineOf(parsePattern(source, false), true), outlineOf(parsePattern(source, false), true)];
        const bytes = Buffer.from(text, 'latin1');
        for (const [index, [from, size]] of places.sort(([a], [b]) => a - b).entries()) {
          const [at, to] = [Math.min(from, bytes.length), Math.min(from + size, bytes.length)];
          const isPossible = fresh.mayMatch(bytes, at, to);

          // It may remember what began a little earlier, so it may let through more.
          if (isPossible) assert.ok(outline.mayMatch(bytes, at, to, to, index * passes));
          else outline.mayMatch(bytes, at, to, to, index * passes);
        }
      }),
      { numRuns: 1000 },
    );
  });
});
