// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of CI systems look like it
import assert from 'node:assert/strict';
import { azurePipelines } from '../../../scanners/azure-pipelines/index.ts';
import { headOfBytes } from '../../../src/files/source-file.ts';
import { kinds } from '../../helpers/scan-context.ts';
import { consumerOf, coverageOf, type Files, lineAt, names, scan as scanWith, standsAnything } from '../ci-harness.ts';

const PATH = 'azure-pipelines.yml';
const scan = (text: string, path = PATH, files?: Files) => scanWith(azurePipelines, path, text, files);

const GOOD = `trigger: [main]
pr: [main]
variables:
  - group: shop
  - name: DB_PASSWORD
    value: Tide4Anchor
pool:
  vmImage: ubuntu-latest
stages:
  - stage: production
    jobs:
      - deployment: release
        environment: production
        strategy:
          runOnce:
            deploy:
              steps:
                - checkout: self
                  persistCredentials: true
                - task: AzureCLI@2
                  inputs:
                    azureSubscription: shop-prod
                    inlineScript: ./deploy.sh $(deployToken)
                - \${{ if eq(variables.x, 'y') }}:
                    - bash: ./notify
                      env:
                        TOKEN: $(chatToken)
                        SYSTEM_ACCESSTOKEN: $(System.AccessToken)
`;

describe('azure-pipelines scanner', () => {
  it('recognises its files and no others', () => {
    const is = (path: string, text = '') => azurePipelines.recognises(headOfBytes(path, Buffer.from(text)));

    assert.ok(is('azure-pipelines.yml', ''));
    assert.ok(is('ci/azure-pipelines-pr.yml', ''));
    assert.ok(is('.azuredevops/x.yml', 'steps:\n'));
    assert.ok(is('eng/templates/x.yml', 'steps:\n- task: Bash@3\n'));
    assert.ok(!is('.github/workflows/azure-pipelines.yml', 'on: push\n'));
    assert.ok(!is('eng/x.yml', 'steps:\n- run: x\n'));
    assert.ok(!is('ci/k8s.yml', 'apiVersion: v1\nkind: x\n'));
  });

  it('reads stages, deployments and conditional steps', async () => {
    const observations = await scan(GOOD);

    const token = consumerOf(observations, 'deployToken');
    assert.equal(token.consumer, 'harbour/shop:azure-pipelines.yml#production/release');
    assert.equal(token.environment, 'prod');
    assert.equal(token.trigger, 'push,pull_request');
    assert.match(lineAt(GOOD, token.at), /^\$\(deployToken\)/);
    assert.equal(consumerOf(observations, 'shop').identity, 'azure-devops:-:variable-group/shop');
    assert.equal(consumerOf(observations, 'shop-prod').identity, 'azure-devops:-:service-connection/shop-prod');
    assert.equal(consumerOf(observations, 'persisted-credentials').how, 'token');
    assert.equal(consumerOf(observations, 'chatToken').how, 'token');
    assert.equal(consumerOf(observations, 'System.AccessToken').detail.jobToken, true);
    assert.equal(observations.filter(({ kind }) => kind === 'sighting').length, 1);
    assert.equal(coverageOf(observations).outcome, 'complete');
  });

  it('tells a secret that becomes a plain variable', async () => {
    const text = 'steps:\n  - bash: echo "##vso[task.setvariable variable=t;issecret=false]$(apiToken)"\n';

    assert.ok(names(await scan(text)).includes('secret-unmasked'));
  });

  standsAnything(azurePipelines, PATH, GOOD);

  it('reads local templates of any name once, and says which are not here', async () => {
    const files = {
      'parts/there.yml': 'jobs:\n- job: deep\n  steps:\n  - template: ../more/steps.yml\n  - script: ./run $(DEEP_TOKEN)\n',
      'more/steps.yml': 'steps:\n- task: AzureCLI@2\n  inputs:\n    azureSubscription: tpl-conn\n    template: none.yml\n',
      'ci/azure-pipelines.yml': 'steps:\n- template: /more/steps.yml\n',
      'parts/loop.yml': 'jobs:\n- template: loop.yml\n',
    };
    const text = `stages:
- stage: prod
  jobs:
  - template: missing/deploy.yml
  - template: parts/there.yml
  - template: parts/loop.yml
  - template: build.yml@shared
  - \${{ if eq(variables.x, 'y') }}:
    - template: \${{ parameters.kind }}.yml
`;

    const observations = await scan(text, PATH, files);
    const other = await scan(files['ci/azure-pipelines.yml'], 'ci/azure-pipelines.yml', { ...files, [PATH]: text });

    assert.equal(consumerOf(observations, 'DEEP_TOKEN').at?.path, 'parts/there.yml');
    assert.deepEqual(
      kinds(observations, 'coverage').map(({ subject, outcome, why }) => `${subject} ${outcome} ${why ?? ''}`),
      [
        `${PATH} partial templates that were not read: missing/deploy.yml (not there), build.yml@shared (of another repository), \${{ parameters.kind }}.yml (named when it runs)`,
        'parts/there.yml complete ',
        'parts/loop.yml complete ',
      ],
    );
    assert.equal(consumerOf(other, 'azure-devops:-:service-connection/tpl-conn').at?.path, 'more/steps.yml');
  });
});
