// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of CI systems look like it
import assert from 'node:assert/strict';
import { drone } from '../../../scanners/drone/index.ts';
import { headOfBytes } from '../../../src/files/source-file.ts';
import { consumerOf, coverageOf, type Files, lineAt, names, scan as scanWith, standsAnything } from '../ci-harness.ts';

const PATH = '.drone.yml';
const scan = (text: string, path = PATH, files?: Files) => scanWith(drone, path, text, files);

const GOOD = `kind: pipeline
name: build
steps:
  - name: publish
    image: plugins/docker
    settings:
      password:
        from_secret: registry_password
  - name: deploy
    image: alpine
    environment:
      TOKEN:
        from_secret: deploy_token
    commands:
      - ./deploy $TOKEN
image_pull_secrets:
  - pull_login
trigger:
  branch: [main]
  event: [push]
---
kind: secret
name: deploy_token
get:
  path: secret/shop
  name: token
---
kind: signature
hmac: b2b1c0d4e5f60718293a4b5c6d7e8f90b2b1c0d4e5f60718293a4b5c6d7e8f90
`;

describe('drone scanner', () => {
  it('recognises its files and no others', () => {
    const is = (path: string, text = '') => drone.recognises(headOfBytes(path, Buffer.from(text)));

    assert.ok(is('.drone.yml', 'kind: pipeline\n'));
    assert.ok(is('.drone.yaml', 'steps:\n'));
    assert.ok(!is('.drone.yml', 'a: 1\n'));
    assert.ok(!is('drone.json', ''));
  });

  it('finds secrets of steps and plugins, where they are kept, and what starts them', async () => {
    const observations = await scan(GOOD);

    const token = consumerOf(observations, 'deploy_token');
    assert.equal(token.detail.store, 'secret/shop');
    assert.equal(token.trigger, 'push');
    assert.deepEqual(token.detail.steps, [{ index: 1, name: 'deploy' }]);
    assert.match(lineAt(GOOD, token.at), /^from_secret: deploy_token/);
    assert.deepEqual(names(observations), ['registry_password', 'deploy_token', 'pull_login']);
    assert.equal(coverageOf(observations).outcome, 'complete');
  });

  standsAnything(drone, PATH, GOOD);
});
