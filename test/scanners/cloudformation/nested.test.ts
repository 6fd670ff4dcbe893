import assert from 'node:assert/strict';
import { fakeToken, kinds } from '../../helpers/scan-context.ts';
import { place, read } from '../terraform/read.ts';

const ROLE = `AWSTemplateFormatVersion: '2010-09-09'
Parameters:
  Name: { Type: String, Default: own }
  Caller: { Type: String }
  Policies: { Type: CommaDelimitedList }
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      RoleName: !Sub '\${Name}-role'
      ManagedPolicyArns: !Ref Policies
      AssumeRolePolicyDocument:
        Statement: { Effect: Allow, Action: 'sts:AssumeRole', Principal: { AWS: !Ref Caller } }
`;

function parent(url: string, name: string, more = ''): string {
  return `Resources:
  Nested:
    Type: AWS::CloudFormation::Stack
    Properties:
      TemplateURL: ${url}
      Parameters:
        Name: ${name}
        Caller: arn:aws:iam::111122223333:role/runner
        Policies: ['arn:aws:iam::aws:policy/AdministratorAccess']
${more}`;
}

async function idsIn(files: { readonly [path: string]: string }): Promise<string[]> {
  const rows = await read(files, ['nested/role.yaml'], 'cloudformation');
  return kinds(rows, 'identity')
    .map(({ id }) => id)
    .sort();
}

describe('cloudformation scanner: nested stacks', () => {
  it('fills a template with the parameters of the stack that nests it, and tells of it where it stands', async () => {
    const files = { 'nested/role.yaml': ROLE, 'main.yaml': parent('./nested/role.yaml', 'ci') };

    const rows = await read(files, ['nested/role.yaml'], 'cloudformation');

    const [trust] = kinds(rows, 'trust');
    const admin = kinds(rows, 'grant').find((one) => one.capability === 'admin');
    assert.deepEqual([trust?.identity, trust?.principal], ['aws:-:role/ci-role', 'aws:111122223333:role/runner']);
    assert.deepEqual([admin?.identity, admin && place(admin)], ['aws:-:role/ci-role', 'nested/role.yaml:11']);
  });

  it('makes it once for each, through stacks of stacks, and never without end', async () => {
    const between = `Parameters:
  Team: { Type: String }
${parent('role.yaml', '!Ref Team', '  Again:\n    Type: AWS::CloudFormation::Stack\n    Properties: { TemplateURL: ./team.yaml, Parameters: { Team: x } }\n')}`;
    const application = (team: string) =>
      `Resources:\n  A:\n    Type: AWS::Serverless::Application\n    Properties: { Location: ../nested/team.yaml, Parameters: { Team: ${team} } }\n`;

    const ids = await idsIn({
      'nested/role.yaml': ROLE,
      'nested/team.yaml': between,
      'red/main.yaml': application('red'),
      'blue/main.yaml': application('blue'),
    });

    assert.deepEqual(ids, ['aws:-:role/blue-role', 'aws:-:role/red-role']);
  });

  it('is told by itself where nothing nests it, or only what lies elsewhere is named', async () => {
    const own = ['aws:-:role/own-role'];

    assert.deepEqual(await idsIn({ 'nested/role.yaml': ROLE }), own);
    for (const url of ['https://b.s3.amazonaws.com/nested/role.yaml', './nested/other.yaml', "!Sub './nested/role.yaml'"])
      assert.deepEqual(await idsIn({ 'nested/role.yaml': ROLE, 'main.yaml': parent(url, 'ci') }), own, url);
  });

  it('carries no credential of the stack above on in a name', async () => {
    const token = fakeToken('harbour1');

    const rows = await read(
      { 'nested/role.yaml': ROLE, 'main.yaml': parent('./nested/role.yaml', token) },
      ['nested/role.yaml'],
      'cloudformation',
    );

    assert.equal(kinds(rows, 'identity').length, 1);
    assert.ok(!JSON.stringify(rows).includes(token));
  });
});
