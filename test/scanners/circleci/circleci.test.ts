// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of CI systems look like it
import assert from 'node:assert/strict';
import { circleci } from '../../../scanners/circleci/index.ts';
import { headOfBytes } from '../../../src/files/source-file.ts';
import { kinds } from '../../helpers/scan-context.ts';
import { consumerOf, coverageOf, type Files, lineAt, names, scan as scanWith, standsAnything } from '../ci-harness.ts';

const PATH = '.circleci/config.yml';
const scan = (text: string, path = PATH, files?: Files) => scanWith(circleci, path, text, files);

const GOOD = `version: 2.1
orbs:
  notify: acme/notify@volatile
  aws-cli: circleci/aws-cli@4.1.2
commands:
  publish:
    parameters:
      token:
        type: env_var_name
        default: RELEASE_TOKEN
    steps:
      - run: ./publish.sh $<< parameters.token >>
jobs:
  deploy:
    docker:
      - image: cimg/base:2026.01
        environment:
          AWS_SECRET_ACCESS_KEY: $TEAM_SECRET
    steps:
      - aws-cli/setup:
          role_arn: arn:aws:iam::123456789012:role/deploy
      - publish
      - publish:
          token: OTHER_TOKEN
      - notify/send:
          token: $CHAT_TOKEN
workflows:
  main:
    jobs:
      - hold:
          type: approval
      - build:
          requires: [hold]
      - deploy:
          context: [shop-prod]
          requires: [build]
`;

describe('circleci scanner', () => {
  it('recognises its files and no others', () => {
    const is = (path: string, text = '') => circleci.recognises(headOfBytes(path, Buffer.from(text)));

    assert.ok(is('.circleci/config.yml', ''));
    assert.ok(is('.circleci/continue.yml', 'jobs:\n'));
    assert.ok(!is('.circleci/notes.yml', 'a: 1\n'));
    assert.ok(!is('config.yml', 'jobs:\n'));
  });

  it('puts commands and their parameters in, and names what orbs get', async () => {
    const observations = await scan(GOOD);

    assert.equal(consumerOf(observations, 'RELEASE_TOKEN').consumer, 'harbour/shop:.circleci/config.yml#main/deploy');
    assert.ok(names(observations).includes('OTHER_TOKEN'));
    assert.deepEqual(consumerOf(observations, 'CHAT_TOKEN').detail.unpinned, ['acme/notify@volatile']);
    assert.equal(consumerOf(observations, 'aws:123456789012:role/deploy').how, 'oidc');
    assert.equal(consumerOf(observations, 'TEAM_SECRET').how, 'static-key');
    assert.match(lineAt(GOOD, consumerOf(observations, 'CHAT_TOKEN').at), /^\$CHAT_TOKEN/);
    assert.equal(coverageOf(observations).outcome, 'complete');
  });

  it('tells a context and the approval before it, however far', async () => {
    const { detail, identity } = consumerOf(await scan(GOOD), 'shop-prod');

    assert.equal(identity, 'circleci:harbour:context/shop-prod');
    assert.equal(detail.approved, true);
    assert.equal(detail.refsLimited, false);
  });

  standsAnything(circleci, PATH, GOOD);

  it('keeps the key that fetches an image from the steps, which have that of the context', async () => {
    const observations = await scan(`version: 2.1
jobs:
  deploy:
    docker:
      - image: x
        aws_auth:
          aws_access_key_id: $ECR_ID
          aws_secret_access_key: $ECR_SECRET
    steps:
      - run: echo $AWS_SECRET_ACCESS_KEY
workflows:
  main:
    jobs:
      - deploy: {context: prod-aws}
`);

    const printed = kinds(observations, 'consumer').filter(({ detail }) => detail?.echoesSecret === true);
    const puller = consumerOf(observations, 'ECR_SECRET');
    assert.deepEqual(
      printed.map(({ secretName }) => secretName),
      ['AWS_SECRET_ACCESS_KEY'],
    );
    assert.equal(puller.detail.position, 'container');
    assert.equal(puller.detail.cloud, 'aws');
    assert.equal(puller.at?.line, 8);
  });

  it('says which parts of a configuration are not in it', async () => {
    const text = `version: 2.1
setup: true
orbs:
  node: circleci/node@7.1.0
  own:
    jobs: {}
jobs:
  a:
    docker: [{image: x}]
    steps: [node/install, {run: make}]
workflows:
  main:
    jobs: [a, node/test]
`;

    const { outcome, why } = coverageOf(await scan(text));

    assert.equal(outcome, 'partial');
    assert.equal(
      why,
      'jobs of orbs that were not read: node/test, own (inline orb); the configuration that it makes while it runs was not read',
    );
  });
});
