import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { PlaceTest } from '../../../../src/contracts/scanner.ts';
import { discards, settle, unknownIn } from '../../../../src/detect/import/expr.ts';
import { parseExpr } from '../../../../src/detect/import/expr-parse.ts';
import { attributesOf, type Place, PlaceTests } from '../../../../src/detect/import/place.ts';

const FINDING = new Map<string, string | number>([
  ['secret', 'aB3dE5fG7h'],
  ['line', 'key = "aB3dE5fG7h" # LICENSE'],
  ['fragment_raw', 'one key two'],
  ['match_start_idx', 4],
]);

function judge(text: string, place?: Place, places = new PlaceTests([])): PlaceTest {
  return discards(parseExpr(text), {
    attributes: place === undefined ? undefined : attributesOf(place),
    finding: FINDING,
    tools: places.tools,
  });
}

describe('an expression of Betterleaks', () => {
  it('is judged with its operators and functions', () => {
    const all: readonly (readonly [text: string, discarded: boolean])[] = [
      ['entropy(finding["secret"]) <= 3.0', false],
      ['filter.entropy(finding["secret"]) > 3.0', true],
      ['matchesAny(finding["secret"], [`^x`, `(?i)^ab`])', true],
      ['matchesAny(finding["secret"], [])', false],
      ['containsAny(finding["secret"], ["ab3", "zz"])', true],
      ['containsAny(finding["secret"], ["AB3"])', false],
      ['findMatch(finding["line"], `[A-Z]{4,}`) == "LICENSE"', true],
      ['!(len(finding["secret"]) == 10) || false', false],
      ['finding["secret"] contains "3d" && finding.secret startsWith "aB"', true],
      ['finding["secret"].contains("zz")', false],
      ['"a" in ["b", "a"] and not ("c" in ["b"])', true],
      ['"a" not in ["b"]', true],
      ['let s = finding["secret"]; let n = len(s); n > 5 ? s endsWith "7h" : false', true],
      ['finding["fragment_raw"][finding["match_start_idx"]:finding["match_start_idx"] + 3] == "key"', true],
      ['finding["fragment_raw"][:3] == "one" && finding["fragment_raw"][8:] == "two"', true],
      ['max(1, 5, 3) - min(4, 2) == 3', true],
      ['get(finding, "nothing", "x") == "x"', true],
      ['(finding["nothing"] ?? "y") == "y"', true],
      ['// a note\ntrue # and another', true],
      ['"\\x41\\n\\"" == `A\n"`', true],
      ['r"""\\d""" == `\\d`', true],
      // Betterleaks keeps a finding when its filter is at fault.
      ['finding["secret"] > 5', false],
      ['"text"', false],
    ];

    for (const [text, discarded] of all) assert.equal(judge(text, {}), discarded, text);
  });

  it('is refused with the place of the fault', () => {
    for (const text of ['', '(true', 'true)', 'let x = 1', 'a b', '[1, 2', '"open', '1 +', 'f(,)', '@']) {
      assert.throws(() => parseExpr(text), /at \d+$/, text);
    }
    assert.throws(() => parseExpr(`${'('.repeat(500)}true${')'.repeat(500)}`), /nests too deeply/);
  });

  it('may name only what is known', () => {
    assert.equal(unknownIn(parseExpr('let x = finding; x["secret"] == "a"')), undefined);
    assert.equal(unknownIn(parseExpr('http.get("https://example.test") == "a"')), 'http');
    assert.equal(unknownIn(parseExpr('crack(finding["secret"])')), 'crack()');
  });

  it('leaves open what only the place decides, and nothing more', () => {
    const places = new PlaceTests([]);
    const text = `matchesAny(get(attributes, "path", ""), [\`\\.bb$\`]) && containsAny(finding["line"], ["license"])`;

    const open = judge(text, undefined, places);
    const closed = judge(text.replace('license', 'nowhere'), undefined, places);

    assert.equal(typeof open, 'number');
    assert.equal(closed, false);
    const at = (path: string): boolean => settle(open, (number) => places.holds(number, { path }));
    assert.deepEqual([at('a/x.bb'), at('a/x.c')], [true, false]);
  });

  it('gives for each place what it gives when the place is known', () => {
    const atoms = [
      'matchesAny(attributes["path"], [`^a/`])',
      'attributes["path"] == "b/x"',
      '"git.sha" in attributes',
      'finding["secret"] contains "3d"',
      'finding["secret"] contains "zz"',
      'true',
    ];
    const { expr } = fc.letrec<{ expr: string }>((tie) => ({
      expr: fc.oneof(
        { maxDepth: 4, depthIdentifier: 'e' },
        fc.constantFrom(...atoms),
        fc.tuple(tie('expr'), fc.constantFrom('&&', '||'), tie('expr')).map(([a, sign, b]) => `(${a} ${sign} ${b})`),
        tie('expr').map((a) => `!(${a})`),
        fc.tuple(tie('expr'), tie('expr'), tie('expr')).map(([a, b, c]) => `(${a} ? ${b} : ${c})`),
      ),
    }));

    fc.assert(
      fc.property(expr, fc.constantFrom<Place>({ path: 'a/x' }, { path: 'b/x' }, { path: 'c', commit: 'f00' }), (text, place) => {
        const places = new PlaceTests([]);

        const later = settle(judge(text, undefined, places), (number) => places.holds(number, place));

        assert.equal(later, judge(text, place, places));
      }),
      { numRuns: 300 },
    );
  });
});
