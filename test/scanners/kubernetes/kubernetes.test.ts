import assert from 'node:assert/strict';
import fc from 'fast-check';
import { blankTemplate } from '../../../scanners/kubernetes/helm.ts';
import { kubernetesFiles } from '../../../scanners/kubernetes/index.ts';
import type { Observation } from '../../../src/contracts/index.ts';
import { sourceFile } from '../../../src/files/source-file.ts';
import { cpuTime } from '../../helpers/cpu-time.ts';
import { collect, fakeToken, kinds, testContext } from '../../helpers/scan-context.ts';
import { testCertificate } from './certificate.ts';
import { readText, recognises } from './read.ts';

const APP = `# the shop
apiVersion: v1
kind: ServiceAccount
metadata:
  name: checkout
  namespace: shop-prod
  annotations:
    owner: team-shop
    eks.amazonaws.com/role-arn: arn:aws:iam::123456789012:role/path/checkout
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: checkout
  namespace: shop-prod
spec:
  template:
    spec:
      serviceAccountName: checkout
      automountServiceAccountToken: false
      containers:
        - name: app
          image: harbour/checkout:1.2
          env:
            - name: DB_PASSWORD
              valueFrom:
                secretKeyRef:
                  name: db
                  key: password
          envFrom:
            - secretRef:
                name: settings
      volumes:
        - name: keys
          secret:
            secretName: keys
      imagePullSecrets:
        - name: registry
`;

describe('kubernetes scanner', () => {
  it('recognises manifests, lists, charts and kubeconfigs, and leaves others theirs', () => {
    const told = {
      manifest: recognises('k8s/app.yaml', APP),
      list: recognises('dump.json', '{\n "apiVersion": "v1",\n "items": [\n  {"apiVersion": "v1", "kind": "Pod"}'),
      template: recognises('charts/a/templates/x.yaml', '{{- if .Values.on }}\napiVersion: v1\nkind: Secret\n'),
      values: recognises('charts/a/values.yaml', 'replicas: 1\n'),
      kustomization: recognises('k8s/kustomization.yaml', 'resources: []\n'),
      kubeconfig: recognises('home/.kube/config', 'apiVersion: v1\nkind: Config\nclusters: []\n'),
      headed: recognises('k8s/app.yaml', `${'# licence text\n'.repeat(400)}${APP}`),
      sorted: recognises(
        's.yaml',
        `apiVersion: v1\ndata:\n${'  key: dmFsdWU=\n'.repeat(400)}kind: Secret\nmetadata:\n  name: a\n`,
      ),
      mixed: recognises('all.yaml', `apiVersion: argoproj.io/v1alpha1\nkind: Workflow\n${'# steps\n'.repeat(600)}---\n${APP}`),
      clusters: recognises(
        'work/config.yaml',
        `apiVersion: v1\nclusters:\n${'- name: a\n'.repeat(500)}kind: Config\nusers: []\n`,
      ),
      rollout: recognises('rollout.yaml', 'apiVersion: argoproj.io/v1alpha1\nkind: Rollout\n'),
      associations: recognises('pod-identity.json', '{"association": {"serviceAccount": "a"}}'),
    };
    const others = {
      compose: recognises('docker-compose.yml', 'services: {}\n'),
      chart: recognises('Chart.yaml', 'apiVersion: v2\nname: a\n'),
      tekton: recognises('task.yaml', 'apiVersion: tekton.dev/v1\nkind: Task\n'),
      argo: recognises('app.yaml', 'apiVersion: argoproj.io/v1alpha1\nkind: Application\n'),
      workflow: recognises('.github/workflows/a.yml', 'on: push\njobs: {}\n'),
      json: recognises('package.json', '{"name": "a", "version": "1"}'),
      embedded: recognises('ci.yaml', `${'# long\n'.repeat(800)}script: |\n  apiVersion: v1\n  kind: Pod\n`),
      code: recognises('src/config.ts', 'apiVersion: v1\nkind: Secret\n'),
    };

    assert.deepEqual(
      Object.entries(told).filter(([, is]) => !is),
      [],
    );
    assert.deepEqual(
      Object.entries(others).filter(([, is]) => is),
      [],
    );
  });

  it('makes an identity of an account, with its owner, environment and place', async () => {
    const [account] = kinds(await readText(APP), 'identity');

    assert.equal(account?.id, 'k8s:-:shop-prod/checkout');
    assert.equal(account?.owner, 'team-shop');
    assert.equal(account?.ownerBasis, 'annotation:owner');
    assert.equal(account?.environment, 'prod');
    assert.deepEqual([account?.at?.path, account?.at?.line, account?.at?.column], ['k8s/app.yaml', 2, 1]);
  });

  it('leads from an account to its role of the cloud, by the line of the annotation', async () => {
    const [trust] = kinds(await readText(APP), 'trust');

    assert.equal(trust?.identity, 'aws:123456789012:role/checkout');
    assert.equal(trust?.principal, 'k8s:-:shop-prod/checkout');
    assert.equal(trust?.principalType, 'identity');
    assert.equal(trust?.detail?.basis, 'eks.amazonaws.com/role-arn');
    assert.equal(trust?.at?.line, 9);
  });

  it('knows the accounts of Google and Azure, and no text that is neither', async () => {
    const account = (annotation: string) =>
      `apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: a\n  annotations:\n    ${annotation}\n`;

    const trusts = await Promise.all(
      [
        'iam.gke.io/gcp-service-account: etl@hc-prod.iam.gserviceaccount.com',
        'azure.workload.identity/client-id: 0A1B2C3D-0000-4000-8000-000000000000',
        'iam.gke.io/gcp-service-account: "{{ .Values.account }}"',
        'eks.amazonaws.com/role-arn: ""',
      ].map(async (annotation) => kinds(await readText(account(annotation)), 'trust').map(({ identity }) => identity)),
    );

    assert.deepEqual(trusts, [
      ['gcp:hc-prod:serviceAccount/etl@hc-prod.iam.gserviceaccount.com'],
      ['entra:-:app/0a1b2c3d-0000-4000-8000-000000000000'],
      [],
      [],
    ]);
  });

  it('tells what a workload uses: its account, and each secret by its way in', async () => {
    const consumers = kinds(await readText(APP), 'consumer');

    assert.deepEqual(
      new Set(consumers.map(({ consumer }) => consumer)),
      new Set(['harbour/shop:k8s/app.yaml#Deployment/shop-prod/checkout']),
    );
    assert.deepEqual(
      consumers.map(({ identity, secretName, detail, at }) => [
        identity ?? secretName,
        detail?.position ?? detail?.automount,
        at?.line,
      ]),
      [
        ['k8s:-:shop-prod/checkout', false, 19],
        ['db', 'env', 25],
        ['settings', 'env-from', 31],
        ['keys', 'volume', 34],
        ['registry', 'pull', 38],
      ],
    );
  });

  it('finds the pods in every kind of controller', async () => {
    const pod = '    spec:\n      serviceAccountName: sync\n      containers: [{name: a, image: b}]\n';
    const texts = {
      Pod: `apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec:\n  serviceAccountName: sync\n  containers: [{name: a, image: b}]\n`,
      DaemonSet: `apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: x}\nspec:\n  template:\n${pod}`,
      Job: `apiVersion: batch/v1\nkind: Job\nmetadata: {name: x}\nspec:\n  template:\n${pod}`,
      CronJob: `apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: x}\nspec:\n  jobTemplate:\n    spec:\n      template:\n${pod.replaceAll(/^/gm, '    ')}`,
      Service: `apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: {name: x}\nspec:\n  template:\n${pod}`,
      Rollout: `apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {name: x}\nspec:\n  template:\n${pod}`,
    };

    for (const [kind, text] of Object.entries(texts)) {
      const [used] = kinds(await readText(text), 'consumer');
      assert.equal(used?.identity, 'k8s:-:default/sync', kind);
    }
  });

  it('tells pods of a running cluster under the name of what made them, once', async () => {
    const pod = (name: string) => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name,
        namespace: 'shop',
        labels: { 'pod-template-hash': 'abc12' },
        ownerReferences: [{ kind: 'ReplicaSet', name: 'web-abc12' }],
      },
      spec: {
        serviceAccountName: 'web',
        containers: [{ name: 'a', image: 'b' }],
        volumes: [{ name: 'kube-api-access-x', projected: { sources: [] } }],
      },
    });
    const list = { apiVersion: 'v1', items: [pod('web-abc12-1'), pod('web-abc12-2')], kind: 'List' };

    const consumers = kinds(await readText(JSON.stringify(list, null, 2), 'pods.json'), 'consumer');

    assert.deepEqual(
      consumers.map(({ consumer }) => consumer),
      ['harbour/shop:pods.json#Deployment/shop/web'],
    );
    assert.equal(consumers[0]?.detail?.mounted, true);
  });

  it("binds a cluster role within the namespace of a RoleBinding, and fills in the subject's namespace", async () => {
    const text = `apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: view
  namespace: shop
roleRef: {kind: ClusterRole, name: view}
subjects:
  - kind: ServiceAccount
    name: web
  - kind: Group
    name: team-shop
  - kind: User
    name: system:serviceaccount:ci:runner
`;

    const trusts = kinds(await readText(text), 'trust');

    assert.deepEqual(
      trusts.map(({ principal, identity, at }) => [principal, identity, at?.line]),
      [
        ['k8s:-:shop/web', 'k8s:-:rbac-cluster-role/view@shop', 8],
        ['k8s:-:rbac-group/team-shop', 'k8s:-:rbac-cluster-role/view@shop', 10],
        ['k8s:-:ci/runner', 'k8s:-:rbac-cluster-role/view@shop', 12],
      ],
    );
  });

  it('takes objects without a namespace for those of the namespace that the file names', async () => {
    const account = 'apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: web\n';
    const namespace = 'apiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop\n---\n';
    const binding = `---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata:\n  name: b\nroleRef:\n  kind: ClusterRole\n  name: view\nsubjects:\n  - kind: ServiceAccount\n    name: web\n    namespace: blog\n`;

    const ids = await Promise.all(
      [account, namespace + account, account + binding].map(async (text) => kinds(await readText(text), 'identity')[0]?.id),
    );

    assert.deepEqual(ids, ['k8s:-:default/web', 'k8s:-:shop/web', 'k8s:-:blog/web']);
  });

  it('finds the name of a namespace, and no label of it, in time', async () => {
    const account = '---\napiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: web\n';
    const texts = [
      'kind: Namespace\nmetadata:\n  labels:\n    name: other\n  name: shop\napiVersion: v1\n',
      'apiVersion: v1\nmetadata:\n  name: "shop"\nkind: "Namespace"\n',
      'apiVersion: v1\nkind: Namespace\nmetadata: {labels: {team: a}, name: shop}\n',
      `apiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop\n  labels:\n${'        team: a\n'.repeat(1000)}`,
    ];
    const templated = `apiVersion: v1\nkind: Namespace\nmetadata:\n  labels:\n${'    team: a\n'.repeat(1000)}  name: "{{ .Values.namespace }}"\n`;

    const started = cpuTime();
    const ids = await Promise.all(
      [...texts, templated].map(async (text) => kinds(await readText(text + account), 'identity')[0]?.id),
    );

    assert.deepEqual(ids, [...texts.map(() => 'k8s:-:shop/web'), 'k8s:-:default/web']);
    assert.ok(cpuTime() - started < 2000);
  });

  it('blanks the expressions of a template in the time that its text takes', () => {
    const started = cpuTime();
    const texts = ['{{'.repeat(100_000), '{%'.repeat(100_000), '{{a}}'.repeat(50_000), `{{/* a */}}\nkey: {{ .Values.a }}\n`];

    const blanked = texts.map((text) => blankTemplate(text, 'shop').text);

    assert.deepEqual(
      blanked.map((text) => text.length),
      texts.map((text) => text.length),
    );
    assert.equal(blanked[0], texts[0]);
    assert.match(blanked[3] ?? '', /^ {11}\nkey: ([\uE000-\uF8FF])\1{14}\n$/);
    assert.ok(cpuTime() - started < 3000);
  });

  it('reads lists of YAML, also with dashes in the first column', async () => {
    const item = (indent: string, name: string) =>
      `${indent}- apiVersion: v1\n${indent}  kind: ServiceAccount\n${indent}  metadata:\n${indent}    name: ${name}\n${indent}    namespace: shop\n`;
    for (const indent of ['', '  ']) {
      const text = `apiVersion: v1\nitems:\n${item(indent, 'a')}${item(indent, 'b')}kind: List\nmetadata:\n  resourceVersion: ""\n`;

      const accounts = kinds(await readText(text), 'identity');

      assert.deepEqual(
        accounts.map(({ name, at }) => [name, at?.line]),
        [
          ['a', 3],
          ['b', 8],
        ],
      );
    }
  });

  it('reads items whose dash stands on a line of its own, and lists written in some other way', async () => {
    const item = (name: string) => `apiVersion: v1\n    kind: ServiceAccount\n    metadata: {name: ${name}, namespace: shop}\n`;
    const texts = [
      `apiVersion: v1\nkind: List\nitems:\n  -\n    ${item('a')}  -\n\n    # the second\n    ${item('b')}`,
      `apiVersion: v1\nkind: List\nitems:\n  [{apiVersion: v1, kind: ServiceAccount, metadata: {name: a, namespace: shop}},\n  {apiVersion: v1, kind: ServiceAccount, metadata: {name: b, namespace: shop}}]\n`,
    ];

    const ids = await Promise.all(texts.map(async (text) => kinds(await readText(text), 'identity').map(({ id }) => id)));

    assert.deepEqual(ids, [
      ['k8s:-:shop/a', 'k8s:-:shop/b'],
      ['k8s:-:shop/a', 'k8s:-:shop/b'],
    ]);
  });

  it('says that documents of others beside its own are not read', async () => {
    const [coverage] = kinds(await readText(`apiVersion: argoproj.io/v1alpha1\nkind: Workflow\n---\n${APP}`), 'coverage');

    assert.equal(coverage?.outcome, 'partial');
    assert.match(coverage?.why ?? '', /Argo/);
  });

  it('reads what it can of a list that breaks off, and says that it does', async () => {
    const item = JSON.stringify({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'a', namespace: 'shop' } });

    const observations = await readText(`{"apiVersion":"v1","items":[${item},{"apiVersion":"v1","ki`, 'dump.json');

    assert.equal(kinds(observations, 'identity').length, 1);
    const [coverage] = kinds(observations, 'coverage');
    assert.equal(coverage?.outcome, 'partial');
    assert.match(coverage?.why ?? '', /ends before/);
  });

  it('loses one broken document and no other, and names its line in the file', async () => {
    const observations = await readText(
      `${APP}---\napiVersion: v1\nkind: Secret\nmetadata:\n  name: [\n---\napiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: last\n`,
    );

    const [coverage] = kinds(observations, 'coverage');
    assert.equal(coverage?.outcome, 'partial');
    assert.match(coverage?.why ?? '', /at line 4[234]/);
    assert.ok(kinds(observations, 'identity').some(({ name }) => name === 'last'));
    assert.equal(coverage?.failed, 1);
  });

  it('reads templates of a chart as far as they can be known, under names that join', async () => {
    const text = `{{- if .Values.rbac.create -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ include "shop.fullname" . }}
  labels:
    {{- include "shop.labels" . | nindent 4 }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: {{ include "shop.fullname" . }}-reader
roleRef:
  kind: ClusterRole
  name: {{ include "shop.fullname" . }}-reader
subjects:
  - kind: ServiceAccount
    name: {{ include "shop.fullname" . | quote }}
    namespace: {{ .Release.Namespace }}
{{- end }}
`;

    const observations = await readText(text, 'charts/shop/templates/rbac.yaml');

    const account = kinds(observations, 'identity').find(({ detail }) => detail?.declared === true);
    const [trust] = kinds(observations, 'trust');
    assert.equal(account?.id, 'k8s:-:{{release of harbour/shop/charts/shop}}/{{include "shop.fullname" .}}');
    assert.equal(trust?.principal, account?.id);
    assert.equal(trust?.identity, 'k8s:-:rbac-cluster-role/{{include "shop.fullname" .}}-reader of harbour/shop/charts/shop');
    assert.equal(trust?.detail?.templated, true);
    assert.equal(trust?.at?.line, 17);
    const [coverage] = kinds(observations, 'coverage');
    assert.equal(coverage?.outcome, 'partial');
    assert.match(coverage?.why ?? '', /helm template/);
  });

  it('takes the files of a chart for one release, wherever the chart lies, and no other chart for it', async () => {
    const account = 'apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: {{ .Release.Name }}\n';
    const role =
      'apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata:\n  name: {{ .Release.Name }}-all\nrules:\n  - {apiGroups: ["*"], resources: ["*"], verbs: ["*"]}\n';
    const idsIn = async (path: string, text: string) =>
      (await readText(text, path)).flatMap((one) =>
        one.kind === 'identity' ? [one.id] : one.kind === 'grant' ? [one.identity] : [],
      );

    const atTop = [await idsIn('templates/a.yaml', account), await idsIn('templates/rbac/b.yaml', role)];
    const below = await idsIn('charts/web/templates/b.yaml', role);

    assert.deepEqual(atTop, [
      ['k8s:-:{{release of harbour/shop}}/{{.Release.Name}}'],
      ['k8s:-:rbac-cluster-role/{{.Release.Name}}-all of harbour/shop'],
    ]);
    assert.deepEqual(below, ['k8s:-:rbac-cluster-role/{{.Release.Name}}-all of harbour/shop/charts/web']);
  });

  it('takes braces in the text of a ConfigMap for what they are', async () => {
    const observations = await readText(
      'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: alerts\ndata:\n  a.tmpl: |\n    {{ define "x" }}\n    {{ .Labels }}\n',
    );

    assert.equal(kinds(observations, 'coverage')[0]?.outcome, 'complete');
  });

  it('says what a kustomization changes and is not applied', async () => {
    const [coverage] = kinds(
      await readText('resources: [a.yaml]\npatches:\n  - path: b.yaml\nnamespace: shop\n', 'k8s/kustomization.yaml'),
      'coverage',
    );

    assert.equal(coverage?.outcome, 'partial');
    assert.match(coverage?.why ?? '', /^patches, namespace change/);
  });

  it('keeps of a Secret its keys and fingerprints, in whatever form it stands', async () => {
    const value = ['hunter', '-of-', 'harbours', '77'].join('');
    const data = Buffer.from(value).toString('base64');
    const texts = [
      `apiVersion: v1\nitems:\n- apiVersion: v1\n  kind: Secret\n  metadata:\n    name: db\n    namespace: shop\n  data:\n    password: ${data}\nkind: List\n`,
      `apiVersion: v1\nitems:\n- apiVersion: v1\n  kind: Secret\n  metadata:\n    name: db\n    namespace: shop\n  stringData:\n    password: ${value}\nkind: List\n`,
      JSON.stringify({
        apiVersion: 'v1',
        items: [{ apiVersion: 'v1', data: { password: data }, kind: 'Secret', metadata: { name: 'db', namespace: 'shop' } }],
        kind: 'List',
      }),
    ];

    const read = await Promise.all(texts.map((text, index) => readText(text, index === 2 ? 'a.json' : 'a.yaml')));

    const fingerprints = read.map((observations) => kinds(observations, 'credential')[0]?.fingerprint);
    assert.equal(new Set(fingerprints).size, 1);
    assert.match(fingerprints[0] ?? '', /^[0-9a-f]{64}$/);
    for (const observations of read)
      assert.ok(!JSON.stringify(observations).includes(value) && !JSON.stringify(observations).includes(data));
  });

  it('reads the end of a certificate in a TLS Secret', async () => {
    const { certificate } = testCertificate({ commonName: 'web.shop.svc' });
    const text = JSON.stringify({
      apiVersion: 'v1',
      kind: 'Secret',
      type: 'kubernetes.io/tls',
      metadata: { name: 'tls', namespace: 'shop' },
      data: { 'tls.crt': Buffer.from(certificate).toString('base64') },
    });

    const [credential] = kinds(await readText(text, 'tls.json'), 'credential');

    assert.equal(credential?.type, 'certificate');
    assert.equal(credential?.expiresAt, '2049-12-31T23:59:59.000Z');
    assert.equal(credential?.detail?.subject, 'CN=web.shop.svc');
  });

  it('knows whose certificate a kubeconfig holds, and its groups', async () => {
    const { certificate } = testCertificate({ commonName: 'kubernetes-admin', organisations: ['system:masters'] });
    const text = `apiVersion: v1\nkind: Config\nclusters:\n- name: prod-eu\n  cluster: {server: "https://k8s"}\ncontexts:\n- name: a\n  context: {cluster: prod-eu, user: admin}\nusers:\n- name: admin\n  user:\n    client-certificate-data: ${Buffer.from(certificate).toString('base64')}\n`;

    const observations = await readText(text, 'kubeconfig.yaml');

    const [trust] = kinds(observations, 'trust');
    assert.deepEqual(
      [trust?.principal, trust?.identity],
      ['k8s:prod-eu:rbac-user/kubernetes-admin', 'k8s:prod-eu:rbac-group/system:masters'],
    );
    assert.equal(kinds(observations, 'credential')[0]?.identity, 'k8s:prod-eu:rbac-user/kubernetes-admin');
    assert.equal(kinds(observations, 'consumer')[0]?.at?.line, 12);
  });

  it('reads which role an association of EKS gives an account', async () => {
    const text = JSON.stringify({
      association: {
        clusterName: 'prod',
        namespace: 'shop',
        serviceAccount: 'web',
        roleArn: 'arn:aws:iam::123456789012:role/web',
      },
    });

    const [trust] = kinds(await readText(text, 'association.json'), 'trust');

    assert.deepEqual([trust?.principal, trust?.identity], ['k8s:prod:shop/web', 'aws:123456789012:role/web']);
  });

  it('covers a token that somebody put into a name', async () => {
    const token = fakeToken('harbour1');

    const observations = await readText(
      `apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: a-${token}\n  namespace: shop\n`,
    );

    assert.equal(kinds(observations, 'identity').length, 1);
    assert.ok(!JSON.stringify(observations).includes(token));
  });

  it('bounds what an anchor bomb costs', async () => {
    const bomb = `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\na0: &a0 [x,x,x,x,x,x,x,x,x,x]\n${Array.from({ length: 9 }, (_, i) => `a${i + 1}: &a${i + 1} [${Array.from({ length: 10 }, () => `*a${i}`).join(',')}]`).join('\n')}\n`;

    const [coverage] = kinds(await readText(bomb), 'coverage');

    assert.equal(coverage?.outcome, 'partial');
  });

  it('never throws, whatever is done to a file, and names only lines that it has', async () => {
    const list = JSON.stringify(
      {
        apiVersion: 'v1',
        items: [
          {
            apiVersion: 'v1',
            kind: 'Pod',
            metadata: { name: 'a', namespace: 'b' },
            spec: { containers: [{ env: [{ name: 'A', value: 'b' }] }] },
          },
        ],
        kind: 'List',
      },
      null,
      1,
    );
    const insertions = fc.constantFrom(
      '\n',
      '\t',
      '---\n',
      '{{',
      '}}',
      '"',
      "'",
      '- ',
      ': ',
      '&a ',
      '*a',
      '\uFEFF',
      '\0',
      '|\n',
      '[',
      '{',
      '#',
      '\r\n',
      'items:\n',
      'kind: List\n',
      '\uE000',
    );
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(APP, list),
        fc.array(fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), remove: fc.nat(12), insert: insertions }), {
          minLength: 1,
          maxLength: 6,
        }),
        fc.constantFrom(
          'a.yaml',
          'a.json',
          'charts/x/templates/a.yaml',
          'values.yaml',
          'kustomization.yaml',
          'kubeconfig.yaml',
          'pod-identity.json',
        ),
        async (start, edits, path) => {
          let text = start;
          for (const { at, remove, insert } of edits) {
            const from = Math.floor(at * text.length);
            text = text.slice(0, from) + insert + text.slice(from + remove);
          }
          const lines = text.split('\n').length;

          const observations = await readText(text, path);

          assert.equal(kinds(observations, 'coverage').length, 1);
          for (const observation of observations) assertPlaced(observation, lines);
        },
      ),
      { numRuns: 300 },
    );
  }).timeout(20_000);

  it('stops when the run is stopped', async () => {
    const controller = new AbortController();
    const context = testContext({ signal: controller.signal });
    const file = {
      ...sourceFile('a.yaml', Buffer.from(APP), { path: 'a.yaml' }),
      text: () => {
        controller.abort();
        throw new Error('gone');
      },
    };

    await assert.rejects(collect(kubernetesFiles.scan(file, context)));
  });
});

function assertPlaced({ at }: Observation, lines: number): void {
  if (at?.line !== undefined) assert.ok(at.line >= 1 && at.line <= lines, `line ${at.line} of ${lines}`);
}
