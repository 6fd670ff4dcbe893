// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of CI systems look like it
import assert from 'node:assert/strict';
import { circleci } from '../../../scanners/circleci/index.ts';
import { headOfBytes } from '../../../src/files/source-file.ts';
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
});
