import assert from 'node:assert/strict';
import fc from 'fast-check';
import { decide, type Limit, type Request, type Subject } from '../../../src/iam/index.ts';
import { somewhere } from '../../../src/iam/ways.ts';
import { ACCOUNT, boundary, documentOf, inline, NOW, type RawStatement, role, user } from './build.ts';
import { allowedIn, type Rights, type World } from './reference.ts';

const OTHER = '444455556666';
const ACTIONS = ['s3:Get', 's3:Get', 's3:Put', 'S3:GET', 'ec2:Run', 'kms:Use', 'sts:AssumeRole'] as const;
const RESOURCES = [
  'arn:aws:s3:::a',
  'arn:aws:s3:::ab/mara',
  'arn:aws:S3:::A',
  `arn:aws:kms:r1:${ACCOUNT}:key/a:b`,
  `arn:aws:sqs:r1:${OTHER}:a`,
] as const;

const actionPattern = fc.constantFrom(
  '*',
  '*',
  '*',
  '*',
  's3:*',
  's3:Get',
  's3:?et',
  'S3:g*',
  'ec2:*',
  'kms:*',
  '*:Put',
  'sts:*',
  'ec2:run',
);
const resourcePattern = fc.constantFrom(
  '*',
  '*',
  '*',
  '*',
  'arn:*',
  'arn:aws:s3:::*',
  'arn:aws:s3:::a',
  'arn:aws:s3:::?',
  'arn:aws:*:a*',
  'arn:aws:s3*a',
  'arn:aws:?3:::a*',
  `arn:aws:s3:::ab/\${aws:username}`,
  `arn:aws:s3:::\${k:text, 'a'}`,
  `arn:aws:s3:::\${k:text}*`,
  'arn:*:*:r*:*:*',
  `arn:aws:*:r?:${ACCOUNT}:key/*b`,
  'arn:aws:kms:*:key/a:b',
  'arn:aws:sqs:r1:4*:*',
);
const oneOrMore = (pool: fc.Arbitrary<string>) => fc.oneof(pool, fc.array(pool, { maxLength: 3 }));

/** Condition keys with what a call may hold and what a policy may want, by the type of the key. */
const TEXTS = ['a', 'ab', 'A', 'mara', ''] as const;
const NUMBERS = ['1', '2', '10', '1.5'] as const;
const DATES = ['2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z', '2027-01-01T00:00:00Z'] as const;
const ADDRESSES = ['10.0.0.1', '10.1.0.1', '192.0.2.1', '2001:db8::1', '2001:db9::1'] as const;
const ARNS = ['arn:aws:s3:::a', 'arn:aws:sns:r1:1:t', 'arn:aws:sns:r1:1:t:u'] as const;
const BYTES = ['AAAA', 'QUJD'] as const;

const orders = ['Equals', 'NotEquals', 'LessThan', 'LessThanEquals', 'GreaterThan', 'GreaterThanEquals'];
const texts = [
  'StringEquals',
  'StringNotEquals',
  'StringEqualsIgnoreCase',
  'StringNotEqualsIgnoreCase',
  'StringLike',
  'StringNotLike',
];
const KINDS = [
  { key: 'k:text', operators: texts, wanted: [...TEXTS, 'a*', '?', '*', `\${aws:username}`, `\${k:none, 'a'}`, `\${k:none}`] },
  { key: 'k:number', operators: orders.map((one) => `Numeric${one}`), wanted: [...NUMBERS, '2.0', 'many'] },
  { key: 'k:date', operators: orders.map((one) => `Date${one}`), wanted: [...DATES, '2026', '2026-01-02', '1767225600', 'soon'] },
  {
    key: 'k:address',
    operators: ['IpAddress', 'NotIpAddress'],
    wanted: [...ADDRESSES, '10.0.0.0/8', '10.0.0.0/15', '128.0.0.0/1', '0.0.0.0/0', '2001:db8::/31', '10.0.0.0/99'],
  },
  {
    key: 'k:arn',
    operators: ['ArnEquals', 'ArnLike', 'ArnNotEquals', 'ArnNotLike', 'StringLike'],
    wanted: [...ARNS, 'arn:aws:sns:*:t', 'arn:aws:s?s:*:*:t*', '*', 'arn:*:*:*:*:*'],
  },
  { key: 'k:bool', operators: ['Bool'], wanted: ['true', 'false', 'True'] },
  { key: 'k:bytes', operators: ['BinaryEquals'], wanted: [...BYTES, 'no base'] },
  { key: 'aws:username', operators: texts, wanted: ['mara', 'MARA', 'm*', 'ben'] },
  {
    key: 'aws:PrincipalArn',
    operators: ['ArnLike', 'ArnNotLike', 'StringLike'],
    wanted: [`arn:aws:iam::${ACCOUNT}:user/*`, 'arn:aws:iam::*:role/deploy'],
  },
] as const;
const KEYS = KINDS.map(({ key }) => key.toLowerCase()).filter((key) => key.startsWith('k:'));

const test = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.constantFrom(...KINDS).chain((kind) =>
      fc.record({
        operator: fc
          .tuple(
            fc.constantFrom('', '', '', 'ForAllValues:', 'ForAnyValue:'),
            fc.constantFrom(...kind.operators),
            fc.constantFrom('', '', 'IfExists'),
          )
          .map((parts) => parts.join('')),
        key: fc.constant(kind.key as string),
        wanted: oneOrMore(fc.constantFrom(...(kind.wanted as readonly string[]))),
      }),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      operator: fc.constant('Null'),
      key: fc.constantFrom(...KINDS.map(({ key }) => key as string)),
      wanted: oneOrMore(fc.constantFrom('true', 'false')),
    }),
  },
);

const effect = fc.constantFrom(...Array<string>(6).fill('Allow'), 'Deny');
const bare = {
  effect,
  action: fc.tuple(fc.constantFrom('Action', 'Action', 'Action', 'Action', 'NotAction'), oneOrMore(actionPattern)),
  resource: fc.tuple(fc.constantFrom('Resource', 'Resource', 'Resource', 'Resource', 'NotResource'), oneOrMore(resourcePattern)),
  tests: fc.oneof(
    { weight: 3, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.array(test, { minLength: 1, maxLength: 2 }) },
  ),
};

const principals = fc.constantFrom(
  '*',
  { AWS: '*' },
  { AWS: ACCOUNT },
  { AWS: `arn:aws:iam::${ACCOUNT}:root` },
  { AWS: `arn:aws:iam::${ACCOUNT}:user/mara` },
  { AWS: [`arn:aws:iam::${ACCOUNT}:role/deploy`, OTHER] },
  { AWS: `arn:aws:sts::${ACCOUNT}:assumed-role/deploy/ci` },
  { AWS: `arn:aws:sts::${ACCOUNT}:assumed-role/deploy/other` },
  { AWS: [`arn:aws:iam::${ACCOUNT}:user/*`, `arn:aws:iam::${ACCOUNT}:user/ben`] },
  { Service: 's3.amazonaws.com' },
);
/** Lists that leave no doubt whether the service looks at the account first. */
const exceptions = fc.constantFrom(
  { AWS: [`arn:aws:iam::${ACCOUNT}:user/mara`, `arn:aws:iam::${ACCOUNT}:role/deploy`, ACCOUNT] },
  { AWS: [`arn:aws:iam::${ACCOUNT}:user/ben`, OTHER] },
);
const named = fc.oneof(
  { weight: 5, arbitrary: fc.tuple(fc.constant('Principal'), principals) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('NotPrincipal'), exceptions) },
);

interface Drawn {
  readonly effect: string;
  readonly action: readonly [string, unknown];
  readonly resource: readonly [string, unknown];
  readonly tests: readonly { readonly operator: string; readonly key: string; readonly wanted: unknown }[];
  readonly named?: readonly [string, unknown];
}

function written({ effect: Effect, action, resource, tests, named: who }: Drawn): RawStatement {
  const condition: { [operator: string]: { [key: string]: unknown } } = {};
  for (const { operator, key, wanted } of tests) condition[operator] = { ...condition[operator], [key]: wanted };
  return {
    Effect,
    ...(who === undefined ? {} : { [who[0]]: who[1] }),
    [action[0]]: action[1],
    [resource[0]]: resource[1],
    ...(tests.length === 0 ? {} : { Condition: condition }),
  };
}

const statement: fc.Arbitrary<RawStatement> = fc.record(bare).map(written);
const ofResource: fc.Arbitrary<RawStatement> = fc.record({ ...bare, named }).map(written);
const some = (of: fc.Arbitrary<RawStatement>, minLength = 1) => fc.array(of, { minLength, maxLength: 3 });
const perhaps = <T>(of: fc.Arbitrary<T>) => fc.oneof(of, fc.constant(undefined));
const everything: fc.Arbitrary<RawStatement> = fc.constant({ Effect: 'Allow', Action: '*', Resource: '*' });
const level = fc
  .tuple(fc.oneof(everything, statement), fc.array(statement, { maxLength: 1 }))
  .map(([one, more]) => [one, ...more]);

const rights = fc.record({
  identity: fc.oneof({ weight: 1, arbitrary: some(statement, 0) }, { weight: 1, arbitrary: level }),
  boundary: perhaps(level),
  session: perhaps(level),
  scp: fc.array(level, { maxLength: 2 }),
  rcp: fc.array(level, { maxLength: 1 }),
  resource: perhaps(some(ofResource)),
});

const value = (pool: readonly string[]) =>
  perhaps(
    fc.oneof(
      fc.constantFrom(...pool).map((one) => [one]),
      fc.array(fc.constantFrom(...pool), { minLength: 1, maxLength: 2 }),
    ),
  );
const world = fc.record({
  who: fc.constantFrom('user', 'role'),
  isServiceLinked: fc.constantFrom(false, false, false, false, true),
  action: fc.constantFrom(...ACTIONS),
  resource: fc.constantFrom(...RESOURCES),
  owner: fc.constantFrom(...Array<string>(5).fill(ACCOUNT), OTHER),
  values: fc.record({
    'k:text': value(TEXTS),
    'k:number': value(NUMBERS),
    'k:date': value(DATES),
    'k:address': value(ADDRESSES),
    'k:arn': value(ARNS),
    'k:bool': value(['true', 'false']),
    'k:bytes': value(BYTES),
  }),
});

type DrawnRights = typeof rights extends fc.Arbitrary<infer T> ? T : never;
type DrawnWorld = typeof world extends fc.Arbitrary<infer T> ? T : never;

function subjectOf({ who, isServiceLinked }: DrawnWorld, drawn: DrawnRights): Subject {
  const limits: Limit[] = [
    ...(drawn.boundary === undefined ? [] : [boundary(...drawn.boundary)]),
    ...(drawn.session === undefined || who === 'user' ? [] : [limitOf('session', drawn.session)]),
    ...drawn.scp.map((one) => limitOf('scp', one)),
  ];
  const policies = drawn.identity.map((one, index) => inline(`p${index}`, one));
  if (who === 'user') return user('mara', policies, { limits });
  return role('deploy', policies, undefined, { limits, serviceLinked: isServiceLinked });
}

function limitOf(kind: NonNullable<Limit['kind']>, statements: readonly RawStatement[]): Limit {
  return { kind, title: kind, known: true, policies: [{ name: kind, kind, inline: true, document: documentOf(...statements) }] };
}

function requestOf({ action, resource, owner }: DrawnWorld, drawn: DrawnRights, context: Request['context']): Request {
  const isGuarded = drawn.resource !== undefined || owner !== ACCOUNT || drawn.rcp.length > 0;
  return {
    action,
    resource,
    ...(context === undefined ? {} : { context }),
    ...(isGuarded
      ? {
          target: {
            account: owner,
            policy: limitOf('rcp', drawn.resource ?? []),
            limits: drawn.rcp.map((one) => limitOf('rcp', one)),
          },
        }
      : {}),
  };
}

/** Names that the policies speak of, and another. */
const SESSIONS = ['ci', 'other', 'third'] as const;

type Values = { readonly [key: string]: readonly string[] | undefined };

/** Whoever takes a role chooses the name of the session: what one of them may, it may. */
function outcomeOf(drawn: DrawnRights, call: DrawnWorld, values: Values): 'allow' | 'deny' {
  const rights = rightsOf(drawn, call);
  return SESSIONS.some((session) => allowedIn(worldOf(call, values, session), rights)) ? 'allow' : 'deny';
}

function deniesSession({ resource = [] }: DrawnRights): boolean {
  return resource.some(({ Effect, ...who }) => Effect === 'Deny' && JSON.stringify(who).includes('assumed-role'));
}

function worldOf(drawn: DrawnWorld, values: Values, session: string): World {
  const { who } = drawn;
  const arn = `arn:aws:iam::${ACCOUNT}:${who}/${who === 'user' ? 'mara' : 'deploy'}`;
  const context = new Map<string, readonly string[]>([['aws:principalarn', [arn]]]);
  if (who === 'user') context.set('aws:username', ['mara']);
  for (const [key, one] of Object.entries(values)) if (one !== undefined) context.set(key, one);
  const isServiceLinked = who === 'role' && drawn.isServiceLinked;
  return {
    caller: { type: who as 'user' | 'role', arn, account: ACCOUNT, session, isServiceLinked },
    action: drawn.action,
    resource: drawn.resource,
    owner: drawn.owner,
    context,
  };
}

function rightsOf(drawn: DrawnRights, { who, owner }: DrawnWorld): Rights {
  const { boundary: bound, session, resource, ...rest } = drawn;
  const isGuarded = resource !== undefined || owner !== ACCOUNT || drawn.rcp.length > 0;
  return {
    ...rest,
    ...(bound === undefined ? {} : { boundary: bound }),
    ...(session === undefined || who === 'user' ? {} : { session }),
    ...(isGuarded ? { resource: resource ?? [] } : {}),
  };
}

function contextOf(values: { readonly [key: string]: readonly string[] | undefined }): NonNullable<Request['context']> {
  return Object.fromEntries([...KEYS, 'k:none'].map((key) => [key, values[key] ?? null]));
}

describe('IAM evaluator against a literal reference', () => {
  it('agrees where everything is known', () => {
    const seen = { allow: 0, deny: 0, byName: 0 };
    fc.assert(
      fc.property(rights, world, (drawn, call) => {
        const expected = outcomeOf(drawn, call, call.values);
        seen[expected]++;

        const decision = decide(subjectOf(call, drawn), requestOf(call, drawn, contextOf(call.values)), NOW);

        if (decision.outcome === 'unknown' && deniesSession(drawn)) seen.byName++;
        else assert.equal(decision.outcome, expected);
      }),
      { numRuns: 10_000 },
    );

    assert.ok(
      Math.min(seen.allow, seen.deny) > 1000 && seen.byName > 0,
      `the cases must be of both kinds: ${JSON.stringify(seen)}`,
    );
  }).timeout(20_000);

  it('is never surer than all possible requests together', () => {
    const seen = { allow: 0, deny: 0, unknown: 0 };
    const other = [undefined, ...TEXTS.map((one) => [one]), ['z'], ['a', 'z']];
    const numbers = [undefined, ...NUMBERS.map((one) => [one]), ['0'], ['99'], ['1', '99']];
    fc.assert(
      fc.property(rights, world, (drawn, call) => {
        const outcomes = new Set<string>();
        for (const text of other) {
          for (const number of numbers) {
            const values = { ...call.values, 'k:text': text, 'k:number': number };
            outcomes.add(outcomeOf(drawn, call, values));
          }
        }
        const { 'k:text': _text, 'k:number': _number, ...known } = contextOf(call.values);

        const decision = decide(subjectOf(call, drawn), requestOf(call, drawn, known), NOW);

        seen[decision.outcome]++;
        if (decision.outcome === 'unknown') assert.ok(decision.keys.length > 0);
        else assert.deepEqual([...outcomes], [decision.outcome]);
      }),
      { numRuns: 800 },
    );

    assert.ok(Math.min(...Object.values(seen)) > 0, `the cases must be of all kinds: ${JSON.stringify(seen)}`);
  }).timeout(20_000);

  it('is sure of one condition exactly where every value of its key says the same', () => {
    const unit = fc.constantFrom('x', 'y', '*', '?');
    const pattern = fc.array(unit, { minLength: 1, maxLength: 3 }).map((units) => units.join(''));
    const textTest = fc.tuple(
      fc.constantFrom('StringLike', 'StringNotLike', 'StringEquals', 'StringNotEquals', 'StringLikeIfExists'),
      fc.array(pattern, { maxLength: 2 }),
    );
    const numberTest = fc.tuple(
      fc.constantFrom('NumericLessThan', 'NumericGreaterThanEquals', 'NumericNotEquals', 'NumericEqualsIfExists'),
      fc.array(fc.constantFrom('1', '2', '3'), { maxLength: 2 }),
    );
    const seen = { allow: 0, deny: 0, unknown: 0 };
    const values = { text: textsOf(['x', 'y', 'z'], 4), number: ['0', '1', '1.5', '2', '2.5', '3', '4'] };
    const tests = fc.oneof(
      fc.record({ kind: fc.constant('text' as const), all: fc.array(textTest, { minLength: 1, maxLength: 3 }) }),
      fc.record({ kind: fc.constant('number' as const), all: fc.array(numberTest, { minLength: 1, maxLength: 3 }) }),
    );
    fc.assert(
      fc.property(tests, ({ kind, all }) => {
        const Condition = Object.fromEntries(all.map(([operator, wanted]) => [operator, { 'k:key': wanted }]));
        const identity = [{ Effect: 'Allow', Action: '*', Resource: '*', Condition }];
        const outcomes = new Set(
          [undefined, ...values[kind], ...all.flatMap(([, wanted]) => wanted)].map((one) => {
            const context = new Map(one === undefined ? [] : [['k:key', [one]] as const]);
            const caller = { type: 'user', arn: `arn:aws:iam::${ACCOUNT}:user/mara`, account: ACCOUNT } as const;
            return allowedIn({ caller, action: 's3:Get', resource: 'arn:aws:s3:::a', owner: ACCOUNT, context }, { identity });
          }),
        );
        const expected = outcomes.size > 1 ? 'unknown' : outcomes.has(true) ? 'allow' : 'deny';

        const decision = decide(user('mara', [inline('p', ...identity)]), { action: 's3:Get', resource: 'arn:aws:s3:::a' }, NOW);

        seen[decision.outcome]++;
        assert.equal(decision.outcome, expected);
      }),
      { numRuns: 1000 },
    );

    assert.ok(Math.min(...Object.values(seen)) > 20, `the cases must be of all kinds: ${JSON.stringify(seen)}`);
  }).timeout(20_000);
});

describe('IAM evaluator asked for any resource', () => {
  it('finds one wherever there is one', () => {
    const unit = fc.constantFrom('a', 'b', '*', '?');
    const pattern = fc.array(unit, { minLength: 1, maxLength: 4 }).map((units) => units.join(''));
    const one = fc.record({
      effect: fc.constantFrom('Allow', 'Deny'),
      element: fc.constantFrom('Resource', 'Resource', 'NotResource'),
      patterns: fc.array(pattern, { minLength: 1, maxLength: 2 }),
    });
    const texts = textsOf(['a', 'b', 'c'], 5);
    const seen = { found: 0, none: 0 };
    const raw = ({
      effect: Effect,
      element,
      patterns,
    }: {
      effect: string;
      element: string;
      patterns: string[];
    }): RawStatement => ({
      Effect,
      Action: '*',
      [element]: patterns,
    });
    fc.assert(
      fc.property(
        fc.array(one, { minLength: 1, maxLength: 4 }),
        perhaps(fc.array(one, { minLength: 1, maxLength: 2 })),
        (own, bound) => {
          const identity = own.map(raw);
          const limits = bound === undefined ? [] : [boundary(...bound.map(raw))];
          const caller = { type: 'user', arn: `arn:aws:iam::${ACCOUNT}:user/mara`, account: ACCOUNT } as const;
          const exists = texts.some((resource) =>
            allowedIn(
              { caller, action: 's3:Get', resource, owner: ACCOUNT, context: new Map() },
              { identity, ...(bound === undefined ? {} : { boundary: bound.map(raw) }) },
            ),
          );

          const found = somewhere(user('mara', [inline('p', ...identity)], { limits }), 's3:Get', '*', NOW);

          seen[exists ? 'found' : 'none']++;
          if (exists) assert.equal(found?.outcome, 'allow');
        },
      ),
      { numRuns: 600 },
    );

    assert.ok(Math.min(...Object.values(seen)) > 20, `the cases must be of both kinds: ${JSON.stringify(seen)}`);
  }).timeout(20_000);
});

function textsOf(letters: readonly string[], length: number): string[] {
  let layer = [''];
  const all = [''];
  for (let size = 1; size <= length; size++) {
    layer = layer.flatMap((head) => letters.map((letter) => head + letter));
    all.push(...layer);
  }
  return all;
}
