// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of CI systems look like it
import assert from 'node:assert/strict';
import { cloudBuild } from '../../../scanners/cloud-build/index.ts';
import { headOfBytes } from '../../../src/files/source-file.ts';
import { consumerOf, coverageOf, type Files, lineAt, names, scan as scanWith, standsAnything } from '../ci-harness.ts';

const PATH = 'cloudbuild.yaml';
const scan = (text: string, path = PATH, files?: Files) => scanWith(cloudBuild, path, text, files);

const GOOD = `steps:
  - name: gcr.io/cloud-builders/docker
    entrypoint: bash
    args: ['-c', 'docker login -u bot -p $$REGISTRY_PASSWORD']
    secretEnv: ['REGISTRY_PASSWORD']
  - id: deploy
    name: acme/deploy:1
    script: ./deploy
serviceAccount: projects/harbour/serviceAccounts/build@harbour.iam.gserviceaccount.com
availableSecrets:
  secretManager:
    - versionName: projects/harbour/secrets/registry/versions/latest
      env: REGISTRY_PASSWORD
substitutions:
  _DB_PASSWORD: Tide4Anchor
`;

describe('cloud-build scanner', () => {
  it('recognises its files and no others', () => {
    const is = (path: string, text = '') => cloudBuild.recognises(headOfBytes(path, Buffer.from(text)));

    assert.ok(is('cloudbuild.yaml', 'steps:\n- name: x\n'));
    assert.ok(is('ci/cloudbuild-prod.json', '{\n "steps": [{"name": "x"}]}'));
    assert.ok(!is('cloudbuild.yaml', 'a: 1\n'));
    assert.ok(!is('build.yaml', 'steps:\n- name: x\n'));
  });

  it('finds the account, the secrets and the steps that get them', async () => {
    const observations = await scan(GOOD);

    const secret = consumerOf(observations, 'registry');
    assert.equal(secret.identity, 'gcp:harbour:secret/registry');
    assert.equal(secret.detail.secretInArgument, true);
    assert.deepEqual(secret.detail.thirdParty, []);
    assert.match(lineAt(GOOD, secret.at), /^projects\/harbour\/secrets/);
    assert.equal(
      consumerOf(observations, 'gcp:harbour:serviceAccount/build@harbour.iam.gserviceaccount.com').how,
      'impersonation',
    );
    assert.equal(coverageOf(observations).outcome, 'complete');
  });

  it('says where no account is named', async () => {
    assert.deepEqual(names(await scan('steps:\n  - name: bash\n    script: make\n')), ['default-build-account']);
  });

  standsAnything(cloudBuild, PATH, GOOD);
});
