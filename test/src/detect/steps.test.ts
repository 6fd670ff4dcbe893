import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parsePattern } from '../../../src/detect/pattern.ts';
import { StepCounter, TooManySteps } from '../../../src/detect/steps.ts';

function stepsOf(source: string, text: string, limit = 1e6): number {
  const counter = new StepCounter(parsePattern(source, false), limit);
  counter.matches(text, 0);
  return counter.steps;
}

const PIECE: fc.Arbitrary<string> = fc.constantFrom(
  ...['a', 'b', '[ab]', '[^a]', '.', '\\b', '\\B', '^', '$', '(?=b)', '(?![ac])', '(?<!b)', '(?<=a{1,2})', '(?<=(?:ab|b)a?)'],
  ...['a{0,3}', 'b{2}?', '[ab]{2,}', 'c*?', 'c+', 'a??', '(?:ab?){1,3}', '(?:a|ab){0,2}?', '(?:a*b?)*'],
);
const PATTERN = fc.array(fc.array(PIECE, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 3 });
const TEXT = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '\n'), maxLength: 12 });

describe('steps of a regex', () => {
  it('are counted by a matcher that agrees with the real one', () => {
    fc.assert(
      fc.property(PATTERN, TEXT, fc.nat(12), (parts, text, place) => {
        const source = parts.map((part) => part.join('')).join('|');
        const at = Math.min(place, text.length);
        const regex = new RegExp(source, 'y');
        regex.lastIndex = at;

        assert.equal(new StepCounter(parsePattern(source, false), 1e6).matches(text, at), regex.test(text), source);
      }),
      { numRuns: 3000 },
    );
  });

  it('grow with the text, and explode where repeats overlap', () => {
    assert.ok(stepsOf('a{1,100}b', 'a'.repeat(100)) < 400);
    assert.ok(stepsOf('(?:a{1,3}){1,12}b', 'a'.repeat(12)) > 1000);
    assert.throws(() => stepsOf('(?:a{1,3}){1,40}b', 'a'.repeat(40)), TooManySteps);
  });

  it('are the same each time', () => {
    const text = 'ab'.repeat(50);

    assert.equal(stepsOf('(?:a|ab|b){1,20}c', text), stepsOf('(?:a|ab|b){1,20}c', text));
  });
});
