import { ciJob, ciStep, isOthers, stringsOf, uniqueNames, variablesOf } from '../../src/ci/build.ts';
import { deployCommands } from '../../src/ci/deploy.ts';
import { federatedIdentity } from '../../src/ci/login.ts';
import type { CiComponent, CiJob, CiLogin, CiReference, CiStep, CiUpload, CiVariable, Pipeline } from '../../src/ci/model.ts';
import { type PipelineText, scanPipeline } from '../../src/ci/scan.ts';
import { variablesIn } from '../../src/ci/shell.ts';
import type { Observation, ScanContext, SourceFile } from '../../src/contracts/index.ts';
import {
  entriesOf,
  get,
  itemsOf,
  type Mapping,
  type Scalar,
  scalarsOf,
  type Tree,
  textOf,
  textsOf,
} from '../../src/formats/tree.ts';

/** What a Buildkite pipeline holds. */
export async function* scanBuildkite(file: SourceFile, context: ScanContext): AsyncGenerator<Observation> {
  yield* scanPipeline(file, context, { read });
}

const PREDEFINED = /^BUILDKITE(?:_|$)|^CI$/;

function read({ documents, file }: PipelineText): Pipeline | string {
  const root = documents[0];
  const list = root?.type === 'list' ? root : get(root, 'steps');
  if (root === undefined || list?.type !== 'list') return 'it has no steps: not a pipeline of Buildkite';
  const unique = uniqueNames();
  const env = variablesOf(get(root, 'env'), 'workflow-env');
  const shared = secretsOf(get(root, 'secrets'));
  const jobs: CiJob[] = [];
  const take = (tree: Tree | undefined, depth: number): void => {
    for (const item of itemsOf(tree)) {
      if (item.type !== 'mapping' || depth > 3) continue;
      if (get(item, 'group') !== undefined) take(get(item, 'steps'), depth + 1);
      else if (['command', 'commands', 'plugins', 'script'].some((key) => get(item, key) !== undefined))
        jobs.push(readJob(item, unique, env, shared, get(root, 'agents'), file));
    }
  };
  take(list, 0);
  return {
    platform: 'buildkite',
    provider: 'buildkite',
    jobs,
    facts: [],
    values: env,
    problems: jobs.some(uploadsSteps) ? ['the steps that a script makes and uploads were not read'] : [],
    unread: 0,
    predefined: PREDEFINED,
  };
}

/** `make-steps | buildkite-agent pipeline upload`; a file that is named there is read as a file. */
function uploadsSteps({ steps }: CiJob): boolean {
  return steps.some((step) => step.scripts.some(({ value }) => /\|\s*buildkite-agent\s+pipeline\s+upload\b/.test(value)));
}

function readJob(
  tree: Mapping,
  unique: (name: string) => string,
  env: readonly CiVariable[],
  shared: readonly CiReference[],
  agents: Tree | undefined,
  file: SourceFile,
): CiJob {
  const name =
    textOf(get(tree, 'key')) ?? textOf(get(tree, 'id')) ?? textOf(get(tree, 'label')) ?? textOf(get(tree, 'name')) ?? 'step';
  const scripts = [...stringsOf(get(tree, 'command')), ...stringsOf(get(tree, 'commands')), ...stringsOf(get(tree, 'script'))];
  const steps: CiStep[] = [ciStep(0, 'command', { at: tree, scripts })];
  const logins: CiLogin[] = [];
  const references: CiReference[] = [...shared, ...secretsOf(get(tree, 'secrets')), ...fetched(scripts)];
  const clouds = new Set<'aws' | 'gcp' | 'azure'>();
  for (const { uses, options, place } of pluginsOf(get(tree, 'plugins'))) {
    const inputs = [...scalarsOf(options)]
      .slice(0, 100)
      .map(({ key, scalar }): CiVariable => ({ name: key, value: scalar, position: 'with' }));
    const step = ciStep(steps.length, uses, { at: place, uses: pluginOf(uses, file.at.repository), inputs });
    steps.push(step);
    if (/aws-assume-role-with-web-identity/.test(uses)) {
      clouds.add('aws');
      takeRole(get(options, 'role-arn'), step, logins, references);
    } else if (/gcp-workload-identity-federation/.test(uses)) clouds.add('gcp');
    references.push(...pluginSecrets(uses, options, step));
  }
  const agent = get(tree, 'agents') ?? agents;
  const queue =
    textOf(get(agent, 'queue')) ??
    textsOf(agent)
      .find((one) => one.startsWith('queue='))
      ?.slice(6);
  const branches = textOf(get(tree, 'branches'));
  const text = scripts.map(({ value }) => value).join('\n');
  return ciJob({
    id: unique(name.slice(0, 120)),
    part: tree,
    parts: env.map(({ value }) => value),
    names: [branches, file.path],
    triggers: ['push'],
    runsOn: queue === undefined ? [] : [queue],
    selfHosted: queue !== undefined && !/^(?:hosted|linux-(?:small|medium|large)|mac-)/.test(queue),
    oidcAvailable: clouds.size > 0 || /buildkite-agent\s+oidc\s+request-token/.test(text),
    oidcClouds: [...clouds],
    steps,
    variables: [...env, ...variablesOf(get(tree, 'env'), 'job-env')],
    references,
    logins,
    uploads: uploadsOf(tree),
    detail: {
      ...(queue === undefined ? {} : { queue }),
      refsLimited: (branches !== undefined && branches !== '*') || /build\.(?:branch|tag)/.test(textOf(get(tree, 'if')) ?? ''),
      deploys: deployCommands(text).slice(0, 10),
    },
  });
}

interface Plugin {
  readonly uses: string;
  readonly options: Tree | undefined;
  readonly place: Tree;
}

function pluginsOf(tree: Tree | undefined): Plugin[] {
  if (tree?.type === 'mapping') return tree.entries.map(({ key, value }) => ({ uses: key, options: value, place: value }));
  return itemsOf(tree).flatMap((item): Plugin[] => {
    if (item.type === 'scalar') return [{ uses: item.value, options: undefined, place: item }];
    return entriesOf(item).map(({ key, value }) => ({ uses: key, options: value, place: item }));
  });
}

/** `docker#v5.8.0` is Buildkite's own, `owner/name#v1` somebody's; tags and branches move. https://buildkite.com/docs/plugins/using */
function pluginOf(uses: string, repository: string | undefined): CiComponent {
  const [source = '', version = ''] = uses.split('#', 2);
  const isLocal = source.startsWith('.') || source.startsWith('file:');
  const name = source.replace(/^(?:https?:\/\/|ssh:\/\/|git@)(?:[^@/]*@)?[^/:]*[/:]/, '').replace(/\.git$/, '');
  const owner = name.includes('/') ? (name.split('/', 1)[0] ?? '') : 'buildkite-plugins';
  return {
    uses,
    pinned: isLocal || /^[0-9a-f]{40}$/.test(version),
    thirdParty: !isLocal && !/^buildkite(?:-plugins)?$/.test(owner) && isOthers(owner, repository),
  };
}

/** `secrets:` of a pipeline or step: names, or variable and name. https://buildkite.com/docs/pipelines/security/secrets/buildkite-secrets */
function secretsOf(tree: Tree | undefined): CiReference[] {
  const listed = itemsOf(tree).flatMap((item): CiReference[] => {
    const name = textOf(item);
    return name === undefined || name === '' ? [] : [{ name, place: item, position: 'secrets', variables: [name] }];
  });
  const mapped = entriesOf(tree).flatMap(({ key, value }): CiReference[] =>
    value.type === 'scalar' ? [{ name: value.value || key, place: value, position: 'secrets', variables: [key] }] : [],
  );
  return [...listed, ...mapped];
}

/** `buildkite-agent secret get NAME`. */
function fetched(scripts: readonly Scalar[]): CiReference[] {
  const found: CiReference[] = [];
  for (const scalar of scripts) {
    for (const match of scalar.value.matchAll(
      /(?:(?<variable>\w+)=["']?\$+\(\s*)?buildkite-agent\s+secret\s+get\s+(?:--\S+\s+)*(?<name>[A-Za-z_]\w*)/g,
    )) {
      const { name = '', variable } = match.groups ?? {};
      found.push({ name, place: scalar, position: 'run', ...(variable === undefined ? {} : { variables: [variable] }) });
    }
  }
  return found;
}

/** Plugins that log in with a password or key of a variable. */
function pluginSecrets(uses: string, options: Tree | undefined, step: CiStep): CiReference[] {
  const found: CiReference[] = [];
  for (const { key, value } of entriesOf(options)) {
    const name = textOf(value);
    if (
      name === undefined ||
      !/^\w+$/.test(name) ||
      !/(?:^|-)(?:password|token|key|secret|credentials)-env(?:-name)?$|^(?:password-env|api-token-env-name)$/.test(key)
    )
      continue;
    found.push({ name, place: value, position: 'with', inputs: [key], variables: [name], steps: [step] });
  }
  // https://github.com/buildkite-plugins/docker-login-buildkite-plugin: without `password-env` it reads this variable.
  if (/(?:^|\/)docker-login#/.test(uses) && found.length === 0 && step.at !== undefined) {
    found.push({
      name: 'DOCKER_LOGIN_PASSWORD',
      place: step.at,
      position: 'with',
      variables: ['DOCKER_LOGIN_PASSWORD'],
      steps: [step],
    });
  }
  return found;
}

function takeRole(role: Tree | undefined, step: CiStep, logins: CiLogin[], references: CiReference[]): void {
  if (role?.type !== 'scalar') return;
  const identity = federatedIdentity('aws', role.value);
  const [variable] = variablesIn(role.value);
  if (identity !== undefined) logins.push({ cloud: 'aws', identity, place: role, how: 'oidc', step });
  else if (variable !== undefined)
    references.push({ name: variable.name, place: role, position: 'with', how: 'oidc', cloud: 'aws', steps: [step] });
}

function uploadsOf(tree: Mapping): CiUpload[] {
  const paths = get(tree, 'artifact_paths');
  return paths === undefined
    ? []
    : [{ target: 'artifact', paths: textsOf(paths).flatMap((one) => one.split(';')), place: paths }];
}
