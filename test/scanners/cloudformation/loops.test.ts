// biome-ignore-all lint/suspicious/noTemplateCurlyInString: names of loops
import assert from 'node:assert/strict';
import { cpuTime } from '../../helpers/cpu-time.ts';
import { kinds } from '../../helpers/scan-context.ts';
import { factsOf, place, read } from '../terraform/read.ts';

const HEAD = "AWSTemplateFormatVersion: '2010-09-09'\nTransform: AWS::LanguageExtensions\n";

describe('cloudformation scanner: loops', () => {
  it('makes what a loop over words makes, at the line where it is written', async () => {
    const text = `${HEAD}Resources:
  Fn::ForEach::Users:
    - Name
    - [ann, bo]
    - User\${Name}:
        Type: AWS::IAM::User
        Properties:
          UserName: !Sub 'svc-\${Name}'
      Key\${Name}:
        Type: AWS::IAM::AccessKey
        Properties: { UserName: { Ref: 'User\${Name}' } }
`;

    const observations = await scan(text);

    assert.deepEqual(
      factsOf(observations, 'declared-key').map((one) => [one.identity, one.detail?.address, place(one)]),
      [
        ['aws:-:user/svc-ann', 'Keyann', 'stack.yaml:11'],
        ['aws:-:user/svc-bo', 'Keybo', 'stack.yaml:11'],
      ],
    );
    assert.equal(coverageOf(observations)?.outcome, 'complete');
  });

  it('makes loops in loops, of a list that is a parameter by default', async () => {
    const text = `${HEAD}Parameters:
  Stages: { Type: CommaDelimitedList, Default: 'dev, prod' }
Resources:
  Fn::ForEach::Stages:
    - Stage
    - !Ref Stages
    - Fn::ForEach::Users:
        - Name
        - [a, b-c]
        - User\${Stage}&{Name}:
            Type: AWS::IAM::User
            Properties:
              UserName: !Join ['-', [!Ref Stage, !Ref Name]]
`;

    const observations = await scan(text);

    assert.deepEqual(
      kinds(observations, 'identity').map(({ id }) => id),
      ['dev-a', 'dev-b-c', 'prod-a', 'prod-b-c'].map((name) => `aws:-:user/${name}`),
    );
  });

  for (const [what, part, why] of [
    [
      'a loop over what is not known',
      '  Fn::ForEach::Users: [Name, !Ref Given, { "U${Name}": { Type: AWS::IAM::User } }]\n',
      /Fn::ForEach::Users goes over/,
    ],
    [
      'an include',
      '  Fn::Transform: { Name: AWS::Include, Parameters: { Location: s3://x/y.yaml } }\n',
      /AWS::Include brings in/,
    ],
    ['a macro in a property', '  U:\n    Type: AWS::IAM::User\n    Properties: !Transform { Name: Mine }\n', /Mine brings in/],
  ] as const) {
    it(`says that ${what} was not read, and reads the rest`, async () => {
      const text = `${HEAD}Parameters:\n  Given: { Type: CommaDelimitedList }\nResources:\n  There: { Type: AWS::IAM::User, Properties: { UserName: there } }\n${part}`;

      const observations = await scan(text);

      assert.equal(coverageOf(observations)?.outcome, 'partial');
      assert.match(coverageOf(observations)?.why ?? '', why);
      assert(kinds(observations, 'identity').some(({ id }) => id === 'aws:-:user/there'));
    });
  }

  it('says that a macro of the whole template may make more, and that the serverless one does not', async () => {
    const template = (transform: string) => `Transform: ${transform}\nResources:\n  U: { Type: AWS::IAM::User }\n`;

    const [own, sam] = [
      await scan(template('[AWS::LanguageExtensions, MyMacro]')),
      await scan(template('AWS::Serverless-2016-10-31')),
    ];

    assert.match(coverageOf(own)?.why ?? '', /MyMacro may make more/);
    assert.equal(coverageOf(sam)?.outcome, 'complete');
  });

  it('ends where loops make very much, and says so', async () => {
    const words = `[${Array.from({ length: 100 }, (_, index) => `w${index}`).join(', ')}]`;
    const text = `${HEAD}Resources:
  Fn::ForEach::A:
    - A
    - ${words}
    - Fn::ForEach::B:
        - B
        - ${words}
        - Fn::ForEach::C:
            - C
            - ${words}
            - User\${A}\${B}\${C}: { Type: AWS::IAM::User }
`;
    const start = cpuTime();

    const observations = await scan(text);

    assert.ok(cpuTime() - start < 4000);
    assert.match(coverageOf(observations)?.why ?? '', /loops make too much/);
  });
});

async function scan(text: string) {
  return await read({ 'stack.yaml': text }, undefined, 'cloudformation');
}

function coverageOf(observations: Parameters<typeof factsOf>[0]) {
  return kinds(observations, 'coverage')[0];
}
