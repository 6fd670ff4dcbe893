import assert from 'node:assert/strict';
import type { Observation } from '../../../src/contracts/index.ts';
import { kinds } from '../../helpers/scan-context.ts';
import {
  ACCOUNT,
  allow,
  details,
  keyOf,
  policyOf,
  report,
  reportLine,
  roleDetail,
  scanJson,
  scanText,
  trustOf,
  userDetail,
} from './exports.ts';

const OTHER = '999988887777';
const ROLE_ID = ['AROA', 'EXAMPLEEXAMPLE123'].join('');

function why(observations: readonly Observation[]): string {
  return kinds(observations, 'coverage')
    .flatMap((one) => one.why ?? [])
    .join('\n');
}

function withInline(PolicyDocument: unknown): object {
  return details({ users: [userDetail('ci', { UserPolicyList: [{ PolicyName: 'p', PolicyDocument }] })] });
}

describe('aws-iam scanner on bad input', () => {
  const list = policyOf(allow('secretsmanager:GetSecretValue'));
  const single = { Version: '2012-10-17', Statement: allow('secretsmanager:GetSecretValue') };
  for (const [form, document] of [
    ['an object', list],
    ['an object with one statement', single],
    ['JSON text', JSON.stringify(list)],
    ['JSON text with one statement', JSON.stringify(single)],
    ['URL-encoded text', encodeURIComponent(JSON.stringify(list))],
    ['URL-encoded text with one statement', encodeURIComponent(JSON.stringify(single))],
  ] as const) {
    it(`reads a policy that is ${form}`, async () => {
      const observations = await scanJson(withInline(document));

      assert.ok(kinds(observations, 'grant').some((one) => one.capability === 'reads-secrets'));
      assert.equal(why(observations), '');
    });

    it(`reads a trust policy that is ${form}`, async () => {
      const statement = { Effect: 'Allow', Principal: { AWS: ROLE_ID }, Action: 'sts:AssumeRole' };
      const trust = form.includes('one') ? { Version: '2012-10-17', Statement: statement } : policyOf(statement);
      const text = form.startsWith('URL')
        ? encodeURIComponent(JSON.stringify(trust))
        : form.startsWith('JSON')
          ? JSON.stringify(trust)
          : trust;

      const observations = await scanJson(details({ roles: [roleDetail('old', { AssumeRolePolicyDocument: text })] }));

      const [row] = kinds(observations, 'trust');
      assert.deepEqual([row?.principal, row?.detail?.deleted], [ROLE_ID, true]);
    });
  }

  it('says that half of the pages are missing', async () => {
    const observations = await scanJson(details({ users: [userDetail('ci')] }, { IsTruncated: true, Marker: 'x' }));

    assert.match(why(observations), /more follow/);
    assert.equal(kinds(observations, 'identity').length, 1);
  });

  it('says where a file was cut off', async () => {
    const text = JSON.stringify(details({ users: [userDetail('one'), userDetail('two')] }), null, 2);

    const observations = await scanText(text.slice(0, text.lastIndexOf('"UserName": "two"')));

    assert.match(why(observations), /ends in the middle of a value at byte \d+ \(line \d+\)/);
    assert.deepEqual(
      kinds(observations, 'identity').map((one) => one.name),
      ['one'],
    );
  });

  it('counts a page that is there twice once', async () => {
    const page = details({ users: [userDetail('ci')], roles: [roleDetail('r')] });

    const observations = await scanJson([page, page]);

    assert.equal(kinds(observations, 'identity').length, 2);
    assert.equal(why(observations), '');
  });

  it('keeps accounts apart that stand in one file, and finds the way from one to the other', async () => {
    const own = userDetail('ci', { UserPolicyList: [{ PolicyName: 'p', PolicyDocument: policyOf(allow('sts:AssumeRole')) }] });
    const foreign = {
      ...roleDetail('admin', { AssumeRolePolicyDocument: trustOf({ AWS: `arn:aws:iam::${ACCOUNT}:user/ci` }) }),
      Arn: `arn:aws:iam::${OTHER}:role/admin`,
      RolePolicyList: [{ PolicyName: 'all', PolicyDocument: policyOf(allow('*')) }],
    };

    const observations = await scanJson([details({ users: [own] }), details({ roles: [foreign] })]);

    assert.deepEqual(
      kinds(observations, 'identity').map((one) => [one.id, one.scope]),
      [
        [`aws:${ACCOUNT}:user/ci`, ACCOUNT],
        [`aws:${OTHER}:role/admin`, OTHER],
      ],
    );
    const way = kinds(observations, 'grant').find(
      (one) => one.identity === `aws:${ACCOUNT}:user/ci` && one.capability === 'escalates',
    );
    assert.match(String(way?.detail?.path), /sts:AssumeRole/);
  });

  it('reads the words of a report for nothing as nothing', async () => {
    const observations = await scanText(
      report(
        reportLine('ci', {
          access_key_1_active: 'true',
          access_key_1_last_rotated: '2024-01-01T00:00:00+00:00',
          access_key_1_last_used_date: 'N/A',
          password_last_used: 'no_information',
        }),
      ),
      'report.csv',
    );

    const [key] = kinds(observations, 'credential');
    assert.deepEqual([key?.createdAt, key?.lastUsedAt], ['2024-01-01T00:00:00.000Z', undefined]);
    assert.equal(kinds(observations, 'identity')[0]?.lastUsedAt, undefined);
  });

  // Exports as another year may have them: the field that is not as it was is named, and nothing is made up.
  for (const [what, value, field] of [
    ['users', details({ users: [{ UserName: 'ci', UserArn: 'x' }] }), /UserDetailList\[0\]\.Arn/],
    ['an ARN', details({ roles: [{ ...roleDetail('r'), Arn: 'urn:aws:iam:r' }] }), /RoleDetailList\[0\]\.Arn: an IAM ARN/],
    ['a list that is an object', { UserDetailList: {}, RoleDetailList: [] }, /UserDetailList is not a list/],
    ['keys', { AccessKeyMetadata: [{ UserName: 'ci', KeyId: keyOf('AAAAAA') }] }, /AccessKeyMetadata\[0\]\.AccessKeyId/],
    [
      'service-specific credentials',
      { ServiceSpecificCredentials: [{ Id: 'x' }] },
      /ServiceSpecificCredentials\[0\]\.ServiceSpecificCredentialId/,
    ],
    [
      'last access',
      { [`arn:aws:iam::${ACCOUNT}:role/r`]: { JobStatus: 'COMPLETED', ServicesLastAccessed: [{ Service: 's3' }] } },
      /ServicesLastAccessed\[0\]\.ServiceNamespace/,
    ],
    ['findings', { findings: [{ findingId: 'x', analyzedAt: '2026-01-01T00:00:00Z' }] }, /findings\[0\]\.id/],
    ['an organisation', { Organization: { OrganizationId: 'o-1' } }, /Organization\.Id/],
    [
      'accounts',
      { Accounts: [{ Id: 'acct-1', Arn: 'arn:aws:organizations::1:account/x' }] },
      /Accounts\[0\]\.Id: an account of 12 digits/,
    ],
    ['a control policy', { Policy: { PolicySummary: { Id: 'p-abcdefgh' } } }, /Policy\.PolicySummary\.Type/],
    ['events', { Records: [{ eventVersion: '2.0', userIdentity: {}, source: 'x' }] }, /Records\[0\]\.eventSource/],
    [
      'something else under a known name',
      [{ UserDetailList: [] }, { Version: '3', Principals: [] }],
      /not an answer of AWS that is read here \(it has Version, Principals\)/,
    ],
  ] as const) {
    it(`refuses ${what} of another format, with the field named`, async () => {
      const observations = await scanJson(value);

      assert.match(why(observations), field);
      assert.ok(observations.every((one) => one.kind === 'coverage'));
    });
  }

  it('refuses a report of another format, with the columns named', async () => {
    const observations = await scanText('user,arn,user_created\nci,x,y\n', 'report.csv');

    assert.match(why(observations), /user_creation_time/);
  });
});
