// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of CI systems look like it
import assert from 'node:assert/strict';
import { tekton } from '../../../scanners/tekton/index.ts';
import { headOfBytes } from '../../../src/files/source-file.ts';
import { consumerOf, coverageOf, type Files, lineAt, names, scan as scanWith, standsAnything } from '../ci-harness.ts';

const PATH = 'tekton/run.yaml';
const scan = (text: string, path = PATH, files?: Files) => scanWith(tekton, path, text, files);

const GOOD = `apiVersion: tekton.dev/v1
kind: PipelineRun
metadata:
  name: release
  namespace: shop
spec:
  taskRunTemplate:
    serviceAccountName: release
  workspaces:
    - name: login
      secret:
        secretName: registry-login
  pipelineSpec:
    tasks:
      - name: push
        taskSpec:
          steps:
            - name: push
              image: alpine
              env:
                - name: TOKEN
                  valueFrom:
                    secretKeyRef:
                      name: push-token
                      key: token
              script: echo $TOKEN
---
apiVersion: tekton.dev/v1beta1
kind: TaskRun
metadata:
  generateName: t-
spec:
  taskRef:
    name: x
`;

describe('tekton scanner', () => {
  it('recognises its files and no others', () => {
    const is = (path: string, text = '') => tekton.recognises(headOfBytes(path, Buffer.from(text)));

    assert.ok(is('tekton/run.yaml', 'apiVersion: tekton.dev/v1\nkind: Task\n'));
    assert.ok(is('a.yml', 'apiVersion: triggers.tekton.dev/v1beta1\n'));
    assert.ok(!is('a.yaml', 'apiVersion: v1\nkind: Secret\n---\napiVersion: tekton.dev/v1\n'));
    assert.ok(!is('a.txt', 'apiVersion: tekton.dev/v1\n'));
  });

  it('finds the account of a run, and the secrets of its tasks', async () => {
    const observations = await scan(GOOD);

    const accounts = observations.filter((each) => each.kind === 'consumer' && each.detail?.fact === 'runs-as-service-account');
    assert.deepEqual(
      accounts.map((each) => each.kind === 'consumer' && each.identity),
      ['k8s:-:shop/release', 'k8s:-:-/default'],
    );
    const token = consumerOf(observations, 'push-token');
    assert.equal(token.consumer, 'harbour/shop:tekton/run.yaml#PipelineRun/release');
    assert.equal(token.detail.echoesSecret, true);
    assert.match(lineAt(GOOD, token.at), /^name: push-token/);
    assert.ok(names(observations).includes('registry-login'));
    assert.equal(coverageOf(observations).outcome, 'complete');
  });

  standsAnything(tekton, PATH, GOOD);
});
