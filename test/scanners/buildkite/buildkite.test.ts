// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of CI systems look like it
import assert from 'node:assert/strict';
import { buildkite } from '../../../scanners/buildkite/index.ts';
import { headOfBytes } from '../../../src/files/source-file.ts';
import { consumerOf, coverageOf, type Files, lineAt, names, scan as scanWith, standsAnything } from '../ci-harness.ts';

const PATH = '.buildkite/pipeline.yml';
const scan = (text: string, path = PATH, files?: Files) => scanWith(buildkite, path, text, files);

const GOOD = `env:
  REGION: eu-west-1
agents:
  queue: build
secrets:
  - NPM_TOKEN
steps:
  - group: release
    steps:
      - label: publish
        command: |
          KEY=$$(buildkite-agent secret get SIGNING_KEY)
          ./publish --key $$KEY --token $$NPM_TOKEN
        plugins:
          - aws-assume-role-with-web-identity#v1.2.0:
              role-arn: arn:aws:iam::123456789012:role/publish
          - acme/notify#v1:
              token-env: CHAT_TOKEN
  - wait
  - label: deploy
    command: ./deploy $DEPLOY_TOKEN
    branches: main
    agents:
      queue: deploy-prod
`;

describe('buildkite scanner', () => {
  it('recognises its files and no others', () => {
    const is = (path: string, text = '') => buildkite.recognises(headOfBytes(path, Buffer.from(text)));

    assert.ok(is('.buildkite/pipeline.yml', 'steps:\n'));
    assert.ok(is('.buildkite/x.yml', '- label: a\n'));
    assert.ok(is('buildkite.yml', 'steps:\n'));
    assert.ok(!is('.buildkite/tool.yml', 'a: 1\n'));
    assert.ok(!is('rules/buildkite.yml', 'rules:\n'));
  });

  it('reads groups, secrets, plugins and queues', async () => {
    const observations = await scan(GOOD);

    assert.deepEqual(consumerOf(observations, 'SIGNING_KEY').detail.variables, ['KEY']);
    assert.equal(consumerOf(observations, 'aws:123456789012:role/publish').how, 'oidc');
    assert.deepEqual(consumerOf(observations, 'CHAT_TOKEN').detail.unpinned, ['acme/notify#v1']);
    assert.equal(consumerOf(observations, 'DEPLOY_TOKEN').detail.queue, 'deploy-prod');
    assert.match(lineAt(GOOD, consumerOf(observations, 'DEPLOY_TOKEN').at), /^\$DEPLOY_TOKEN/);
    assert.equal(coverageOf(observations).outcome, 'complete');
  });

  it('does not call a placeholder of the build a secret', async () => {
    assert.deepEqual(names(await scan('steps:\n  - command: ./x $BUILDKITE_AGENT_ACCESS_TOKEN\n')), []);
  });

  standsAnything(buildkite, PATH, GOOD);
});
