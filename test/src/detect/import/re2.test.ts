import assert from 'node:assert/strict';
import fc from 'fast-check';
import { RE2JS } from 're2js';
import { alwaysHolds, translateRe2 } from '../../../../src/detect/import/re2.ts';

/** All matches as Go's `FindAllStringIndex` gives them, from the translation. */
function ours(pattern: string, text: string): string[] {
  const regex = new RegExp(translateRe2(pattern).source, 'gu');
  const found: string[] = [];
  let end = -1;
  for (const match of text.matchAll(regex)) {
    // Go gives no empty match right behind another match.
    if (match[0] === '' && (match.index === end || isInside(text, match.index))) continue;
    end = match.index + match[0].length;
    found.push(`${match.index}-${end}`);
  }
  return found;
}

/** V8 finds empty matches within a character beyond the first plane; an empty match is no finding. */
function isInside(text: string, at: number): boolean {
  return (text.codePointAt(at - 1) ?? 0) > 0xffff;
}

/** The same from a port of RE2. */
function oracle(pattern: string, text: string): string[] {
  const matcher = RE2JS.compile(pattern).matcher(text);
  const found: string[] = [];
  let end = -1;
  while (matcher.find()) {
    if (matcher.start() === matcher.end() && matcher.start() === end) continue;
    end = matcher.end();
    found.push(`${matcher.start()}-${end}`);
  }
  return found;
}

function assertSame(pattern: string, texts: readonly string[]): void {
  for (const text of texts) {
    assert.deepEqual(ours(pattern, text), oracle(pattern, text), `${JSON.stringify(pattern)} on ${JSON.stringify(text)}`);
  }
}

function refusal(pattern: string): string {
  try {
    translateRe2(pattern);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return '';
}

const TEXTS = [
  '',
  'abc ABC aBc\nab\n\nx-ab_c9\r\nA=b\tc\u000b.',
  'kKs\u017F\u212A straße STRASSE \u00e9\u00c9 \u03b1\u0391 \ud83d\ude00z',
  'key = "Zm9vYmFy"; token:\u00a0abcd-1234 \u2028 $x ^y {1} {2,} [z] \\Q',
  'aaaaaaaaaa aaa aa a',
];

describe('RE2 in JavaScript', () => {
  it('says the same of every construct the published packs use', () => {
    const patterns = [
      String.raw`(?i)\b(a[b-c]{1,2})(?:['"\s;]|$)`,
      String.raw`\b(x-(?i)[a-z_0-9]{3})(?:[\s]|$)`,
      String.raw`(?i:ab)c|(?-i:AB)C`,
      String.raw`(?i)a(?-i:b)c`,
      String.raw`(?s)a.*b`,
      String.raw`(?is)A.C`,
      String.raw`[[:alnum:]_-]{3}`,
      String.raw`[[:^space:]]+`,
      String.raw`\A[a-c]+|[.]\z`,
      String.raw`(?P<name>a+)(?P<other>b?)`,
      String.raw`(?<name>a+)`,
      String.raw`\Qx-ab_\E.`,
      String.raw`[\x60'"\s=]{0,5}`,
      String.raw`\x{1F600}.`,
      String.raw`\141\x62`,
      String.raw`[\w.=-]{3,5}?`,
      String.raw`(?m)^a.*$`,
      String.raw`^a.*$`,
      String.raw`(?U)a+b*`,
      String.raw`(?U)a+?`,
      String.raw`\pL+\d`,
      String.raw`\p{Greek}+`,
      String.raw`\P{L}+`,
      String.raw`[^\pL\s]+`,
      String.raw`(?i)[^s]`,
      String.raw`(?i)stra\x{df}e`,
      String.raw`(?i)\x{e9}`,
      String.raw`\Bb\B`,
      String.raw`a{,2}|\{1}|x{2`,
      String.raw`[]a]|[a\]b]|[a-]|[-a]`,
      String.raw`(a|ab)(c|bcd)?`,
      String.raw`()a|b*`,
      String.raw`(?:(?:a)??)?|(?:(?:|a)?b)+`,
      String.raw`(?:a*)*b?`,
      String.raw`[^\n]+`,
      String.raw`[\s\S-]{4}`,
      String.raw`\a|\f|\v|\t`,
    ];

    for (const pattern of patterns) assertSame(pattern, TEXTS);
  });

  it('keeps \\s, \\w, \\d and \\b to ASCII', () => {
    assert.deepEqual(ours(String.raw`\s`, 'a\u00a0b\u2003c\u000bd e'), ['7-8']);
    assert.deepEqual(ours(String.raw`\bab\b`, '\u00e9ab\u00e9'), ['1-3']);
    assert.deepEqual(ours(String.raw`\w+`, 'na\u00efve'), ['0-2', '3-5']);
  });

  it('folds k and s to the two signs beyond ASCII, as Go does', () => {
    assert.deepEqual(ours('(?i)ks', 'K\u017f \u212aS'), ['0-2', '3-5']);
    assert.deepEqual(ours(String.raw`(?i)\w`, '\u017f'), ['0-1']);
  });

  it('refuses what Go refuses, and says where', () => {
    const refused: readonly (readonly [pattern: string, why: RegExp])[] = [
      ['a**', /nested repetition operator \* at 2/],
      ['a{2}{3}', /nested repetition/],
      ['a+?*', /nested repetition/],
      ['*a', /missing argument to repetition operator \* at 0/],
      ['(|*)', /missing argument/],
      ['a{1001}', /repeat count \{1001\} at 1/],
      ['a{3,2}', /repeat count/],
      ['(?:a{100}){11}', /multiply beyond 1000/],
      [String.raw`(a)\1`, /no back-references at 3/],
      ['(?=a)', /no look-around: \(\?= at 0/],
      ['(?<!a)b', /no look-around: \(\?<! at 0/],
      ['(?>a)', /unsupported group/],
      ['(?#note)', /unsupported group/],
      ['(?x)a b', /unsupported group/],
      ['(?P=n)', /unsupported group/],
      ['(?P<a>x)(?P<a>y)', /duplicate capture group name a/],
      ['(a', /missing closing \) at 0/],
      ['a)', /unexpected \) at 1/],
      ['[a', /missing closing \] at 0/],
      ['[z-a]', /class range z-a at 1/],
      ['[[:nope:]]', /class range \[:nope:\]/],
      [String.raw`\pX`, /class range/],
      [String.raw`\p{Klingon}`, /class range/],
      [String.raw`\C`, /single byte/],
      [String.raw`\Z`, /invalid escape sequence \\Z at 0/],
      [String.raw`\x{110000}`, /invalid escape/],
      ['a\\', /trailing backslash/],
    ];

    for (const [pattern, why] of refused) assert.match(refusal(pattern), why, pattern);
  });

  it('finds the same as RE2 in any text, whatever the pattern', () => {
    const leaf = fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom('a', 'b', 'k', 's', 'Z', '0', '_', '-', ' ', '\u00e9', '\ud83d\ude00', ':') },
      {
        weight: 5,
        arbitrary: fc.constantFrom(
          '.',
          String.raw`\w`,
          String.raw`\W`,
          String.raw`\s`,
          String.raw`\S`,
          String.raw`\d`,
          String.raw`\D`,
          String.raw`\.`,
          String.raw`\x6b`,
          String.raw`\x{e9}`,
          '[a-k]',
          '[^a-k]',
          '[^s]',
          String.raw`[\w-]`,
          String.raw`[^\W_]`,
          '[[:upper:]]',
          '[[:^alpha:]s]',
          String.raw`[\]a\\]`,
          String.raw`\Q.a\E`,
        ),
      },
      { weight: 2, arbitrary: fc.constantFrom('^', '$', String.raw`\b`, String.raw`\B`, String.raw`\A`, String.raw`\z`) },
    );
    const { pattern } = fc.letrec<{ pattern: string }>((tie) => ({
      pattern: fc.oneof(
        { maxDepth: 5, depthIdentifier: 'p' },
        leaf,
        fc.tuple(tie('pattern'), tie('pattern')).map(([a, b]) => a + b),
        fc.tuple(tie('pattern'), tie('pattern'), tie('pattern')).map((parts) => parts.join('')),
        fc.tuple(tie('pattern'), tie('pattern')).map(([a, b]) => `(?:${a}|${b})`),
        fc.tuple(tie('pattern'), tie('pattern')).map(([a, b]) => `(${a}|${b})`),
        fc
          .tuple(tie('pattern'), fc.constantFrom('*', '+', '?', '*?', '+?', '??', '{2}', '{0,3}', '{1,2}?', '{2,}'))
          .map(([a, count]) => `(?:${a})${count}`),
        fc
          .tuple(fc.constantFrom('(?i)', '(?s)', '(?m)', '(?-i)', '(?U)', '(?is)', '(?i-s)'), tie('pattern'))
          .map(([flags, a]) => flags + a),
        fc.tuple(fc.constantFrom('(?i:', '(?-i:', '(?s:', '(?m:', '(?im-s:'), tie('pattern')).map(([open, a]) => `${open}${a})`),
      ),
    }));
    const text = fc
      .array(
        fc.oneof(
          fc.constantFrom('a', 'b', 'k', 'K', 's', 'S', 'Z', 'z', '0', '_', '-', ' ', '\n', '\r', '\t', '.', ':', '\\'),
          fc.constantFrom('\u00e9', '\u00c9', '\u017f', '\u212a', '\ud83d\ude00', '\u2028', '\u00a0'),
        ),
        { maxLength: 24 },
      )
      .map((parts) => parts.join(''));
    let compared = 0;

    fc.assert(
      fc.property(pattern, fc.array(text, { minLength: 3, maxLength: 3 }), (source, texts) => {
        const refused = refusal(source);
        fc.pre(refused === '' && !translateRe2(source).isInexact);
        assertSame(source, texts);
        compared++;
      }),
      { numRuns: 1500, seed: 7 },
    );
    assert.ok(compared > 1000);
  });
});

describe('keywords that a regex always holds', () => {
  it('are told from those it may do without', () => {
    assert.equal(alwaysHolds('(?i)(?:adafruit)(?:[ \\w]{0,9})=([a-z]{4})', ['adafruit']), true);
    assert.equal(alwaysHolds('(?:api|app)[_-]?key', ['api', 'app']), true);
    assert.equal(alwaysHolds('(?:api|app)[_-]?key', ['api']), false);
    assert.equal(alwaysHolds('xox[bp]-[0-9]+', ['xoxb', 'xoxp']), true);
    assert.equal(alwaysHolds('xox[bpa]-[0-9]+', ['xoxb', 'xoxp']), false);
    assert.equal(alwaysHolds('(?:token)?=[a-z]+', ['token']), false);
    assert.equal(alwaysHolds('[a-z]{32}', ['secret']), false);
    assert.equal(alwaysHolds('(?i)[a-z]{4}key', ['KEY'.toLowerCase()]), true);
  });
});
