import assert from 'node:assert/strict';
import { dominators } from '../../../../src/iam/escalation/dominators.ts';
import { findEscalations } from '../../../../src/iam/escalation/index.ts';
import { type Capability, createJudge, type Estate, type Subject } from '../../../../src/iam/index.ts';
import { ACCOUNT, allow, boundary, deny, estate, group, inline, NOW, type RawStatement, role, trusts, user } from '../build.ts';

const FAR = '444455556666';
const ADMIN = inline('all', allow('*'));
const OWN_TEAM = `\${aws:PrincipalTag/team}`;
const iam = (name: string): string => `arn:aws:iam::${ACCOUNT}:${name}`;

function rowsOf(subject: Subject, within: Estate, capability = 'escalates'): Capability[] {
  return createJudge(within, NOW)
    .capabilities(subject)
    .filter((row) => row.capability === capability);
}

/** mara makes a key for ben, who passes runner to a function. */
function chain(...more: Parameters<typeof inline>[1][]): { mara: Subject; all: Estate } {
  const mara = user('mara', [
    inline('keys', allow('iam:CreateAccessKey', iam('user/ben'))),
    ...more.map((one) => inline('more', one)),
  ]);
  const ben = user('ben', [
    inline('pass', allow('iam:PassRole', iam('role/runner'))),
    inline('make', allow(['lambda:CreateFunction', 'lambda:InvokeFunction'])),
  ]);
  const runner = role('runner', [ADMIN], trusts({ Service: 'lambda.amazonaws.com' }));
  return { mara, all: estate([mara, ben, runner, user('other', [])]) };
}

describe('IAM escalation over several principals', () => {
  it('tells the way step by step, with the statement of each', () => {
    const { mara, all } = chain();

    const rows = rowsOf(mara, all);

    assert.equal(rows.length, 1);
    assert.equal(
      rows[0]?.path,
      `inline policy keys → iam:CreateAccessKey on ${iam('user/ben')} → becomes user/ben; ` +
        `inline policy pass → iam:PassRole + lambda:CreateFunction + lambda:InvokeFunction on ${iam('role/runner')} → becomes role/runner`,
    );
    assert.deepEqual(
      rows[0]?.hops?.map(({ from, to, method, statement }) => [from, to, method, statement]),
      [
        ['user/mara', 'user/ben', 'iam-002', 'statement 1'],
        ['user/ben', 'role/runner', 'lambda-001', 'statement 1'],
      ],
    );
    assert.equal(rows[0]?.confidence, 'high');
    assert.equal(rows[0]?.target, 'role/runner');
  });

  it('tells the sure way too where the shortest is not sure', () => {
    const office = { IpAddress: { 'aws:SourceIp': '10.1.0.0/16' } };
    const mara = user('mara', [
      inline('a', allow('iam:CreateAccessKey', iam('user/chief'), office), allow('sts:AssumeRole', iam('role/mid'))),
    ]);
    const mid = role('mid', [inline('b', allow('iam:CreateAccessKey', iam('user/chief')))], trusts({ AWS: ACCOUNT }));

    const rows = rowsOf(mara, estate([mara, mid, user('chief', [ADMIN])]));

    assert.deepEqual(
      rows.map(({ confidence, hops }) => [confidence, hops?.length]),
      [
        ['medium', 1],
        ['high', 2],
      ],
    );
  });

  it('is not its own doing where another gives itself the rights at the end', () => {
    const mara = user('mara', [inline('keys', allow('iam:CreateAccessKey', iam('user/ben')))]);
    const ben = user('ben', [inline('own', allow('iam:PutUserPolicy', iam('user/ben')))]);
    const all = estate([mara, ben]);

    const [row] = rowsOf(mara, all);

    assert.equal(row?.target, 'user/ben');
    assert.match(row?.path ?? '', /gives itself any right$/);
    assert.deepEqual(rowsOf(mara, all, 'admin'), []);
    assert.equal(rowsOf(ben, all, 'admin').length, 1);
  });

  it('is as sure as its weakest step, and says what that hangs on', () => {
    const mara = user('mara', [inline('keys', allow('iam:CreateAccessKey', iam('user/ben')))]);
    const ben = user('ben', [inline('a', allow('sts:AssumeRole', '*', { Bool: { 'aws:MultiFactorAuthPresent': 'true' } }))]);
    const chief = role('chief', [ADMIN], trusts({ AWS: ACCOUNT }));

    const [row] = rowsOf(mara, estate([mara, ben, chief]));

    assert.equal(row?.confidence, 'medium');
    assert.deepEqual(row?.keys, ['aws:MultiFactorAuthPresent']);
    assert.deepEqual(
      row?.hops?.map(({ confidence }) => confidence),
      ['high', 'medium'],
    );
  });

  it('prefers the surer of two ways of the same length', () => {
    const mfa = { Bool: { 'aws:MultiFactorAuthPresent': 'true' } };
    const mara = user('mara', [
      inline('a', allow('sts:AssumeRole', iam('role/one'), mfa), allow('sts:AssumeRole', iam('role/two'))),
    ]);
    const assume = inline('a', allow('sts:AssumeRole', iam('role/chief')));
    const one = role('one', [assume], trusts({ AWS: ACCOUNT }));
    const two = role('two', [assume], trusts({ AWS: ACCOUNT }));
    const chief = role('chief', [ADMIN], trusts({ AWS: ACCOUNT }));

    const [row] = rowsOf(mara, estate([mara, one, two, chief]));

    assert.equal(row?.hops?.[0]?.to, 'role/two');
    assert.equal(row?.confidence, 'high');
  });

  it('is broken by a Deny, a boundary, a condition or a scope at any step', () => {
    const { all } = chain();
    const [mara, ben, runner, other] = all.subjects;
    assert.ok(mara !== undefined && ben !== undefined && runner !== undefined && other !== undefined);
    const never = { DateLessThan: { 'aws:CurrentTime': '2020-01-01T00:00:00Z' } };
    const broken: [string, Subject, Subject, Subject][] = [
      ['Deny', mara, { ...ben, policies: [...ben.policies, inline('no', deny('lambda:InvokeFunction'))] }, runner],
      ['boundary', mara, { ...ben, limits: [boundary(allow('s3:*'))] }, runner],
      ['condition', user('mara', [inline('keys', allow('iam:CreateAccessKey', '*', never))]), ben, runner],
      ['scope', user('mara', [inline('keys', allow('iam:CreateAccessKey', iam('user/other')))]), ben, runner],
      ['trust', mara, ben, role('runner', [ADMIN], trusts({ Service: 'ec2.amazonaws.com' }))],
    ];
    for (const [what, first, second, third] of broken) {
      assert.deepEqual(rowsOf(first, estate([first, second, third, other])), [], what);
    }
  });
});

describe('IAM escalation by changing somebody on the way', () => {
  const told = (subject: Subject, within: Estate): unknown[] =>
    rowsOf(subject, within).map(({ confidence, hops }) => [
      confidence,
      hops?.map(({ from, to, permission }) => `${from} ${permission} ${to}`),
    ]);
  const keys = (name: string) => inline('keys', allow('iam:CreateAccessKey', iam(`user/${name}`)));

  it('is that of the one who stands behind', () => {
    const mara = user('mara', [inline('a', allow('sts:AssumeRole', iam('role/helper')))]);
    const helper = (call: string, on: string): Subject =>
      role('helper', [inline('b', allow(call, on))], trusts({ AWS: ACCOUNT }));
    const within = (call: string, on: string): Estate => estate([mara, helper(call, on)], [group('chiefs', allow('*'))]);

    for (const [call, on] of [
      ['iam:PutUserPolicy', iam('user/mara')],
      ['iam:AddUserToGroup', iam('group/chiefs')],
    ] as const) {
      assert.deepEqual(told(mara, within(call, on)), [
        ['high', ['user/mara sts:AssumeRole role/helper', `role/helper ${call} itself`]],
      ]);
    }
    assert.deepEqual(told(mara, within('iam:PutUserPolicy', iam('user/other'))), []);
  });

  it('is that of one whose work it can run', () => {
    const arm = allow('iam:PutRolePolicy', iam('role/runner'));
    const run = allow(['iam:PassRole', 'lambda:CreateFunction', 'lambda:InvokeFunction']);
    const runner = role('runner', [], trusts({ Service: 'lambda.amazonaws.com' }));
    const mara = user('mara', [inline('a', arm, run)]);
    const mayNot = user('mara', [inline('a', arm, run, deny('lambda:InvokeFunction'))]);

    const calls = 'iam:PutRolePolicy + iam:PassRole + lambda:CreateFunction + lambda:InvokeFunction';
    assert.deepEqual(told(mara, estate([mara, runner])), [['high', [`user/mara ${calls} role/runner`]]]);
    assert.deepEqual(told(mayNot, estate([mayNot, runner])), []);
  });

  it('is that of one some steps away from who changes it, and from who begins', () => {
    const mara = user('mara', [keys('ada'), inline('a', allow('sts:AssumeRole', iam('role/helper')))]);
    const ada = user('ada', [keys('ben')]);
    const helper = role('helper', [inline('b', allow('iam:PutUserPolicy', iam('user/ben')))], trusts({ AWS: ACCOUNT }));
    const all = estate([mara, ada, user('ben', []), helper]);

    assert.deepEqual(told(mara, all), [
      [
        'high',
        [
          'user/mara sts:AssumeRole role/helper',
          'role/helper iam:PutUserPolicy user/ben',
          'user/mara iam:CreateAccessKey user/ada',
          'user/ada iam:CreateAccessKey user/ben',
        ],
      ],
    ]);
    for (const one of [ada, helper]) assert.deepEqual(told(one, all), [], one.name);
  });

  const edge = { ...boundary(allow(['iam:*', 's3:*'])), title: `permissions boundary ${iam('policy/edge')}` };

  it('takes off the boundary that hides what another may', () => {
    const ben = user('ben', [inline('c', allow('sts:AssumeRole', iam('role/chief')))], { limits: [edge] });
    const chief = role('chief', [ADMIN], trusts({ AWS: ACCOUNT }));
    const mara = (call: string): Subject => user('mara', [keys('ben'), inline('d', allow(call))]);

    for (const call of ['iam:DeleteUserPermissionsBoundary', 'iam:PutUserPermissionsBoundary']) {
      const one = mara(call);
      assert.deepEqual(told(one, estate([one, ben, chief])), [
        ['high', [`user/mara ${call} + iam:CreateAccessKey user/ben`, 'user/ben sts:AssumeRole role/chief']],
      ]);
    }
    const other = mara('iam:DeleteRolePermissionsBoundary');
    assert.deepEqual(told(other, estate([other, ben, chief])), []);
  });

  it('takes off its own boundary first, or has it taken off', () => {
    const hidden = allow('sts:AssumeRole', iam('role/chief'));
    const chief = role('chief', [ADMIN], trusts({ AWS: ACCOUNT }));
    const call = 'iam:DeleteUserPermissionsBoundary';
    const alone = user('alone', [inline('a', hidden, allow(call, iam('user/alone')))], { limits: [edge] });
    const ben = user('ben', [inline('a', hidden), keys('helper')], { limits: [edge] });
    const helper = user('helper', [inline('b', allow(call, iam('user/ben')))]);
    const all = estate([alone, ben, helper, chief]);

    assert.deepEqual(told(alone, all), [['high', [`user/alone ${call} itself`, 'user/alone sts:AssumeRole role/chief']]]);
    assert.deepEqual(told(ben, all), [
      ['high', ['user/ben iam:CreateAccessKey user/helper', `user/helper ${call} itself`, 'user/ben sts:AssumeRole role/chief']],
    ]);
    assert.deepEqual(told(helper, all), []);
  });

  it('frees somebody of a boundary, then gives every right', () => {
    const tight = { ...boundary(allow('s3:*')), title: edge.title };
    const mara = user('mara', [
      keys('ben'),
      inline('d', allow(['iam:DeleteUserPermissionsBoundary', 'iam:PutUserPolicy'], iam('user/ben'))),
    ]);

    assert.deepEqual(told(mara, estate([mara, user('ben', [], { limits: [tight] })])), [
      ['high', ['user/mara iam:PutUserPolicy + iam:DeleteUserPermissionsBoundary + iam:CreateAccessKey user/ben']],
    ]);
  });
});

describe('IAM escalation and roles of IAM Identity Center', () => {
  const path = iam('role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_1');

  it('are not rewritten by anybody', () => {
    const mara = user('mara', [inline('a', allow('iam:UpdateAssumeRolePolicy'))]);
    const reserved = role('AWSReservedSSO_Admin_1', [ADMIN], undefined, { arn: path });
    const own = { ...reserved, arn: iam('role/AWSReservedSSO_Admin_1') };

    assert.deepEqual(rowsOf(mara, estate([mara, reserved])), []);
    assert.equal(rowsOf(mara, estate([mara, own])).length, 1);
  });

  it('do not change themselves', () => {
    const reserved = role('AWSReservedSSO_Ops_1', [inline('a', allow('iam:PutRolePolicy'))], undefined, { arn: path });

    assert.deepEqual(rowsOf(reserved, estate([reserved])), []);
  });
});

describe('IAM escalation: what to cut', () => {
  it('is the right nearest to the principal that all of its ways need', () => {
    const { mara, all } = chain();

    const [row] = rowsOf(mara, all);

    assert.equal(row?.cut?.onEveryPath, true);
    assert.equal(row?.cut?.text, 'iam:CreateAccessKey of user/mara (inline policy keys, statement 1)');
  });

  it('is one further on where the principal has several first steps', () => {
    const { mara, all } = chain(allow('iam:UpdateLoginProfile', iam('user/ben')));

    const [row] = rowsOf(mara, all);

    assert.equal(row?.cut?.onEveryPath, true);
    assert.equal(row?.cut?.text, 'iam:PassRole of user/ben (inline policy pass, statement 1)');
  });

  it('is the first step where there is no such right, and says that others stay', () => {
    const mara = user('mara', [inline('a', allow(['iam:PutUserPolicy', 'iam:AttachUserPolicy'], iam('user/mara')))]);

    const [row] = rowsOf(mara, estate([mara]));

    assert.equal(row?.cut?.onEveryPath, false);
    assert.match(row?.cut?.text ?? '', /^iam:AttachUserPolicy of user\/mara .*, which leaves other ways$/);
  });

  it('names every statement that grants the call', () => {
    const mara = user('mara', [
      inline('a', allow('iam:CreateAccessKey', iam('user/one')), allow('iam:CreateAccessKey', iam('user/two'))),
    ]);

    const [row] = rowsOf(mara, estate([mara, user('one', [ADMIN]), user('two', [ADMIN])]));

    assert.match(row?.cut?.text ?? '', /inline policy a, statement 1; inline policy a, statement 2/);
    assert.equal(row?.cut?.statement, undefined);
  });

  it('names the trust that is enough alone', () => {
    const mara = user('mara', [inline('a', allow('sts:AssumeRole', iam('role/one')))]);
    const one = role('one', [ADMIN], trusts({ AWS: ACCOUNT }));
    const two = role('two', [ADMIN], trusts({ AWS: iam('user/mara') }));

    const [row] = rowsOf(mara, estate([mara, one, two]));

    assert.match(row?.cut?.text ?? '', /inline policy a, statement 1; trust of role\/two/);
    assert.doesNotMatch(row?.cut?.text ?? '', /trust of role\/one/);
  });

  it('does not ask to edit a policy of AWS', () => {
    const policy = { ...inline('x', allow('sts:AssumeRole')), name: 'arn:aws:iam::aws:policy/PowerUserAccess', inline: false };
    const mara = user('mara', [policy]);

    const [row] = rowsOf(mara, estate([mara, role('chief', [ADMIN], trusts({ AWS: ACCOUNT }))]));

    assert.match(row?.cut?.text ?? '', /policy PowerUserAccess, which is AWS's own: detach it or deny the call/);
  });

  it('is of the way that the row tells, where no right is needed by all', () => {
    const mara = user('mara', [inline('a', allow(['ssm:StartSession', 'lambda:UpdateFunctionCode']))]);
    const machine = role('machine', [ADMIN], trusts({ Service: ['ec2.amazonaws.com', 'lambda.amazonaws.com'] }), {
      onInstances: true,
    });

    const rows = rowsOf(mara, estate([mara, machine]));

    assert.equal(rows.length, 2);
    for (const row of rows) assert.ok(row.cut?.text.startsWith(row.permission), row.cut?.text);
  });

  it('follows chains of any length', () => {
    const length = 20_000;

    const above = dominators(
      Array.from({ length }, (_, place) => (place === 0 ? [] : [place - 1])),
      0,
    );

    assert.equal(above[length - 1], length - 2);
  });
});

describe('IAM escalation by tags', () => {
  const chief = (tags: Subject['tags'], more: Partial<Subject> = {}): Subject =>
    role('chief', [ADMIN], trusts({ AWS: ACCOUNT }), { tags, ...more });
  const mara = user('mara', [inline('a', allow('sts:AssumeRole', '*', { StringEquals: { 'aws:ResourceTag/team': OWN_TEAM } }))], {
    tags: { team: 'data' },
  });
  const plain = role('plain', [], trusts({ AWS: ACCOUNT }));

  it('leads to whom the tags admit, surely', () => {
    assert.deepEqual(
      rowsOf(mara, estate([mara, plain, chief({ Team: 'data' })])).map(({ confidence }) => confidence),
      ['high'],
    );
  });

  it('does not lead to whom they do not', () => {
    assert.deepEqual(rowsOf(mara, estate([mara, plain, chief({ team: 'shop' })])), []);
  });

  it('is not sure of one without the tag', () => {
    assert.deepEqual(
      rowsOf(mara, estate([mara, plain, chief({})])).map(({ confidence, keys }) => [confidence, keys]),
      [['medium', ['aws:ResourceTag/team']]],
    );
  });

  it('does not lead to one whose tags are told and lack it, however its trust names the caller', () => {
    const named = role('named', [ADMIN], trusts({ AWS: mara.arn }), {
      account: FAR,
      arn: `arn:aws:iam::${FAR}:role/named`,
      tagsTold: true,
    });
    const untold = { ...chief({}), arn: `arn:aws:iam::${ACCOUNT}:role/untold`, name: 'untold' };

    assert.deepEqual(rowsOf(mara, estate([mara, chief({ other: 'x' }, { tagsTold: true }), named])), []);
    assert.deepEqual(
      rowsOf(mara, estate([mara, chief({}, { tagsTold: true }), untold])).map(({ confidence, method }) => [confidence, method]),
      [['medium', 'sts-001']],
    );
  });

  it('may lead to whom the caller may tag', () => {
    const tagger = (of: string): Subject => ({ ...mara, policies: [...mara.policies, inline('b', allow('iam:TagRole', of))] });
    const told = (one: Subject): unknown[] => {
      const named = role('named', [ADMIN], trusts({ AWS: mara.arn }), {
        account: FAR,
        arn: `arn:aws:iam::${FAR}:role/named`,
        tagsTold: true,
      });
      return rowsOf(one, estate([one, plain, chief({ team: 'shop' }), named])).map(({ confidence, keys }) => [confidence, keys]);
    };

    assert.deepEqual(told(tagger(`arn:aws:iam::${ACCOUNT}:role/other`)), []);
    assert.deepEqual(told(tagger(`arn:aws:iam::${ACCOUNT}:role/chief`)), [['medium', ['aws:ResourceTag/team']]]);
    assert.deepEqual(told(tagger(`arn:aws:iam::${FAR}:role/named`)), [['medium', ['aws:ResourceTag/team']]]);
  });

  it('gives up, and says what it hangs on, where there are too many values', () => {
    const many = Array.from({ length: 60 }, (_, index) =>
      role(`r${index}`, [ADMIN], trusts({ AWS: ACCOUNT }), { tags: { team: `t${index}` } }),
    );

    const [row] = rowsOf(mara, estate([mara, ...many, chief({ team: 'shop' })]));

    assert.equal(row?.confidence, 'medium');
    assert.deepEqual(row?.keys, ['aws:ResourceTag/team']);
  });
});

describe('IAM escalation by tags of its own', () => {
  const trust = trusts({ AWS: ACCOUNT }, { StringEquals: { 'aws:PrincipalTag/team': 'infra' } });
  const chief = role('chief', [ADMIN], trust);
  const mara = (...more: RawStatement[]): Subject =>
    user('mara', [inline('a', allow('sts:AssumeRole', chief.arn), ...more)], { tags: { team: 'web' } });
  const told = (one: Subject): unknown[] => rowsOf(one, estate([one, chief])).map(({ confidence, keys }) => [confidence, keys]);

  it('may be where the trust asks for another and the caller may change them', () => {
    assert.deepEqual(told(mara(allow('iam:TagUser', `arn:aws:iam::${ACCOUNT}:user/\${aws:username}`))), [
      ['medium', ['aws:PrincipalTag/team', 'iam:TagUser on itself']],
    ]);
  });

  it('is not where it may not', () => {
    assert.deepEqual(told(mara()), []);
    assert.deepEqual(told(mara(allow('iam:TagUser', `arn:aws:iam::${ACCOUNT}:user/ben`))), []);
    assert.deepEqual(told(mara(allow('iam:TagUser'), deny('iam:TagUser'))), []);
  });
});

describe('IAM escalation by tags of a session', () => {
  const mara = user('mara', [inline('a', allow(['sts:AssumeRole', 'sts:TagSession']))]);
  const worker = (Action: unknown, tag: string): Subject =>
    role(
      'worker',
      [inline('b', allow('iam:PutRolePolicy', '*', { StringEquals: { 'aws:PrincipalTag/team': 'ops' } }))],
      { ...trusts({ AWS: ACCOUNT }), Action },
      { tags: { team: tag } },
    );
  const told = (one: Subject): unknown[] => rowsOf(mara, estate([mara, one])).map(({ confidence, keys }) => [confidence, keys]);

  it('may be where the trust lets whoever takes the role choose them', () => {
    assert.deepEqual(told(worker(['sts:AssumeRole', 'sts:TagSession'], 'dev')), [['medium', ['aws:PrincipalTag/team']]]);
  });

  it('is not where it does not, and is sure where the role has the tag', () => {
    assert.deepEqual(told(worker('sts:AssumeRole', 'dev')), []);
    assert.deepEqual(told(worker(['sts:AssumeRole', 'sts:TagSession'], 'ops')), [['high', []]]);
  });
});

describe('IAM escalation by changing somebody: what to cut', () => {
  it('is no right of two that do the same', () => {
    const mara = user('mara', [inline('a', allow('sts:AssumeRole', iam('role/helper')))]);
    const both = inline('b', allow(['iam:PutUserPolicy', 'iam:AttachUserPolicy'], iam('user/mara')));
    const { graph, cuts } = findEscalations(estate([mara, role('helper', [both], trusts({ AWS: iam('user/mara') }))]), NOW);

    const cut = cuts.rights.get(graph.targets.nodes.get(mara) ?? -1);

    assert.equal(cut?.actions[0], 'sts:AssumeRole');
    assert.equal(cuts.rights.size, 1);
  });
});

describe('IAM escalation to more administrators than are told of', () => {
  it('says how many more there are', () => {
    const mara = user('mara', [inline('a', allow('iam:CreateAccessKey'))]);
    const chiefs = (count: number): Subject[] => Array.from({ length: count }, (_, index) => user(`chief${index}`, [ADMIN]));
    const told = (count: number): unknown[] => rowsOf(mara, estate([mara, ...chiefs(count)])).map((row) => row.targetsNotNamed);

    assert.deepEqual(told(3), [undefined, undefined, undefined]);
    assert.deepEqual(told(10), [7, 7, 7]);
  });
});

describe('IAM escalation by a new principal', () => {
  it('is not ruled out where there are more names than are tried', () => {
    const taken = Array.from({ length: 60 }, (_, index) => user(`u${index}`, [], { accessKeys: 2 }));
    const rights = ['iam:CreateUser', 'iam:PutUserPolicy', 'iam:CreateAccessKey'];
    const named = (count: number): Subject =>
      user('mara', [
        inline(
          'a',
          allow(
            rights,
            taken.slice(0, count).map(({ arn }) => arn),
          ),
        ),
      ]);
    const found = (one: Subject): unknown[] =>
      rowsOf(one, estate([one, ...taken])).map(({ confidence, keys }) => [confidence, keys]);

    assert.deepEqual(found(named(50)), []);
    assert.deepEqual(found(named(60)), [['medium', ['names beyond the first 50 that its policies tell apart']]]);
  });
});

describe('IAM escalation across accounts', () => {
  const chief = (trusted: Parameters<typeof trusts>): Subject =>
    role('chief', [ADMIN], trusts(...trusted), { account: FAR, arn: `arn:aws:iam::${FAR}:role/chief` });
  const may = user('mara', [inline('a', allow('sts:AssumeRole', `arn:aws:iam::${FAR}:role/*`))]);
  const mayNot = user('mara', []);

  const cases: [string, Subject, Parameters<typeof trusts>, number][] = [
    ['both sides, by account', may, [{ AWS: ACCOUNT }], 1],
    ['both sides, by name', may, [{ AWS: iam('user/mara') }], 1],
    ['only the trust, by name', mayNot, [{ AWS: iam('user/mara') }], 0],
    ['only the trust, open to everybody', mayNot, [{ AWS: '*' }], 0],
    ['only the policy', may, [{ AWS: FAR }], 0],
    ['another account is meant', may, [{ AWS: '*' }, { StringEquals: { 'aws:PrincipalAccount': FAR } }], 0],
    ['this account is meant', may, [{ AWS: '*' }, { StringEquals: { 'aws:PrincipalAccount': ACCOUNT } }], 1],
  ];
  for (const [what, subject, trusted, expected] of cases) {
    it(`${expected === 1 ? 'leads on' : 'ends'}: ${what}`, () => {
      assert.equal(rowsOf(subject, estate([subject, chief(trusted)])).length, expected);
    });
  }

  it('ends where resource control policies keep strangers out', () => {
    const deny = { Effect: 'Deny', Principal: '*', Action: 'sts:AssumeRole', Resource: '*' };
    const guard = (home: string) => ({
      ...boundary(allow('*'), { ...deny, Condition: { StringNotEquals: { 'aws:PrincipalAccount': home } } }),
      kind: 'rcp' as const,
    });
    const within = (home: string): Estate => ({
      ...estate([may, chief([{ AWS: ACCOUNT }])]),
      resourceLimits: new Map([[FAR, [guard(home)]]]),
    });

    assert.equal(rowsOf(may, within(FAR)).length, 0);
    assert.equal(rowsOf(may, within(ACCOUNT)).length, 1);
  });

  it('names the account of the other side', () => {
    const [row] = rowsOf(may, estate([may, chief([{ AWS: ACCOUNT }])]));

    assert.equal(row?.target, `role/chief of ${FAR}`);
  });

  it('passes no role of another account', () => {
    const passes = user('mara', [inline('a', allow(['iam:PassRole', 'ec2:RunInstances']))]);

    assert.deepEqual(rowsOf(passes, estate([passes, chief([{ Service: 'ec2.amazonaws.com' }])])), []);
  });
});

describe('IAM: who reaches all data', () => {
  const reader = role('reader', [inline('r', allow('s3:GetObject'))], trusts({ AWS: ACCOUNT }));
  const mara = user('mara', [inline('a', allow('sts:AssumeRole'))]);

  it('by a role that reads everything', () => {
    const [row] = rowsOf(mara, estate([mara, reader]), 'reaches-data');

    assert.equal(row?.target, 'role/reader');
    assert.equal(row?.hops?.length, 1);
  });

  it('is not said of who reads it itself, reaches an administrator, or reaches one bucket', () => {
    const itself = user('mara', [inline('a', allow(['sts:AssumeRole', 's3:GetObject']))]);
    const one = role('reader', [inline('r', allow('s3:GetObject', 'arn:aws:s3:::one/*'))], trusts({ AWS: ACCOUNT }));
    const chief = role('chief', [ADMIN], trusts({ AWS: ACCOUNT }));

    assert.deepEqual(rowsOf(itself, estate([itself, reader]), 'reaches-data'), []);
    assert.deepEqual(rowsOf(mara, estate([mara, one]), 'reaches-data'), []);
    assert.deepEqual(rowsOf(mara, estate([mara, reader, chief]), 'reaches-data'), []);
  });
});

describe('IAM judge', () => {
  it('says that it heard of no service control policies, unless it did', () => {
    const bound = user('mara', [], { limits: [{ ...boundary(allow('*')), kind: 'scp' }] });

    assert.deepEqual(createJudge(estate([user('mara', [])]), NOW).unheard, ['without service control policies']);
    assert.deepEqual(createJudge(estate([bound]), NOW).unheard, []);
  });
});

describe('IAM escalation of many', () => {
  it('writes what all may do to all once for each principal, not once for each pair', () => {
    const wide = inline(
      'wide',
      allow(['iam:PassRole', 'lambda:*', 'sts:AssumeRole', 'iam:CreateAccessKey']),
      deny('iam:PassRole', iam('role/kept')),
    );
    const users = Array.from({ length: 600 }, (_, index) => user(`u${index}`, [wide]));
    const trusted = trusts({ AWS: ACCOUNT, Service: 'lambda.amazonaws.com' });
    const roles = Array.from({ length: 600 }, (_, index) => role(`r${index}`, [], trusted));
    const kept = role('kept', [ADMIN], trusts({ Service: 'lambda.amazonaws.com' }));

    const { graph, toAdmin } = findEscalations(estate([...users, ...roles, kept]), NOW);

    const edges = graph.out.reduce((sum, list) => sum + list.length, 0);
    const memberships = graph.hubsOf.reduce((sum, list) => sum + list.length, 0);
    assert.ok(edges <= 8 * graph.subjects.length, `${edges} edges`);
    assert.ok(memberships <= 8 * graph.subjects.length, `${memberships} memberships`);
    // What runs already is out of reach of the Deny.
    assert.equal(toAdmin.distance.size, 601);
  });
});
