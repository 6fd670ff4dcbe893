import { ciJob, ciStep } from '../../src/ci/build.ts';
import { deployCommands } from '../../src/ci/deploy.ts';
import type { CiComponent, CiFact, CiJob, CiReference, CiStep, CiUpload, CiVariable } from '../../src/ci/model.ts';
import { isSecretName } from '../../src/ci/secret-name.ts';
import { variablesIn } from '../../src/ci/shell.ts';
import { identityId } from '../../src/contracts/index.ts';
import { entriesOf, get, type Mapping, type Scalar, type Tree, textOf } from '../../src/formats/tree.ts';
import { items, type Scope } from './scope.ts';

/** Inputs that name a service connection, whatever the task. https://learn.microsoft.com/azure/devops/pipelines/library/service-endpoints */
const CONNECTION =
  /^(?:azureSubscription|azureSubscriptionEndpoint|azureResourceManagerConnection|ConnectedServiceName(?:ARM|Selector)?|connectedServiceNameARM|azureConnection|backendServiceArm|environmentServiceNameAzureRM|providerServiceConnection|awsCredentials|kubernetesServiceConnection|kubernetesServiceEndpoint|containerRegistry|dockerRegistryEndpoint|containerRegistryEndpoint|sshEndpoint|serviceConnection|serviceEndpoint|gitHubConnection|SonarCloud|SonarQube|customEndpoint|externalEndpoints?|publishEndpoint|publishFeedCredentials|nuGetServiceConnections|pythonUploadServiceConnection|mavenServiceConnections)$/i;
const SCRIPTS = ['script', 'bash', 'pwsh', 'powershell'] as const;
const DEPLOY_TASK =
  /^(?:AzureWebApp|AzureRmWebApp|AzureFunctionApp|AzureContainerApps|AzureResourceManagerTemplateDeployment|AzureResourceGroupDeployment|Kubernetes|KubernetesManifest|HelmDeploy|AzureSpringCloud|CloudFormationCreateOrUpdateStack|BeanstalkDeployApplication|LambdaDeployFunction|SqlAzureDacpacDeployment|AzureFileCopy|Terraform\w*|IISWebAppDeployment\w*)@/i;

/** A job, or a file of steps alone. */
export function readJob(id: string, tree: Mapping, scope: Scope, isDeployment: boolean): CiJob {
  const steps: CiStep[] = [];
  const references: CiReference[] = [...scope.references];
  const facts: CiFact[] = [];
  const deploys: string[] = [];
  for (const item of stepsOf(tree)) {
    const step = readStep(item, steps.length);
    steps.push(step);
    taskFacts(item, step, references, facts, deploys);
  }
  const environment = get(tree, 'environment');
  const declared = isDeployment ? (textOf(environment) ?? textOf(get(environment, 'name'))) : undefined;
  const isDynamic = declared !== undefined && /\$[({[]/.test(declared);
  const pool = textOf(get(scope.pool, 'name')) ?? textOf(scope.pool);
  const image = textOf(get(scope.pool, 'vmImage'));
  const text = steps.flatMap((step) => step.scripts.map(({ value }) => value)).join('\n');
  deploys.push(...deployCommands(text));
  return ciJob({
    id,
    part: tree,
    parts: scope.variables.map(({ value }) => value),
    names: scope.names,
    ...(declared === undefined || isDynamic ? {} : { declaredEnvironment: declared.replace(/\..*$/, '') }),
    dynamicEnvironment: isDynamic,
    triggers: scope.triggers,
    runsOn: [pool, image].flatMap((one) => one ?? []),
    selfHosted:
      image === undefined && pool !== undefined && !/^(?:Azure Pipelines|Hosted\b)/i.test(pool) && !pool.includes('${{'),
    steps,
    variables: [...scope.variables],
    references,
    facts: [...facts, ...scriptFacts(steps), ...copiedFiles(tree, steps)],
    uploads: uploadsOf(tree),
    detail: { deploys: [...new Set(deploys)].slice(0, 10) },
  });
}

/** Steps of a job, or of every phase of a deployment. */
function stepsOf(tree: Mapping): Tree[] {
  const direct = [...items(get(tree, 'steps'))];
  const phases = entriesOf(get(tree, 'strategy')).flatMap(({ value }) => [
    value,
    ...entriesOf(value).map((entry) => entry.value),
    ...entriesOf(get(value, 'on')).map((entry) => entry.value),
  ]);
  return [...direct, ...phases.flatMap((phase) => [...items(get(phase, 'steps'))])];
}

function readStep(tree: Tree, index: number): CiStep {
  const task = textOf(get(tree, 'task'));
  const inputs = entriesOf(get(tree, 'inputs'));
  const scripts: Scalar[] = [];
  for (const key of SCRIPTS) {
    const script = get(tree, key);
    if (script?.type === 'scalar' && script.value !== '') scripts.push(script);
  }
  // Inputs that are scripts themselves.
  for (const { key, value } of inputs)
    if (
      /^(?:inlineScript|script|inline|arguments|scriptArguments|command|args)$/i.test(key) &&
      value.type === 'scalar' &&
      task !== undefined
    )
      scripts.push(value);
  const name =
    textOf(get(tree, 'displayName')) ||
    task ||
    textOf(get(tree, 'template')) ||
    SCRIPTS.find((key) => get(tree, key) !== undefined) ||
    'step';
  const variables = entriesOf(get(tree, 'env')).flatMap(({ key, value }): CiVariable[] =>
    value.type === 'scalar' ? [{ name: key, value, position: 'step-env' }] : [],
  );
  const uses = task === undefined ? templateOf(tree) : taskOf(task);
  return ciStep(index, name, {
    at: tree,
    scripts,
    ...(uses === undefined ? {} : { uses }),
    variables,
    inputs: [...inputs, ...entriesOf(get(tree, 'parameters'))].flatMap(({ key, value }): CiVariable[] =>
      value.type === 'scalar' && !scripts.includes(value) ? [{ name: key, value, position: 'with' }] : [],
    ),
  });
}

/** `Publisher.extension.task@1` is from the marketplace; tasks without a publisher come with the server. Only the major version is said. */
function taskOf(task: string): CiComponent {
  const name = task.split('@', 1)[0] ?? '';
  return { uses: task, pinned: !name.includes('.'), thirdParty: name.includes('.') && !/^(?:ms|microsoft|ms-\w+)\./i.test(name) };
}

function templateOf(tree: Tree): CiComponent | undefined {
  const template = textOf(get(tree, 'template'));
  if (template === undefined) return undefined;
  // Whose the alias is, `resources` says; the file's facts tell of it.
  return { uses: template, pinned: true, thirdParty: false };
}

function taskFacts(tree: Tree, step: CiStep, references: CiReference[], facts: CiFact[], deploys: string[]): void {
  const task = textOf(get(tree, 'task')) ?? '';
  const inputs = get(tree, 'inputs');
  if (DEPLOY_TASK.test(task)) deploys.push(task);
  for (const { key, value } of entriesOf(inputs)) {
    const name = textOf(value);
    if (!CONNECTION.test(key) || name === undefined || name === '' || /\$\{\{|\$\[/.test(name)) continue;
    const isAws = /^awsCredentials$/i.test(key);
    const [variable] = variablesIn(name, true);
    if (variable !== undefined) continue;
    references.push({
      name,
      place: value,
      position: 'with',
      how: isAws ? 'static-key' : 'secret',
      ...(isAws ? { cloud: 'aws' as const } : {}),
      identity: identityId('azure-devops', undefined, `service-connection/${name}`),
      type: 'service-connection',
      inputs: [key],
      steps: [step],
      detail: {
        connection: true,
        task,
        ...(/azure|Connected|backendServiceArm|environmentServiceNameAzureRM/i.test(key) && !/Registry/.test(key)
          ? { connectionTo: 'azure' }
          : {}),
      },
    });
  }
  const spn = get(inputs, 'addSpnToEnvironment');
  if (spn !== undefined && textOf(spn) === 'true') {
    const name = entriesOf(inputs).find(({ key, value }) => CONNECTION.test(key) && !textOf(value)?.includes('$'));
    const script = textOf(get(inputs, 'inlineScript')) ?? '';
    facts.push({
      fact: 'connection-secret-in-environment',
      place: spn,
      secretName: textOf(name?.value) ?? '*',
      identity: identityId('azure-devops', undefined, `service-connection/${textOf(name?.value) || '-'}`),
      // A federated connection hands over a token of minutes; what the script reads tells which it is.
      detail: { federated: /\bidToken\b/i.test(script) && !/\bservicePrincipalKey\b/i.test(script) },
    });
  }
  if (/^AzureKeyVault@/i.test(task)) {
    const filter = get(inputs, 'SecretsFilter') ?? get(inputs, 'secretsFilter');
    // Without a filter the task fetches all.
    if (filter === undefined || textOf(filter) === '*' || textOf(filter) === '') {
      facts.push({
        fact: 'all-vault-secrets',
        place: filter ?? tree,
        secretName: '*',
        detail: {
          vault: (textOf(get(inputs, 'KeyVaultName')) ?? textOf(get(inputs, 'keyVaultName')) ?? '').slice(0, 100),
          forAllSteps: textOf(get(inputs, 'RunAsPreJob')) === 'true',
        },
      });
    }
  }
  const persisted = get(tree, 'persistCredentials');
  if (get(tree, 'checkout') !== undefined && persisted !== undefined && textOf(persisted) === 'true') {
    facts.push({ fact: 'persisted-credentials', place: persisted, secretName: 'System.AccessToken', how: 'token' });
  }
  if (/^DownloadSecureFile@/i.test(task)) {
    const file = get(inputs, 'secureFile');
    const name = textOf(file);
    if (file !== undefined && name !== undefined && !name.includes('$'))
      references.push({
        name,
        place: file,
        position: 'with',
        identity: identityId('azure-devops', undefined, `secure-file/${name}`),
        type: 'secure-file',
        steps: [step],
        detail: { secureFile: true },
      });
  }
}

/** A secret that becomes a plain variable: `##vso[task.setvariable variable=X]$(SECRET)` without `issecret=true`. */
function scriptFacts(steps: readonly CiStep[]): CiFact[] {
  const facts: CiFact[] = [];
  for (const scalar of steps.flatMap((step) => step.scripts)) {
    for (const match of scalar.value.matchAll(
      /(?<quote>["']?)##vso\[task\.setvariable\s+(?<options>[^\]\n]{0,300})\](?<text>[^\n]{0,500})/gi,
    )) {
      const { options = '', quote = '', text = '' } = match.groups ?? {};
      if (/issecret=true/i.test(options)) continue;
      const secret = variablesIn(printed(text, quote), true).find(({ name }) => isSecretName(name));
      const target = /variable=(?<name>[\w.-]+)/.exec(options)?.groups?.name;
      if (secret === undefined || target === undefined) continue;
      facts.push({
        fact: 'secret-unmasked',
        place: scalar,
        secretName: secret.name,
        detail: { variable: target, output: /isoutput=true/i.test(options) },
      });
    }
  }
  return facts;
}

/** What the command prints: to its end, not what the commands after it on the line do. */
function printed(text: string, quote: string): string {
  const closed = quote === '' ? 0 : text.indexOf(quote) + 1;
  const end = text.slice(closed).search(/[;&|]/);
  return end === -1 ? text : text.slice(0, closed + end);
}

const COPIED =
  /(?:^|[\s;&|(])(?:cp|mv|install|copy|Copy-Item|Move-Item)\s[^\n;&|]{0,200}?\$[({](?:env:)?(?<variable>\w{1,100})[._]secureFilePath[)}]["']?\s+(?:-Destination\s+)?["']?(?<to>[^\s"';&|]{1,300})/gi;

/**
 * The task deletes what it fetched when the job ends; a copy at another place stays, where no command deletes it.
 * https://learn.microsoft.com/azure/devops/pipelines/tasks/reference/download-secure-file-v1
 */
function copiedFiles(tree: Mapping, steps: readonly CiStep[]): CiFact[] {
  const files = new Map<string, string>();
  for (const step of stepsOf(tree)) {
    const file = textOf(get(get(step, 'inputs'), 'secureFile'));
    if (file !== undefined) files.set((textOf(get(step, 'name')) ?? '').toLowerCase(), file);
  }
  const scripts = steps.flatMap((step) => step.scripts);
  const text = scripts.map(({ value }) => value).join('\n');
  return scripts.flatMap((script) =>
    [...script.value.matchAll(COPIED)].flatMap(({ groups }): CiFact[] => {
      const { variable = '', to = '' } = groups ?? {};
      const file = files.get(variable.toLowerCase());
      if (file === undefined || /Agent[._]TempDirectory/i.test(to)) return [];
      const name = to.split(/[\\/]/).findLast((part) => part !== '') ?? to;
      const isDeleted = text
        .split('\n')
        .some((line) => /\b(?:rm|shred|unlink|del|Remove-Item)\b/i.test(line) && line.includes(name));
      if (isDeleted) return [];
      return [
        {
          fact: 'secure-file-copied',
          place: script,
          secretName: file,
          identity: identityId('azure-devops', undefined, `secure-file/${file}`),
          detail: { to: to.slice(0, 200) },
        },
      ];
    }),
  );
}

/** https://learn.microsoft.com/azure/devops/pipelines/artifacts/pipeline-artifacts */
function uploadsOf(tree: Mapping): CiUpload[] {
  return stepsOf(tree).flatMap((step): CiUpload[] => {
    const inputs = get(step, 'inputs');
    const task = textOf(get(step, 'task')) ?? '';
    const path =
      get(step, 'publish') ??
      (/^Publish(?:PipelineArtifact|BuildArtifacts)@/i.test(task)
        ? (get(inputs, 'targetPath') ?? get(inputs, 'path') ?? get(inputs, 'PathtoPublish'))
        : undefined);
    const text = textOf(path)?.replace(
      /^\$\((?:System\.DefaultWorkingDirectory|Build\.SourcesDirectory|Pipeline\.Workspace)\)\/?/i,
      '',
    );
    return path === undefined || text === undefined ? [] : [{ target: 'artifact', paths: [text], place: path }];
  });
}
