import assert from 'node:assert/strict';
import { kinds } from '../../helpers/scan-context.ts';
import { ACCOUNT, allow, details, keyOf, policyOf, report, reportLine, scanAmong, scanJson, userDetail } from './exports.ts';

const ADMIN = 'arn:aws:iam::aws:policy/AdministratorAccess';

function inline(...actions: string[]): object {
  return { UserPolicyList: [{ PolicyName: 'own', PolicyDocument: policyOf(allow(actions)) }] };
}

/** An administrator, and one that may give it what the actions say. */
function estate(...actions: string[]): object {
  return details({
    users: [
      userDetail('boss', { AttachedManagedPolicies: [{ PolicyName: 'a', PolicyArn: ADMIN }] }),
      userDetail('helper', inline(...actions)),
    ],
  });
}

/** Calls by which `helper` becomes an administrator, surely or perhaps. */
async function ways(actions: string[], files: { readonly [path: string]: unknown }): Promise<(string | undefined)[]> {
  const observations = await scanAmong({ ...files, 'aws/details.json': estate(...actions) }, 'aws/details.json');
  return kinds(observations, 'grant')
    .filter((one) => one.identity.endsWith('user/helper') && one.capability === 'escalates')
    .map((one) => `${one.permission} ${one.confidence}`);
}

const LOGIN = ['iam:CreateLoginProfile'];
const KEY = ['iam:CreateAccessKey'];
const both = { access_key_1_active: 'true', access_key_2_last_rotated: '2024-02-03T04:05:06+00:00' };

describe('aws-iam scanner: what users sign in with', () => {
  it('hears a credential report beside the details of the users', async () => {
    const unheard = await ways(LOGIN, {});
    const without = await ways(LOGIN, { 'aws/report.csv': report(reportLine('boss', { password_enabled: 'false' })) });
    const having = await ways(LOGIN, { 'aws/report.csv': report(reportLine('boss', { password_enabled: 'true' })) });

    assert.deepEqual(unheard, ['iam:CreateLoginProfile medium']);
    assert.deepEqual(without, ['iam:CreateLoginProfile high']);
    assert.deepEqual(having, []);
  });

  it('hears the answer of the CLI, and one in the file itself', async () => {
    const Content = Buffer.from(report(reportLine('boss', { password_enabled: 'true' }))).toString('base64');
    const beside = await ways(LOGIN, { 'aws/report.json': { Content, ReportFormat: 'text/csv' } });
    const within = await scanJson([estate(...LOGIN), { Content, ReportFormat: 'text/csv' }]);

    assert.deepEqual(beside, []);
    assert.ok(kinds(within, 'grant').every((one) => one.capability !== 'escalates'));
  });

  it('knows that no third key is given', async () => {
    const one = await ways(KEY, { 'aws/report.csv': report(reportLine('boss', { access_key_1_active: 'true' })) });
    const two = await ways(KEY, { 'aws/report.csv': report(reportLine('boss', both)) });

    assert.deepEqual(one, ['iam:CreateAccessKey high']);
    assert.deepEqual(two, []);
  });

  it('counts the keys that are listed, where no report is there', async () => {
    const AccessKeyMetadata = ['AAAAAA', 'BBBBBB'].map((tail) => ({
      UserName: 'boss',
      AccessKeyId: keyOf(tail),
      Status: 'Active',
      CreateDate: '2024-02-03T04:05:06Z',
    }));

    assert.deepEqual(await ways(KEY, { 'aws/keys.json': { AccessKeyMetadata } }), []);
    assert.equal((await ways(KEY, { 'aws/keys.json': { AccessKeyMetadata: AccessKeyMetadata.slice(1) } })).length, 1);
  });

  it('believes the report of the last name, and none of another account', async () => {
    const other = reportLine('boss', both).replaceAll(ACCOUNT, '999900001111');

    assert.deepEqual(
      await ways(LOGIN, {
        'aws/2026-01.csv': report(reportLine('boss', { password_enabled: 'true' })),
        'aws/2026-02.csv': report(reportLine('boss', { password_enabled: 'false' })),
      }),
      ['iam:CreateLoginProfile high'],
    );
    assert.equal((await ways(KEY, { 'aws/report.csv': report(other) })).length, 1);
  });

  it('is not led astray by other tables', async () => {
    const found = await ways(LOGIN, { 'aws/data.csv': 'a,b\n1,2\n', 'aws/users.csv': 'user,arn\nboss,x\n' });

    assert.deepEqual(found, ['iam:CreateLoginProfile medium']);
  });
});
