import { ciJob, ciStep, uniqueNames } from '../../src/ci/build.ts';
import { deployCommands } from '../../src/ci/deploy.ts';
import { containerEnv, containerScripts, volumeSecrets } from '../../src/ci/kube-steps.ts';
import type { CiFact, CiJob, CiReference, CiStep, CiVariable, Pipeline } from '../../src/ci/model.ts';
import { type PipelineText, scanPipeline } from '../../src/ci/scan.ts';
import { k8sServiceAccountId, type Observation, type ScanContext, type SourceFile } from '../../src/contracts/index.ts';
import { entriesOf, get, itemsOf, type Mapping, type Tree, textOf } from '../../src/formats/tree.ts';
import { projectFacts, rbacFacts } from './cd.ts';

/** What objects of Argo hold. */
export async function* scanArgo(file: SourceFile, context: ScanContext): AsyncGenerator<Observation> {
  yield* scanPipeline(file, context, { read, blank: blankTemplates });
}

/** `{{inputs.parameters.x}}` is put in while the workflow runs. */
function blankTemplates(text: string): string {
  return text.replace(/\{\{[^\n{}]{0,300}\}\}/g, (expression) => ' '.repeat(expression.length));
}

function read({ documents }: PipelineText): Pipeline | string {
  const unique = uniqueNames();
  const jobs: CiJob[] = [];
  const facts: CiFact[] = [];
  for (const tree of documents) {
    const items = tree.type === 'mapping' && /List$/.test(textOf(get(tree, 'kind')) ?? '') ? itemsOf(get(tree, 'items')) : [tree];
    for (const item of items) {
      if (item.type !== 'mapping') continue;
      const kind = textOf(get(item, 'kind')) ?? '';
      const metadata = get(item, 'metadata');
      const name = textOf(get(metadata, 'name')) ?? textOf(get(metadata, 'generateName')) ?? kind;
      const namespace = textOf(get(metadata, 'namespace')) || '-';
      if (/^(?:Workflow|WorkflowTemplate|ClusterWorkflowTemplate|CronWorkflow|WorkflowEventBinding)$/.test(kind))
        jobs.push(readWorkflow(item, kind, name, namespace, unique));
      else if (kind === 'Sensor' || kind === 'EventSource') jobs.push(readEvents(item, kind, name, namespace, unique));
      else if (kind === 'AppProject')
        jobs.push(
          ciJob({
            id: unique(`${kind}/${name}`),
            part: item,
            names: [name, namespace],
            facts: projectFacts(item, name),
            detail: { kind, namespace },
          }),
        );
      else if (kind === 'ConfigMap') facts.push(...rbacFacts(item));
      else
        jobs.push(
          ciJob({
            id: unique(`${kind}/${name}`),
            part: item,
            names: [name, namespace],
            variables: applicationValues(item),
            detail: { kind, namespace },
          }),
        );
    }
  }
  if (documents.length === 0) return 'it holds nothing: not of Argo';
  return { platform: 'argo', provider: undefined, jobs, facts, values: [], problems: [], unread: 0, namesOnly: true };
}

function readWorkflow(tree: Mapping, kind: string, name: string, namespace: string, unique: (name: string) => string): CiJob {
  const outer = get(tree, 'spec');
  const spec = kind === 'CronWorkflow' ? get(outer, 'workflowSpec') : outer;
  const steps: CiStep[] = [];
  const references: CiReference[] = volumeSecrets(get(spec, 'volumes'));
  const variables: CiVariable[] = argumentsOf(get(spec, 'arguments'));
  const facts: CiFact[] = [];
  for (const template of itemsOf(get(spec, 'templates'))) {
    references.push(...volumeSecrets(get(template, 'volumes')));
    variables.push(...argumentsOf(get(template, 'inputs')));
    const sets = itemsOf(get(get(template, 'containerSet'), 'containers'));
    for (const container of [
      get(template, 'container'),
      get(template, 'script'),
      ...sets,
      ...itemsOf(get(template, 'sidecars')),
      ...itemsOf(get(template, 'initContainers')),
    ]) {
      if (container === undefined) continue;
      const env = containerEnv(container);
      const step = ciStep(steps.length, textOf(get(template, 'name')) ?? 'template', {
        at: container,
        scripts: containerScripts(container),
        variables: [...env.variables],
      });
      steps.push(step);
      references.push(...env.references.map((one) => ({ ...one, steps: [step] })));
    }
    for (const source of [get(template, 'inputs'), get(template, 'outputs')])
      for (const artifact of itemsOf(get(source, 'artifacts'))) references.push(...artifactKeys(artifact));
  }
  for (const repository of [get(spec, 'artifactRepository'), ...itemsOf(get(get(spec, 'arguments'), 'artifacts'))])
    references.push(...artifactKeys(repository));
  for (const item of itemsOf(get(spec, 'imagePullSecrets'))) {
    const of = textOf(get(item, 'name'));
    if (of !== undefined && of !== '')
      references.push({ name: of, place: item, position: 'container', detail: { kubernetesSecret: true, pullSecret: true } });
  }
  // A template says nothing of who runs it: the workflow that calls it does.
  const account = get(spec, 'serviceAccountName');
  if (kind === 'Workflow' || kind === 'CronWorkflow' || account !== undefined)
    facts.push(...accountFacts(spec ?? tree, account, namespace, kind));
  const text = steps.flatMap((step) => step.scripts.map(({ value }) => value)).join('\n');
  return ciJob({
    id: unique(`${kind}/${name}`),
    part: tree,
    names: [name, namespace],
    triggers: kind === 'CronWorkflow' ? ['schedule'] : [],
    steps,
    variables,
    references,
    facts,
    detail: { kind, namespace, deploys: deployCommands(text).slice(0, 10) },
  });
}

function accountFacts(spec: Tree, account: Tree | undefined, namespace: string, kind: string): CiFact[] {
  const name = textOf(account);
  if (name?.includes('{{')) return [];
  const isSet = name !== undefined && name !== '';
  const executor = textOf(get(get(spec, 'executor'), 'serviceAccountName'));
  const mounted = textOf(get(spec, 'automountServiceAccountToken'));
  return [
    {
      fact: 'runs-as-service-account',
      place: account ?? spec,
      identity: k8sServiceAccountId(undefined, namespace, isSet ? name : 'default'),
      how: 'token',
      detail: {
        account: isSet ? name : 'default',
        accountSet: isSet && name !== 'default',
        kind,
        namespace,
        ...(executor === undefined ? {} : { executor }),
        ...(mounted === undefined ? {} : { automount: mounted === 'true' }),
      },
    },
  ];
}

/** Keys of an artifact store, by name of their secret; `useSDKCreds` takes the pod's own identity. */
function artifactKeys(artifact: Tree | undefined): CiReference[] {
  const found: CiReference[] = [];
  for (const [store, cloud, keys] of [
    ['s3', 'aws', ['accessKeySecret', 'secretKeySecret']],
    ['gcs', 'gcp', ['serviceAccountKeySecret']],
    ['azure', 'azure', ['accountKeySecret']],
    ['oss', undefined, ['accessKeySecret', 'secretKeySecret']],
    ['git', undefined, ['passwordSecret', 'sshPrivateKeySecret']],
    ['http', undefined, ['passwordSecret']],
  ] as const) {
    const tree = get(artifact, store);
    if (tree === undefined) continue;
    for (const key of keys) {
      const secret = get(tree, key);
      const name = textOf(get(secret, 'name'));
      if (secret === undefined || name === undefined || name === '') continue;
      const endpoint = textOf(get(tree, 'endpoint')) ?? '';
      // Stores that speak S3 elsewhere have no identities to take.
      const isCloud = cloud !== undefined && (store !== 's3' || endpoint === '' || /amazonaws\.com/.test(endpoint));
      found.push({
        name,
        place: secret,
        position: 'with',
        inputs: [`${store}.${key}`],
        ...(isCloud ? { how: 'static-key', cloud } : {}),
        detail: { kubernetesSecret: true, store },
      });
    }
  }
  return found;
}

function argumentsOf(tree: Tree | undefined): CiVariable[] {
  return itemsOf(get(tree, 'parameters')).flatMap((item): CiVariable[] => {
    const name = textOf(get(item, 'name'));
    const value = get(item, 'value') ?? get(item, 'default');
    return name !== undefined && value?.type === 'scalar' ? [{ name, value, position: 'with' }] : [];
  });
}

/** Values that an Application hands to a chart. */
function applicationValues(tree: Mapping): CiVariable[] {
  const spec = get(tree, 'spec');
  const sources = [get(spec, 'source'), ...itemsOf(get(spec, 'sources')), get(get(get(spec, 'template'), 'spec'), 'source')];
  return sources
    .flatMap((source) => argumentsOf(get(source, 'helm')))
    .concat(
      sources.flatMap((source) =>
        itemsOf(get(get(source, 'plugin'), 'env')).flatMap((item): CiVariable[] => {
          const name = textOf(get(item, 'name'));
          const value = get(item, 'value');
          return name !== undefined && value?.type === 'scalar' ? [{ name, value, position: 'with' }] : [];
        }),
      ),
    );
}

/** Events start workflows: with the account of the sensor. */
function readEvents(tree: Mapping, kind: string, name: string, namespace: string, unique: (name: string) => string): CiJob {
  const spec = get(tree, 'spec');
  const account = get(get(spec, 'template'), 'serviceAccountName');
  const references: CiReference[] = [];
  const visit = (node: Tree | undefined, depth: number): void => {
    if (node === undefined || depth > 12) return;
    if (node.type === 'list') for (const item of node.items) visit(item, depth + 1);
    for (const { key, value } of entriesOf(node)) {
      const of = textOf(get(value, 'name'));
      const secretKey = textOf(get(value, 'key'));
      if (
        /(?:secret|token|password|accessKey|secretKey|apiToken|webhookSecret)$/i.test(key) &&
        of !== undefined &&
        secretKey !== undefined &&
        references.length < 200
      ) {
        references.push({ name: of, place: value, position: 'with', inputs: [key], detail: { kubernetesSecret: true } });
      } else visit(value, depth + 1);
    }
  };
  visit(spec, 0);
  return ciJob({
    id: unique(`${kind}/${name}`),
    part: tree,
    names: [name, namespace],
    references,
    triggers: ['webhook'],
    facts: kind === 'Sensor' && spec !== undefined ? accountFacts(spec, account, namespace, kind) : [],
    detail: { kind, namespace },
  });
}
