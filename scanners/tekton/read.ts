import { ciJob, ciStep, isDigest, uniqueNames } from '../../src/ci/build.ts';
import { deployCommands } from '../../src/ci/deploy.ts';
import { containerEnv, containerScripts, isName, volumeSecrets } from '../../src/ci/kube-steps.ts';
import type { CiComponent, CiFact, CiJob, CiReference, CiStep, CiVariable, Pipeline } from '../../src/ci/model.ts';
import { type PipelineText, scanPipeline } from '../../src/ci/scan.ts';
import { k8sServiceAccountId, type Observation, type ScanContext, type SourceFile } from '../../src/contracts/index.ts';
import { get, itemsOf, type Mapping, type Tree, textOf } from '../../src/formats/tree.ts';

/** What Tekton objects hold: tasks with their steps, runs with the account they run as. */
export async function* scanTekton(file: SourceFile, context: ScanContext): AsyncGenerator<Observation> {
  yield* scanPipeline(file, context, { read });
}

function read({ documents }: PipelineText): Pipeline | string {
  const unique = uniqueNames();
  const jobs: CiJob[] = [];
  for (const tree of documents) {
    const items = tree.type === 'mapping' && /List$/.test(textOf(get(tree, 'kind')) ?? '') ? itemsOf(get(tree, 'items')) : [tree];
    for (const item of items) {
      if (item.type !== 'mapping' || !/(?:^|\.)tekton\.dev\//.test(textOf(get(item, 'apiVersion')) ?? '')) continue;
      jobs.push(...readObject(item, unique));
    }
  }
  if (jobs.length === 0 && documents.length === 0) return 'it holds nothing: not of Tekton';
  return { platform: 'tekton', provider: undefined, jobs, facts: [], values: [], problems: [], unread: 0, namesOnly: true };
}

/** The name of what a run or task is, in its namespace; `-` where nobody says. */
function readObject(tree: Mapping, unique: (name: string) => string): CiJob[] {
  const kind = textOf(get(tree, 'kind')) ?? '';
  const metadata = get(tree, 'metadata');
  const name = textOf(get(metadata, 'name')) ?? textOf(get(metadata, 'generateName')) ?? kind;
  const namespace = textOf(get(metadata, 'namespace')) || '-';
  const spec = get(tree, 'spec');
  const part: CiJob['part'] = tree;
  const id = (suffix = '') => unique(`${kind}/${name}${suffix}`);
  const base = { part, names: [namespace], detail: { kind, namespace } };
  if (kind === 'Task' || kind === 'ClusterTask' || kind === 'StepAction')
    return [ciJob({ ...base, id: id(), ...taskOf(kind === 'StepAction' ? singleStep(spec) : spec) })];
  if (kind === 'Pipeline') return [ciJob({ ...base, id: id(), ...pipelineOf(spec) })];
  if (kind === 'TaskRun' || kind === 'PipelineRun') return [runOf(kind, spec, namespace, ciJob({ ...base, id: id() }))];
  if (kind === 'TriggerTemplate') {
    // Runs as a trigger makes them.
    return itemsOf(get(spec, 'resourcetemplates')).flatMap((item) => {
      const inner = textOf(get(item, 'kind'));
      return item.type === 'mapping' && (inner === 'TaskRun' || inner === 'PipelineRun')
        ? [
            runOf(
              inner,
              get(item, 'spec'),
              textOf(get(get(item, 'metadata'), 'namespace')) || namespace,
              ciJob({ ...base, part: item, id: id('/run'), triggers: ['webhook'] }),
            ),
          ]
        : [];
    });
  }
  if (kind === 'EventListener') {
    const account = get(spec, 'serviceAccountName');
    return [ciJob({ ...base, id: id(), facts: accountFacts(account, spec ?? tree, namespace, kind), triggers: ['webhook'] })];
  }
  return [];
}

function singleStep(spec: Tree | undefined): Tree | undefined {
  if (spec?.type !== 'mapping') return undefined;
  const { start, end, pointer } = spec;
  return { ...spec, entries: [...spec.entries, { key: 'steps', value: { type: 'list', items: [spec], start, end, pointer } }] };
}

function taskOf(spec: Tree | undefined): Pick<CiJob, 'steps' | 'variables' | 'references' | 'facts' | 'detail'> {
  const steps: CiStep[] = [];
  const references: CiReference[] = volumeSecrets(get(spec, 'volumes'));
  const template = containerEnv(get(spec, 'stepTemplate'));
  const variables: CiVariable[] = [...template.variables, ...parametersOf(spec)];
  references.push(...template.references);
  for (const item of [...itemsOf(get(spec, 'steps')), ...itemsOf(get(spec, 'sidecars'))]) {
    const image = textOf(get(item, 'image')) ?? '';
    const env = containerEnv(item);
    const uses = stepUses(item, image);
    const step = ciStep(steps.length, textOf(get(item, 'name')) ?? (image || 'step'), {
      at: item,
      scripts: containerScripts(item),
      variables: [...env.variables],
      ...(uses === undefined ? {} : { uses }),
    });
    steps.push(step);
    references.push(...env.references.map((one) => ({ ...one, steps: [step] })));
  }
  const text = steps.flatMap((step) => step.scripts.map(({ value }) => value)).join('\n');
  return { steps, variables, references, facts: [], detail: { deploys: deployCommands(text).slice(0, 10) } };
}

function pipelineOf(spec: Tree | undefined): Pick<CiJob, 'steps' | 'variables' | 'references' | 'components'> {
  const steps: CiStep[] = [];
  const references: CiReference[] = [];
  const variables: CiVariable[] = parametersOf(spec);
  const components: CiComponent[] = [];
  for (const item of [...itemsOf(get(spec, 'tasks')), ...itemsOf(get(spec, 'finally'))]) {
    const inner = get(item, 'taskSpec');
    if (inner !== undefined) {
      const task = taskOf(inner);
      steps.push(...task.steps.map((step) => ({ ...step, index: steps.length + step.index })));
      references.push(...task.references);
      variables.push(...task.variables);
    }
    const component = resolved(get(item, 'taskRef'));
    if (component !== undefined) components.push(component);
    for (const one of itemsOf(get(item, 'params'))) {
      const name = textOf(get(one, 'name'));
      const value = get(one, 'value');
      if (name !== undefined && value?.type === 'scalar') variables.push({ name, value, position: 'with' });
    }
  }
  return { steps, variables, references, components };
}

function runOf(kind: string, spec: Tree | undefined, namespace: string, job: CiJob): CiJob {
  const inner = kind === 'TaskRun' ? taskOf(get(spec, 'taskSpec')) : pipelineOf(get(spec, 'pipelineSpec'));
  const account = get(spec, 'serviceAccountName') ?? get(get(spec, 'taskRunTemplate'), 'serviceAccountName');
  const component = resolved(get(spec, kind === 'TaskRun' ? 'taskRef' : 'pipelineRef'));
  const parameters = itemsOf(get(spec, 'params')).flatMap((one): CiVariable[] => {
    const name = textOf(get(one, 'name'));
    const value = get(one, 'value');
    return name !== undefined && value?.type === 'scalar' ? [{ name, value, position: 'with' }] : [];
  });
  const workspaces: CiReference[] = itemsOf(get(spec, 'workspaces')).flatMap((one): CiReference[] => {
    const secret = get(one, 'secret');
    const name = textOf(get(secret, 'secretName'));
    return secret === undefined || !isName(name)
      ? []
      : [{ name, place: secret, position: 'container', detail: { kubernetesSecret: true, mounted: true } }];
  });
  const own: CiComponent[] = 'components' in inner ? [...inner.components] : [];
  return {
    ...job,
    ...inner,
    components: component === undefined ? own : [...own, component],
    variables: [...inner.variables, ...parameters],
    references: [...inner.references, ...workspaces],
    facts: accountFacts(account, spec ?? (job.part as Tree), namespace, kind),
    detail: { ...job.detail, ...('detail' in inner ? inner.detail : {}) },
  };
}

/** The account whose token every step finds in its pod. */
function accountFacts(account: Tree | undefined, spec: Tree, namespace: string, kind: string): CiFact[] {
  const name = textOf(account);
  if (name !== undefined && /\$\(/.test(name)) return [];
  const isSet = name !== undefined && name !== '';
  return [
    {
      fact: 'runs-as-service-account',
      place: account ?? spec,
      identity: k8sServiceAccountId(undefined, namespace, isSet ? name : 'default'),
      how: 'token',
      detail: { account: isSet ? name : 'default', accountSet: isSet && name !== 'default', kind, namespace },
    },
  ];
}

/** Parameters with a default. */
function parametersOf(spec: Tree | undefined): CiVariable[] {
  return itemsOf(get(spec, 'params')).flatMap((one): CiVariable[] => {
    const name = textOf(get(one, 'name'));
    const value = get(one, 'default');
    return name !== undefined && value?.type === 'scalar' ? [{ name, value, position: 'workflow-env' }] : [];
  });
}

/** A task from a registry or repository. https://tekton.dev/docs/pipelines/resolution-getting-started/ */
function resolved(reference: Tree | undefined): CiComponent | undefined {
  const bundle = textOf(get(reference, 'bundle'));
  if (bundle !== undefined && bundle !== '') return { uses: bundle, pinned: isDigest(bundle), thirdParty: true };
  const resolver = textOf(get(reference, 'resolver'));
  if (resolver === undefined || resolver === 'cluster') return undefined;
  const parameter = (name: string) =>
    textOf(
      get(
        itemsOf(get(reference, 'params')).find((one) => textOf(get(one, 'name')) === name),
        'value',
      ),
    );
  if (resolver === 'bundles') {
    const uses = parameter('bundle');
    return uses === undefined ? undefined : { uses, pinned: isDigest(uses), thirdParty: true };
  }
  if (resolver === 'git') {
    const url = parameter('url') ?? parameter('repo');
    const revision = parameter('revision');
    return url === undefined
      ? undefined
      : {
          uses: `${url}${revision === undefined ? '' : `@${revision}`}`,
          pinned: /^[0-9a-f]{40}$/.test(revision ?? ''),
          thirdParty: true,
        };
  }
  if (resolver === 'hub') {
    const name = parameter('name');
    // A version of the hub is kept as it is.
    return name === undefined
      ? undefined
      : { uses: `hub:${name}@${parameter('version') ?? 'latest'}`, pinned: parameter('version') !== undefined, thirdParty: true };
  }
  const url = parameter('url');
  return url === undefined ? undefined : { uses: url, pinned: false, thirdParty: true };
}

function stepUses(step: Tree, image: string): CiComponent | undefined {
  const component = resolved(get(step, 'ref'));
  if (component !== undefined) return component;
  return image === '' || /\$\(/.test(image) ? undefined : { uses: image, pinned: isDigest(image), thirdParty: false };
}
