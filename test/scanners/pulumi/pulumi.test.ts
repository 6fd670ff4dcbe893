// biome-ignore-all lint/suspicious/noTemplateCurlyInString: interpolations of Pulumi
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { pulumi } from '../../../scanners/pulumi/index.ts';
import { terraformType } from '../../../scanners/pulumi/names.ts';
import { headOfBytes } from '../../../src/files/source-file.ts';
import { snake } from '../../../src/iac/snake.ts';
import { kinds } from '../../helpers/scan-context.ts';
import { factsOf, place, read } from '../terraform/read.ts';

const PROGRAM = `name: shop
runtime: yaml
resources:
  deploy:
    type: aws:iam:Role
    properties:
      name: deploy
      assumeRolePolicy:
        fn::toJSON:
          Version: 2012-10-17
          Statement:
            - Effect: Allow
              Action: sts:AssumeRole
              Principal: { Service: lambda.amazonaws.com }
  attached:
    type: aws:iam/rolePolicyAttachment:RolePolicyAttachment
    properties:
      role: \${deploy.name}
      policyArn: arn:aws:iam::aws:policy/AdministratorAccess
`;

describe('pulumi scanner', () => {
  it('tells open settings from encrypted ones', async () => {
    const text =
      'config:\n  aws:region: eu-west-1\n  shop:dbPassword: Tr0ub4dor3xq\n  shop:apiToken:\n    secure: v1:abcdefgh\n  shop:nested:\n    secretKey: An0therOne9xq\n';

    const observations = await read({ 'Pulumi.prod.yaml': text }, undefined, 'pulumi');

    assert.deepEqual(
      kinds(observations, 'sighting').map((one) => [place(one), one.confidence, one.environment]),
      [
        ['Pulumi.prod.yaml:3', 'high', 'prod'],
        ['Pulumi.prod.yaml:7', 'high', 'prod'],
      ],
    );
    assert.deepEqual(
      factsOf(observations, 'secret-setting').map((one) => [one.secretName, one.detail?.encrypted, one.at?.line]),
      [
        ['dbPassword', false, 3],
        ['apiToken', true, 4],
      ],
    );
    assert(!JSON.stringify(observations).includes('Tr0ub4dor3xq'));
  });

  it('reads programs in YAML, with what their resources refer to', async () => {
    const observations = await read({ 'Pulumi.yaml': PROGRAM }, undefined, 'pulumi');

    const [identity] = kinds(observations, 'identity');
    assert(identity !== undefined);
    assert.deepEqual([identity.id, place(identity)], ['aws:-:role/deploy', 'Pulumi.yaml:4']);
    assert(kinds(observations, 'grant').some((one) => one.identity === identity.id && one.capability === 'admin'));
    assert.equal(kinds(observations, 'trust')[0]?.principal, 'lambda.amazonaws.com');
  });

  it('reads what a state holds, open secrets too, and passes encrypted ones', async () => {
    const sign = '4dabf18193072939515e22adb298388d';
    const state = {
      version: 3,
      deployment: {
        manifest: {},
        resources: [
          { urn: 'urn:pulumi:prod::shop::pulumi:pulumi:Stack::x', type: 'pulumi:pulumi:Stack' },
          {
            urn: 'urn:pulumi:prod::shop::aws:iam/accessKey:AccessKey::key',
            type: 'aws:iam/accessKey:AccessKey',
            outputs: {
              id: 'AKIAQ3EGRL5XAMPLE7QZ',
              user: 'ci',
              status: 'Active',
              createDate: '2024-02-03T04:05:06Z',
              secret: { [sign]: '1b47061264138c4ac30d75fd1eb44270', ciphertext: 'v1:abcdefgh' },
            },
          },
          {
            urn: 'urn:pulumi:prod::shop::aws:rds/instance:Instance::db',
            type: 'aws:rds/instance:Instance',
            outputs: { password: { [sign]: '1b47061264138c4ac30d75fd1eb44270', plaintext: '"Tr0ub4dor3xq"' } },
          },
        ],
      },
    };

    const observations = await read({ 'state.json': JSON.stringify(state, null, 2) }, undefined, 'pulumi');

    assert.deepEqual(
      kinds(observations, 'credential').map((one) => [one.id, one.identity]),
      [['aws:access-key/AKIAQ3EGRL5XAMPLE7QZ', 'aws:-:user/ci']],
    );
    assert.deepEqual(
      kinds(observations, 'sighting').map((one) => one.at?.pointer),
      ['deployment.resources[2].outputs.password'],
    );
    assert.equal(factsOf(observations, 'state-file').length, 1);
  });

  it('knows types and properties by the names of the bridged providers', () => {
    assert.equal(terraformType('aws:iam/accessKey:AccessKey'), 'aws_iam_access_key');
    assert.equal(terraformType('aws:lambda/function:Function'), 'aws_lambda_function');
    assert.equal(terraformType('gcp:serviceaccount/key:Key'), 'google_service_account_key');
    assert.equal(terraformType('gcp:projects/iAMMember:IAMMember'), 'google_project_iam_member');
    assert.equal(terraformType('azuread:index/applicationPassword:ApplicationPassword'), 'azuread_application_password');
    assert.equal(terraformType('github:index/actionsSecret:ActionsSecret'), 'github_actions_secret');
    assert.equal(snake('assumeRolePolicy'), 'assume_role_policy');
  });

  it('says that programs in general languages are not evaluated', async () => {
    const coverageOf = async (text: string, path = 'Pulumi.yaml') =>
      kinds(await read({ [path]: text }, undefined, 'pulumi'), 'coverage');

    for (const runtime of ['nodejs', 'python', '{ name: go, options: { binary: app } }']) {
      const [row] = await coverageOf(`name: shop\nruntime: ${runtime}\n`);
      assert.equal(row?.outcome, 'partial');
      assert.match(row?.why ?? '', /^programs are not evaluated/);
    }
    assert.deepEqual(
      [...(await coverageOf('name: shop\nruntime: yaml\n')), ...(await coverageOf('config: {}\n', 'Pulumi.prod.yaml'))].map(
        ({ outcome }) => outcome,
      ),
      ['complete', 'complete'],
    );
  });

  it('recognises its files', () => {
    const recognised = (path: string, text: string) => pulumi.recognises(headOfBytes(path, Buffer.from(text)));

    assert(recognised('infra/Pulumi.yaml', ''));
    assert(recognised('Pulumi.prod.yml', ''));
    assert(recognised('.pulumi/stacks/shop/prod.json', ''));
    assert(recognised('x.json', '{\n  "version": 3,\n  "deployment": {\n    "manifest": {'));
    assert(!recognised('pulumi.md', ''));
    assert(!recognised('x.json', '{"version": 3}'));
  });

  it('never throws on a mutated program', async () => {
    const mutation = fc.record({
      at: fc.nat(PROGRAM.length),
      drop: fc.nat(8),
      put: fc.constantFrom('', ':', '- ', '[', '}', '${', '\n', '  ', 'fn::secret: ', '*a', "'", 'config:\n  a:b: c\n'),
    });

    await fc.assert(
      fc.asyncProperty(fc.array(mutation, { minLength: 1, maxLength: 4 }), async (mutations) => {
        let text = PROGRAM;
        for (const { at, drop, put } of mutations) text = text.slice(0, at) + put + text.slice(at + drop);

        const observations = await read({ 'Pulumi.yaml': text }, undefined, 'pulumi');

        assert.equal(kinds(observations, 'coverage').length, 1);
      }),
      { numRuns: 150 },
    );
  }).timeout(60_000);
});
