import assert from 'node:assert/strict';
import { grantRows, newTally } from '../../../src/iam/grants.ts';
import { type Capability, createJudge, type Estate, type Subject } from '../../../src/iam/index.ts';
import {
  ACCOUNT,
  allow,
  attached,
  boundary,
  deny,
  documentOf,
  estate,
  group,
  inline,
  NOW,
  role,
  trusts,
  user,
  viaGroup,
} from './build.ts';

const SELF = `arn:aws:iam::${ACCOUNT}:user/mara`;
const ADMIN = inline('all', allow('*'));

function judged(subject: Subject, within: Estate = estate([subject])): Capability[] {
  return createJudge(within, NOW).capabilities(subject);
}

function admin(subject: Subject, within?: Estate): string {
  return judged(subject, within).find((one) => one.capability === 'admin')?.confidence ?? 'none';
}

function methods(subject: Subject, within?: Estate): string[] {
  return judged(subject, within)
    .filter((one) => one.capability === 'escalates')
    .map((one) => one.method ?? '')
    .sort();
}

function has(subject: Subject, capability: Capability['capability']): Capability | undefined {
  return judged(subject).find((one) => one.capability === capability);
}

describe('IAM capabilities: admin', () => {
  const cases: [string, Subject, 'high' | 'medium' | 'none'][] = [
    ['* on *', user('mara', [ADMIN]), 'high'],
    ['through a group', user('mara', [viaGroup('ops', allow('*'))]), 'high'],
    [
      'split over NotAction and the rest',
      user('mara', [inline('a', { Effect: 'Allow', NotAction: 'iam:*', Resource: '*' }), inline('b', allow('iam:*'))]),
      'high',
    ],
    [
      'everything but IAM',
      user('mara', [inline('a', { Effect: 'Allow', NotAction: ['iam:*', 'organizations:*'], Resource: '*' })]),
      'none',
    ],
    ['* on one bucket', user('mara', [inline('a', allow('*', 'arn:aws:s3:::x/*'))]), 'none'],
    ['* with a Deny of everything in a group', user('mara', [ADMIN, viaGroup('frozen', deny('*'))]), 'none'],
    ['* with a Deny of IAM', user('mara', [ADMIN, inline('no', deny('iam:*'))]), 'none'],
    ['* with a Deny of one single thing', user('mara', [ADMIN, inline('no', deny('cloudtrail:StopLogging'))]), 'high'],
    ['* with a Deny on one bucket', user('mara', [ADMIN, inline('no', deny('*', 'arn:aws:s3:::prod/*'))]), 'high'],
    ['* within a boundary of *', user('mara', [ADMIN], { limits: [boundary(allow('*'))] }), 'high'],
    ['* within a boundary of S3', user('mara', [ADMIN], { limits: [boundary(allow('s3:*'))] }), 'none'],
    ['* within a boundary without IAM', user('mara', [ADMIN], { limits: [boundary(allow('*'), deny('iam:*'))] }), 'none'],
    [
      '* within a boundary that is missing',
      user('mara', [ADMIN], { limits: [{ title: 'permissions boundary x', known: false, policies: [] }] }),
      'medium',
    ],
    ['* with MFA', user('mara', [inline('a', allow('*', '*', { Bool: { 'aws:MultiFactorAuthPresent': 'true' } }))]), 'medium'],
    [
      '* until last year',
      user('mara', [inline('a', allow('*', '*', { DateLessThan: { 'aws:CurrentTime': '2025-01-01T00:00:00Z' } }))]),
      'none',
    ],
    [
      '* since last year',
      user('mara', [inline('a', allow('*', '*', { DateGreaterThan: { 'aws:CurrentTime': '2025-01-01T00:00:00Z' } }))]),
      'high',
    ],
    ['* with a policy whose document is missing', user('mara', [ADMIN], { missing: ['arn:x'] }), 'medium'],
    ['a long list of services', user('mara', [inline('a', allow(['s3:*', 'ec2:*', 'lambda:*', 'rds:*']))]), 'none'],
    ['iam:* is one call away', user('mara', [inline('a', allow('iam:*'))]), 'medium'],
    ['nothing', user('mara', []), 'none'],
  ];

  for (const [what, subject, expected] of cases) {
    it(`${expected}: ${what}`, () => {
      assert.equal(admin(subject), expected);
    });
  }

  it('names the key that an unsure administrator hangs on', () => {
    const subject = user('mara', [inline('a', allow('*', '*', { Bool: { 'aws:MultiFactorAuthPresent': 'true' } }))]);

    assert.deepEqual(has(subject, 'admin')?.keys, ['aws:MultiFactorAuthPresent']);
  });
});

describe('IAM capabilities: secrets and data', () => {
  it('reads secrets of a narrow scope', () => {
    const subject = user('mara', [
      inline('a', allow('secretsmanager:GetSecretValue', 'arn:aws:secretsmanager:eu-west-1:*:secret:prod/*')),
    ]);

    const found = has(subject, 'reads-secrets');

    assert.equal(found?.permission, 'secretsmanager:GetSecretValue');
    assert.equal(found?.resource, 'arn:aws:secretsmanager:eu-west-1:*:secret:prod/*');
    assert.equal(found?.confidence, 'high');
  });

  it('decrypts with every key, which one key is not', () => {
    assert.equal(has(user('mara', [inline('a', allow('kms:Decrypt'))]), 'reads-secrets')?.permission, 'kms:Decrypt');
    assert.ok(has(user('mara', [inline('a', allow('kms:Decrypt', 'arn:aws:kms:*:*:key/*'))]), 'reads-secrets'));
    assert.equal(
      has(user('mara', [inline('a', allow('kms:Decrypt', `arn:aws:kms:eu-west-1:${ACCOUNT}:key/1`))]), 'reads-secrets'),
      undefined,
    );
  });

  it('does not where a Deny covers the whole scope', () => {
    const subject = user('mara', [
      inline('a', allow('secretsmanager:*', 'arn:aws:secretsmanager:eu-west-1:*:secret:prod/*')),
      inline('b', deny('secretsmanager:GetSecretValue', 'arn:aws:secretsmanager:*:*:secret:prod/*')),
    ]);

    assert.equal(has(subject, 'reads-secrets'), undefined);
  });

  it('does where a Deny covers only part of it', () => {
    const subject = user('mara', [
      inline('a', allow('secretsmanager:*', 'arn:aws:secretsmanager:eu-west-1:*:secret:prod/*')),
      inline('b', deny('secretsmanager:GetSecretValue', 'arn:aws:secretsmanager:*:*:secret:prod/root')),
    ]);

    assert.ok(has(subject, 'reads-secrets'));
  });

  it('finds what is left between a wide policy and a narrow boundary', () => {
    const subject = user('mara', [inline('a', allow('s3:*'))], {
      limits: [boundary(allow('s3:GetObject', 'arn:aws:s3:::app-*/*'))],
    });

    assert.ok(has(subject, 'reads-data'));
    assert.equal(has(subject, 'writes-data'), undefined);
  });

  it('finds what is left between two patterns of which none covers the other', () => {
    const subject = user('mara', [inline('a', allow('s3:GetObject', 'arn:aws:s3:::app-*/*'))], {
      limits: [boundary(allow('s3:*', 'arn:aws:s3:::*-prod/*'))],
    });

    assert.ok(has(subject, 'reads-data'));
  });

  it('does not take a right on a bucket for one on its objects', () => {
    assert.equal(has(user('mara', [inline('a', allow('s3:*', 'arn:aws:s3:::reports'))]), 'reads-data'), undefined);
  });

  it('does not take listing for reading', () => {
    const subject = user('mara', [
      inline('a', allow(['s3:List*', 'secretsmanager:List*', 'dynamodb:Describe*', 'ssm:Describe*'])),
    ]);

    assert.deepEqual(judged(subject), []);
  });

  it('gives one row a statement, with its other actions beside', () => {
    const subject = user('mara', [
      inline('a', allow(['s3:PutObject', 's3:DeleteObject'], 'arn:aws:s3:::a/*'), allow('s3:PutObject', 'arn:aws:s3:::b/*')),
    ]);

    const rows = judged(subject).filter((one) => one.capability === 'writes-data');

    assert.deepEqual(
      rows.map((row) => [row.permission, row.resource, row.also]),
      [
        ['s3:PutObject', 'arn:aws:s3:::a/*', ['s3:DeleteObject']],
        ['s3:PutObject', 'arn:aws:s3:::b/*', []],
      ],
    );
  });

  it('manages identities of its own account only', () => {
    const elsewhere = user('mara', [inline('a', allow('iam:CreateUser', 'arn:aws:iam::999900001111:user/*'))]);
    const here = user('mara', [inline('a', allow('iam:CreateUser', `arn:aws:iam::${ACCOUNT}:user/bots/*`))]);

    assert.equal(has(elsewhere, 'manages-identities'), undefined);
    assert.ok(has(here, 'manages-identities'));
  });

  it('assumes roles of other accounts', () => {
    const subject = user('mara', [inline('a', allow('sts:AssumeRole', 'arn:aws:iam::999900001111:role/deploy'))]);

    assert.equal(has(subject, 'impersonates')?.resource, 'arn:aws:iam::999900001111:role/deploy');
  });
});

describe('IAM escalation', () => {
  const boss = user('boss', [ADMIN]);

  const self: [string, Subject, string[]][] = [
    ['attaches a policy to itself', user('mara', [inline('a', allow('iam:AttachUserPolicy', SELF))]), ['iam-008']],
    [
      'attaches to others only',
      user('mara', [inline('a', allow('iam:AttachUserPolicy', `arn:aws:iam::${ACCOUNT}:user/bot-*`))]),
      [],
    ],
    [
      'attaches only one harmless policy',
      user('mara', [
        inline(
          'a',
          allow('iam:AttachUserPolicy', SELF, { ArnEquals: { 'iam:PolicyARN': 'arn:aws:iam::aws:policy/ReadOnlyAccess' } }),
        ),
      ]),
      [],
    ],
    [
      'attaches, by a user variable',
      user('mara', [inline('a', allow('iam:AttachUserPolicy', `arn:aws:iam::*:user/\${aws:username}`))]),
      ['iam-008'],
    ],
    ['puts an inline policy on itself', user('mara', [inline('a', allow('iam:PutUserPolicy'))]), ['iam-007']],
    [
      'is denied that in another policy',
      user('mara', [inline('a', allow('iam:Put*')), inline('b', deny('iam:PutUserPolicy', SELF))]),
      [],
    ],
    [
      'a role on itself',
      role('job', [inline('a', allow(['iam:AttachRolePolicy', 'iam:PutRolePolicy', 'iam:AttachUserPolicy']))]),
      ['iam-005', 'iam-009'],
    ],
    [
      'a service-linked role cannot',
      role('job', [inline('a', allow('iam:PutRolePolicy'))], undefined, { serviceLinked: true }),
      [],
    ],
    [
      'its own group',
      user('mara', [inline('a', allow(['iam:AttachGroupPolicy', 'iam:PutGroupPolicy']))], { groups: [group('ops')] }),
      ['iam-010', 'iam-011'],
    ],
    ['a group it is not in', user('mara', [inline('a', allow('iam:PutGroupPolicy'))]), []],
    [
      'within a boundary that admits no administrator',
      user('mara', [inline('a', allow('iam:AttachUserPolicy'))], { limits: [boundary(allow(['s3:*', 'iam:*']))] }),
      [],
    ],
    [
      'within a boundary that does',
      user('mara', [inline('a', allow('iam:AttachUserPolicy'))], { limits: [boundary(allow('*'))] }),
      ['iam-008'],
    ],
    [
      'takes its boundary away',
      user('mara', [ADMIN], { limits: [boundary(allow(['s3:*', 'iam:Delete*']))] }),
      ['own-delete-permissions-boundary'],
    ],
  ];
  for (const [what, subject, expected] of self) {
    it(`${expected.join(', ') || 'none'}: ${what}`, () => {
      assert.deepEqual(methods(subject), expected);
    });
  }

  it('makes itself an administrator of medium confidence when it is direct', () => {
    const subject = user('mara', [viaGroup('data-science', allow('iam:AttachUserPolicy'))]);

    const rows = judged(subject);

    assert.equal(admin(subject), 'medium');
    assert.equal(
      rows.find((one) => one.capability === 'escalates')?.path,
      'group data-science → inline policy data-science-policy → iam:AttachUserPolicy on * → gives itself any right',
    );
  });

  it('joins a group of administrators, not any group', () => {
    const subject = user('mara', [inline('a', allow('iam:AddUserToGroup'))]);

    assert.deepEqual(methods(subject, estate([subject], [group('admins', allow('*'))])), ['iam-013']);
    assert.deepEqual(methods(subject, estate([subject], [group('readers', allow('s3:Get*'))])), []);
  });

  it('rewrites a policy that it has, but not one of AWS', () => {
    const own = attached('tools', allow('iam:CreatePolicyVersion'));
    const aws = { ...own, name: 'arn:aws:iam::aws:policy/Tools' };
    const managed = (arn: string) => ({ arn, defaultVersion: own.document, otherVersions: [] });

    const mine = user('mara', [own]);
    const theirs = user('mara', [aws]);

    assert.deepEqual(methods(mine, estate([mine], [], [managed(own.name)])), ['iam-001']);
    assert.deepEqual(methods(theirs, estate([theirs], [], [managed(aws.name)])), []);
  });

  it('switches to an older version that allows everything, not to a harmless one', () => {
    const own = attached('tools', allow('iam:SetDefaultPolicyVersion'));
    const subject = user('mara', [own]);
    const withOlder = (...statements: Parameters<typeof documentOf>) =>
      estate([subject], [], [{ arn: own.name, defaultVersion: own.document, otherVersions: [documentOf(...statements)] }]);

    assert.deepEqual(methods(subject, withOlder(allow('*'))), ['own-set-default-policy-version']);
    assert.deepEqual(methods(subject, withOlder(allow('s3:*'))), []);
  });

  it('takes over an administrator, and says whom', () => {
    const subject = user('mara', [
      inline('a', allow(['iam:CreateAccessKey', 'iam:CreateLoginProfile', 'iam:UpdateLoginProfile'])),
    ]);

    const rows = judged(subject, estate([subject, boss])).filter((one) => one.capability === 'escalates');

    assert.deepEqual(
      rows.map((row) => [row.method, row.target]),
      [
        ['iam-002', 'user/boss'],
        ['iam-004', 'user/boss'],
        ['iam-006', 'user/boss'],
      ],
    );
    assert.equal(admin(subject, estate([subject, boss])), 'none');
  });

  it('has nobody to take over where there is no administrator', () => {
    const subject = user('mara', [inline('a', allow('iam:CreateAccessKey'))]);

    assert.deepEqual(methods(subject, estate([subject, user('ben', [])])), []);
  });

  it('has nobody to take over in another account', () => {
    const subject = user('mara', [inline('a', allow('iam:CreateAccessKey'))]);
    const far = { ...boss, arn: 'arn:aws:iam::999900001111:user/boss', account: '999900001111' };

    assert.deepEqual(methods(subject, estate([subject, far])), []);
  });

  it('may manage its own keys without reaching anybody', () => {
    const subject = user('mara', [inline('a', allow('iam:CreateAccessKey', `arn:aws:iam::*:user/\${aws:username}`))]);

    assert.deepEqual(methods(subject, estate([subject, boss])), []);
  });

  const assume: [string, Parameters<typeof trusts>, Subject, string[]][] = [
    [
      'through the account, with the right',
      [{ AWS: `arn:aws:iam::${ACCOUNT}:root` }],
      user('mara', [inline('a', allow('sts:AssumeRole'))]),
      ['sts-001'],
    ],
    ['through the account, without it', [{ AWS: ACCOUNT }], user('mara', []), []],
    ['named itself, without any policy', [{ AWS: SELF }], user('mara', []), ['sts-001']],
    [
      'a user named itself, whatever its boundary leaves out',
      [{ AWS: SELF }],
      user('mara', [], { limits: [boundary(allow('s3:*'))] }),
      ['sts-001'],
    ],
    [
      'a role named itself, within a boundary that leaves it out',
      [{ AWS: `arn:aws:iam::${ACCOUNT}:role/deploy` }],
      role('deploy', [], undefined, { limits: [boundary(allow('s3:*'))] }),
      [],
    ],
    [
      'a session of a role is named',
      [{ AWS: `arn:aws:sts::${ACCOUNT}:assumed-role/deploy/ci` }],
      role('deploy', []),
      ['sts-001'],
    ],
    ['named itself, but denied', [{ AWS: SELF }], user('mara', [inline('a', deny('sts:*'))]), []],
    [
      'somebody else is named',
      [{ AWS: `arn:aws:iam::${ACCOUNT}:user/ben` }],
      user('mara', [inline('a', allow('sts:AssumeRole'))]),
      [],
    ],
    ['a service is named', [{ Service: 'ec2.amazonaws.com' }], user('mara', [inline('a', allow('sts:AssumeRole'))]), []],
    [
      'the trust asks for another name',
      [{ AWS: ACCOUNT }, { ArnEquals: { 'aws:PrincipalArn': 'arn:aws:iam::1:user/x' } }],
      user('mara', [inline('a', allow('sts:AssumeRole'))]),
      [],
    ],
  ];
  for (const [what, [principal, condition], subject, expected] of assume) {
    it(`${expected.join(', ') || 'none'}: assuming an administrator role, ${what}`, () => {
      const target = role('root-like', [ADMIN], trusts(principal, condition));

      assert.deepEqual(methods(subject, estate([subject, target])), expected);
    });
  }

  it('is unsure where the trust asks for an external id', () => {
    const subject = user('mara', [inline('a', allow('sts:AssumeRole'))]);
    const target = role('root-like', [ADMIN], trusts({ AWS: ACCOUNT }, { StringEquals: { 'sts:ExternalId': 'x' } }));

    const row = judged(subject, estate([subject, target])).find((one) => one.method === 'sts-001');

    assert.equal(row?.confidence, 'medium');
    assert.deepEqual(row?.keys, ['sts:ExternalId']);
  });

  it('rewrites the trust of an administrator role', () => {
    const subject = user('mara', [inline('a', allow('iam:UpdateAssumeRolePolicy'))]);

    assert.deepEqual(methods(subject, estate([subject, role('root-like', [ADMIN])])), ['iam-012']);
  });

  it('arms an ordinary role and then takes it', () => {
    const subject = user('mara', [inline('a', allow(['iam:PutRolePolicy', 'sts:AssumeRole']))]);
    const plain = role('job', [], trusts({ AWS: ACCOUNT }));

    assert.deepEqual(methods(subject, estate([subject, plain])), ['iam-017']);
  });

  it('does not arm a role that it cannot take', () => {
    const subject = user('mara', [inline('a', allow('iam:PutRolePolicy'))]);
    const plain = role('job', [], trusts({ Service: 'ec2.amazonaws.com' }));

    assert.deepEqual(methods(subject, estate([subject, plain])), []);
  });

  it('arms another user and makes a key for it', () => {
    const subject = user('mara', [
      inline('a', allow(['iam:AttachUserPolicy', 'iam:CreateAccessKey'], `arn:aws:iam::${ACCOUNT}:user/bot`)),
    ]);

    assert.deepEqual(methods(subject, estate([subject, user('bot', [])])), ['iam-015']);
  });

  describe('PassRole', () => {
    const runner = (...services: string[]) => role('runner', [ADMIN], trusts({ Service: services }), { onInstances: true });
    const passes = (actions: string[], condition?: unknown) =>
      user('mara', [inline('a', allow('iam:PassRole', '*', condition), allow(actions))]);

    const cases: [string, Subject, Subject, string[]][] = [
      ['a machine', passes(['ec2:RunInstances']), runner('ec2.amazonaws.com'), ['ec2-001']],
      [
        'a function that it invokes',
        passes(['lambda:CreateFunction', 'lambda:InvokeFunction']),
        runner('lambda.amazonaws.com'),
        ['lambda-001'],
      ],
      ['a function that nothing starts', passes(['lambda:CreateFunction']), runner('lambda.amazonaws.com'), []],
      ['a role that trusts another service', passes(['ec2:RunInstances']), runner('lambda.amazonaws.com'), []],
      [
        'passed to another service only',
        passes(['ec2:RunInstances'], { StringEquals: { 'iam:PassedToService': 'lambda.amazonaws.com' } }),
        runner('ec2.amazonaws.com'),
        [],
      ],
      [
        'passed to this service only',
        passes(['ec2:RunInstances'], { StringEquals: { 'iam:PassedToService': 'ec2.amazonaws.com' } }),
        runner('ec2.amazonaws.com'),
        ['ec2-001'],
      ],
      ['a role without rights', passes(['ec2:RunInstances']), role('runner', [], trusts({ Service: 'ec2.amazonaws.com' })), []],
      [
        'a stack, new or there already',
        passes(['cloudformation:*']),
        runner('cloudformation.amazonaws.com'),
        ['cloudformation-001', 'cloudformation-002', 'cloudformation-005'],
      ],
    ];
    for (const [what, subject, target, expected] of cases) {
      it(`${expected.join(', ') || 'none'}: ${what}`, () => {
        assert.deepEqual(methods(subject, estate([subject, target])), expected);
      });
    }

    it('finds rights that are split over a policy and a group', () => {
      const subject = user('mara', [inline('a', allow('iam:PassRole')), viaGroup('ops', allow('ec2:Run*'))]);

      assert.deepEqual(methods(subject, estate([subject, runner('ec2.amazonaws.com')])), ['ec2-001']);
    });

    it('takes machines that run as administrator for probable only', () => {
      const subject = user('mara', [inline('a', allow('ssm:SendCommand'))]);
      const target = role('runner', [ADMIN], trusts({ Service: 'ec2.amazonaws.com' }), { onInstances: true });
      const unused = role('runner', [ADMIN], trusts({ Service: 'ec2.amazonaws.com' }));

      const [row] = judged(subject, estate([subject, target]));

      assert.equal(row?.method, 'ssm-002');
      assert.equal(row?.confidence, 'medium');
      assert.deepEqual(methods(subject, estate([subject, unused])), []);
    });
  });

  it('says nothing of ways where one is an administrator already', () => {
    assert.deepEqual(methods(boss, estate([boss, role('runner', [ADMIN], trusts({ Service: 'ec2.amazonaws.com' }))])), []);
  });
});

describe('IAM capabilities of many statements', () => {
  it('counts the rows that it does not tell', () => {
    const statements = Array.from({ length: 40 }, (_, index) => allow('s3:GetObject', `arn:aws:s3:::bucket-${index}/*`));
    const subject = user('mara', [inline('a', ...statements)]);
    const tally = newTally();

    const rows = [...grantRows(subject, createJudge(estate([subject]), NOW), { scanner: 'x', path: 'x' } as never, tally)];

    assert.equal(rows.filter(({ capability }) => capability === 'reads-data').length, 25);
    assert.equal(tally.cut, 15);
  });
});

describe('IAM grants of a whole service', () => {
  const leftOf = (subject: Subject): unknown => {
    const rows = grantRows(subject, createJudge(estate([subject]), NOW), { scanner: 'x', path: 'x' } as never, newTally());
    return [...rows].find(({ permission, effect }) => permission === 'sqs:*' && effect === 'allow')?.detail?.left;
  };
  const all = allow('sqs:*');

  it('say nothing of what is left where nothing is taken away', () => {
    assert.equal(leftOf(user('mara', [inline('a', all, deny('s3:*'))])), undefined);
    assert.equal(leftOf(user('mara', [inline('a', all)], { limits: [boundary(allow('*'))] })), undefined);
    assert.equal(leftOf(user('mara', [inline('a', all, deny('sqs:*', 'arn:aws:sqs:*:*:orders'))])), undefined);
  });

  it('count what a Deny and a boundary leave', () => {
    assert.deepEqual(leftOf(user('mara', [inline('a', all, deny('sqs:*'))])), { actions: 0, changing: 0 });
    assert.deepEqual(leftOf(user('mara', [inline('a', all)], { limits: [boundary(allow('s3:GetObject'))] })), {
      actions: 0,
      changing: 0,
    });
    assert.deepEqual(
      leftOf(user('mara', [inline('a', all)], { limits: [boundary(allow(['sqs:SendMessage', 'sqs:ListQueues']))] })),
      {
        actions: 2,
        changing: 1,
      },
    );
  });
});
