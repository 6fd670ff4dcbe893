import assert from 'node:assert/strict';
import fc from 'fast-check';
import { statementName } from '../../../../src/iam/document.ts';
import { rightOf } from '../../../../src/iam/escalation/graph.ts';
import { findEscalations } from '../../../../src/iam/escalation/index.ts';
import { stepsFrom } from '../../../../src/iam/escalation/shortest.ts';
import { type Source, sourceOf } from '../../../../src/iam/escalation/take-away.ts';
import type { Estate, Limit, Policy, Subject } from '../../../../src/iam/index.ts';
import { allow, boundary, deny, documentOf, group, inline, NOW, type RawStatement, role, user } from '../build.ts';
import { conquers, distances, type Pair, type World, worldOf } from './brute.ts';

const ACCOUNTS = ['111122223333', '444455556666'];
const NAMES = ['ada', 'app-one', 'app-two', 'boss'];
const CALLS = [
  'iam:CreateAccessKey',
  'iam:DeleteAccessKey',
  'iam:CreateLoginProfile',
  'iam:UpdateLoginProfile',
  'iam:UpdateAssumeRolePolicy',
  'iam:AttachRolePolicy',
  'iam:PutUserPolicy',
  'iam:CreatePolicyVersion',
  'iam:PassRole',
  'iam:AddUserToGroup',
  'iam:CreateUser',
  'iam:CreateRole',
  'iam:DeleteUserPermissionsBoundary',
  'sts:AssumeRole',
  'lambda:CreateFunction',
  'lambda:InvokeFunction',
  'lambda:UpdateFunctionCode',
  'ec2:RunInstances',
  'ssm:SendCommand',
  'iam:*',
  's3:GetObject',
];
const EDGE = 'arn:aws:iam::111122223333:policy/edge';
const OWN_USER = `arn:aws:iam::*:user/\${aws:username}`;
const RESOURCES = [
  '*',
  '*',
  'arn:aws:iam::*:role/*',
  'arn:aws:iam::111122223333:role/app-*',
  'arn:aws:iam::*:user/app-*',
  'arn:aws:iam::111122223333:user/boss',
  'arn:aws:iam::444455556666:role/boss',
  'arn:aws:iam::111122223333:role/ad?',
  OWN_USER,
  'arn:aws:iam::111122223333:policy/shared',
  'arn:aws:lambda:*:*:function:x-*',
];
const CONDITIONS = [
  undefined,
  undefined,
  undefined,
  { Bool: { 'aws:MultiFactorAuthPresent': 'true' } },
  { StringEquals: { 'iam:PassedToService': 'lambda.amazonaws.com' } },
  { ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::*:user/app-*' } },
  { StringEquals: { 'aws:PrincipalAccount': '111122223333' } },
  { StringEquals: { 'aws:PrincipalTag/team': 'data' } },
  { StringEquals: { 'aws:ResourceTag/team': 'data' } },
  { StringNotEquals: { 'iam:ResourceTag/Team': `\${aws:PrincipalTag/team}` } },
  { StringEquals: { 'iam:PermissionsBoundary': EDGE } },
  { ArnNotEquals: { 'iam:PermissionsBoundary': EDGE } },
  { ArnNotEquals: { 'iam:PolicyARN': 'arn:aws:iam::aws:policy/AdministratorAccess' } },
  { DateLessThan: { 'aws:CurrentTime': '2020-01-01T00:00:00Z' } },
];

const condition = fc.constantFrom(...CONDITIONS);
/** Of trusts: what a role asks of its own tags or boundary is not looked into. */
const trustCondition = condition.filter((one) => !/ResourceTag|Boundary/.test(JSON.stringify(one ?? '')));
const statement: fc.Arbitrary<RawStatement> = fc
  .tuple(
    fc.integer({ max: 9, min: 0 }),
    fc.subarray(CALLS, { minLength: 1, maxLength: 4 }),
    fc.subarray(RESOURCES, { minLength: 1, maxLength: 2 }),
    condition,
  )
  .map(([kind, actions, resources, when]) => {
    if (kind === 0) return deny(actions, resources, when);
    if (kind === 1) return { Effect: 'Deny', Action: actions, NotResource: resources };
    return allow(actions, resources, when);
  });

const principal = fc.constantFrom<unknown>(
  '*',
  { AWS: '*' },
  { AWS: ACCOUNTS[0] },
  { AWS: `arn:aws:iam::${ACCOUNTS[1]}:root` },
  { AWS: [`arn:aws:iam::${ACCOUNTS[0]}:user/ada`, `arn:aws:iam::${ACCOUNTS[0]}:role/app-one`] },
  { AWS: [ACCOUNTS[0], `arn:aws:iam::${ACCOUNTS[1]}:user/app-two`] },
  { AWS: [ACCOUNTS[0], `arn:aws:iam::${ACCOUNTS[0]}:user/boss`] },
  { Service: 'lambda.amazonaws.com' },
  { Service: ['ec2.amazonaws.com', 'lambda.amazonaws.com'] },
);
const trust = fc.array(
  fc
    .tuple(fc.constantFrom('Allow', 'Allow', 'Allow', 'Deny'), principal, trustCondition)
    .map(([Effect, Principal, Condition]) => ({
      Effect,
      Principal,
      Action: 'sts:AssumeRole',
      ...(Condition === undefined ? {} : { Condition }),
    })),
  { minLength: 1, maxLength: 2 },
);

const ADMIN = inline('all', allow('*'));
const SHARED: Policy = {
  name: `arn:aws:iam::${ACCOUNTS[0]}:policy/shared`,
  kind: 'attached',
  inline: false,
  document: documentOf(allow('s3:GetObject')),
};
const LIMITS: readonly (readonly Limit[])[] = [
  [],
  [],
  [],
  [boundary(allow('s3:*'))],
  [{ ...boundary(allow('*'), deny('iam:Put*')), title: `permissions boundary ${EDGE}` }],
  [{ ...boundary(allow('*')), title: `permissions boundary ${EDGE}` }],
];

const subject = fc.record({
  type: fc.constantFrom('user', 'role'),
  account: fc.constantFrom(ACCOUNTS[0], ACCOUNTS[0], ACCOUNTS[1]),
  name: fc.constantFrom(...NAMES),
  statements: fc.array(statement, { maxLength: 3 }),
  isAdmin: fc.integer({ min: 0, max: 4 }).map((one) => one === 0),
  trust,
  limits: fc.constantFrom(...LIMITS),
  onInstances: fc.boolean(),
  hasPassword: fc.constantFrom(undefined, true, false),
  team: fc.constantFrom(undefined, 'data', 'shop'),
  hasShared: fc.boolean(),
  hasGroup: fc.boolean(),
});

const GROUPS = [group('plain'), group('chiefs', allow('*'))];

const RCPS: readonly (readonly Limit[])[] = [
  [],
  [],
  [rcp(allow('*'), { Principal: '*', ...deny('sts:AssumeRole', 'arn:aws:iam::*:role/app-*') })],
  [rcp(allow('*'), { Principal: '*', ...deny('sts:*', '*', { StringNotEquals: { 'aws:PrincipalAccount': '111122223333' } }) })],
];

function rcp(...statements: RawStatement[]): Limit {
  return { ...boundary(...statements), kind: 'rcp', title: 'resource control policies' };
}

const principals = fc.uniqueArray(subject, {
  minLength: 2,
  maxLength: 8,
  selector: ({ type, account, name }) => `${type} ${account} ${name}`,
});

const estates: fc.Arbitrary<Estate> = fc
  .tuple(principals, fc.constantFrom(...RCPS), fc.constantFrom(...RCPS))
  .map(([drawn, near, far]) => ({
    subjects: drawn.map((one): Subject => {
      const policies = [...(one.isAdmin ? [ADMIN] : []), ...(one.hasShared ? [SHARED] : []), inline('own', ...one.statements)];
      const account = one.account ?? '';
      const more = {
        account,
        arn: `arn:aws:iam::${account}:${one.type}/${one.name}`,
        limits: one.limits,
        tags: one.team === undefined ? {} : { Team: one.team },
      };
      if (one.type === 'user') {
        const password = one.hasPassword === undefined ? {} : { hasPassword: one.hasPassword };
        return user(one.name, policies, { ...more, ...password, groups: one.hasGroup ? GROUPS.slice(0, 1) : [] });
      }
      return role(one.name, policies, undefined, { ...more, trust: documentOf(...one.trust), onInstances: one.onInstances });
    }),
    groups: GROUPS,
    resourceLimits: new Map([
      [ACCOUNTS[0] ?? '', near],
      [ACCOUNTS[1] ?? '', far],
    ]),
    managed: new Map([[SHARED.name, { arn: SHARED.name, defaultVersion: SHARED.document, otherVersions: [] }]]),
  }));

const PEOPLE = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];

/** Many users of few rights in chains: long ways that share a step, ways that meet again, rings. */
const chains: fc.Arbitrary<Estate> = fc
  .array(
    fc.record({ keys: fc.subarray(PEOPLE, { maxLength: 2 }), logins: fc.subarray(PEOPLE, { maxLength: 1 }), self: fc.nat(9) }),
    {
      minLength: PEOPLE.length,
      maxLength: PEOPLE.length,
    },
  )
  .map((drawn) => {
    const arns = (names: readonly string[]): string[] => names.map((name) => `arn:aws:iam::${ACCOUNTS[0]}:user/${name}`);
    const subjects = drawn.map(({ keys, logins, self }, index) =>
      user(PEOPLE[index] ?? '', [
        inline('keys', allow('iam:CreateAccessKey', keys.length === 0 ? 'arn:aws:iam::*:user/nobody' : arns(keys))),
        ...(logins.length === 0 ? [] : [inline('logins', allow('iam:UpdateLoginProfile', arns(logins)))]),
        ...(self === 0 ? [inline('self', allow('iam:PutUserPolicy'))] : []),
        ...(index === 0 ? [ADMIN] : []),
      ]),
    );
    return { subjects, groups: [], managed: new Map() };
  });

const HELPERS = ['a', 'b', 'c', 'd', 'e', 'f'];
const CHANGES = ['iam:PutUserPolicy', 'iam:AddUserToGroup', 'iam:DeleteUserPermissionsBoundary', 'iam:CreateAccessKey'];

/** Users of few rights over each other: who gets into one and may change another needs a third to get into that one. */
const helpers: fc.Arbitrary<Estate> = fc
  .array(
    fc.record({
      keys: fc.subarray(HELPERS, { maxLength: 2 }),
      changes: fc.subarray(HELPERS, { maxLength: 1 }),
      call: fc.constantFrom(...CHANGES),
      when: fc.constantFrom(undefined, undefined, { Bool: { 'aws:MultiFactorAuthPresent': 'true' } }),
      isBound: fc.nat(2),
      isHidden: fc.nat(4),
    }),
    { minLength: HELPERS.length, maxLength: HELPERS.length },
  )
  .map((drawn) => {
    const arns = (names: readonly string[]): string[] => names.map((name) => `arn:aws:iam::${ACCOUNTS[0]}:user/${name}`);
    const subjects = drawn.map(({ keys, changes, call, when, isBound, isHidden }, index) =>
      user(
        HELPERS[index] ?? '',
        [
          ...(keys.length === 0 ? [] : [inline('keys', allow('iam:CreateAccessKey', arns(keys)))]),
          ...(changes.length === 0 ? [] : [inline('changes', allow(call, call.endsWith('Group') ? '*' : arns(changes), when))]),
          ...(isHidden === 0 ? [inline('hidden', allow('*'))] : []),
        ],
        { limits: isBound === 0 || isHidden === 0 ? [boundary(allow(['iam:CreateAccessKey', 's3:*']))] : [] },
      ),
    );
    return { subjects, groups: GROUPS, managed: new Map() };
  });

describe('IAM escalation graph', () => {
  it('reaches whom a search of all pairs reaches, in as many steps and as surely', () => {
    fc.assert(
      fc.property(fc.oneof(estates, helpers, chains), (estate) => {
        const { toAdmin, surely } = findEscalations(estate, NOW);

        const world = worldOf(estate, NOW);
        const plain = distances(world);
        const told = estate.subjects.map((one, node) => {
          const hops = toAdmin.distance.get(node);
          if (hops === undefined) return `${one.arn}: never`;
          const isSure = surely.distance.has(node);
          if (toAdmin.around.has(node)) return `${one.arn}: round about, ${isSure}`;
          return `${one.arn}: ${hops} ${toAdmin.confidence.get(node) === 'high'}, ${isSure}`;
        });

        assert.deepEqual(
          told,
          estate.subjects.map((one) => {
            const way = plain.get(one);
            const isSure = conquers(one, world, true);
            if (way !== undefined) return `${one.arn}: ${way.hops} ${way.isSure}, ${isSure}`;
            return conquers(one, world, false) ? `${one.arn}: round about, ${isSure}` : `${one.arn}: never`;
          }),
        );
      }),
      { numRuns: 300 },
    );
  });

  it('cuts by the first right of the way without which no way is left, and by none where there is no such right', () => {
    fc.assert(
      fc.property(fc.oneof(chains, helpers, estates), (estate) => {
        const { graph, toAdmin, cuts } = findEscalations(estate, NOW);

        const world = worldOf(estate, NOW);
        for (const [node, hops] of toAdmin.distance) {
          const from = estate.subjects[node];
          if (hops === 0 || from === undefined) continue;
          const needed = stepsFrom(graph, node, toAdmin).find(({ edge }) => {
            return !conquers(from, without(world, estate.subjects[edge.owner ?? edge.from], edge.actions[0]), false);
          });
          const cut = cuts.rights.get(node);
          // Where somebody changes somebody else the cut may be less near than it could be, never wrong.
          if (world.changes.length === 0) {
            assert.equal(cut === undefined ? undefined : rightOf(cut), needed === undefined ? undefined : rightOf(needed.edge));
          } else if (cut !== undefined) {
            const owner = estate.subjects[cut.owner ?? cut.from];
            assert.ok(!conquers(from, without(world, owner, cut.actions[0]), false), `${from.arn} ${cut.actions[0]}`);
          }
        }
      }),
      { numRuns: 150 },
    );
  });

  it('leaves no way where all that the cut names is taken away', () => {
    fc.assert(
      fc.property(fc.oneof(chains, estates, estates), (estate) => {
        const { graph, cuts } = findEscalations(estate, NOW);

        for (const [node, edge] of cuts.rights) {
          const without = takeAway(estate, edge.owner ?? edge.from, sourceOf(graph, cuts.leads, edge));

          assert.equal(findEscalations(without, NOW).toAdmin.distance.get(node), undefined);
        }
      }),
      { numRuns: 150 },
    );
  });
});

/** Without all that begins with the call of that one, freed or not. */
function without(world: World, owner: Subject | undefined, call: string): World {
  const isLeft = ({ from, right, also = [] }: Pick<Pair, 'from' | 'right' | 'also'>): boolean =>
    (right !== call && !also.includes(call)) || (world.boundOf.get(from) ?? from) !== owner;
  return { ...world, pairs: world.pairs.filter(isLeft), changes: world.changes.filter(isLeft) };
}

/** The statements deleted, and the trusts closed to the one who is cut off. */
function takeAway(estate: Estate, from: number, { statements, trusts }: Source): Estate {
  const owner = estate.subjects[from];
  const closed = documentOf({ Effect: 'Deny', Principal: { AWS: owner?.arn }, Action: 'sts:AssumeRole' }).statements;
  return {
    ...estate,
    subjects: estate.subjects.map((one) => {
      const { trust } = one;
      if (trust !== undefined && trusts.includes(one)) {
        return { ...one, trust: { ...trust, statements: [...trust.statements, ...closed] } };
      }
      if (one !== owner) return one;
      return {
        ...one,
        policies: one.policies.map((policy) => ({
          ...policy,
          document: {
            ...policy.document,
            statements: policy.document.statements.filter(
              (statement) => !statements.some((named) => named.policy === policy && named.name === statementName(statement)),
            ),
          },
        })),
      };
    }),
  };
}
