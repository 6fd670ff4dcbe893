import assert from 'node:assert/strict';
import fc from 'fast-check';
import { commonText, compilePattern, matches } from '../../../src/iam/index.ts';
import type { PatternKind } from '../../../src/iam/pattern.ts';
import { allCells, findText } from '../../../src/iam/region.ts';

const unit = fc.constantFrom('a', 'b', '*', '?');
const pattern = fc.array(unit, { maxLength: 6 }).map((units) => units.join(''));
const text = fc.array(fc.constantFrom('a', 'b'), { maxLength: 6 }).map((units) => units.join(''));

describe('IAM patterns', () => {
  it('match what the same regular expression matches', () => {
    fc.assert(
      fc.property(pattern, text, (source, candidate) => {
        const expression = new RegExp(`^${source.replaceAll('*', '.*').replaceAll('?', '.')}$`);

        assert.equal(matches(compilePattern(source), candidate), expression.test(candidate));
      }),
      { numRuns: 2000 },
    );
  });

  it('keep wildcards within the segments of an ARN', () => {
    const piece = fc.constantFrom('a', 'b', '*', '?', ':', ':');
    const arn = fc.array(piece, { maxLength: 12 }).map((pieces) => `arn:${pieces.join('')}`);
    const value = fc.array(fc.constantFrom('a', 'b', ':', ':'), { maxLength: 10 }).map((pieces) => `arn:${pieces.join('')}`);
    fc.assert(
      fc.property(fc.constantFrom<PatternKind>('resource', 'arn'), arn, value, (kind, source, candidate) => {
        const parts = source.split(':');
        const body = [...parts.slice(0, 5), ...(parts.length > 5 ? [parts.slice(5).join(':')] : [])].map((part, index) => {
          const [many, one] = index < 5 ? ['[^:]*', '[^:]'] : ['.*', '.'];
          const inner = part.replaceAll('*', many).replaceAll('?', one);
          return kind === 'resource' && part.endsWith('*') ? inner.replace(/\[\^:\]\*$/, '.*') : inner;
        });
        const expression = new RegExp(`^${body.join(':').replace(/\[\^:\]/g, '[^:]')}$`);

        assert.equal(matches(compilePattern(source, undefined, kind), candidate), expression.test(candidate));
      }),
      { numRuns: 3000 },
    );
  });

  it('have a common text exactly when some text matches both', () => {
    const texts = textsOf(9);
    fc.assert(
      fc.property(pattern, pattern, (left, right) => {
        const [a, b] = [compilePattern(left), compilePattern(right)];
        const exists = texts.some((candidate) => matches(a, candidate) && matches(b, candidate));

        const common = commonText(a, b);

        assert.equal(common !== undefined, exists);
        if (common !== undefined) assert.ok(matches(a, common) && matches(b, common), common);
      }),
      { numRuns: 1000 },
    );
  });

  it('have a common ARN exactly when a search of both finds one', () => {
    const piece = fc.constantFrom('a', '*', '?', ':');
    const arn = fc.array(piece, { maxLength: 9 }).map((pieces) => `arn:${pieces.join('')}`);
    fc.assert(
      fc.property(arn, arn, (left, right) => {
        const within = [compilePattern(left, undefined, 'resource'), compilePattern(right, undefined, 'resource')] as const;

        const common = commonText(...within);

        assert.equal(common !== undefined, typeof findText({ within, outside: [] }) === 'string');
        if (common !== undefined)
          assert.ok(
            within.every((one) => matches(one, common)),
            common,
          );
      }),
      { numRuns: 1000 },
    );
  });

  it('do not exhaust the stack on a pattern of a stranger', () => {
    const long = compilePattern(`${'a*'.repeat(20_000)}b`);

    assert.doesNotThrow(() => commonText(long, long));
    assert.equal(matches(long, 'a'.repeat(2000)), false);
  });
});

describe('IAM patterns, many at once', () => {
  const few = fc.array(
    pattern.map((source) => compilePattern(source)),
    { maxLength: 2 },
  );

  it('find a text within some and outside others exactly when there is one', () => {
    const texts = textsOf(8, ['a', 'b', 'c'].slice(0, 2)).concat('c', 'ac', 'ca', 'cc', 'bc', 'cb', 'ccc', 'acb', 'bca', 'abc');
    fc.assert(
      fc.property(few, few, (within, outside) => {
        const isIn = (one: string) => within.every((p) => matches(p, one)) && !outside.some((p) => matches(p, one));

        const found = findText({ within, outside });

        assert.notEqual(found, undefined);
        if (typeof found === 'string') assert.ok(isIn(found), found);
        else assert.ok(!texts.some(isIn));
      }),
      { numRuns: 500 },
    );
  });

  it('give a text for every part', () => {
    const splitters = ['a*', '*b', 'a?b'].map((source) => compilePattern(source));

    const parts = allCells([compilePattern('*')], splitters)?.map((one) => splitters.map((p) => matches(p, one)).join());

    assert.deepEqual(parts?.sort(), [
      'false,false,false',
      'false,true,false',
      'true,false,false',
      'true,true,false',
      'true,true,true',
    ]);
  });

  it('give up where there are too many parts, and do not answer', () => {
    const splitters = [...'abcdefghij'].map((letter) => compilePattern(`*${letter}*`));

    assert.equal(allCells([compilePattern('*')], splitters), undefined);
  });
});

function textsOf(length: number, letters: readonly string[] = ['a', 'b']): string[] {
  let layer = [''];
  const all = [''];
  for (let size = 1; size <= length; size++) {
    layer = layer.flatMap((head) => letters.map((letter) => head + letter));
    all.push(...layer);
  }
  return all;
}
