// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of CI systems look like it
import assert from 'node:assert/strict';
import { argo } from '../../../scanners/argo/index.ts';
import { headOfBytes } from '../../../src/files/source-file.ts';
import { consumerOf, coverageOf, type Files, lineAt, names, scan as scanWith, standsAnything } from '../ci-harness.ts';

const PATH = 'argo/workflow.yaml';
const scan = (text: string, path = PATH, files?: Files) => scanWith(argo, path, text, files);

const GOOD = `apiVersion: argoproj.io/v1alpha1
kind: CronWorkflow
metadata:
  name: etl
  namespace: data
spec:
  workflowSpec:
    serviceAccountName: etl
    templates:
      - name: load
        inputs:
          artifacts:
            - name: in
              s3:
                bucket: b
                secretKeySecret:
                  name: s3-login
                  key: secret
        script:
          image: alpine
          env:
            - name: TOKEN
              valueFrom:
                secretKeyRef:
                  name: db-token
                  key: token
          source: ./load $TOKEN
---
apiVersion: argoproj.io/v1alpha1
kind: AppProject
metadata:
  name: shop
spec:
  roles:
    - name: ci
      policies:
        - p, proj:shop:ci, applications, get, shop/*, allow
      jwtTokens:
        - iat: 1
`;

describe('argo scanner', () => {
  it('recognises its files and no others', () => {
    const is = (path: string, text = '') => argo.recognises(headOfBytes(path, Buffer.from(text)));

    assert.ok(is('a.yaml', 'apiVersion: argoproj.io/v1alpha1\nkind: Workflow\n'));
    assert.ok(is('argocd-rbac-cm.yaml', 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: argocd-rbac-cm\n'));
    assert.ok(!is('a.yaml', 'apiVersion: v1\nkind: Secret\n---\napiVersion: argoproj.io/v1alpha1\n'));
    assert.ok(!is('cm.yaml', 'apiVersion: v1\nkind: ConfigMap\n'));
  });

  it('finds accounts, keys of artifact stores, and tokens of projects', async () => {
    const observations = await scan(GOOD);

    assert.equal(consumerOf(observations, 'runs-as-service-account').identity, 'k8s:-:data/etl');
    assert.deepEqual(
      [consumerOf(observations, 's3-login').how, consumerOf(observations, 's3-login').detail.cloud],
      ['static-key', 'aws'],
    );
    assert.equal(consumerOf(observations, 'db-token').trigger, 'schedule');
    const { detail, identity } = consumerOf(observations, 'project-token');
    assert.deepEqual([identity, detail.expires, detail.writes], ['argocd:-:role/shop/ci', false, false]);
    assert.match(lineAt(GOOD, consumerOf(observations, 'db-token').at), /^name: db-token/);
    assert.deepEqual(names(observations).slice(0, 2), ['db-token', 's3-login']);
    assert.equal(coverageOf(observations).outcome, 'complete');
  });

  standsAnything(argo, PATH, GOOD);
});
