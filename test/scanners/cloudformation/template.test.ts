// biome-ignore-all lint/suspicious/noTemplateCurlyInString: substitutions of CloudFormation
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { cloudformation } from '../../../scanners/cloudformation/index.ts';
import { headOfBytes } from '../../../src/files/source-file.ts';
import { kinds } from '../../helpers/scan-context.ts';
import { factsOf, place, read } from '../terraform/read.ts';

const TEMPLATE = `AWSTemplateFormatVersion: '2010-09-09'
Parameters:
  Stage:
    Type: String
    Default: prod
  Repository:
    Type: String
Resources:
  Github:
    Type: AWS::IAM::OIDCProvider
    Properties:
      Url: https://token.actions.githubusercontent.com
  Deploy:
    Type: AWS::IAM::Role
    Properties:
      RoleName: !Sub '\${Stage}-deploy'
      AssumeRolePolicyDocument:
        Version: '2012-10-17'
        Statement:
          - Effect: Allow
            Action: sts:AssumeRoleWithWebIdentity
            Principal:
              Federated: !GetAtt Github.Arn
            Condition:
              StringLike:
                token.actions.githubusercontent.com:sub: !Join ['', ['repo:harbour/', !Ref Repository, ':*']]
      Policies:
        - PolicyName: read
          PolicyDocument:
            Version: '2012-10-17'
            Statement:
              - Effect: Allow
                Action: !If [Wide, 's3:*', 's3:GetObject']
                Resource: !Join [':', [arn, !Ref AWS::Partition, s3, '', '', 'b/*']]
  Boundless:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement: { Effect: Allow, Action: 'sts:AssumeRole', Principal: { Service: lambda.amazonaws.com } }
  Fn:
    Type: AWS::Lambda::Function
    Properties:
      Role: !GetAtt Boundless.Arn
      Code: { ZipFile: x }
`;

describe('cloudformation scanner', () => {
  it('reads roles with their trust and their rights, each at its line', async () => {
    const observations = await read({ 'stack.yaml': TEMPLATE }, undefined, 'cloudformation');

    const [trust] = kinds(observations, 'trust');
    const [grant] = kinds(observations, 'grant');
    assert.deepEqual(
      kinds(observations, 'identity').map((one) => [one.id, place(one)]),
      [
        ['aws:-:role/prod-deploy', 'stack.yaml:13'],
        ['aws:-:role/harbour/shop/stack.yaml#Boundless', 'stack.yaml:35'],
      ],
    );
    assert(trust !== undefined && grant !== undefined);
    assert.deepEqual(
      [trust.issuer, trust.subject, place(trust)],
      ['token.actions.githubusercontent.com', 'repo:harbour/${var.Repository}:*', 'stack.yaml:20'],
    );
    assert.deepEqual([grant.permission, grant.resource, place(grant)], ['s3:*', 'arn:aws:s3:::b/*', 'stack.yaml:32']);
    assert.equal(factsOf(observations, 'runs-as')[0]?.identity, 'aws:-:role/harbour/shop/stack.yaml#Boundless');
  });

  it('reads the same of JSON, as the CDK writes it', async () => {
    const template = {
      Resources: {
        Role1ABCC5F0: {
          Type: 'AWS::IAM::Role',
          Properties: {
            AssumeRolePolicyDocument: {
              Statement: [{ Action: 'sts:AssumeRole', Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' } }],
              Version: '2012-10-17',
            },
            ManagedPolicyArns: [
              { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':iam::aws:policy/AdministratorAccess']] },
            ],
          },
        },
        Policy: {
          Type: 'AWS::IAM::Policy',
          Properties: {
            PolicyName: 'more',
            PolicyDocument: {
              Statement: [{ Action: 'sqs:*', Effect: 'Allow', Resource: { 'Fn::GetAtt': ['Q', 'Arn'] } }],
              Version: '2012-10-17',
            },
            Roles: [{ Ref: 'Role1ABCC5F0' }],
          },
        },
        Q: { Type: 'AWS::SQS::Queue' },
      },
    };

    const observations = await read(
      { 'cdk.out/App.template.json': JSON.stringify(template, null, 1) },
      undefined,
      'cloudformation',
    );

    const grants = kinds(observations, 'grant').filter((one) => one.capability === undefined);
    const id = 'aws:-:role/harbour/shop/cdk.out/App.template.json#Role1ABCC5F0';
    assert.deepEqual(
      grants.map((one) => [one.identity, one.permission, one.resource]),
      [
        [id, '*', '*'],
        [id, 'sqs:*', 'arn:aws:sqs:*:-:Q'],
      ],
    );
    assert(kinds(observations, 'grant').some((one) => one.capability === 'admin'));
  });

  it('makes the role that SAM makes', async () => {
    const text = `Transform: AWS::Serverless-2016-10-31
Resources:
  Hello:
    Type: AWS::Serverless::Function
    Properties:
      Policies:
        - AdministratorAccess
        - Statement: [{ Effect: Allow, Action: 'ses:SendEmail', Resource: '*' }]
  Named:
    Type: AWS::Serverless::Function
    Properties:
      Role: arn:aws:iam::111122223333:role/app
`;

    const observations = await read({ 'template.yml': text }, undefined, 'cloudformation');

    assert.deepEqual(
      kinds(observations, 'identity').map((one) => one.name),
      ['HelloRole'],
    );
    assert.deepEqual(
      kinds(observations, 'grant')
        .filter((one) => one.capability === undefined)
        .map((one) => one.permission),
      ['*', 'ses:SendEmail'],
    );
    assert.deepEqual(
      factsOf(observations, 'runs-as').map((one) => one.identity),
      ['aws:-:role/harbour/shop/template.yml#HelloRole', 'aws:111122223333:role/app'],
    );
  });

  it('tells literals under names of secrets, and no others', async () => {
    const text = `AWSTemplateFormatVersion: '2010-09-09'
Parameters:
  DbPassword: { Type: String, NoEcho: true, Default: Tr0ub4dor3xq }
Resources:
  Db:
    Type: AWS::RDS::DBInstance
    Properties:
      MasterUserPassword: An0therOne9xq
      DBInstanceIdentifier: Db1nstance-9x
`;

    const observations = await read({ 'db.yaml': text }, undefined, 'cloudformation');

    assert.deepEqual(
      kinds(observations, 'sighting')
        .map((one) => [place(one), one.confidence])
        .sort(),
      [
        ['db.yaml:3', 'high'],
        ['db.yaml:8', 'high'],
      ],
    );
    assert(!JSON.stringify(observations).includes('Tr0ub4dor3xq'));
  });

  it('tells what it could not read', async () => {
    const observations = await read({ 'x.yaml': `${TEMPLATE}  Broken: [\n` }, undefined, 'cloudformation');

    const [coverage] = kinds(observations, 'coverage');
    assert.deepEqual([coverage?.outcome, kinds(observations, 'identity').length], ['partial', 2]);
  });

  it('recognises templates and nothing else', () => {
    const recognised = (path: string, text: string) => cloudformation.recognises(headOfBytes(path, Buffer.from(text)));

    assert(recognised('a.yaml', TEMPLATE));
    assert(recognised('a.json', '{"Resources": {"A": {"Type": "AWS::S3::Bucket"}}}'));
    assert(recognised('cdk.out/X.template.json', '{\n "Resources": {\n  "Q": {\n   "Type": "AWS::SQS::Queue"'));
    assert(recognised('serverless.yml', 'service: x\nprovider:\n  name: aws\n'));
    assert(!recognised('deployment.yaml', 'apiVersion: v1\nkind: Pod\n'));
    assert(!recognised('.github/dependabot.yml', 'version: 2\n'));
    assert(!recognised('a.py', 'AWSTemplateFormatVersion: 1'));
  });

  it('never throws on a mutated template, and its rows stand in the file', async () => {
    const mutation = fc.record({
      at: fc.nat(TEMPLATE.length),
      drop: fc.nat(8),
      put: fc.constantFrom(
        '',
        ':',
        '- ',
        '[',
        '}',
        '!Sub ',
        '!Ref',
        '!If',
        '\n',
        '  ',
        '&a ',
        '*a',
        '${',
        "'",
        '!GetAtt [',
        'Fn::Join: ',
      ),
    });

    await fc.assert(
      fc.asyncProperty(fc.array(mutation, { minLength: 1, maxLength: 4 }), async (mutations) => {
        let text = TEMPLATE;
        for (const { at, drop, put } of mutations) text = text.slice(0, at) + put + text.slice(at + drop);
        const lines = text.split('\n').length;

        const observations = await read({ 'm.yaml': text }, undefined, 'cloudformation');

        assert.equal(kinds(observations, 'coverage').length, 1);
        for (const { at } of observations) assert((at?.line ?? 1) >= 1 && (at?.line ?? 1) <= lines);
      }),
      { numRuns: 150 },
    );
  }).timeout(60_000);

  it('never ends in resources that refer to each other', async () => {
    const text = `AWSTemplateFormatVersion: '2010-09-09'
Resources:
  A: { Type: AWS::IAM::Role, Properties: { RoleName: !Ref B } }
  B: { Type: AWS::IAM::Role, Properties: { RoleName: !Ref A } }
`;

    const ids = kinds(await read({ 'loop.yaml': text }, undefined, 'cloudformation'), 'identity').map(({ id }) => id);

    assert.deepEqual(ids, ['aws:-:role/harbour/shop/loop.yaml#A', 'aws:-:role/harbour/shop/loop.yaml#B']);
  });
});
