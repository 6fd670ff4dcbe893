// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of CI systems look like it
import assert from 'node:assert/strict';
import { travis } from '../../../scanners/travis/index.ts';
import { headOfBytes } from '../../../src/files/source-file.ts';
import { consumerOf, coverageOf, type Files, lineAt, names, scan as scanWith, standsAnything } from '../ci-harness.ts';

const PATH = '.travis.yml';
const scan = (text: string, path = PATH, files?: Files) => scanWith(travis, path, text, files);

const GOOD = `language: node_js
env:
  global:
    - REGION=eu-west-1 DB_PASSWORD="Tide4Anchor"
    - secure: b2b1xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
script:
  - ./run $API_TOKEN
deploy:
  provider: s3
  access_key_id: $AWS_ACCESS_KEY_ID
  secret_access_key:
    secure: b2b1xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
  on:
    branch: main
jobs:
  include:
    - stage: release
      script: ./release $NPM_TOKEN
`;

describe('travis scanner', () => {
  it('recognises its files and no others', () => {
    const is = (path: string, text = '') => travis.recognises(headOfBytes(path, Buffer.from(text)));

    assert.ok(is('.travis.yml', ''));
    assert.ok(is('a/.travis.yaml', ''));
    assert.ok(!is('travis.yml.md', ''));
    assert.ok(!is('a/my.travis.yml.txt', ''));
  });

  it('finds variables, what is encrypted and what deployments take', async () => {
    const observations = await scan(GOOD);

    assert.match(lineAt(GOOD, observations.find(({ kind }) => kind === 'sighting')?.at), /^Tide4Anchor/);
    assert.ok(names(observations).includes('deploy.s3.secret_access_key'));
    assert.ok(names(observations).includes('env.global[1].secure'));
    assert.equal(coverageOf(observations).outcome, 'complete');
  });

  it('makes a job of a stage with a script of its own', async () => {
    assert.equal(consumerOf(await scan(GOOD), 'NPM_TOKEN').consumer, 'harbour/shop:.travis.yml#release');
  });

  standsAnything(travis, PATH, GOOD);
});
