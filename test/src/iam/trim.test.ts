import assert from 'node:assert/strict';
import fc from 'fast-check';
import { decide, type Policy, readPolicyDocument, type TrimmedPolicy, trimPolicies, type Usage } from '../../../src/iam/index.ts';
import { allow, attached, deny, inline, NOW, user } from './build.ts';

const FROM = '2026-01-01T00:00:00Z';
const TO = '2026-06-01T00:00:00Z';
const USED = '2026-05-01T00:00:00Z';

function usage(...services: Usage['services']): Usage {
  return { from: FROM, to: TO, services };
}

function trimmed(policies: readonly Policy[], used: Usage): TrimmedPolicy {
  return trimPolicies(user('mara', policies), used);
}

function actions({ document }: TrimmedPolicy): unknown[] {
  return (document.Statement as { Action?: unknown; NotAction?: unknown }[]).map((one) => one.Action ?? one.NotAction);
}

describe('trimming of policies', () => {
  it('drops what was not used and keeps resources and conditions of the rest', () => {
    const condition = { Bool: { 'aws:SecureTransport': ['true'] } };
    const policy = inline('etl', allow(['s3:GetObject', 's3:PutObject', 'sqs:*'], 'arn:aws:s3:::data/*', condition));

    const result = trimmed(
      [policy],
      usage({ service: 's3', complete: true, actions: [{ action: 's3:GetObject', lastUsedAt: USED }] }, { service: 'sqs' }),
    );

    assert.deepEqual(result.document, {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: ['s3:GetObject'], Resource: ['arn:aws:s3:::data/*'], Condition: condition }],
    });
    assert.deepEqual(
      result.removed.map(({ permission, why }) => `${permission}: ${why}`),
      ['s3:PutObject: not used since 2026-01-01', 'sqs:*: sqs was not used since 2026-01-01'],
    );
    assert.equal(result.inconclusive, undefined);
    assert.equal(result.window.days, 151);
  });

  it('puts the actions used in the place of a wildcard', () => {
    const result = trimmed(
      [attached('wide', allow('s3:*'))],
      usage({
        service: 's3',
        complete: true,
        actions: [
          { action: 's3:PutObject', lastUsedAt: USED },
          { action: 's3:GetObject', lastUsedAt: USED },
          { action: 's3:DeleteBucket' },
        ],
      }),
    );

    assert.deepEqual(actions(result), [['s3:GetObject', 's3:PutObject']]);
  });

  it('keeps the actions of a service whose use is told as a whole, and says so', () => {
    const result = trimmed(
      [inline('a', allow(['s3:Get*', 'ec2:*']))],
      usage({ service: 's3', lastUsedAt: USED }, { service: 'ec2' }),
    );

    assert.deepEqual(actions(result), [['s3:Get*']]);
    assert.match(result.inconclusive ?? '', /of s3 it is only known that the service was used/);
  });

  it('drops of the actions that IAM follows those not used, and keeps those it does not follow', () => {
    const followed = {
      service: 's3',
      actions: [{ action: 'PutBucketPolicy' }, { action: 'ListAllMyBuckets', lastUsedAt: USED }],
    };

    const result = trimmed([inline('a', allow(['s3:PutBucketPolicy', 's3:ListAllMyBuckets', 's3:GetObject']))], usage(followed));

    assert.deepEqual(actions(result), [['s3:GetObject', 's3:ListAllMyBuckets']]);
    assert.match(result.inconclusive ?? '', /of s3/);
  });

  it('takes a use before the window for none', () => {
    const result = trimmed([inline('a', allow('s3:*'))], usage({ service: 's3', lastUsedAt: '2025-12-31T23:59:59Z' }));

    assert.deepEqual(actions(result), []);
  });

  it('is inconclusive over a short window', () => {
    const short = { ...usage({ service: 's3', complete: true, actions: [] }), from: '2026-05-01T00:00:00Z' };

    assert.match(trimmed([inline('a', allow('s3:*'))], short).inconclusive ?? '', /covers 31 days, less than 90/);
    assert.equal(trimPolicies(user('mara', []), short, { enoughDays: 30 }).inconclusive, undefined);
  });

  it('keeps a service that the record does not tell of, unless that means unused', () => {
    const policy = inline('a', allow(['sqs:SendMessage', 's3:GetObject']));
    const used = usage({ service: 's3', complete: true, actions: [{ action: 's3:GetObject', lastUsedAt: USED }] });

    const open = trimmed([policy], used);
    const closed = trimmed([policy], { ...used, others: 'unused' });

    assert.deepEqual(actions(open), [['s3:GetObject', 'sqs:SendMessage']]);
    assert.match(open.inconclusive ?? '', /nothing is known of the use of sqs/);
    assert.deepEqual(actions(closed), [['s3:GetObject']]);
    assert.equal(closed.inconclusive, undefined);
  });

  it('leaves every Deny as it is', () => {
    const policies = [inline('a', allow('s3:*')), inline('b', deny('iam:*', 'arn:aws:iam::*:user/boss'))];

    const result = trimmed(policies, usage({ service: 's3' }));

    assert.deepEqual(result.document.Statement, [{ Effect: 'Deny', Action: ['iam:*'], Resource: ['arn:aws:iam::*:user/boss'] }]);
  });

  it('turns everything-but into what was used', () => {
    const policy = inline('power', { Effect: 'Allow', NotAction: ['iam:*', 's3:Delete*'], Resource: '*' });
    const s3 = {
      service: 's3',
      complete: true,
      actions: [
        { action: 's3:DeleteObject', lastUsedAt: USED },
        { action: 's3:GetObject', lastUsedAt: USED },
      ],
    };

    const exact = trimmed([policy], usage(s3, { service: 'sqs', lastUsedAt: USED }, { service: 'iam', lastUsedAt: USED }));
    const coarse = trimmed([policy], usage({ service: 's3', lastUsedAt: USED }));

    assert.deepEqual(actions(exact), [['s3:GetObject', 'sqs:*']]);
    assert.deepEqual(actions(coarse), [['iam:*', 's3:Delete*']]);
    assert.match(coarse.inconclusive ?? '', /of s3/);
  });

  it('keeps iam:PassRole, which nothing records, with a word', () => {
    const result = trimmed([inline('a', allow('iam:PassRole', 'arn:aws:iam::*:role/job'))], usage({ service: 'iam' }));

    assert.deepEqual(actions(result), [['iam:PassRole']]);
    assert.match(result.notes.join(), /never recorded/);
  });

  it('keeps iam:PassRole wherever a pattern gave it', () => {
    const lambda = { service: 'lambda', complete: true, actions: [{ action: 'lambda:CreateFunction', lastUsedAt: USED }] };
    const used = { ...usage(lambda, { service: 'iam' }), others: 'unused' as const };
    const leftOf = (statement: Parameters<typeof inline>[1]) => trimmed([inline('a', statement)], used);

    for (const wide of ['*', 'i*:Pass*']) {
      assert.deepEqual(
        actions(leftOf(allow(wide)))[0],
        wide === '*' ? ['iam:PassRole', 'lambda:CreateFunction'] : ['iam:PassRole'],
      );
    }
    assert.deepEqual(actions(leftOf(allow(['iam:*']))), [['iam:PassRole']]);
    assert.deepEqual(actions(leftOf({ Effect: 'Allow', NotAction: 's3:*', Resource: '*' })), [
      ['lambda:CreateFunction', 'iam:PassRole'].sort(),
    ]);
    assert.deepEqual(actions(leftOf({ Effect: 'Allow', NotAction: 'iam:*', Resource: '*' })), [['lambda:CreateFunction']]);
    assert.deepEqual(actions(leftOf(allow('iam:Get*'))), []);
    assert.match(leftOf(allow('iam:*')).notes.join(), /whose use is never recorded/);
  });

  it('takes actions whose use is followed out of a pattern, and leaves those of which nothing is told', () => {
    const followed = [{ action: 'SendMessage', lastUsedAt: USED }, { action: 'DeleteQueue' }];

    const result = trimmed([inline('a', allow('sqs:*'))], usage({ service: 'sqs', lastUsedAt: USED, actions: followed }));

    const left = (actions(result)[0] as string[]) ?? [];
    assert.ok(left.includes('sqs:SendMessage') && left.includes('sqs:ReceiveMessage'));
    assert.ok(!left.includes('sqs:DeleteQueue') && !left.includes('sqs:*'));
    assert.match(result.removed[0]?.why ?? '', /sqs:DeleteQueue of it were not used/);
    assert.match(result.notes.join(), /is not followed or was seen: they stay/);
  });

  it('names what was not used where the pattern is too wide to be written without it', () => {
    const followed = [{ action: 'ListAllMyBuckets', lastUsedAt: USED }, { action: 'CreateBucket' }];

    const result = trimmed([inline('a', allow('s3:*'))], usage({ service: 's3', lastUsedAt: USED, actions: followed }));

    assert.deepEqual(actions(result), [['s3:*']]);
    assert.match(result.inconclusive ?? '', /of s3 the use of some actions is followed \(not used: s3:CreateBucket\)/);
  });

  it('tells of names that are no actions', () => {
    const events = ['s3:ListObjects', 's3:GetObject'].map((action) => ({ action, lastUsedAt: USED }));

    const result = trimmed([inline('a', allow('s3:*'))], usage({ service: 's3', complete: true, actions: events }));

    assert.deepEqual(result.notes, ['s3:ListObjects is no action of AWS: look up what allows it']);
  });

  it('keeps text that looks like a variable where there are none', () => {
    const read = readPolicyDocument({
      Version: '2008-10-17',
      Statement: [{ Effect: 'Deny', Action: 's3:*', Resource: 'arn:aws:s3:::a/$' + '{aws:username}' }],
    });
    assert.ok(read.ok);

    const result = trimmed([{ name: 'old', kind: 'inline', inline: true, document: read.document }], usage());

    assert.deepEqual(result.document.Statement, [
      { Effect: 'Deny', Action: ['s3:*'], Resource: [`arn:aws:s3:::a/\${$}{aws:username}`] },
    ]);
  });

  it('says which documents it did not see', () => {
    const subject = user('mara', [{ ...inline('a', allow('s3:*')), name: 'ReadOnlyAccess', summary: true }], {
      missing: ['lost'],
    });

    const result = trimPolicies(subject, usage({ service: 's3' }));

    assert.match(result.inconclusive ?? '', /lost were not in the input; of ReadOnlyAccess only a summary/);
  });

  it('allows every call that was recorded and was allowed, and no other', () => {
    const all = ['s3:getobject', 's3:putobject', 'sqs:sendmessage', 'iam:createuser'];
    const patterns = ['*', 's3:*', 's3:Get*', 'sqs:SendMessage', 'iam:Create*', 's?s:*', 's3:PutObject'];
    const statement = fc.record({
      Effect: fc.constantFrom('Allow', 'Allow', 'Deny'),
      Action: fc.subarray(patterns, { minLength: 1, maxLength: 3 }),
      Resource: fc.constantFrom('*', 'arn:aws:s3:::a', ['arn:aws:s3:::b', 'arn:aws:s3:::a']),
    });
    const world = fc.record({ statements: fc.array(statement, { minLength: 1, maxLength: 5 }), used: fc.subarray(all) });
    fc.assert(
      fc.property(world, ({ statements, used }) => {
        const before = user('mara', [inline('a', ...statements)]);
        const services = ['s3', 'sqs', 'iam'].map((service) => ({
          service,
          complete: true,
          actions: used.filter((action) => action.startsWith(`${service}:`)).map((action) => ({ action, lastUsedAt: USED })),
        }));

        const result = trimPolicies(before, { from: FROM, to: TO, services, others: 'unused' });
        const read = readPolicyDocument(result.document);

        assert.ok(read.ok);
        const after = user('mara', [{ name: 'new', kind: 'inline', inline: true, document: read.document }]);
        for (const action of all) {
          for (const resource of ['arn:aws:s3:::a', 'arn:aws:s3:::b', 'arn:aws:s3:::c']) {
            const was = decide(before, { action, resource }, NOW).outcome;
            const is = decide(after, { action, resource }, NOW).outcome;
            assert.equal(is, used.includes(action) ? was : 'deny');
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});
