import { ciJob, isOthers, notRead, uniqueNames, variablesOf } from '../../src/ci/build.ts';
import { deployCommands } from '../../src/ci/deploy.ts';
import type { CiComponent, CiFact, CiJob, CiReference, CiStep, CiUpload, CiVariable, Pipeline } from '../../src/ci/model.ts';
import { type PipelineText, scanPipeline } from '../../src/ci/scan.ts';
import { identityId, type Observation, type ScanContext, type SourceFile } from '../../src/contracts/index.ts';
import { entriesOf, get, itemsOf, type Mapping, type Tree, textOf, textsOf } from '../../src/formats/tree.ts';
import { orbLogin } from './orbs.ts';
import { expandSteps } from './steps.ts';

/** What a CircleCI configuration holds. */
export async function* scanCircleci(file: SourceFile, context: ScanContext): AsyncGenerator<Observation> {
  yield* scanPipeline(file, context, { read, blank: blankExpressions });
}

/** `<< parameters.x >>` and `{{ checksum … }}` are put in before a job runs. */
function blankExpressions(text: string): string {
  return text.replace(/<<[^\n<>]{0,300}>>|\{\{[^\n{}]{0,300}\}\}/g, (expression) => ' '.repeat(expression.length));
}

/** https://circleci.com/docs/reference/variables/ */
const PREDEFINED = /^CIRCLE_|^CI$/;

function read({ documents, file }: PipelineText): Pipeline | string {
  const root = documents[0];
  if (root?.type !== 'mapping') return 'it holds nothing: not a configuration of CircleCI';
  const orbs = readOrbs(root, file.at.repository);
  const jobs: CiJob[] = [];
  const unique = uniqueNames();
  const used = new Set<string>();
  for (const { key: workflow, value } of entriesOf(get(root, 'workflows'))) {
    if (value.type !== 'mapping') continue;
    const calls = readCalls(value);
    for (const call of calls) {
      if (call.isApproval) continue;
      used.add(call.name);
      jobs.push(readJob(unique(`${workflow}/${call.alias}`), call, workflow, isApproved(call, calls), root, orbs, file));
    }
  }
  const named = get(root, 'jobs');
  for (const { key, value } of entriesOf(named)) {
    if (used.has(key) || value.type !== 'mapping') continue;
    const call = { name: key, alias: key, tree: value, parameters: undefined, isApproval: false, requires: [] };
    jobs.push(readJob(unique(key), call, undefined, false, root, orbs, file));
  }
  return {
    platform: 'circleci',
    provider: 'circleci',
    jobs,
    facts: [],
    values: [],
    problems: unreadParts(root, used),
    unread: entriesOf(named).filter(({ value }) => value.type !== 'mapping').length,
    predefined: PREDEFINED,
  };
}

/** Jobs of orbs, and what a configuration makes of itself while it runs. https://circleci.com/docs/guides/orchestrate/dynamic-config/ */
function unreadParts(root: Mapping, called: Iterable<string>): string[] {
  const inline = entriesOf(get(root, 'orbs')).flatMap(({ key, value }) =>
    value.type === 'mapping' ? [`${key} (inline orb)`] : [],
  );
  const named = get(root, 'jobs');
  return [
    ...notRead('jobs of orbs', [
      ...[...called].filter((name) => name.includes('/') && get(named, name) === undefined),
      ...inline,
    ]),
    ...(textOf(get(root, 'setup')) === 'true' ? ['the configuration that it makes while it runs was not read'] : []),
  ];
}

interface Call {
  readonly name: string;
  readonly alias: string;
  readonly tree: Tree;
  readonly parameters: Tree | undefined;
  readonly isApproval: boolean;
  readonly requires: readonly string[];
}

/** Jobs of a workflow, as it calls them. */
function readCalls(workflow: Mapping): Call[] {
  return itemsOf(get(workflow, 'jobs')).flatMap((item): Call[] => {
    if (item.type === 'scalar')
      return [{ name: item.value, alias: item.value, tree: item, parameters: undefined, isApproval: false, requires: [] }];
    const [entry] = entriesOf(item);
    if (entry === undefined) return [];
    const { key, value } = entry;
    const requires = itemsOf(get(value, 'requires')).flatMap((one) =>
      one.type === 'mapping' ? one.entries.map((each) => each.key) : textsOf(one),
    );
    return [
      {
        name: key,
        alias: textOf(get(value, 'name')) ?? key,
        tree: item,
        parameters: value,
        isApproval: textOf(get(value, 'type')) === 'approval',
        requires,
      },
    ];
  });
}

/** Does somebody have to press a button before it, however many jobs lie between? */
function isApproved(call: Call, calls: readonly Call[]): boolean {
  const seen = new Set<string>();
  const pending = [...call.requires];
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    if (seen.has(name)) continue;
    seen.add(name);
    const found = calls.find((one) => one.alias === name);
    if (found?.isApproval) return true;
    pending.push(...(found?.requires ?? []));
  }
  return false;
}

function readJob(
  id: string,
  call: Call,
  workflow: string | undefined,
  approved: boolean,
  root: Mapping,
  orbs: ReadonlyMap<string, CiComponent>,
  file: SourceFile,
): CiJob {
  const job = get(get(root, 'jobs'), call.name);
  const steps = expandSteps(job, call, root, orbs);
  const executor = executorOf(job, root);
  const variables: CiVariable[] = [
    ...variablesOf(get(executor, 'environment'), 'job-env'),
    ...variablesOf(get(job, 'environment'), 'job-env'),
  ];
  const references: CiReference[] = contextsOf(call, file);
  const facts: CiFact[] = [];
  for (const image of [...itemsOf(get(job, 'docker')), ...itemsOf(get(executor, 'docker'))])
    readImage(image, variables, references);
  for (const step of steps) {
    const login = orbLogin(step);
    if (login !== undefined) references.push(...login.references);
  }
  for (const { tree, fingerprints } of sshKeys(job)) {
    if (!fingerprints) facts.push({ fact: 'all-ssh-keys', place: tree, secretName: 'ssh-keys' });
  }
  const filters = get(call.parameters, 'filters');
  const branches = textsOf(get(get(filters, 'branches'), 'only'));
  const isTags = get(filters, 'tags') !== undefined && textsOf(get(get(filters, 'branches'), 'ignore')).includes('/.*/');
  const runsOn = [textOf(get(job, 'resource_class')) ?? textOf(get(executor, 'resource_class'))].flatMap((one) => one ?? []);
  const scripts = steps.flatMap((step) => step.scripts.map(({ value }) => value)).join('\n');
  return ciJob({
    id,
    part: call.tree,
    parts: job === undefined ? [] : [job],
    names: [call.alias, workflow, ...branches],
    triggers: ['push'],
    runsOn,
    // Resource classes of an owner's own runners are written `namespace/name`.
    selfHosted: runsOn.some((one) => one.includes('/')),
    oidcAvailable: references.some(({ type }) => type === 'context') || /CIRCLE_OIDC_TOKEN/.test(scripts),
    oidcClouds: [...new Set(steps.flatMap((step) => orbLogin(step)?.federated ?? []))],
    steps,
    variables,
    references,
    logins: steps.flatMap((step) => orbLogin(step)?.logins ?? []),
    facts,
    uploads: steps.flatMap(uploadOf),
    detail: {
      ...(workflow === undefined ? {} : { workflow }),
      contexts: references.filter(({ type }) => type === 'context').map(({ name }) => name),
      approved,
      refsLimited: branches.length > 0 || isTags,
      deploys: deployCommands(scripts).slice(0, 10),
    },
  });
}

/** https://circleci.com/docs/guides/security/contexts/ */
function contextsOf(call: Call, file: SourceFile): CiReference[] {
  const context = get(call.parameters, 'context');
  const owner = file.at.repository?.includes('/') ? file.at.repository.split('/', 1)[0] : undefined;
  const trees = context?.type === 'list' ? itemsOf(context) : context === undefined ? [] : [context];
  return trees.flatMap((tree): CiReference[] => {
    const name = textOf(tree);
    if (name === undefined || name === '' || name.includes('<<')) return [];
    return [
      {
        name,
        place: tree,
        position: 'secrets',
        how: 'secret',
        identity: identityId('circleci', owner?.toLowerCase(), `context/${name}`),
        type: 'context',
        detail: { context: true },
      },
    ];
  });
}

/** `auth` and `aws_auth` of an image. */
function readImage(image: Tree, variables: CiVariable[], references: CiReference[]): void {
  variables.push(...variablesOf(get(image, 'environment'), 'container'));
  const password = get(get(image, 'auth'), 'password');
  if (password?.type === 'scalar') variables.push({ name: 'DOCKER_AUTH_PASSWORD', value: password, position: 'container' });
  const aws = get(image, 'aws_auth');
  for (const [key, name] of [
    ['aws_access_key_id', 'AWS_ACCESS_KEY_ID'],
    ['aws_secret_access_key', 'AWS_SECRET_ACCESS_KEY'],
  ] as const) {
    const value = get(aws, key);
    if (value?.type !== 'scalar' || value.value === '') continue;
    const variable = /^\$\{?(?<name>\w+)\}?$/.exec(value.value)?.groups?.name;
    // For the one that fetches the image: no step has it.
    if (variable === undefined) variables.push({ name: `AWS_AUTH_${name}`, value, position: 'container' });
    else references.push({ name: variable, place: value, position: 'container', how: 'static-key', cloud: 'aws', steps: [] });
  }
  const role = get(aws, 'oidc_role_arn') ?? get(aws, 'role_arn');
  if (role?.type === 'scalar' && /^\$\w+$/.test(role.value)) {
    references.push({ name: role.value.slice(1), place: role, position: 'container', how: 'oidc', cloud: 'aws' });
  }
}

function executorOf(job: Tree | undefined, root: Mapping): Tree | undefined {
  const executor = get(job, 'executor');
  const name = textOf(executor) ?? textOf(get(executor, 'name'));
  return name === undefined ? undefined : get(get(root, 'executors'), name);
}

function sshKeys(job: Tree | undefined): { readonly tree: Tree; readonly fingerprints: boolean }[] {
  return itemsOf(get(job, 'steps')).flatMap((step) => {
    if (textOf(step) === 'add_ssh_keys') return [{ tree: step, fingerprints: false }];
    const keys = get(step, 'add_ssh_keys');
    return keys === undefined ? [] : [{ tree: keys, fingerprints: textsOf(get(keys, 'fingerprints')).length > 0 }];
  });
}

/** `name: owner/orb@1.2.3`; only a full version never changes. */
function readOrbs(root: Mapping, repository: string | undefined): Map<string, CiComponent> {
  const orbs = new Map<string, CiComponent>();
  for (const { key, value } of entriesOf(get(root, 'orbs'))) {
    const uses = textOf(value);
    if (uses === undefined || !uses.includes('/')) continue;
    const owner = uses.split('/', 1)[0] ?? '';
    orbs.set(key, {
      uses,
      pinned: /@\d+\.\d+\.\d+$/.test(uses),
      thirdParty: owner !== 'circleci' && isOthers(owner, repository),
    });
  }
  return orbs;
}

/** `store_artifacts`, `persist_to_workspace`, `save_cache`: who sees the project can fetch the first. */
function uploadOf(step: CiStep): CiUpload[] {
  const target = step.name === 'save_cache' ? 'cache' : 'artifact';
  if (!/^(?:store_artifacts|persist_to_workspace|save_cache)$/.test(step.name)) return [];
  const paths = step.inputs.filter(({ name }) => name === 'path' || name === 'paths').map(({ value }) => value.value);
  const place = step.inputs[0]?.value ?? step.at;
  return place === undefined || paths.length === 0 ? [] : [{ target, paths, place }];
}
