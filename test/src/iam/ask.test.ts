import assert from 'node:assert/strict';
import { decideAny, type Organisation, organisationLimits, type Subject, whoCan } from '../../../src/iam/index.ts';
import { cpuTime } from '../../helpers/cpu-time.ts';
import { ACCOUNT, allow, boundary, deny, inline, NOW, type RawStatement, user } from './build.ts';

const p = (...statements: RawStatement[]) => inline('p', ...statements);

describe('IAM: who can', () => {
  it('names all who may and all who may under conditions, not the others', () => {
    const subjects = [
      user('all', [p(allow('*'))]),
      user('none', []),
      user('denied', [p(allow('*'), deny('s3:*'))]),
      user('maybe', [p(allow('s3:*', '*', { Bool: { 'aws:MultiFactorAuthPresent': 'true' } }))]),
    ];

    const able = whoCan(subjects, { action: 's3:GetObject', resource: 'arn:aws:s3:::a/b' }, NOW);

    assert.deepEqual(
      able.map(({ subject, decision }) => [subject.name, decision.outcome]),
      [
        ['all', 'allow'],
        ['maybe', 'unknown'],
      ],
    );
  });
});

describe('IAM: can it do any of these on any of those', () => {
  const any = (subject: Subject, actions: string, resources: string) => decideAny(subject, { actions, resources }, NOW)?.outcome;
  const cases: [string, RawStatement[], string, string, string | undefined][] = [
    ['a pattern of both', [allow('s3:Get*', 'arn:aws:s3:::a/*')], 's3:*', 'arn:aws:s3:::*/*', 'allow'],
    [
      'patterns of which none covers the other',
      [allow('s3:*Object', 'arn:aws:s3:::*-logs/*')],
      's3:Get*',
      'arn:aws:s3:::prod-*',
      'allow',
    ],
    ['actions that do not meet', [allow('s3:Put*')], 's3:Get*', 'arn:aws:s3:::*', undefined],
    ['resources that do not meet', [allow('s3:*', 'arn:aws:s3:::a*')], 's3:*', 'arn:aws:s3:::b*', undefined],
    ['all of it denied', [allow('*'), deny('s3:*')], 's3:*', '*', undefined],
    [
      'all denied, in two halves',
      [allow('s3:*'), deny('s3:G*'), { ...deny('x'), Action: undefined, NotAction: 's3:G*' }],
      's3:*',
      '*',
      undefined,
    ],
    [
      'one action left by a Deny',
      [allow('s3:*'), { Effect: 'Deny', NotAction: 's3:GetObject', Resource: '*' }],
      's3:*',
      '*',
      'allow',
    ],
    ['one action left out by an Allow', [{ Effect: 'Allow', NotAction: 's3:Get*', Resource: '*' }], 's3:Get*', '*', undefined],
    [
      'one prefix left by a Deny',
      [allow('s3:*'), { Effect: 'Deny', Action: '*', NotResource: 'arn:aws:s3:::reports/public/*' }],
      's3:GetObject',
      'arn:aws:s3:::*/*',
      'allow',
    ],
    [
      'a hole that two denials leave together',
      [
        allow('s3:*', 'arn:aws:s3:::reports/*'),
        { Effect: 'Deny', Action: '*', NotResource: 'arn:aws:s3:::*/2026/*' },
        { Effect: 'Deny', Action: '*', NotResource: 'arn:aws:s3:::*.csv' },
      ],
      's3:GetObject',
      'arn:aws:s3:::*/*',
      'allow',
    ],
    [
      'a hole that a third closes',
      [
        allow('s3:*', 'arn:aws:s3:::reports/*'),
        { Effect: 'Deny', Action: '*', NotResource: 'arn:aws:s3:::*/2026/*' },
        { Effect: 'Deny', Action: '*', NotResource: 'arn:aws:s3:::*.csv' },
        deny('*', 'arn:aws:s3:::*/2026/*'),
      ],
      's3:GetObject',
      'arn:aws:s3:::*/*',
      undefined,
    ],
    [
      'everything but what a condition may deny',
      [allow('s3:*'), deny('*', 'arn:aws:s3:::a/*', { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } })],
      's3:GetObject',
      'arn:aws:s3:::*/*',
      'allow',
    ],
    [
      'only what a condition may deny',
      [allow('s3:*'), deny('*', 'arn:aws:s3:::a/*', { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } })],
      's3:GetObject',
      'arn:aws:s3:::a/*',
      'unknown',
    ],
  ];

  for (const [what, statements, actions, resources, expected] of cases) {
    it(`${expected ?? 'no'}: ${what}`, () => {
      assert.equal(any(user('mara', [p(...statements)]), actions, resources), expected);
    });
  }

  it('stays within the boundary', () => {
    const within = (...statements: RawStatement[]) =>
      user('mara', [p(allow('s3:*', 'arn:aws:s3:::a*'))], { limits: [boundary(...statements)] });

    assert.equal(any(within(allow('s3:*', 'arn:aws:s3:::*/x')), 's3:*', '*'), 'allow');
    assert.equal(any(within(allow('s3:*', 'arn:aws:s3:::b*')), 's3:*', '*'), undefined);
    assert.equal(any(within(allow('s3:*'), deny('*', 'arn:aws:s3:::a*')), 's3:*', '*'), undefined);
    assert.equal(any(within({ Effect: 'Allow', Action: '*', NotResource: 'arn:aws:s3:::a*' }), 's3:*', '*'), undefined);
    assert.equal(any(within({ Effect: 'Allow', Action: '*', NotResource: 'arn:aws:s3:::a?*' }), 's3:*', '*'), 'allow');
  });

  it('takes no longer with a thicket of denials', () => {
    const thicket = Array.from({ length: 40 }, (_, index) => ({
      Effect: 'Deny',
      Action: '*',
      NotResource: [`arn:aws:s3:::*${index}*`, `arn:aws:s3:::a${index}*`],
    }));
    const subject = user('mara', [p(allow('s3:*'), ...thicket)]);

    const start = cpuTime();
    any(subject, 's3:*', 'arn:aws:s3:::*');

    assert.ok(cpuTime() - start < 2000);
  });
});

describe('IAM: limits of an organisation', () => {
  const policies = (name: string) => [inline(name, allow('*'))];
  const organisation: Organisation = {
    managementAccount: '999900001111',
    parents: new Map([
      [ACCOUNT, 'ou-prod'],
      ['ou-prod', 'r-root'],
      ['999900001111', 'r-root'],
      ['ou-a', 'ou-b'],
      ['ou-b', 'ou-a'],
    ]),
    attached: new Map([
      [ACCOUNT, policies('account')],
      ['ou-prod', policies('unit')],
      ['r-root', policies('root')],
      ['ou-a', []],
      ['ou-b', []],
    ]),
  };

  it('are one a level, from the account up', () => {
    const limits = organisationLimits(organisation, ACCOUNT, 'scp');

    assert.deepEqual(
      limits.map(({ kind, title, known, policies: [first] }) => [kind, title, known, first?.name]),
      [
        ['scp', `service control policies of ${ACCOUNT}`, true, 'account'],
        ['scp', 'service control policies of ou-prod', true, 'unit'],
        ['scp', 'service control policies of r-root', true, 'root'],
      ],
    );
  });

  it('do not bind the management account', () => {
    assert.deepEqual(organisationLimits(organisation, '999900001111', 'scp'), []);
    assert.deepEqual(organisationLimits(organisation, '999900001111', 'rcp'), []);
  });

  it('are not known for an account that is not in the input', () => {
    const [limit, ...more] = organisationLimits(organisation, '777788889999', 'rcp');

    assert.equal(limit?.known, false);
    assert.equal(limit?.title, 'resource control policies of 777788889999');
    assert.deepEqual(more, []);
  });

  it('end where units are each other’s parents', () => {
    assert.equal(organisationLimits(organisation, 'ou-a', 'scp').length, 2);
  });
});
