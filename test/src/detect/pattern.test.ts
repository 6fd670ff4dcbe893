import assert from 'node:assert/strict';
import { analysePattern, has } from '../../../src/detect/pattern.ts';

const NOTHING = new Uint32Array(8);

describe('pattern facts', () => {
  const lengths: readonly (readonly [string, number, number])[] = [
    ['abc', 3, 3],
    ['a{2,5}b?', 2, 6],
    ['(?:ab|c)+', 1, Infinity],
    ['x(?=yy)z', 2, 2],
    ['(?<name>[a-z]{3}\\d*)', 3, Infinity],
    ['\\x41\\u0042[\\]\\-]', 3, 3],
  ];
  for (const [pattern, min, max] of lengths) {
    it(`tells how long a match of ${pattern} may be`, () => {
      const facts = analysePattern(pattern, false);

      assert.deepEqual([facts.minLength, facts.maxLength], [min, max]);
    });
  }

  const looks: readonly (readonly [string, number])[] = [
    ['abc', 0],
    ['(?<![a-z])abc(?!x{9})', 1],
    ['key(?<=(?<![a-z])(?<name>[a-z]{1,40}))="(?<=\\{[^{]{0,900})', 901],
    ['a(?:b(?<=c+))?', Infinity],
  ];
  for (const [pattern, back] of looks) {
    it(`tells how far ${pattern} looks back`, () => {
      assert.equal(analysePattern(pattern, false).looksBack, back);
    });
  }

  it('lists the ways a match may begin', () => {
    const facts = analysePattern('(?<![a-z])(?:gh[ps]_|github_pat_)[A-Z]{4}', false);

    assert.deepEqual([...facts.prefixes].sort(), ['ghp_', 'ghs_', 'github_pat_']);
  });

  it('says which bytes may stand at each place', () => {
    const facts = analysePattern('(?:ab?|x)[0-9]{2}', false);
    const allows = (place: number, character: string): boolean => has(facts.first[place] ?? NOTHING, character.charCodeAt(0));

    assert.deepEqual(
      [allows(0, 'a'), allows(0, 'x'), allows(0, 'b'), allows(1, 'b'), allows(1, '7'), allows(1, 'x')],
      [true, true, false, true, true, false],
    );
  });

  it('folds case where the regex does', () => {
    assert.deepEqual(analysePattern('Ab', true).prefixes, ['ab']);
    assert.equal(has(analysePattern('a', true).first[0] ?? NOTHING, 65), true);
    assert.equal(has(analysePattern('a', false).first[0] ?? NOTHING, 65), false);
  });

  it('knows what must not stand before a match', () => {
    assert.equal(analysePattern('(?<![0-9])ab', false).notBefore?.[0x30], 1);
    assert.equal(analysePattern('(?<![0-9])ab', false).notBefore?.[0x61], 0);
    assert.equal(analysePattern('ab(?<![0-9])', false).notBefore, undefined);
  });

  it('knows what must stand before a match', () => {
    const refuses = (pattern: string, character: string): number | undefined =>
      analysePattern(pattern, false).notBefore?.[character.charCodeAt(0)];

    assert.deepEqual([refuses('(?<=[a-z]:)ab', ':'), refuses('(?<=[a-z]:)ab', 'a')], [0, 1]);
    assert.deepEqual([refuses('(?<=x+|y)ab', 'x'), refuses('(?<=x+|y)ab', 'y'), refuses('(?<=x+|y)ab', 'z')], [0, 0, 1]);
    assert.equal(analysePattern('(?<=x|^)ab', false).notBefore, undefined);
    assert.equal(analysePattern('(?<=xy?)ab', false).notBefore, undefined);
  });

  it('refuses back-references', () => {
    assert.throws(() => analysePattern('(a)\\1', false), /back-references/);
  });
});
