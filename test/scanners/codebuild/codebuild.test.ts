// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of CI systems look like it
import assert from 'node:assert/strict';
import { codebuild } from '../../../scanners/codebuild/index.ts';
import { headOfBytes } from '../../../src/files/source-file.ts';
import { consumerOf, coverageOf, type Files, lineAt, names, scan as scanWith, standsAnything } from '../ci-harness.ts';

const PATH = 'buildspec.yml';
const scan = (text: string, path = PATH, files?: Files) => scanWith(codebuild, path, text, files);

const GOOD = `version: 0.2
env:
  variables:
    REGION: eu-west-1
  parameter-store:
    DB_PASSWORD: /shop/db/password
    VERSION: /shop/version
  secrets-manager:
    TOKEN: arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop/deploy-AbCdEf:token
  exported-variables:
    - TOKEN
phases:
  build:
    commands:
      - ./deploy --password $DB_PASSWORD
    finally:
      - echo $TOKEN
`;

describe('codebuild scanner', () => {
  it('recognises its files and no others', () => {
    const is = (path: string, text = '') => codebuild.recognises(headOfBytes(path, Buffer.from(text)));

    assert.ok(is('buildspec.yml', 'phases:\n'));
    assert.ok(is('ci/buildspec-test.yaml', 'env:\n'));
    assert.ok(!is('buildspec.yml', 'a: 1\n'));
    assert.ok(!is('spec.yml', 'phases:\n'));
  });

  it('finds what is kept in which store, and what is handed on', async () => {
    const observations = await scan(GOOD);

    const token = consumerOf(observations, 'TOKEN');
    assert.equal(token.identity, 'aws:123456789012:secret/shop/deploy-AbCdEf');
    assert.equal(token.detail.echoesSecret, true);
    assert.equal(consumerOf(observations, 'DB_PASSWORD').detail.store, 'parameter-store');
    assert.equal(consumerOf(observations, 'secret-exported').secretName, 'TOKEN');
    assert.match(lineAt(GOOD, token.at), /^arn:aws/);
    assert.ok(!names(observations).includes('VERSION'));
    assert.equal(coverageOf(observations).outcome, 'complete');
  });

  standsAnything(codebuild, PATH, GOOD);
});
