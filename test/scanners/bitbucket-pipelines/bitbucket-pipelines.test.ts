// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of CI systems look like it
import assert from 'node:assert/strict';
import { bitbucketPipelines } from '../../../scanners/bitbucket-pipelines/index.ts';
import { headOfBytes } from '../../../src/files/source-file.ts';
import { consumerOf, coverageOf, type Files, lineAt, scan as scanWith, standsAnything } from '../ci-harness.ts';

const PATH = 'bitbucket-pipelines.yml';
const scan = (text: string, path = PATH, files?: Files) => scanWith(bitbucketPipelines, path, text, files);

const GOOD = `image: node:24
definitions:
  services:
    db:
      image: postgres
      variables:
        POSTGRES_PASSWORD: Tide4Anchor
pipelines:
  branches:
    main:
      - parallel:
          - step:
              name: test
              script:
                - npm test
          - step:
              name: deploy
              deployment: production
              oidc: true
              script:
                - echo "$KUBE_CONFIG" | base64 -d > config
                - pipe: atlassian/aws-s3-deploy:1.6.1
                  variables:
                    AWS_OIDC_ROLE_ARN: arn:aws:iam::123456789012:role/deploy
                    TOKEN: $CHAT_TOKEN
`;

describe('bitbucket-pipelines scanner', () => {
  it('recognises its files and no others', () => {
    const is = (path: string, text = '') => bitbucketPipelines.recognises(headOfBytes(path, Buffer.from(text)));

    assert.ok(is('bitbucket-pipelines.yml', ''));
    assert.ok(!is('bitbucket.yml', 'pipelines:\n'));
    assert.ok(!is('pipelines.yml', ''));
  });

  it('reads steps of parallel groups with their deployment, pipes and services', async () => {
    const observations = await scan(GOOD);

    const { environment, detail, consumer, at } = consumerOf(observations, 'KUBE_CONFIG');
    assert.equal(environment, 'prod');
    assert.equal(consumer, 'harbour/shop:bitbucket-pipelines.yml#branches/main/deploy');
    assert.equal(detail.refsLimited, true);
    assert.match(lineAt(GOOD, at), /^\$KUBE_CONFIG/);
    assert.equal(consumerOf(observations, 'aws:123456789012:role/deploy').how, 'oidc');
    assert.deepEqual(consumerOf(observations, 'CHAT_TOKEN').detail.thirdParty, ['atlassian/aws-s3-deploy:1.6.1']);
    assert.equal(observations.filter(({ kind }) => kind === 'sighting').length, 1);
    assert.equal(coverageOf(observations).outcome, 'complete');
  });

  standsAnything(bitbucketPipelines, PATH, GOOD);
});
