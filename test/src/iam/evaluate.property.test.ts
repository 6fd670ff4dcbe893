import assert from 'node:assert/strict';
import fc from 'fast-check';
import { commonText, compilePattern, decide, matches } from '../../../src/iam/index.ts';
import { boundary, inline, NOW, type RawStatement, user } from './build.ts';
import { allowedIn, type World } from './reference.ts';

const ACTIONS = ['s3:Get', 's3:Put', 'S3:GET', 'ec2:Run'] as const;
const RESOURCES = ['arn:a', 'arn:b', 'arn:ab', 'ARN:A'] as const;
const VALUES = ['x', 'xy', 'true'] as const;
const KEYS = ['k:One', 'k:Two'] as const;

const oneOrMore = (pool: fc.Arbitrary<string>) => fc.oneof(pool, fc.array(pool, { maxLength: 3 }));
const actionPattern = fc.constantFrom('*', 's3:*', 's3:Get', 's3:?et', 'S3:g*', 'ec2:*', '*:Put', 'ec2:run');
const resourcePattern = fc.constantFrom('*', 'arn:*', 'arn:a', 'arn:?', 'arn:a*', 'arn:*b', 'ARN:A');
const operator = fc.constantFrom(
  'StringEquals',
  'StringNotEquals',
  'StringLike',
  'StringNotLike',
  'StringEqualsIfExists',
  'StringLikeIfExists',
  'Bool',
);
const test = fc.oneof(
  fc.tuple(operator, fc.constantFrom(...KEYS), oneOrMore(fc.constantFrom(...VALUES, 'x*', '?'))),
  fc.tuple(fc.constant('Null'), fc.constantFrom(...KEYS), fc.constantFrom('true', 'false')),
);

const statement: fc.Arbitrary<RawStatement> = fc
  .record({
    effect: fc.constantFrom('Allow', 'Allow', 'Deny'),
    action: fc.tuple(fc.constantFrom('Action', 'Action', 'NotAction'), oneOrMore(actionPattern)),
    resource: fc.tuple(fc.constantFrom('Resource', 'Resource', 'NotResource'), oneOrMore(resourcePattern)),
    tests: fc.array(test, { maxLength: 2 }),
  })
  .map(({ effect, action, resource, tests }) => {
    const condition: { [operator: string]: { [key: string]: unknown } } = {};
    for (const [name, key, wanted] of tests) condition[name] = { ...condition[name], [key]: wanted };
    return {
      Effect: effect,
      [action[0]]: action[1],
      [resource[0]]: resource[1],
      ...(tests.length === 0 ? {} : { Condition: condition }),
    };
  });

const policies = fc.array(fc.array(statement, { minLength: 1, maxLength: 3 }), { maxLength: 3 });
const limits = fc.array(fc.array(statement, { minLength: 1, maxLength: 2 }), { maxLength: 2 });
const value = fc.option(fc.constantFrom(...VALUES), { nil: undefined });
const world = fc.record({ action: fc.constantFrom(...ACTIONS), resource: fc.constantFrom(...RESOURCES), one: value, two: value });

function subjectOf(own: readonly RawStatement[][], bounds: readonly RawStatement[][]) {
  return user(
    'mara',
    own.map((statements, index) => inline(`p${index}`, ...statements)),
    { limits: bounds.map((statements) => boundary(...statements)) },
  );
}

function worldOf(action: string, resource: string, one: string | undefined, two: string | undefined): World {
  const context = new Map<string, string>();
  if (one !== undefined) context.set('k:one', one);
  if (two !== undefined) context.set('k:two', two);
  return { action, resource, context };
}

describe('IAM evaluator against a literal reference', () => {
  it('agrees where everything is known', () => {
    fc.assert(
      fc.property(policies, limits, world, (own, bounds, { action, resource, one, two }) => {
        const expected = allowedIn(worldOf(action, resource, one, two), { policies: own, limits: bounds });
        const context = { 'k:one': one === undefined ? null : [one], 'k:two': two === undefined ? null : [two] };

        const decision = decide(subjectOf(own, bounds), { action, resource, context }, NOW);

        assert.equal(decision.outcome, expected ? 'allow' : 'deny');
      }),
      { numRuns: 2000 },
    );
  });

  it('is never surer than all possible requests together', () => {
    let unsure = 0;
    fc.assert(
      fc.property(policies, limits, world, (own, bounds, { action, resource }) => {
        const outcomes = new Set<boolean>();
        for (const one of [undefined, ...VALUES, 'z']) {
          for (const two of [undefined, ...VALUES, 'z']) {
            outcomes.add(allowedIn(worldOf(action, resource, one, two), { policies: own, limits: bounds }));
          }
        }

        const decision = decide(subjectOf(own, bounds), { action, resource }, NOW);

        if (decision.outcome === 'allow') assert.deepEqual([...outcomes], [true]);
        if (decision.outcome === 'deny') assert.deepEqual([...outcomes], [false]);
        if (decision.outcome === 'unknown') {
          unsure++;
          assert.ok(decision.keys.length > 0);
        }
      }),
      { numRuns: 1000 },
    );

    assert.ok(unsure > 0, 'the cases must reach the third value');
  });
});

describe('IAM patterns', () => {
  const unit = fc.constantFrom('a', 'b', '*', '?');
  const pattern = fc.array(unit, { maxLength: 6 }).map((units) => units.join(''));
  const text = fc.array(fc.constantFrom('a', 'b'), { maxLength: 6 }).map((units) => units.join(''));

  it('match what the same regular expression matches', () => {
    fc.assert(
      fc.property(pattern, text, (source, candidate) => {
        const expression = new RegExp(`^${source.replaceAll('*', '.*').replaceAll('?', '.')}$`);

        assert.equal(matches(compilePattern(source), candidate), expression.test(candidate));
      }),
      { numRuns: 2000 },
    );
  });

  it('have a common text exactly when some text matches both', () => {
    const texts = allTexts(9);
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

  it('do not exhaust the stack on a pattern of a stranger', () => {
    const long = compilePattern(`${'a*'.repeat(20_000)}b`);

    assert.doesNotThrow(() => commonText(long, long));
    assert.equal(matches(long, 'a'.repeat(2000)), false);
  });
});

/** Shortest common texts of two patterns of six units fit in twelve; those of this alphabet show up well before. */
function allTexts(length: number): string[] {
  let layer = [''];
  const texts = [''];
  for (let size = 1; size <= length; size++) {
    layer = layer.flatMap((head) => [`${head}a`, `${head}b`]);
    texts.push(...layer);
  }
  return texts;
}
